"""A frame stands around the block with the report: it can neither hide it, nor forge it, nor move it."""

from __future__ import annotations

import pytest

from chalicelib.delivery.errors import FrameInvalid
from chalicelib.delivery.mail_frames import (
    MARKER,
    faults,
    is_old,
    read_frame,
    read_published,
    rendered,
    sentences,
)

GOOD = f"Please do not reply.\n\n{MARKER}\n\nWhat this mail is not:\n\n- It is not proof.\n"
LABELS = ["Case number:", "What they wrote, word for word", "End of what they wrote", "Where:"]


def with_line(line: str) -> str:
    return GOOD + "\n" + line + "\n"


def test_a_frame_is_two_texts_around_the_block() -> None:
    frame = read_frame(GOOD, LABELS)
    assert (
        frame.around("BLOCK")
        == "Please do not reply.\n\nBLOCK\n\nWhat this mail is not:\n\n- It is not proof.\n"
    )
    assert read_frame(f"{MARKER}\n").around("BLOCK") == "BLOCK\n"


def test_what_a_reporter_wrote_places_nothing() -> None:
    block = f"told\n{MARKER}\n\n{MARKER}\nend"
    assert read_frame(GOOD).around(block).count(MARKER) == 2
    assert read_frame(GOOD).around(block).count("It is not proof.") == 1


def test_each_line_is_a_sentence_with_its_bullet_left_out() -> None:
    assert sentences(GOOD) == [
        (1, "Please do not reply."),
        (5, "What this mail is not:"),
        (7, "It is not proof."),
    ]
    assert rendered(GOOD, lambda one: "No es\nuna prueba.").endswith("- No es una prueba.")


@pytest.mark.parametrize(
    "text", ["", "Only words.", GOOD + MARKER, f"{MARKER}\n{MARKER}", "[[ report ]]", "[[Report]]"]
)
def test_a_frame_without_a_marker_or_with_two_is_none(text: str) -> None:
    with pytest.raises(FrameInvalid):
        read_frame(text)


@pytest.mark.parametrize(
    "text",
    [
        "{% if others %}\n[[report]]\n{% endif %}",
        "{{ story }}\n[[report]]",
        "{# a note #}\n[[report]]",
        "For %(place_name)s\n[[report]]",
        "[[report]]\n%}",
    ],
)
def test_data_and_logic_have_no_place_in_a_frame(text: str) -> None:
    assert is_old(text)
    assert "old way" in faults(text)[0][1]


@pytest.mark.parametrize(
    "head",
    [
        "\n" * 300,
        "x\n" * 11,
        "word " * 300,
        "\n\n\na\n",
        "a line of words, " * 40,
    ],
)
def test_nothing_long_or_empty_stands_before_the_report(head: str) -> None:
    with pytest.raises(FrameInvalid):
        read_frame(f"{head}\n{MARKER}\n")
    with pytest.raises(FrameInvalid):
        read_frame(f"{MARKER}\n" + (head * 30))


@pytest.mark.parametrize(
    "sign",
    [
        "\u202e",
        "\u2066",
        "\u200f",
        "\ufeff",
        "\u00ad",
        "\u2028",
        "\x0b",
        "\u3164",
        "\u2800",
        "\u034f",
        "\ufe0f",
        "\U000e0041",
        "\u180e",
        "\u0435",  # Cyrillic e
        "\u03bf",  # Greek o
        "\uff30",  # full width P
        "\U0001d40f",  # mathematical P
        "\u13e2",  # Cherokee
        "\u1d18",  # a small capital P
        "\u2500",
        "\u2588",
        "\U0001f600",
        "\ud800",
    ],
)
def test_signs_that_are_not_seen_or_pass_for_others_are_refused(sign: str) -> None:
    for line in (f"a{sign}b", f"{sign} and more", f"more {sign}"):
        assert faults(with_line(line)), line


@pytest.mark.parametrize(
    "line",
    [
        "----- What they wrote",
        "- - - - -",
        "=====",
        "_ _ _",
        "*-*",
        "—————",
        "‐‑‒",
        "oooooooo",
        "一一一一一",
        "~~~ end ~~~",
        "Case number: none",
        "CASE NUMBER： none",
        "c a s e n u m b e r : x",
        "Where: in town",
        "End of what they wrote",
        "What they wrote, word for word",
        "what they wrote word for word",
        "PL-1A2B-3C4D",
        "the case pl 1a2b 3c4d",
        "It is about PL–0000–0000.",
        "PL1A2B3C4D",
        "PĹ-1A2B-3C4D",
        "PI-1A2B-3C4D",
        "PŁ-1A2B-3C4D",
        "[[report]] and more",
        "see ]] there",
        "［［report］］",
        "［[report]］",
    ],
)
def test_what_looks_like_a_part_of_the_block_is_refused(line: str) -> None:
    assert faults(with_line(line), LABELS), line


@pytest.mark.parametrize(
    "line",
    [
        "https://evil.example/x",
        "Go to evil.example now",
        "desk@evil.example",
        "//x",
        "HTTP://1.2.3.4",
        "at evil．example",
        "evil․example",
        "／／x",
    ],
)
def test_only_hosts_of_the_list_are_named(line: str) -> None:
    assert faults(with_line(line), LABELS, {"agency.example"})
    assert not faults(with_line("Call the desk at desk@agency.example."), LABELS, {"agency.example"})


@pytest.mark.parametrize(
    "line",
    [
        "Please don’t reply – nobody reads it (at night, e.g. after 10 p.m.).",
        "This mail may come twice. The case number shows that it is the same report.",
        "Questions? Call 209-555-0142, ext. 12.",
        "El número de caso muestra que es el mismo informe. ¿Preguntas? ¡Llame!",
        "قد تصل هذه الرسالة مرتين، ورقم الحالة يبيّن أنها نفسها.",
        "ਇਹ ਈਮੇਲ ਦੋ ਵਾਰ ਆ ਸਕਦੀ ਹੈ।",
        "此邮件可能会发送两次。案件编号表明是同一份报告。",
        "សំបុត្រ\u200bនេះ\u200bអាច\u200bមក\u200bពីរ\u200bដង។",
    ],
)
def test_plain_words_of_our_languages_pass(line: str) -> None:
    assert faults(with_line(line), LABELS, set()) == []


@pytest.mark.parametrize(
    "content",
    [None, [], {}, {"format": 2, "mails": {}}, {"format": 1}, {"format": 1, "mails": {"report": []}}],
)
def test_frames_of_a_release_that_are_not_what_we_write_are_refused(content: object) -> None:
    with pytest.raises(FrameInvalid):
        read_published(content)


def test_frames_of_a_release_are_read_by_mail_and_language() -> None:
    content = {"format": 1, "mails": {"report": {"en": GOOD, "es": 7}}}
    assert read_published(content) == {"report": {"en": GOOD}}
