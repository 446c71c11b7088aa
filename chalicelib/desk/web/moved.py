"""Redirects from addresses of the desk whose screens another function has now: bookmarks go on working."""

from __future__ import annotations

from chalicelib.desk.people import EDITOR
from chalicelib.desk.web.areas import AUTHENTICATOR, PEOPLE
from chalicelib.desk.web.guard import AdminRequest, Guard
from chalicelib.desk.web.screens import Screen, go_to


def routes(guard: Guard) -> None:
    """Register the routes that lead to the access screens."""
    guard.screen("/admin/people", EDITOR)(moved_people)
    guard.screen("/admin/authenticator", EDITOR)(moved_authenticator)
    guard.screen("/admin/access", EDITOR)(moved_people)


def moved_people(request: AdminRequest) -> Screen:
    """Lead to the screen of accounts."""
    return go_to(PEOPLE)


def moved_authenticator(request: AdminRequest) -> Screen:
    """Lead to the screen of one's own authenticator."""
    return go_to(AUTHENTICATOR)
