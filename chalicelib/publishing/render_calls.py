"""Calls of the function that renders, and its answers, as they travel (serialisation).

A call holds all that is rendered from, and nothing else. Both ways are JSON, packed, since Lambda takes and
gives six megabytes at most. An answer comes from where templates ran: whatever is not what was asked for is a
ValueError, and what unpacks to more than any site is never unpacked.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.directory.document_ids import RECIPIENTS
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.directory.recipient_rows import public
from chalicelib.directory.write_entries import write_entries
from chalicelib.publishing import page_blocks
from chalicelib.publishing.documents import Problem
from chalicelib.publishing.errors import RenderStopped
from chalicelib.publishing.place_inputs import is_of_site
from chalicelib.publishing.ports import (
    MarkedPage,
    PlaceInputs,
    RenderedPage,
    RenderedPlace,
    SiteLook,
)

Json = dict[str, Any]
Said = Mapping[str, Sequence[tuple[str, int]]]
Opened = Callable[[str], str]  # what opens a page's brotli; raises ValueError

MOST = 6_000_000  # bytes of a call, or of an answer; Lambda refuses a little more
_MOST_UNPACKED = 64 * 1024 * 1024  # of an answer: texts are a tenth of that
_MOST_OF_A_PAGE = 4 * 1024 * 1024  # as a render process may answer
LOOK, PLACES, PAGE, MARKED, SENTENCES, MAIL = ("look", "places", "page", "marked", "sentences", "mail")


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of the function: one of the things that a SiteRenderer does, with its arguments.

    `package` is the fingerprint of the caller's package: a function of another one would lay the texts over
    other documents, as for a minute of each deploy. `patient` is for whom nobody waits.
    """

    do: str
    texts: Mapping[str, str]
    package: str
    patient: bool = False
    arguments: Mapping[str, Any] = field(default_factory=dict)


class TooMuch(RenderStopped):
    """Lambda takes or gives no more at once: ask for fewer places."""


class AnotherPackage(Exception):
    """The function is of another package than who calls it: a deploy is on its way."""


def write_call(call: Call) -> bytes:
    """Return a call as it is sent. Raises TooMuch when Lambda would refuse it.

    Offices go as readers may know them, whatever the text says. Pages of places are made from their own
    inputs and from what all pages share: no document of another place goes along.
    """
    texts = {name: text for name, text in call.texts.items() if call.do != PLACES or is_of_site(name)}
    if RECIPIENTS in texts:
        texts[RECIPIENTS] = _public_alone(texts[RECIPIENTS])
    asked = {"do": call.do, "package": call.package, "patient": call.patient, "texts": texts}
    sent = json.dumps({"call": _packed({**asked, **call.arguments})}).encode("ascii")
    if len(sent) > MOST:
        raise TooMuch(f"these texts are too much to be rendered at once: {_megabytes(len(sent))}")
    return sent


def read_call(event: Mapping[str, Any]) -> Call:
    """Return the call that an event holds. Raises ValueError for any other event."""
    asked = _unpacked(event.get("call"))
    known = {name: asked.pop(name, None) for name in ("do", "package", "patient", "texts")}
    patient = known["patient"] is True
    return Call(_text(known["do"]), _texts(known["texts"]), _text(known["package"]), patient, asked)


def write_answer(answer: Any) -> Json:
    """Return what was made, as it is sent. Raises TooMuch when Lambda would refuse it."""
    sent = _packed({"made": answer})
    if len(sent) > MOST:
        raise TooMuch(f"what was made is too much for one answer: {_megabytes(len(sent))}")
    return {"answer": sent}


def write_error(error: DocumentInvalid | RenderStopped) -> Json:
    """Return an error that belongs to the texts, as it is sent."""
    if isinstance(error, RenderStopped):
        kind = "too much" if isinstance(error, TooMuch) else "stopped"
        return {"answer": _packed({kind: [str(error), error.document, error.line]})}
    return {"answer": _packed({"invalid": str(error)})}


def write_another_package() -> Json:
    """Return that the caller has another package."""
    return {"answer": _packed({"package": "another"})}


def read_answer(sent: bytes) -> Any:
    """Return what was made, yet to be read. Raises the error that was sent instead, or ValueError."""
    event = json.loads(sent)
    if not isinstance(event, dict):
        raise ValueError("no answer")
    answer = _unpacked(event.get("answer"))
    if "made" in answer:
        return answer["made"]
    for kind, stopped in (("stopped", RenderStopped), ("too much", TooMuch)):
        if kind in answer:
            text, document, line = answer[kind]
            raise stopped(_text(text), _text(document), _number(line))
    if "invalid" in answer:
        raise DocumentInvalid(_text(answer["invalid"]))
    if "package" in answer:
        raise AnotherPackage
    raise ValueError("no answer")


def read_fault(sent: bytes) -> tuple[str, str]:
    """Return the kind and the text of a fault, as Lambda tells them of a function that raised an error."""
    told = _object(json.loads(sent))
    return _text(told.get("errorType", "")), _text(told.get("errorMessage", ""))


# What a call is about, and what is made


def written_inputs(inputs: Sequence[PlaceInputs]) -> list[list[str]]:
    """Return places' inputs as they are sent."""
    return [[one.place, one.content] for one in inputs]


def read_inputs(found: Any) -> list[PlaceInputs]:
    """Return places' inputs as they came."""
    return [PlaceInputs(_text(place), _text(content)) for place, content in found]


def written_page(page: RenderedPage) -> list[Any]:
    """Return a page as it is sent: its HTML stays away where its gzip goes."""
    return [page.name, "" if page.packed else page.html, page.packed, dict(page.headers), page.brotli]


def read_page(found: Any, opened: Opened) -> RenderedPage:
    """Return a page as it came, unpacked. Its gzip is whole, and its brotli the same page."""
    name, html, packed, headers, brotli = found
    html = _gunzipped(_text(packed)) if packed else _text(html)
    if brotli and opened(_text(brotli)) != html:
        raise ValueError("two pages for one")
    return RenderedPage(_text(name), html, packed, _texts(headers), _text(brotli))


def written_look(look: SiteLook) -> Json:
    """Return a look at a site as it is sent."""
    return {
        "index": dict(look.index),
        "sentences": written_sentences(look.sentences),
        "problems": _written_problems(look.problems),
        "frames": {mail: dict(frames) for mail, frames in look.frames.items()},
        "renders": look.renders,
    }


def read_look(found: Any) -> SiteLook:
    """Return a look at a site as it came."""
    return SiteLook(
        _object(found["index"]),
        read_sentences(found["sentences"]),
        _read_problems(found["problems"]),
        {_text(mail): _texts(frames) for mail, frames in _object(found["frames"]).items()},
        found["renders"] is True,
    )


def written_places(places: Sequence[RenderedPlace]) -> list[Any]:
    """Return rendered places as they are sent."""
    return [
        [one.place, [written_page(page) for page in one.pages], _written_problems(one.problems)]
        for one in places
    ]


def read_places(found: Any, asked: Sequence[str], opened: Opened) -> list[RenderedPlace]:
    """Return rendered places as they came: of those that were asked for, in their order; some may lack."""
    places = [
        RenderedPlace(_text(place), [read_page(page, opened) for page in pages], _read_problems(problems))
        for place, pages, problems in _list(found)
    ]
    came = [one.place for one in places]
    if came != [place for place in asked if place in came]:
        raise ValueError("other places")
    return places


def written_marked(page: MarkedPage) -> list[Any]:
    """Return a page with marks as it is sent."""
    return [page.name, page.html, page.marked, page_blocks.written(page.blocks)]


def read_marked(found: Any) -> MarkedPage:
    """Return a page with marks as it came."""
    name, html, marked, blocks = found
    return MarkedPage(_text(name), _text(html), _text(marked), page_blocks.read(blocks))


def written_sentences(said: Said) -> Json:
    """Return sentences, and where each is said, as they are sent."""
    return {sentence: [[document, line] for document, line in places] for sentence, places in said.items()}


def read_sentences(found: Any) -> dict[str, list[tuple[str, int]]]:
    """Return sentences, and where each is said, as they came."""
    return {
        sentence: [(_text(document), _number(line)) for document, line in places]
        for sentence, places in _object(found).items()
    }


def written_mail(mail: bytes) -> str:
    """Return a mail as it is sent."""
    return base64.b64encode(mail).decode("ascii")


def read_mail(found: Any) -> bytes:
    """Return a mail as it came."""
    return base64.b64decode(_text(found), validate=True)


def _written_problems(problems: Sequence[Problem]) -> list[Any]:
    return [[one.document, one.line, one.sentence, one.weight, one.page] for one in problems]


def _read_problems(found: Any) -> list[Problem]:
    return [
        Problem(_text(document), _number(line), _text(sentence), _text(weight), _text(page))
        for document, line, sentence, weight, page in found
    ]


def _public_alone(text: str) -> str:
    """Return offices without what readers may not know; a text that cannot be read holds nobody."""
    try:
        return write_entries([public(entry) for entry in json.loads(text)])
    except (ValueError, TypeError, AttributeError):
        return write_entries([])


# The form of both


def _packed(value: Json) -> str:
    return base64.b64encode(zlib.compress(json.dumps(value).encode("ascii"))).decode("ascii")


def _unpacked(packed: Any) -> Json:
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(base64.b64decode(_text(packed), validate=True), _MOST_UNPACKED)
    except zlib.error as error:
        raise ValueError("not packed by us") from error
    if not unpacking.eof or unpacking.unused_data:
        raise ValueError("half of it, or far too much")
    return _object(json.loads(text))


def _gunzipped(packed: str) -> str:
    """Return the page in a gzip, of which the checksum is looked at."""
    unpacking = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        page = unpacking.decompress(base64.b64decode(packed, validate=True), _MOST_OF_A_PAGE)
    except zlib.error as error:
        raise ValueError("no gzip") from error
    if not unpacking.eof or unpacking.unused_data:
        raise ValueError("half a page, or far too much")
    return page.decode("utf-8")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB when packed, and {MOST / 1e6:.0f} may be"


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("no text")
    return value


def _number(value: Any) -> int:
    if type(value) is not int:
        raise ValueError("no number")
    return value


def _object(value: Any) -> Json:
    if not isinstance(value, dict):
        raise ValueError("no object")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("no list")
    return value


def _texts(value: Any) -> dict[str, str]:
    return {name: _text(text) for name, text in _object(value).items()}
