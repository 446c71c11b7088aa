"""A page read block by block, and two of them laid side by side: words, what they are, and what differs."""

from __future__ import annotations

import json

import pytest

from chalicelib.publishing.page_blocks import Block, Run, blocks_of, read, written
from chalicelib.publishing.page_marks import CHANNEL, CLOSE, NAME, OPEN, SENTENCE, Mark, fingerprint, marked
from chalicelib.publishing.side_by_side import Piece, Row, rows

LEAVE = Mark(SENTENCE, fingerprint("Leave"))
LINE = Mark(CHANNEL, fingerprint("line"))


def said(source: str, words: str = "") -> str:
    return marked(SENTENCE, source, words or source)


def page(*parts: str) -> list[Block]:
    return blocks_of("".join(parts))


def test_headings_paragraphs_and_items_are_blocks() -> None:
    found = page("<body><h2>", said("Leave"), "</h2><ul><li>", said("Go"), "<li>a<br>b</ul>", "<p>c</p>d")
    assert [(block.kind, block.text) for block in found] == [
        ("h2", "Leave"), ("p", "Go"), ("p", "a"), ("p", "b"), ("p", "c"), ("p", "d"),
    ]  # fmt: skip
    assert found[0].runs == (Run("Leave", LEAVE),)


def test_words_are_what_the_innermost_mark_says() -> None:
    inner = f"Call <b>{marked(CHANNEL, 'line', '911')}</b> now"
    [block] = page("<p>", said("Leave", inner), " then</p>")
    assert block.runs == (Run("Call ", LEAVE), Run("911", LINE), Run(" now", LEAVE), Run(" then", None))


def test_spaces_are_as_they_are_seen() -> None:
    [block] = page("<p>\n  a  <b> b</b>\n c \n</p>")
    assert block.text == "a b c"


def test_what_is_not_seen_is_left_out() -> None:
    html = "<style>p{}</style><script>1</script><template>t</template><p title='u'>v</p>"
    assert [block.text for block in page(html)] == ["v"]


def test_markup_of_an_editor_is_words_or_nothing() -> None:
    html = '<p><a href="/admin/publish/now" onclick="x">Go &lt;b&gt;</a><form action="//e"><button>Send'
    assert page(html) == [
        Block("p", (Run("Go <b>", None),)),
        Block("p", (Run("Send", None),)),
    ]


def test_the_title_and_words_of_attributes_stand_at_their_spot() -> None:
    found = page(
        f"<title>{said('Leave', 'Go')}</title><p>a <span data-say='{said('Leave', 'Now')}'>b</span> c</p>",
        f"<nav aria-label='{said('Leave')}'><ul><li>d</li></ul></nav><img alt='nothing known'>",
    )
    assert [(block.kind, block.text) for block in found] == [
        ("title", "Go"), ("p", "a b c"), ("label", "Now"), ("label", "Leave"), ("p", "d"),
    ]  # fmt: skip
    assert {run.mark for block in found if block.kind != "p" for run in block.runs} == {LEAVE}


def test_what_is_marked_in_attributes_is_no_more_than_what_is_read() -> None:
    many = "".join(f"<i title='{said('Leave')}'>" for _ in range(5_000))
    found = page(f"<p>{many}</p>")
    assert len(found) <= 201
    assert read(json.loads(json.dumps(written(found)))) == found


@pytest.mark.parametrize(
    "html",
    [CLOSE * 5 + "<p>a", OPEN + "<p>a", f"<p>{OPEN}sx{CLOSE}a", "<p>a<![", "<p>a<!--", "<" * 2000 + "<p>a"],
)
def test_marks_and_markup_that_are_broken_break_nothing(html: str) -> None:
    assert any("a" in block.text for block in page(html)) or "<!" in html


def test_blocks_come_back_from_the_sandbox_as_they_were() -> None:
    blocks = page("<h1>", said("Leave"), "</h1><p>", marked(NAME, "line", "The line"), ": a</p>")
    assert read(json.loads(json.dumps(written(blocks)))) == blocks


@pytest.mark.parametrize(
    "found", [None, 1, "ab", [1], [["p"]], [["p", [1]]], [["p", [["a", 1, "b"]]]], {"a": 1}]
)
def test_what_is_no_block_is_refused(found: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(found)


def test_a_strange_kind_is_plain_text() -> None:
    assert read([["script", [["a", "x", "y"]]]]) == [Block("p", (Run("a", None),))]


def test_the_same_pages_have_no_difference() -> None:
    blocks = page("<h1>", said("Leave"), "</h1><p>a b</p>")
    assert [row.number for row in rows(blocks, blocks)] == [0, 0]


def test_a_changed_word_is_marked_on_both_sides_in_one_row() -> None:
    draft = page("<p>", said("Leave", "Call 209-722-4358 at night"), "</p>")
    live = page("<p>", said("Leave", "Call 209-722-4357 at night"), "</p>")
    assert rows(draft, live) == [
        Row(
            "p",
            (
                Piece("Call 209-722-", LEAVE, False),
                Piece("4358", LEAVE, True),
                Piece(" at night", LEAVE, False),
            ),
            (
                Piece("Call 209-722-", LEAVE, False),
                Piece("4357", LEAVE, True),
                Piece(" at night", LEAVE, False),
            ),
            1,
        )
    ]


def test_what_is_new_or_gone_has_a_row_of_its_own_and_all_are_counted() -> None:
    draft = page("<h1>", said("A"), "</h1><p>", said("New"), "</p><p>", said("B"), "</p>")
    live = page("<h1>", said("A"), "</h1><p>", said("B"), "</p><p>", said("Old"), "</p>")
    found = rows(draft, live)
    assert [
        (row.number, [one.text for one in row.draft], [one.text for one in row.live]) for row in found
    ] == [
        (0, ["A"], ["A"]),
        (1, ["New"], []),
        (0, ["B"], ["B"]),
        (2, [], ["Old"]),
    ]


def test_a_sentence_that_became_another_stands_beside_it_whole() -> None:
    draft, live = (
        page("<p>", said("X", "Open on weekdays"), "</p>"),
        page("<p>", said("Y", "Ring twice"), "</p>"),
    )
    [row] = rows(draft, live)
    assert [one.differs for one in (*row.draft, *row.live)] == [True, True]


def test_languages_without_spaces_are_compared_letter_by_letter() -> None:
    [row] = rows(page("<p>", said("X", "随时拨打"), "</p>"), page("<p>", said("X", "随时可打"), "</p>"))
    assert [one.text for one in row.draft if one.differs] == ["拨"]


def test_a_row_of_links_is_one_block() -> None:
    html = (
        "<nav><ul>\n<li><a>English</a></li>\n<li><a>"
        + said("Leave")
        + "</a></li></ul></nav><ul><li>a<li>b</ul>"
    )
    assert [block.text for block in page(html)] == ["English · Leave", "a", "b"]
    assert page(html)[0].runs[-1] == Run("Leave", LEAVE)


def test_a_number_keeps_its_order_in_a_page_written_from_the_right() -> None:
    number = '<bdi dir="ltr">1-888</bdi>'
    [block] = page('<html dir="rtl"><p>', said("Leave", f"x {number} y"), "</p>")
    assert block.text == "x \u20661-888\u2069 y"
    [plain] = page('<html dir="ltr"><p>', said("Leave", f"x {number} y"), "</p></bdi>")
    assert plain.text == "x 1-888 y"
