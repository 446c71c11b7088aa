"""Sandbox of rendering: the work of a process for what editors wrote.

It is a fork of one that has an empty environment, so that it holds none of the desk's secrets. It reads its
folder, gives up files and network for good, and only then touches a template. It answers one job a line, in
JSON.
"""

from __future__ import annotations

import base64
import encodings.idna
import encodings.punycode
import encodings.utf_16
import encodings.utf_32  # noqa: F401 (like html, below: loaded when first used, and then it is too late)
import html.entities  # noqa: F401
import json
import os
import re
import resource
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import jinja2.debug  # noqa: F401 (jinja2 loads it when something goes wrong, and then it is too late)
from jinja2 import meta, nodes
from jinja2.exceptions import UndefinedError

from chalicelib.delivery import mail_frames
from chalicelib.delivery.mail_places import MailPlace, mail_place
from chalicelib.delivery.render import mail_samples
from chalicelib.delivery.render.mails import Mails
from chalicelib.directory.areas import areas_in
from chalicelib.directory.content import read_content
from chalicelib.directory.document_ids import CATALOG, PUBLIC_TEMPLATE
from chalicelib.directory.recipients import read_offices
from chalicelib.pages.render import area_contexts  # noqa: F401 (loaded when first used, and then it is too late)
from chalicelib.pages.render.catalogs import Catalogs, Sentences
from chalicelib.pages.render.contexts import HELPERS, LayoutContext
from chalicelib.pages.render.packing import PUBLISHED, pack, pack_brotli
from chalicelib.pages.render.templates import environment
from chalicelib.publishing import page_blocks
from chalicelib.publishing.render import sentences
from chalicelib.publishing.render.marked_site import MarkedSite, marked_recipients
from chalicelib.publishing.render.page_checks import check_page
from chalicelib.publishing.render.template_faults import (
    blaming,
    document_of,
    fault_of_start,
    place_of,
    told,
)
from chalicelib.publishing.render.template_names import CONTEXT_OF
from chalicelib.reporting.render import samples
from chalicelib.reporting.render.form_pages import FormPages
from chalicelib.shared.language_names import language_name
from chalicelib.shared.locales import DEFAULT, ENDONYMS
from chalicelib.shared.time_zones import is_known_zone

_QUOTED = re.compile(r"'(\w+)'")
_SMALLEST = 9  # gzip level: packed once and sent many times
_JINJAS = frozenset({"_trans", "caller", "varargs", "kwargs"})  # its own, of no use to who looks for a name
OFFICE = "the-office@example.org"  # to whom a mail is shown: who renders knows nobody's inbox
_BOOKS = {"layout.html": LayoutContext, "parts.html": LayoutContext}


class Inside:
    """The site of one folder, read whole. Each job is a method; what it returns goes out as JSON."""

    def __init__(self, folder: Path) -> None:
        content = folder / "content"
        places, contacts, site, offices = (
            json.loads((content / f"{name}.json").read_text(encoding="utf-8"))
            for name in ("places", "contacts", "site", "recipients")
        )
        templates = folder / "templates"
        self._content = read_content(places, contacts, site)
        self._recipients = read_offices(offices, [place.slug for place in self._content.places])
        catalogs = Catalogs(folder / "locale")
        for locale in {*ENDONYMS, *(recipient.language for recipient in self._recipients)}:
            with blaming(CATALOG + locale):
                catalogs.sentences(locale)  # read now: there are no files later
        self._catalogs = catalogs
        self._site = FormPages(templates, catalogs, self._content)
        self._frames = {
            document: (templates / "mail" / name / "body.txt").read_text(encoding="utf-8")
            for document, name in mail_frames.DOCUMENTS.items()
        }
        self._mails = self._new_mails(folder)
        self._public = environment(templates / "public")
        self._sources = {
            PUBLIC_TEMPLATE + path.name: path.read_text(encoding="utf-8")
            for path in sorted((templates / "public").glob("*.html"))
        }

    def look(self) -> dict[str, Any]:
        """List all there is to read and to render."""
        return {
            "templates": list(self._sources),
            "index": {
                "locales": list(self._site.locales),
                "default_locale": DEFAULT,
                "places": list(self._site.places),
                "default_place": self._site.default_place,
                "other_pages": list(self._site.other_pages),
                "headers": self._site.headers(),
                "brotli": True,
            },
        }

    def take(self, content: str) -> dict[str, Any]:
        """Take other contacts, places, services and settings: what follows is about pages of just these."""
        parts = json.loads(content)
        services = parts.get("services") or ()
        found = read_content(parts["places"], parts["contacts"], parts["site"], services)
        self._content = replace(found, areas=areas_in(parts))
        slugs = [place.slug for place in self._content.places]
        self._recipients = read_offices(parts.get("recipients") or [], slugs)
        self._site = self._site.with_content(self._content)
        return {}

    def read(self, name: str) -> dict[str, Any]:
        """Look over a template without running it: reading works out constants, and those may be bombs."""
        source = self._sources[name]
        try:
            return {"faults": self._names(name, source), "sentences": sentences.of_template(source)}
        except Exception as error:
            return {"faults": [told(error)], "sentences": []}

    def page(self, name: str) -> dict[str, Any]:
        """Render a page, with the headers it is answered with."""
        html = samples.render(self._site, self._recipients, name)
        return {"html": html, "headers": samples.headers(self._site, name)}

    def marked(self, name: str) -> dict[str, Any]:
        """Render a page twice: as readers get it, and with marks around its sentences and contacts."""
        site = MarkedSite(self._site, self._catalogs)
        marked = samples.render(site, marked_recipients(self._recipients), name)
        blocks = page_blocks.written(page_blocks.blocks_of(marked))
        return {**self.page(name), "marked": marked, "blocks": blocks}

    def frames(self) -> dict[str, Any]:
        """Render the frame of each mail in every language, and say what is wrong with them."""
        languages = {DEFAULT, *self._site.locales, *(one.language for one in self._recipients)}
        good: dict[str, dict[str, str]] = {}
        all_faults: list[tuple[str, int, str]] = []
        for document, name in mail_frames.DOCUMENTS.items():
            good[name] = {}
            for language in sorted(languages, key=lambda tag: (tag != DEFAULT, tag)):
                text, faults = self._framed(document, language)
                all_faults += faults
                if not faults:
                    good[name][language] = text
                elif faults[0][0] == document:
                    break  # as it is written: no language can be better
        return {"frames": good, "faults": all_faults}

    def mail(self, name: str, recipient: str, sample: int) -> dict[str, Any]:
        """Write a mail with an invented report."""
        known = next(one for one in self._recipients if one.id == recipient)
        to = replace(known, email=OFFICE)  # nobody knows its inbox here
        document = next(one for one, mail in mail_frames.DOCUMENTS.items() if mail == name)
        text, faults = self._framed(document, to.language)
        if faults:
            return {"fault": faults[0]}
        self._mails.use({name: {to.language: text}})
        content = mail_samples.mail(self._mails, self._recipients, name, to, sample)
        return {"mail": base64.b64encode(content).decode("ascii")}

    def check(self, name: str, html: str) -> dict[str, Any]:
        """Look over a page that was rendered elsewhere, and pack it.

        What lies ready is packed as brotli too; pages made on request are packed as they are sent.
        """
        findings = [
            [one.sentence, one.near, one.weight, one.home] for one in check_page(name, html, self._content)
        ]
        ready = not name.endswith(samples.MADE_ON_REQUEST)
        return {
            "findings": findings,
            "packed": pack(html, _SMALLEST),
            "brotli": pack_brotli(html, PUBLISHED) if ready else "",
        }

    def trial(self, source: str) -> str:
        """Render a template of our own."""
        say = Sentences(str).gettext
        return self._public.from_string(source).render(gettext=say, _=say)

    @property
    def first_place(self) -> str:
        """The place whose page is the front page."""
        return self._site.default_place

    def line_of(self, document: str, line: int, sentence: str) -> int:
        """Return the line of what a sentence quotes, at or after `line`, where its part begins."""
        quoted = _QUOTED.findall(sentence)
        lines = self._sources.get(document, "").split("\n")
        for number, text in enumerate(lines[max(line - 1, 0) :], max(line, 1)) if quoted else ():
            if re.search(rf"\b{re.escape(quoted[-1])}\b", text):
                return number
        return line

    def _framed(self, document: str, language: str) -> tuple[str, list[tuple[str, int, str]]]:
        """Return a mail's frame in a language, and what is wrong with it: with its text, or a translation."""
        source, hosts = self._frames[document], self._content.site.hosts
        faults = mail_frames.faults(source, self._mails.labels(DEFAULT), hosts)
        if faults:
            return "", [(document, line, sentence) for line, sentence in faults]
        text = mail_frames.rendered(source, self._catalogs.sentences(language).plain)
        said = dict(mail_frames.sentences(source))
        found = [
            (CATALOG + language, 0, f"{mail_frames.IN_MAIL} {fault} (“{said.get(line, 'as a whole')}”)")
            for line, fault in mail_frames.faults(text, self._mails.labels(language), hosts)
        ]
        return text, found

    def _new_mails(self, folder: Path) -> Mails:
        """Return what writes mails as they are delivered: its own sentences are the package's."""
        words = folder / "shipped-locale"
        known = self._content.places
        catalogs = Catalogs(words if words.is_dir() else folder / "locale")
        for locale in {*ENDONYMS, *(recipient.language for recipient in self._recipients)}:
            catalogs.sentences(locale)
        places = {place.slug: mail_place(self._content, place.slug) for place in known}
        for place in places.values():
            is_known_zone(place.zone)  # read now: there are no files later
        return Mails(
            folder / "templates" / "mail",
            catalogs,
            "reports@porchlight.example",
            lambda slug: known[slug].name if slug in known else slug,
            language_name,
            _NoKeys(),
            place_of=lambda slug: places.get(slug, MailPlace()),
        )

    def _names(self, document: str, source: str) -> list[tuple[int, str]]:
        name = document.removeprefix(PUBLIC_TEMPLATE)
        tree = self._public.parse(source, name)
        known = {one.name for one in fields(_BOOKS.get(name) or CONTEXT_OF[name])} | HELPERS
        known |= {macro.name for macro in tree.find_all(nodes.Macro)}
        known |= {part.target for part in tree.find_all(nodes.Import)}
        of_all = [part for part in tree.body if isinstance(part, nodes.Assign)]  # macros may name these, too
        known |= {one.name for part in of_all for one in part.find_all(nodes.Name) if one.ctx == "store"}
        problems = [
            (_line_of(tree, unknown), f"Nothing here is called “{unknown}”. There are: {_listed(known)}.")
            for unknown in sorted(meta.find_undeclared_variables(tree) - known - _JINJAS)
        ]
        for other in meta.find_referenced_templates(tree):
            if other is None or PUBLIC_TEMPLATE + other not in self._sources:
                sentence = f"There is no template “{other or 'of a name made up on the way'}” to take in."
                problems.append((_line_of_part(tree), sentence))
        return problems


class Unstarted:
    """Null object for a site that cannot be put together: whatever it is asked, it says why."""

    def __init__(self, folder: Path, error: Exception) -> None:
        self._fault = fault_of_start(folder, error)

    def answer(self) -> dict[str, Any]:
        """Return the fault."""
        return {"fault": self._fault}


class _TooLong(BaseException):
    """Timeout of one answer. No template, and no code that looks after one, may catch this."""


class _NoKeys:
    """Stands where mails would be encrypted: nobody but the editor sees these."""

    def encrypt(self, entity: bytes, key: str, headers: Mapping[str, str]) -> bytes:
        raise AssertionError("a preview has no key")

    def describe(self, key: str) -> Any:
        raise AssertionError("a preview has no key")


def shut_in(seconds: int, memory: int) -> None:
    """Enter the sandbox: rlimits on time and memory, and no files, network or processes ever after."""
    os.closerange(3, 256)
    # Without a free descriptor there is no file to open, no socket, no pipe.
    for limit, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        try:
            resource.setrlimit(limit, (most, most))
        except ValueError:  # a system that cannot limit this one; the others hold
            continue


def warm_up(inside: Inside) -> None:
    """Load what Python loads only when it is first used: later there are no files to load from."""
    pack_brotli("")
    for source in (
        "{% trans name='x' %}Héllo {{ name }}{% endtrans %}{{ 'x' | upper }}",
        "{{ nowhere.at.all }}",
    ):
        try:
            inside.trial(source)
        except UndefinedError as error:
            told(error)
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    message["Subject"] = "Héllo"
    message.set_content("Héllo\n" * 2 + "x" * 2000)
    message.add_attachment(b"{}", maintype="application", subtype="json", filename="x.json")
    message.as_bytes()
    inside.check(
        f"{DEFAULT}/{inside.first_place}",
        "<!DOCTYPE html><html><p id=a class=b>é &amp; <b></p></html>",
    )


def answer(inside: Inside | Unstarted, job: Mapping[str, Any]) -> dict[str, Any]:
    """Do a job; what goes wrong in a template is an answer too.

    `until` is when it must be done, by the clock that all processes of this machine share.
    """
    if isinstance(inside, Unstarted):
        return inside.answer()
    do = getattr(inside, job["do"])
    try:
        with _no_longer_than(job["until"]):
            more = {name: value for name, value in job.items() if name not in ("do", "until")}
            done: dict[str, Any] = do(**more)
        return done
    except _TooLong as error:
        return {"fault": [document_of(error), place_of(error)[1], "It takes too much time."], "stopped": True}
    except Exception as error:
        document = document_of(error)
        line, sentence = told(error)
        return {"fault": [document, inside.line_of(document, line, sentence), sentence]}


def work(folder: Path, seconds: int, memory: int) -> None:
    """Answer jobs until there are no more."""
    jobs, out = sys.stdin.buffer, sys.stdout.buffer
    signal.signal(signal.SIGALRM, _end_it)
    inside = _started(folder)
    shut_in(seconds, memory)
    for line in jobs:
        out.write(json.dumps(answer(inside, json.loads(line))).encode("ascii") + b"\n")
        out.flush()


def _started(folder: Path) -> Inside | Unstarted:
    try:
        inside = Inside(folder)
        warm_up(inside)
    except Exception as error:
        return Unstarted(folder, error)
    return inside


@contextmanager
def _no_longer_than(until: float) -> Iterator[None]:
    """Raise _TooLong at that time: Python looks between two steps, so one endless step goes on."""
    signal.setitimer(signal.ITIMER_REAL, max(0.05, until - time.monotonic()))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _end_it(_number: int, _frame: Any) -> None:
    raise _TooLong


def _line_of(tree: nodes.Template, name: str) -> int:
    return next((one.lineno for one in tree.find_all(nodes.Name) if one.name == name), 0)


def _line_of_part(tree: nodes.Template) -> int:
    kinds = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)
    return next((one.lineno for one in tree.find_all(kinds)), 0)


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(name for name in names if not name.startswith("_")))
