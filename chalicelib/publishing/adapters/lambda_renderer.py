"""The SiteRenderer in a function of its own that may do nothing: all it works from goes along in the call.

The function's role is denied everything, so what gets out of the sandbox there finds no draft of anybody
else, no key and no pages.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from chalicelib.publishing import render_calls as calls
from chalicelib.publishing.errors import RenderStopped
from chalicelib.publishing.jobs import MADE
from chalicelib.publishing.ports import (
    MarkedPage,
    PlaceInputs,
    Progress,
    RenderedPage,
    RenderedPlace,
    SiteLook,
)
from chalicelib.publishing.render_calls import AnotherPackage, Call, Opened, TooMuch
from chalicelib.shared.aws.faults import store_faults
from chalicelib.shared.errors import StoreUnavailable

_TOLD_EVERY = 0.25  # seconds: that it still goes on
_KEPT = (calls.PAGE, calls.MARKED, calls.SENTENCES)  # a mail is of a report that is drawn anew each time
_NO_ANSWER = (ValueError, TypeError, KeyError, RecursionError)
_KIND = re.compile(r"[\w.]{1,60}")  # of a fault, as Lambda names it: "Sandbox.Timedout"
_PLACE = re.compile(r"\w{1,60} at \w{1,60}\.py:\d{1,6}")  # of a fault of ours, as RenderFailed says it

Made = TypeVar("Made")


class Kept(Protocol):
    """A cache of answers by digest."""

    def get(self, digest: str, /) -> dict[str, Any] | None: ...

    def keep(self, digest: str, value: dict[str, Any], /) -> None: ...


class LambdaRenderer:
    """The SiteRenderer over the function of this name.

    `package` gives the fingerprint of this package, which must be the function's too; `opened` opens a page's
    brotli. `kept` keeps answers about one page: whoever looks twice does not wait twice. With a `progress`,
    it is told every moment that the call goes on, and what it raises leaves the call to itself; and the
    function has the patience of a publish.
    """

    def __init__(
        self,
        client: Callable[[], Any],
        function: str,
        package: Callable[[], str],
        opened: Opened,
        kept: Kept | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._client = client
        self._function = function
        self._package = package
        self._opened = opened
        self._kept = kept
        self._progress = progress

    def look(self, texts: Mapping[str, str]) -> SiteLook:
        """Look over what is of the whole site: no page is made."""
        return self._made(calls.LOOK, texts, calls.read_look)

    def places(self, texts: Mapping[str, str], inputs: Sequence[PlaceInputs]) -> Sequence[RenderedPlace]:
        """Render, check and pack the pages of some places, in as many calls as Lambda takes them in."""
        try:
            return self._at_once(texts, inputs)
        except TooMuch:
            if len(inputs) == 1:
                raise
            half = len(inputs) // 2
            return [*self.places(texts, inputs[:half]), *self.places(texts, inputs[half:])]

    def _at_once(self, texts: Mapping[str, str], inputs: Sequence[PlaceInputs]) -> Sequence[RenderedPlace]:
        asked = [one.place for one in inputs]

        def read(found: Any) -> Sequence[RenderedPlace]:
            return calls.read_places(found, asked, self._opened)

        return self._made(calls.PLACES, texts, read, inputs=calls.written_inputs(inputs))

    def page(self, texts: Mapping[str, str], name: str) -> RenderedPage:
        """Render one page."""
        page = self._made(calls.PAGE, texts, self._page_of, name=name)
        if page.name != name:
            raise _senseless()
        return page

    def marked(self, texts: Mapping[str, str], name: str) -> MarkedPage:
        """Render one page with marks."""
        page = self._made(calls.MARKED, texts, calls.read_marked, name=name)
        if page.name != name:
            raise _senseless()
        return page

    def sentences(self, texts: Mapping[str, str]) -> Mapping[str, Sequence[tuple[str, int]]]:
        """Return each sentence with the documents and lines that say it."""
        return self._made(calls.SENTENCES, texts, calls.read_sentences)

    def mail(self, texts: Mapping[str, str], name: str, recipient: str, sample: int = 0) -> bytes:
        """Render a mail."""
        asked = {"name": name, "recipient": recipient, "sample": sample}
        return self._made(calls.MAIL, texts, calls.read_mail, **asked)

    def _page_of(self, found: Any) -> RenderedPage:
        return calls.read_page(found, self._opened)

    def _made(self, do: str, texts: Mapping[str, str], read: Callable[[Any], Made], **arguments: Any) -> Made:
        """Make a call and read its answer. Raises what SiteRenderer does, or StoreUnavailable."""
        call = Call(do, texts, self._package(), self._progress is not None, arguments)
        sent = calls.write_call(call)
        digest = hashlib.sha256(sent).hexdigest()
        known = self._kept.get(digest) if self._kept and do in _KEPT else None
        answer = known["sent"] if known else self._waited_for(sent)
        try:
            made = read(calls.read_answer(answer))
        except AnotherPackage as error:
            raise StoreUnavailable("the function that renders has another package") from error
        except _NO_ANSWER as error:
            raise _senseless() from error
        if self._kept and do in _KEPT:
            self._kept.keep(digest, {"sent": answer})
        return made

    def _waited_for(self, sent: bytes) -> bytes:
        """Invoke the function, and say that it goes on for as long as it does."""
        if self._progress is None:
            return self._invoked(sent)
        outcomes: list[bytes | BaseException] = []

        def work() -> None:
            try:
                outcomes.append(self._invoked(sent))
            except BaseException as error:
                outcomes.append(error)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(_TOLD_EVERY)
            self._progress(MADE, 0, 0)
        [outcome] = outcomes
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def _invoked(self, sent: bytes) -> bytes:
        with store_faults():
            answer = self._client().invoke(FunctionName=self._function, Payload=sent)
            content: bytes = answer["Payload"].read()
        if "FunctionError" in answer:
            raise RenderStopped(f"the function that renders ended by itself ({_fault_in(content)})")
        return content


def _senseless() -> RenderStopped:
    return RenderStopped("no sensible answer of the function that renders")


def _fault_in(content: bytes) -> str:
    """Return what Lambda says that went wrong: its kind, and its place where our own code said it."""
    try:
        kind, text = calls.read_fault(content)
    except _NO_ANSWER:
        return "unknown"
    if kind == "RenderFailed" and _PLACE.fullmatch(text):
        return text
    return kind if _KIND.fullmatch(kind) else "unknown"
