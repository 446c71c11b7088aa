"""Screens with a form: its fields as typed, its errors beside them and in a summary, a conflict beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.desk.web.guard import AdminRequest, Show
from chalicelib.desk.web.screens import Screen, sentence_of
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.forms import Form, FormConflict, FormInvalid, Problems, Typed

PUT_ASIDE = "/admin/thrown?done=put_aside"
CHANGED = (
    "Somebody else changed this meanwhile. What they saved is shown below; what you typed is still here."
)


@dataclass(frozen=True, slots=True)
class FormView:
    """What stands around a form: its title, where it is sent, its button, and where one goes without it.

    `hidden` are the fields that are sent along. Without a button it is only read. What `keeps` can keep what
    was typed for 30 days, when somebody leaves what somebody else saved.
    """

    title: str
    action: str
    button: str
    back: tuple[str, str]
    intro: str = ""
    hidden: Mapping[str, Any] = field(default_factory=dict)
    template: str = "form.html"
    keeps: bool = False


def show_form(
    show: Show,
    request: AdminRequest,
    view: FormView,
    form: Form,
    typed: Typed,
    problems: Problems | None = None,
    status: int = 200,
    saved: Typed | None = None,
    /,
    **names: Any,
) -> Screen:
    """Respond with a form. `saved` is shown beside it when somebody else saved something else meanwhile."""
    return show(
        request,
        view.template,
        status,
        view=view,
        form=form,
        typed=typed.shown(),
        problems=problems or {},
        saved=form.read_back(saved) if saved else [],
        **names,
    )


def try_to_save(save: Callable[[], Screen], again: Callable[[Problems, int, Typed | None], Screen]) -> Screen:
    """Save and go on, or show the form `again` with every problem, a status, and what is saved now."""
    try:
        return save()
    except FormInvalid as wrong:
        return again(wrong.problems, 422, None)
    except FormConflict as conflict:
        return again({"": CHANGED}, 409, conflict.theirs)
    except DocumentInvalid as wrong:
        return again({"": sentence_of(wrong)}, 422, None)
