"""HTTP headers of every response to a reader, its CSP among them: cached, framed and told on by nobody.

The page function may come to load this, so it is one small table and nothing else.
"""

from __future__ import annotations

# For a page without style and script, such as one that must not depend on anything.
BARE_POLICY = "default-src 'none'; img-src data:; base-uri 'none'; frame-ancestors 'none'"

# Says that a response is one to a form of ours: a form, a receipt, what is known of a code. The page's script
# takes no other for it, so that no error page and no stranger's takes the words from the screen.
ANSWER = "X-Answer"

# The statuses that have a small page of their own in every language.
ERROR_STATUSES = (400, 403, 404, 405, 413, 415, 500, 503)


def page_headers(policy: str) -> dict[str, str]:
    """Return the HTTP headers that do not depend on a page's body; `policy` is its CSP."""
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": policy,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Referrer-Policy": "no-referrer",
        "Strict-Transport-Security": "max-age=31536000",
        "X-Content-Type-Options": "nosniff",
        "X-DNS-Prefetch-Control": "off",
        "X-Frame-Options": "DENY",
    }
