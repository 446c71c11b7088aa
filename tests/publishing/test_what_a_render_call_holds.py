"""What goes to the function that renders, listed: a site with secrets everywhere sends none of them."""

from __future__ import annotations

import base64
import json
import os
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.directory.document_ids import CATALOG, CONTACTS, PLACES, RECIPIENTS, SITE
from chalicelib.directory.recipient_rows import PUBLIC
from chalicelib.publishing.documents import Draft
from chalicelib.publishing.errors import RenderStopped
from chalicelib.publishing.ports import PlaceInputs, SiteRenderer
from chalicelib.publishing.recipient_changes import RecipientChange
from chalicelib.publishing.renderer_by_place import RendererByPlace
from chalicelib.publishing.targets import Targets
from chalicelib.publishing.without_recipients import RendererWithOffices
from tests.support.desk_by_place import ANA, BEN, NEW_TOWN, THEN, Desk
from tests.support.editors_desk import typed
from tests.support.fake_lambda import PACKAGE, FakeLambda, renderer_over
from tests.support.fake_package import CLINIC, PAGE, POLICE, SHELTER, written

SECRET = "secret-of-somebody"
OFFICE = {
    **POLICE,
    "email": f"{SECRET}@police.example",
    "fallback": f"{SECRET}-2@police.example",
    "key": f"-----BEGIN PGP PUBLIC KEY BLOCK-----{SECRET}",
    "key_expires": SECRET,
    "note": SECRET,
}
OF_THE_PLACE = "Open at the weekend."  # what is published, and so may be there
INPUTS = PlaceInputs("state", json.dumps({"contacts": [{"id": "state-desk", "hours": OF_THE_PLACE}]}))


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return a desk where the state has a draft to publish, and everybody else a secret."""
    desk = Desk()
    desk.package.texts[RECIPIENTS] = written([OFFICE, {**CLINIC, "email": f"{SECRET}@clinic.example"}])
    desk.contacts.add(typed({**SHELTER, "name": "State desk", "serves": "state", "hours": OF_THE_PLACE}), ANA)
    desk.change("shelter", BEN, hours=f"{SECRET}: a draft of another place")
    desk.places.add(replace(NEW_TOWN, fields={**NEW_TOWN.fields, "name": [SECRET]}), BEN)
    for document in (PAGE, f"{CATALOG}es", SITE):
        desk.raw.put_draft(Draft(document, f"{desk.shipped.text(document)}{SECRET}", 1, 0, BEN, THEN))
    desk.raw.put_change(RecipientChange(SECRET, 1, BEN, THEN, SECRET))
    assert {"contacts/town", f"places/{SECRET}", PAGE, SITE} <= {*desk.drafted()}
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "REPORTER_SECRET", "DESK_KEYS_SECRET"):
        monkeypatch.setitem(os.environ, name, SECRET)
    return desk


def sent(desk: Desk, ask: Callable[[SiteRenderer, dict[str, str]], object]) -> Any:
    """Return the call that travels when the state's draft is published, or looked at."""
    client = FakeLambda(lambda event: {})
    targets = Targets(desk.store, desk.shipped, desk.shelf)
    texts = targets.text_of(targets.drafts(("contacts/state", "places/state")))
    assert OF_THE_PLACE in json.dumps(texts), "the state's own draft is to be published"
    lone = renderer_over(client)
    whole = RendererByPlace(
        RendererWithOffices(lone, lambda: desk.package.texts[RECIPIENTS]),
        desk.shipped,
    )
    with suppress(RenderStopped):
        ask(whole, texts)
    [call] = client.sent
    assert [*json.loads(call)] == ["call"]
    return json.loads(zlib.decompress(base64.b64decode(json.loads(call)["call"])))


FOR_ALL = {"do", "package", "patient", "texts"}
# What differs from what shipped, as it would be live, and the public offices. All is put together for a site.
WHOLE = {CONTACTS, RECIPIENTS}
CALLS: dict[str, tuple[Callable[[Any, dict[str, str]], object], dict[str, Any]]] = {
    "look": (lambda to, texts: to.look(texts), {}),
    "page": (lambda to, texts: to.page(texts, "en/state"), {"name": "en/state"}),
    "marked": (lambda to, texts: to.marked(texts, "en/state"), {"name": "en/state"}),
    "sentences": (lambda to, texts: to.sentences(texts), {}),
    "mail": (
        lambda to, texts: to.mail(texts, "report", "police", 4),
        {"name": "report", "recipient": "police", "sample": 4},
    ),
}


@pytest.mark.parametrize("do", CALLS)
def test_a_call_holds_what_is_to_be_published_and_nothing_else(desk: Desk, do: str) -> None:
    ask, arguments = CALLS[do]
    call = sent(desk, ask)
    assert {name: value for name, value in call.items() if name not in FOR_ALL} == arguments
    assert (call["do"], call["package"], call["patient"]) == (do, PACKAGE, False)
    of_one_page = do in ("page", "marked")
    assert set(call["texts"]) == WHOLE | ({PLACES, SITE} if do == "look" or of_one_page else set())
    assert SECRET not in json.dumps(call)
    contacts = json.loads(call["texts"][CONTACTS])["contacts"]
    others = {} if of_one_page else {"shelter": "Day and night."}  # the town's
    assert {one["id"]: one["hours"] for one in contacts} == {
        "line": "Day and night.",
        **others,
        "state-desk": OF_THE_PLACE,
    }
    offices = json.loads(call["texts"][RECIPIENTS])
    assert all(set(one) == {*PUBLIC} for one in offices)
    assert [one["id"] for one in offices] == ([] if of_one_page else ["police", "clinic"]), "the town's"


def test_a_call_for_places_holds_their_inputs_and_what_all_pages_share(desk: Desk) -> None:
    client = FakeLambda(lambda event: {})
    every = {name: desk.shipped.text(name) for name in desk.shipped.ids()}
    every |= {"contacts/town": SECRET, "places/town": SECRET, CONTACTS: SECRET, PLACES: SECRET, SITE: SECRET}
    every |= {RECIPIENTS: desk.package.texts[RECIPIENTS]}
    with pytest.raises(RenderStopped):
        renderer_over(client).places(every, [INPUTS])
    call = json.loads(zlib.decompress(base64.b64decode(json.loads(client.sent[0])["call"])))
    assert set(call) == {*FOR_ALL, "inputs"}
    assert call["inputs"] == [[INPUTS.place, INPUTS.content]]
    assert set(call["texts"]) == {
        *("template/public/page.html", "template/mail/report/body.txt", "template/mail/digest/body.txt"),
        *("catalog/en", "catalog/es", "catalog/pa"),
    }
    assert SECRET not in json.dumps(call)


def test_offices_that_cannot_be_read_are_nobody(desk: Desk) -> None:
    desk.package.texts[RECIPIENTS] = f'[{{"email": "{SECRET}"'
    call = sent(desk, lambda to, texts: to.page(texts, "en/state"))
    assert json.loads(call["texts"][RECIPIENTS]) == []
    assert SECRET not in json.dumps(call)
