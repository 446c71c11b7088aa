"""Inbound mail as the mail service stores it: its own headers on top of a raw source."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

OFFICER = "officer@agency.example"
TOKEN = "r-0123456789abcdefg@reply.porchlight.example"


def stored(
    raw: bytes,
    *,
    sender: str | None = OFFICER,
    to: str = TOKEN,
    helo: str = "mail.agency.example",
    dmarc: str = "pass",
    spf: str = "pass",
    dkim: str = "",
    about: str = "agency.example",
    spam: str = "PASS",
    virus: str = "PASS",
) -> bytes:
    """Return a raw source with what SES writes above it. `dkim` is the domain whose signature passed."""
    envelope = sender or ""
    spf_line = f"{spf} (spfCheck: domain of it) client-ip=192.0.2.1; envelope-from={envelope}; helo={helo};"
    lines = [
        f"Return-Path: <{envelope}>",
        f"Received: from {helo} ({helo} [192.0.2.1])",
        " by inbound-smtp.us-east-1.amazonaws.com with SMTP id 0abc1def2",
        f" for {to};",
        " Sun, 29 Nov 2026 10:00:00 +0000 (UTC)",
        f"X-SES-Spam-Verdict: {spam}",
        f"X-SES-Virus-Verdict: {virus}",
        f"Received-SPF: {spf_line}",
        "Authentication-Results: amazonses.com;",
        f" spf={spf_line}",
        *([f" dkim=pass header.i=@{dkim};"] if dkim else [" dkim=none;"]),
        *([f" dmarc={dmarc} header.from={about};"] if dmarc else []),
        "X-SES-RECEIPT: AEFBQUFBQUFBQUE=",
    ]
    return "\r\n".join([*lines, ""]).encode() + raw


def mail(text: str = "We have it.\n", **headers: str) -> bytes:
    """Return the raw source of a plain mail; a header's name is written with underscores."""
    message = EmailMessage()
    usual = {
        "From": f"Officer <{OFFICER}>",
        "To": f"Porchlight <{TOKEN}>",
        "Subject": "Re: Porchlight report PL-7K2M-9QXR",
        "Date": "Sun, 29 Nov 2026 10:00:00 +0000",
        "Message-ID": "<one@agency.example>",
        "In-Reply-To": "<ours@email.amazonses.com>",
    }
    for name, value in {
        **usual,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }.items():
        if value:
            message[name] = value
    message.set_content(text, cte="8bit")
    return message.as_bytes(policy=SMTP.clone(cte_type="8bit"))


def source(body: bytes, content_type: str = "text/plain; charset=utf-8", **headers: str) -> bytes:
    """Return a raw source whose body and Content-Type are exactly these, however broken."""
    named = {"From": OFFICER, "Subject": "Re: report", "Message-ID": "<one@agency.example>"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in named.items() if value]
    return "\r\n".join([*lines, f"Content-Type: {content_type}", "", ""]).encode() + body
