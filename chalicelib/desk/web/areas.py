"""The desk and the screens of privileged access: each has a sign-in, a session and cookies of its own.

The access screens (accounts, roles, passwords, authenticators) are another function's, so that a session of
the desk opens none of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.desk.web.cookies import OF_ACCESS, OF_DESK, CookieNames


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the admin site: its first screen, its sign-in and sign-out, and its cookies.

    `over` is what the sign-in says, by its word in the layout, to who was in and is so no longer.
    """

    name: str
    home: str
    sign_in: str
    sign_out: str
    over: str
    signs_in: str  # in the words of the log
    cookies: CookieNames


DESK = Area("desk", "/admin/", "/admin/sign-in", "/admin/sign-out", "over", "sign in", OF_DESK)
ACCESS = Area(
    "access",
    "/admin/access/home",
    "/admin/access/sign-in",
    "/admin/access/sign-out",
    "idle",
    "sign in at People",
    OF_ACCESS,
)
AUTHENTICATOR = "/admin/access/authenticator"
PEOPLE = "/admin/access/people"
