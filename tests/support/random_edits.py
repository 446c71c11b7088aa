"""Random edits of a whole site, each as somebody at the desk could make it; a seed gives the same ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from chalicelib.directory.document_ids import CATALOG
from chalicelib.directory.place_documents import ORDER, Whole
from chalicelib.directory.write_entries import write_entries
from chalicelib.pages import po_files
from chalicelib.publishing import edit_whole
from chalicelib.publishing.json_documents import read
from tests.support.real_site import FRESNO, MERCED, NEVADA, PAGE, STYLE, RealSite, contact

_WIDER = (MERCED, FRESNO, "california", NEVADA, "us")
_COUNTIES = (MERCED, FRESNO, NEVADA)
_END_OF_PAGE = "{% endblock %}\n{% block foot %}"
_HOSTS = ("www.weather.gov", "988lifeline.org", "new.example")


class RandomEdits:
    """Draws edits of a site and saves their drafts. `kinds` are the names of all."""

    def __init__(self, site: RealSite, seed: int) -> None:
        self._site = site
        self._draw = random.Random(seed)  # noqa: S311 (the same in every run)
        self._count = 0
        found = {
            name.removeprefix("edit_"): getattr(self, name) for name in dir(self) if name.startswith("edit_")
        }
        self.kinds: dict[str, Callable[[], list[str]]] = dict(sorted(found.items()))
        self._left: list[str] = []

    def next_edit(self) -> tuple[str, list[str]]:
        """Make an edit of a kind that was not drawn for the longest; return it, and the documents drafted."""
        if not self._left:
            self._left = self._draw.sample([*self.kinds], len(self.kinds))
        kind = self._left.pop()
        return kind, self.kinds[kind]()

    def chance(self, of: float) -> bool:
        """Say yes so often."""
        return self._draw.random() < of

    def edit_contact_added(self) -> list[str]:
        return self._change(lambda whole: self._insert(whole.contacts["contacts"], self._new_contact(whole)))

    def edit_contact_with_a_link_added(self) -> list[str]:
        host = self._draw.choice(_HOSTS)
        way = {"kind": "form", "show": "", "value": f"https://{host}/x{self._next()}"}

        def do(whole: Whole) -> None:
            new = self._new_contact(whole)
            self._insert(whole.contacts["contacts"], {**new, "channels": [*new["channels"], way]})
            whole.site["hosts"] = sorted({*whole.site["hosts"], host})

        return self._change(do)

    def edit_contact_changed(self) -> list[str]:
        word = f"Changed {self._next()}."
        field = self._draw.choice(("hours", "name", "what", "what_not", "languages"))
        new = {field: word, "mark": "SINGLE"}
        return self._change(lambda whole: self._one(whole.contacts["contacts"]).update(new))

    def edit_number_changed(self) -> list[str]:
        new = contact(f"number-{self._next()}", "us")["channels"]
        return self._change(lambda whole: self._own(whole).update(channels=new, mark="SINGLE"))

    def edit_contact_taken_away(self) -> list[str]:
        return self._change(lambda whole: whole.contacts["contacts"].remove(self._own(whole)))

    def edit_contact_moved_to_another_place(self) -> list[str]:
        def do(whole: Whole) -> None:
            one = self._own(whole)
            slugs = [place["slug"] for place in whole.places["places"] if place["slug"] != one["serves"]]
            one["serves"] = self._draw.choice(slugs)

        return self._change(do)

    def edit_contact_only_here(self) -> list[str]:
        def do(whole: Whole) -> None:
            one = self._own(whole)
            one["only_here"] = not one.get("only_here")

        return self._change(do)

    def edit_order_of_contacts(self) -> list[str]:
        def do(whole: Whole) -> None:
            self._draw.shuffle(whole.contacts["contacts"])

        return self._change(do)

    def edit_place_added(self) -> list[str]:
        number = self._next()
        new = {"slug": f"town-{number}", "name": f"Town {number}", "kind": "city"}

        def do(whole: Whole) -> None:
            whole.places["places"].append({**new, "parent": self._draw.choice(_WIDER)})

        return self._change(do)

    def edit_place_renamed(self) -> list[str]:
        name = f"{self._draw.choice('ABZ')} Town {self._next()}"
        return self._change(lambda whole: self._one(whole.places["places"]).update(name=name))

    def edit_place_moved_to_another_county(self) -> list[str]:
        def do(whole: Whole) -> None:
            town = self._town(whole)
            town["parent"] = self._draw.choice([one for one in _COUNTIES if one != town["parent"]])

        return self._change(do)

    def edit_place_taken_away(self) -> list[str]:
        def do(whole: Whole) -> None:
            kept = ("los-banos-ca", whole.site["default_place"])  # one has printed ways, one is the first
            gone = self._town(whole, kept)
            whole.places["places"].remove(gone)
            theirs = [one for one in whole.contacts["contacts"] if one["serves"] == gone["slug"]]
            for one in theirs:
                whole.contacts["contacts"].remove(one)
            for name in ("police", "founding_channels"):
                ids = [one["id"] for one in theirs]
                whole.site[name] = [one for one in whole.site.get(name, ()) if one not in ids]

        return self._change(do)

    def edit_exit(self) -> list[str]:
        to = f"https://www.weather.gov/{self._next()}"
        return self._change(lambda whole: whole.site.update(exit_url=to))

    def edit_languages(self) -> list[str]:
        def do(whole: Whole) -> None:
            tags = [one["tag"] for one in whole.site["locales"]]
            whole.site["locales"] = [{"tag": "en"}] + (
                [] if "es" in tags else [{"tag": "es", "checked_on": None}]
            )

        return self._change(do)

    def edit_other_languages(self) -> list[str]:
        def do(whole: Whole) -> None:
            others = whole.site["other_languages"]
            whole.site["other_languages"] = others[1:] + (others[:1] if self.chance(0.5) else [])

        return self._change(do)

    def edit_hotline(self) -> list[str]:
        def do(whole: Whole) -> None:
            whole.site["hotline"] = "ndvh" if whole.site["hotline"] == "nhth" else "nhth"

        return self._change(do)

    def edit_police(self) -> list[str]:
        def do(whole: Whole) -> None:
            one = self._own(whole)["id"]
            there = whole.site.get("police") or []
            whole.site["police"] = [each for each in there if each != one] + ([] if one in there else [one])

        return self._change(do)

    def edit_founding_channels(self) -> list[str]:
        def do(whole: Whole) -> None:
            there = whole.site["founding_channels"]
            # Of what a page does not show without that, a narrower page would have to show it anew.
            shown = [one for one in whole.contacts["contacts"] if not one.get("only_here")]
            ids = [one["id"] for one in shown if one["id"] not in there]
            there.insert(self._draw.randrange(len(there) + 1), self._draw.choice(ids))

        return self._change(do)

    def edit_hosts(self) -> list[str]:
        def do(whole: Whole) -> None:
            whole.site["hosts"] = sorted({*whole.site["hosts"], f"host-{self._next()}.example"})

        return self._change(do)

    def edit_first_place(self) -> list[str]:
        return self._change(lambda whole: whole.site.update(default_place=self._slug(whole)))

    def edit_order_of_places(self) -> list[str]:
        slugs = [one["slug"] for one in self._now().places["places"]]
        self._draw.shuffle(slugs)
        settings = {**read("site", self._site.edit.open("site").text), ORDER: slugs}
        return self._save("site", write_entries(settings))

    def edit_sentence_of_a_template(self) -> list[str]:
        text = self._site.edit.open(PAGE).text
        said = f'<p>{{{{ _("Sentence {self._next()}.") }}}}</p>\n'
        return self._save(PAGE, text.replace(_END_OF_PAGE, said + _END_OF_PAGE))

    def edit_style(self) -> list[str]:
        text = self._site.edit.open(STYLE).text
        return self._save(STYLE, f"{text}\n.own-{self._next()} {{ margin: 0 }}\n")

    def edit_translation(self) -> list[str]:
        name = f"{CATALOG}es"
        entries = [*po_files.read_po(self._site.edit.open(name).text)]
        numbers = [n for n, one in enumerate(entries) if one.source and one.text and "%" not in one.source]
        at = self._draw.choice(numbers)
        entries[at] = replace(entries[at], text=f"{entries[at].text} ({self._next()})")
        return self._save(name, po_files.write_po(entries))

    def edit_offices(self) -> list[str]:
        offices = self._site.offices
        offices.append({**offices[0], "id": f"office-{self._next()}", "serves": "us"})
        return []

    def _now(self) -> Whole:
        return edit_whole.now(self._site.edit)

    def _change(self, do: Callable[[Whole], None]) -> list[str]:
        """Draw once: the site asks what a change would write, and then has it made."""
        state = self._draw.getstate()

        def again(whole: Whole) -> None:
            self._draw.setstate(state)
            do(whole)

        return self._site.change(again)

    def _save(self, document: str, text: str) -> list[str]:
        self._site.save(document, text)
        return [document]

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _new_contact(self, whole: Whole) -> dict[str, Any]:
        here = self._draw.random() < 0.3
        id_ = f"new-{self._draw.randrange(10**6)}"
        return contact(
            id_, self._slug(whole), only_here=here, audience=self._draw.choice(("anyone", "children"))
        )

    def _insert(self, entries: list[Any], new: Any) -> None:
        entries.insert(self._draw.randrange(len(entries) + 1), new)

    def _one(self, entries: list[Any]) -> Any:
        return self._draw.choice(entries)

    def _slug(self, whole: Whole) -> str:
        return str(self._one(whole.places["places"])["slug"])

    def _town(self, whole: Whole, but: Collection[str] = ()) -> Any:
        towns = [one for one in whole.places["places"] if one["kind"] == "city"]
        return self._one([one for one in towns if one["slug"] not in but])

    def _own(self, whole: Whole) -> Any:
        """Return a contact that the settings do not need."""
        fixed = {"nhth", "ndvh", *whole.site["founding_channels"], *(whole.site.get("police") or ())}
        return self._one([one for one in whole.contacts["contacts"] if one["id"] not in fixed])
