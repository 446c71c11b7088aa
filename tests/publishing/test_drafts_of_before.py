"""Templates as edited before the first screen had boxes: they still render, and can be published."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.publishing.check_documents import CheckDocuments
from tests.publishing.test_page_checks import check, folders, renderer, shipped  # noqa: F401 (fixtures)

pytestmark = pytest.mark.takes(20)

OLD = Path(__file__).parent / "drafts_of_before"


@pytest.mark.parametrize(
    "names", [("page.html",), ("layout.html",), ("page.html", "layout.html", "page.css", "note.html")]
)
def test_a_template_of_before_passes_and_asks_only_about_its_sentences(
    check: CheckDocuments,  # noqa: F811
    names: tuple[str, ...],
) -> None:
    drafts = {f"template/public/{name}": (OLD / name).read_text(encoding="utf-8") for name in names}
    report = check(drafts).report
    assert [problem.sentence for problem in report.problems if problem.weight != "tells"] == []
    assert report.can_be_published
    assert report.needs_a_yes
    assert set(report.missing) == {"es"}, "sentences that no page says any more have no translation"
