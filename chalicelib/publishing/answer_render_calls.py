"""Server side of rendering in a function of its own: does one call with a renderer made for it alone.

It is handed all that it works from, keeps nothing, and knows nobody to ask.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing import render_calls as calls
from chalicelib.publishing.errors import RenderStopped
from chalicelib.publishing.ports import SiteRenderer
from chalicelib.publishing.render_calls import Call
from chalicelib.shared.error_place import where

# What gives a renderer for one call, with patience or without, and clears away after it.
RendererFor = Callable[[bool], AbstractContextManager[SiteRenderer]]


class RenderFailed(Exception):
    """A fault of ours while rendering. The text says its kind and place, and quotes nothing."""


class AnswerRenderCalls:
    """Answers calls of the function that renders; `package` gives the fingerprint of this one."""

    def __init__(self, renderer_for: RendererFor, package: Callable[[], str]) -> None:
        self._renderer_for = renderer_for
        self._package = package

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return what was made, or the error that the texts are to blame for. Raises RenderFailed."""
        try:
            call = calls.read_call(event)
            if call.package != self._package():
                return calls.write_another_package()
            with self._renderer_for(call.patient) as renderer:
                return calls.write_answer(_DO[call.do](renderer, call))
        except (DocumentInvalid, RenderStopped) as error:
            return calls.write_error(error)
        except Exception as error:
            # Lambda tells the caller an error's text and its trace's lines: none of a person's may be there.
            raise RenderFailed(where(error)) from None


def _look(renderer: SiteRenderer, call: Call) -> Any:
    return calls.written_look(renderer.look(call.texts))


def _places(renderer: SiteRenderer, call: Call) -> Any:
    inputs = calls.read_inputs(call.arguments["inputs"])
    return calls.written_places(renderer.places(call.texts, inputs))


def _page(renderer: SiteRenderer, call: Call) -> Any:
    return calls.written_page(renderer.page(call.texts, call.arguments["name"]))


def _marked(renderer: SiteRenderer, call: Call) -> Any:
    return calls.written_marked(renderer.marked(call.texts, call.arguments["name"]))


def _sentences(renderer: SiteRenderer, call: Call) -> Any:
    return calls.written_sentences(renderer.sentences(call.texts))


def _mail(renderer: SiteRenderer, call: Call) -> Any:
    asked = call.arguments
    mail = renderer.mail(call.texts, asked["name"], asked["recipient"], asked["sample"])
    return calls.written_mail(mail)


_DO: Mapping[str, Callable[[SiteRenderer, Call], Any]] = {
    calls.LOOK: _look,
    calls.PLACES: _places,
    calls.PAGE: _page,
    calls.MARKED: _marked,
    calls.SENTENCES: _sentences,
    calls.MAIL: _mail,
}
