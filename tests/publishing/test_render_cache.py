"""What was rendered and looked over once is neither rendered nor looked over again, and nothing else is."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from chalicelib.directory.document_ids import path_of
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.pages.adapters.document_folders import ReleaseFiles
from chalicelib.publishing.errors import RenderStopped
from chalicelib.publishing.render.render_cache import Lru, RenderCache, digest_of, digest_of_folder
from chalicelib.publishing.render.render_worker import Inside, answer
from chalicelib.publishing.render.site_renderer import WorkerSiteRenderer
from tests.support.rendered import RenderedSite, render_site, shipped_folders

PAGE, FORM = "template/public/page.html", "template/public/note.html"


class Process:
    """The render worker's work in this process; it counts jobs, and stops at some."""

    def __init__(self, inside: Inside, jobs: Counter[str], stops_at: set[tuple[str, str]]) -> None:
        self._inside, self._jobs, self._stops_at = inside, jobs, stops_at

    def ask(self, job: Mapping[str, Any]) -> dict[str, Any]:
        self._jobs[job["do"]] += 1
        if (job["do"], job.get("name", "")) in self._stops_at:
            raise RenderStopped("too long")
        an_hour = time.monotonic() + 3600
        done: dict[str, Any] = json.loads(json.dumps(answer(self._inside, {**job, "until": an_hour})))
        return done


class Site:
    """A renderer of the English site, with what its processes did."""

    def __init__(self, files: ReleaseFiles) -> None:
        self.files = files
        self.jobs: Counter[str] = Counter()
        self.stops_at: set[tuple[str, str]] = set()
        self.renderer = self.another(RenderCache())

    def another(self, cache: RenderCache | None) -> WorkerSiteRenderer:
        @contextmanager
        def start(folder: Path) -> Iterator[Process]:
            yield Process(Inside(folder), self.jobs, self.stops_at)

        return WorkerSiteRenderer(lambda texts: self.files(texts).content.parent, start, 1, cache)

    def did(self, texts: Mapping[str, str]) -> tuple[RenderedSite, Counter[str]]:
        """Render the site, and return it with the jobs that this took."""
        self.jobs.clear()
        return self.with_cache(self.renderer, texts), Counter(self.jobs)

    def with_cache(self, renderer: WorkerSiteRenderer, texts: Mapping[str, str]) -> RenderedSite:
        """Render the site with this renderer."""
        return render_site(renderer, self.files(texts).content.parent, texts)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> ReleaseFiles:
    return ReleaseFiles(shipped_folders(tmp_path_factory.mktemp("english"), locales=("en",)))


@pytest.fixture
def site(files: ReleaseFiles) -> Site:
    return Site(files)


def text_of(files: ReleaseFiles, document: str) -> str:
    folder = files({})
    return (folder.content.parent / path_of(document)).read_text(encoding="utf-8")


def test_what_is_the_same_is_not_looked_over_again(site: Site) -> None:
    looked, _ = site.did({})
    again, jobs = site.did({})
    assert again == looked
    assert again.look is looked.look
    assert {*jobs} == {"take", "page"}
    assert any(page.brotli for page in again.pages)


def test_the_bytes_are_those_of_a_renderer_without_a_cache(site: Site) -> None:
    site.did({})
    assert site.did({})[0] == site.with_cache(site.another(None), {})


def test_only_pages_that_differ_are_looked_over_again(site: Site) -> None:
    before, _ = site.did({})
    changed = {FORM: text_of(site.files, FORM).replace("</h1>", "!</h1>")}
    assert changed[FORM] != text_of(site.files, FORM)
    after, jobs = site.did(changed)
    html = {page.name: page.html for page in before.pages}
    differ = [page.name for page in after.pages if page.html != html[page.name]]
    assert 0 < jobs["check"] == len(differ) < len(after.pages) == jobs["page"]
    assert after == site.with_cache(site.another(None), changed)


def test_another_contact_has_the_pages_of_its_places_looked_over_again(site: Site) -> None:
    site.did({})
    contacts = json.loads(text_of(site.files, "contacts"))
    changed = next(one for one in contacts["contacts"] if one["serves"] == "us")
    changed["name"] += " Two"
    after, jobs = site.did({"contacts": json.dumps(contacts)})
    assert jobs["check"] == len(after.pages)


@pytest.mark.parametrize("do", ["page", "check"])
def test_what_was_stopped_is_tried_again(site: Site, do: str) -> None:
    site.stops_at.add((do, "en/code"))
    stopped, _ = site.did({})
    assert any("too much time" in problem.sentence for problem in stopped.problems)
    site.stops_at.clear()
    whole, jobs = site.did({})
    assert jobs["page"]
    assert whole == site.with_cache(site.another(None), {})


def test_mails_that_were_stopped_are_tried_again(site: Site) -> None:
    site.stops_at.add(("frames", ""))
    assert not site.did({})[0].look.frames
    site.stops_at.clear()
    assert site.did({})[0].look.frames


def test_findings_come_from_the_cache_as_from_a_process(site: Site) -> None:
    broken = {PAGE: text_of(site.files, PAGE).replace("<h1>", "<h2>", 1).replace("</h1>", "</h2>", 1)}
    first, _ = site.did(broken)
    site.did({})
    site.did({FORM: text_of(site.files, FORM) + "\n"})  # two newer sites: the broken one is no longer whole
    second, jobs = site.did(broken)
    assert first.problems
    assert jobs["page"]
    assert not jobs["check"]
    assert second == first


def test_a_preview_and_the_sentences_of_the_same_texts_are_made_once(site: Site) -> None:
    other = {FORM: text_of(site.files, FORM).replace("</h1>", "!</h1>")}
    first = [
        site.renderer.page({}, "en/code"),
        site.renderer.marked({}, "en/code"),
        site.renderer.sentences({}),
    ]
    site.jobs.clear()
    again = [
        site.renderer.page({}, "en/code"),
        site.renderer.marked({}, "en/code"),
        site.renderer.sentences({}),
    ]
    assert again == first
    assert not site.jobs
    site.renderer.page(other, "en/code")
    site.renderer.page({}, "en/about")
    assert site.jobs["page"] == 2
    for _ in range(2):
        with pytest.raises(DocumentInvalid):
            site.renderer.page({FORM: "{{ nothing.at.all }}"}, "en/us/note")
    assert site.jobs["page"] == 4, "a fault is no answer to keep"


def test_a_digest_tells_texts_apart_by_where_they_end(tmp_path: Path) -> None:
    assert digest_of("ab", "c") != digest_of("a", "bc")
    assert digest_of("a", "b") == digest_of("a", "b") != digest_of("b", "a")
    assert digest_of("\ud800") != digest_of("?")
    for name, other in (("one", "two"), ("two", "one")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text(other, encoding="utf-8")
    assert digest_of_folder(tmp_path / "one") != digest_of_folder(tmp_path / "two")
    (tmp_path / "one" / "x").rename(tmp_path / "one" / "y")
    (tmp_path / "one" / "y").write_text("one", encoding="utf-8")
    assert digest_of_folder(tmp_path / "one") != digest_of_folder(tmp_path / "two")


def test_the_cache_drops_what_was_asked_for_the_longest_ago() -> None:
    cache: Lru[str] = Lru(2)
    cache.keep("a", "1")
    cache.keep("b", "2")
    assert cache.get("a") == "1"
    cache.keep("c", "3")
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == ("1", None, "3")
    nothing: Lru[str] = Lru(0)
    nothing.keep("a", "1")
    assert nothing.get("a") is None
