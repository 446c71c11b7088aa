"""Splitting a reply: no word of the officer is lost, and none of the report stays."""

from __future__ import annotations

import pytest

from chalicelib.delivery.fences import end_fence, top_fence
from chalicelib.delivery.render.mail_block import labels
from chalicelib.directory.adapters.shipped_content import CATALOGS
from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.replies.conversation import HUMAN
from chalicelib.replies.our_labels import OUR_LABELS, plain_label
from chalicelib.replies.parsed_mail import ParsedMail
from chalicelib.replies.read_mail import read_mail
from chalicelib.replies.reply import TEXT_MOST, Reply
from chalicelib.replies.split_reply import is_nothing, split_reply
from tests.support.stored_mails import mail, source, stored

CASE = "PL-7K2M-9QXR"
LANGUAGES = ("en", "es", "pt", "fil", "zh-Hans", "zh-Hant", "ar", "km", "pa", "hmn")
ODD = "seventeen purple flamingos"
OURS = "\n".join(
    [
        top_fence(CASE, "Write above this line."),
        f"Case number: {CASE}",
        f"  {ODD}",
        "",
        end_fence(CASE, "Below."),
    ]
)
WROTE = "On Sun, Nov 29, 2026 at 9:14 AM Porchlight <desk@reply.porchlight.example> wrote:"


def split(text: str, html: str = "") -> Reply:
    return split_reply(ParsedMail(HUMAN, text=text, html=html), CASE)


def quoted(text: str, mark: str = "> ") -> str:
    return "\n".join((mark + line).rstrip() for line in text.split("\n"))


def test_what_stands_between_the_fences_is_nowhere_in_the_reply() -> None:
    reply = split(f"We have it.\n\n{WROTE}\n\n{quoted(OURS)}\n")
    assert reply.text == "We have it."
    assert reply.whole == f"We have it.\n\n{WROTE}"
    assert not reply.repeats
    assert not reply.text_repeats


@pytest.mark.parametrize(
    "shape",
    [
        OURS,
        quoted(OURS),
        quoted(OURS, ">"),
        quoted(OURS, "> > "),
        quoted(OURS, ">>> "),
        quoted(OURS, "    "),
        quoted(OURS, "\t"),
        quoted(OURS, "| "),
        OURS.replace(f" {CASE} ", f"\n{CASE}\n"),
        quoted(OURS.replace(f"{CASE} ", f"{CASE}\n")),
        OURS.replace("-", "\u2011"),
        OURS.replace("#", "\\#").replace("=", "\\="),
        OURS.lower(),
        OURS.replace("#####", "###").replace("=====", "==="),
        OURS.replace(" ", "\u00a0"),
        OURS.replace("\n", " "),
        OURS.replace("Write above this line.", "请把您的答复写在这一行上面。"),
        OURS.replace(CASE, "PL-AAAA-BBBB"),
        f"*{OURS}",
    ],
)
def test_fences_are_found_however_a_mail_program_quotes_them(shape: str) -> None:
    reply = read_mail(stored(mail(f"We have it.\n\n{shape}\n")))
    parted = split_reply(reply, CASE)
    assert parted.text == "We have it."
    assert "flamingos" not in parted.to_bytes().decode()
    assert not parted.repeats


@pytest.mark.parametrize(
    "page",
    [
        "<p>We have it.</p><div>{}</div>",
        '<p>We have it.</p><blockquote type="cite">{}</blockquote>',
        "<p>We have it.</p><pre>{}</pre>",
        "<p>We have it.</p><table><tr><td>{}</td></tr></table>",
        '<p>We have it.</p><div class="gmail_quote"><blockquote class="gmail_quote">{}</blockquote></div>',
        '<p>We have it.</p><div id="divRplyFwdMsg"><b>From:</b> x</div><div>{}</div>',
        "We have it.<br><br>{}",
    ],
)
def test_fences_are_found_in_pages(page: str) -> None:
    inside = OURS if "<pre>" in page else OURS.replace("\n", "<br>")
    reply = split("", page.format(inside))
    assert reply.text == "We have it."
    assert "flamingos" not in reply.whole


def test_a_text_that_lost_its_fences_gives_way_to_the_page_that_has_them() -> None:
    page = f'<p>We have it.</p><blockquote type="cite">{OURS}</blockquote>'.replace("\n", "<br>")
    reply = split(f"We have it.\n\n{WROTE}\n\n{quoted(ODD)}", page)
    assert reply.text == "We have it."
    assert "flamingos" not in reply.whole


@pytest.mark.parametrize(
    "number",
    [
        "PL - 7K2M - 9QXR",
        "PL-٧K٢M-٩QXR",
        "ＰＬ－７Ｋ２Ｍ－９ＱＸＲ",
        "РЛ-7К2М-9QXR",
        *(f"PL-{sign}7K2M-9Q{sign}XR" for sign in "\u200b\u200c\u200e\u200f\u2060\u2066"),
    ],
)
def test_fences_are_found_whatever_a_program_did_to_their_number(number: str) -> None:
    ours = OURS.replace(f"Case number: {CASE}", "Where: munterhaus street").replace(CASE, number)
    reply = split(f"We have it.\n\n{ours}")
    assert reply.text == "We have it."
    assert "munterhaus" not in reply.whole
    assert not reply.repeats
    assert not split(f"We have it.\n\n{ours.replace(number, CASE, 1)}").repeats  # both name one case


@pytest.mark.parametrize(
    "block",
    [
        f"Case number:\n{CASE}\n\n{ODD}",
        f"Ticket history\nPorchlight report {CASE} (Town)\n\n{ODD}",
        f"{CASE} ##### Write above.\n\n{ODD}\n\n{CASE} =====",
        f"##### [removed] ##### Write above.\n\n{ODD}",
        f"\\=\\=\\=\\=\\= 2 / 2\n\n{ODD}",
        f"Where: here\n\n{ODD}",
        f"Dónde: aquí\n\n{ODD}",
        f"地點：這裡\n\n{ODD}",
        f"» {ODD}",
        f"JD> {ODD}",
    ],
)
def test_a_part_of_our_mail_without_its_fences_needs_a_second_press(block: str) -> None:
    reply = split(f"We have it.\n\n{block}")
    assert reply.text.startswith("We have it.")
    assert "flamingos" not in reply.text or reply.text_repeats
    assert "flamingos" not in reply.whole or reply.repeats


def test_the_labels_of_our_mails_are_known_in_every_language() -> None:
    catalogs = Catalogs(CATALOGS)
    for language in LANGUAGES:
        unknown = [
            label
            for label in labels(catalogs.sentences(language).plain)
            if plain_label(label) not in OUR_LABELS
        ]
        assert not unknown


def test_lines_wrapped_at_any_width_need_a_second_press() -> None:
    for line, rest in (("> short", "end"), ("> " + "她住在那个房子里面" * 4, "秘密")):
        lines = quoted(OURS).split("\n")
        lines[3:3] = [line, rest]
        reply = split("\n".join(["We have it.", "", WROTE, *lines]))
        assert reply.text_repeats
    assert split(f"{WROTE}\n\n> a line that was\nwrapped").text_repeats


def test_a_part_without_a_name_below_the_one_with_our_fences_needs_a_second_press() -> None:
    parts = [f"We have it.\n\n{OURS}", f"a file without a name: {ODD}"]
    for kind, texts in (
        ("plain", parts),
        ("html", [f"<p>{part}</p>".replace("\n", "<br>") for part in parts]),
    ):
        body = "".join(f"--b\r\nContent-Type: text/{kind}\r\n\r\n{text}\r\n" for text in texts)
        reply = split_reply(read_mail(source(body.encode(), "multipart/mixed; boundary=b")), CASE)
        assert reply.text == "We have it."
        assert "flamingos" in reply.whole
        assert reply.repeats


def test_an_answer_below_the_quote_is_the_answer() -> None:
    reply = split(f"{WROTE}\n{quoted(OURS)}\n\nWe have it.\nWho drives?\n")
    assert reply.text == "We have it.\nWho drives?"


def test_answers_between_the_lines_are_kept_and_the_lines_are_not() -> None:
    lines = quoted(OURS).split("\n")
    lines[3:3] = ["", "We saw them too.", ""]
    reply = split("\n".join([WROTE, *lines, "", "Thanks."]))
    assert reply.text == "We saw them too.\n\nThanks."
    assert "flamingos" not in reply.whole
    assert not reply.text_repeats


def test_the_end_of_a_long_line_that_a_program_wrapped_needs_a_second_press() -> None:
    long = "> " + "a long line that somebody wrote and that goes on until it is wrapped by a"
    lines = quoted(OURS).split("\n")
    lines[3:3] = [long, "program here"]
    assert split("\n".join(["We have it.", "", WROTE, *lines])).text_repeats


def test_each_report_of_a_digest_is_cut() -> None:
    reports = "\n\n".join(OURS.replace(CASE, f"PL-AAAA-000{number}") for number in range(9))
    reply = split(f"All nine are with us.\n\n{WROTE}\n\n{quoted(reports)}\n")
    assert reply.text == "All nine are with us."
    assert "flamingos" not in reply.whole
    assert not reply.repeats


def test_a_fence_written_into_a_report_does_not_end_it() -> None:
    inside = OURS.replace(ODD, f"a\n{end_fence(CASE, 'x')}\n{ODD}\n{end_fence('PL-AAAA-BBBB', 'x')}\n{ODD}")
    reply = split(f"We have it.\n\n{WROTE}\n{quoted(inside)}")
    assert reply.text == "We have it."
    assert "flamingos" not in reply.whole


def test_neither_does_one_that_is_followed_by_the_beginning_of_another() -> None:
    trick = f"a\n{end_fence(CASE, 'x')}\n{ODD}\n{top_fence('PL-AAAA-BBBB', 'x')}\n{ODD}"
    reply = split(f"We have it.\n\n{WROTE}\n{quoted(OURS.replace(ODD, trick))}")
    assert reply.text == "We have it."
    assert "flamingos" not in reply.whole
    assert not reply.repeats


def test_neither_does_a_pair_that_is_the_wrong_way_round() -> None:
    top, end = top_fence(CASE, "x"), end_fence(CASE, "x")
    for trick in (f"a\n{end}\n{ODD}\n{top}\nb", f"{end}\n{ODD}\n{top}\n{end}\n{ODD}\n{top}"):
        reply = split(f"We have it.\n\n{OURS.replace(ODD, trick)}\n\nThanks.")
        assert reply.text == "We have it.\n\nThanks."
        assert "flamingos" not in reply.whole
    cut = OURS.replace(ODD, f"a\n{end}\n{ODD}\n----- End of what they wrote ({CASE}) -----").rpartition("\n")[
        0
    ]
    assert split(f"We have it.\n\n{cut}").text_repeats


def test_a_top_fence_in_a_sentence_takes_nothing_away() -> None:
    reply = split(f"see {top_fence(CASE, 'Write above.')}\nWe have it.\n\n{OURS}")
    assert "We have it." in reply.text
    assert "flamingos" not in reply.to_bytes().decode()
    assert reply.text_repeats


def test_what_follows_a_top_fence_alone_opens_by_a_second_press_only() -> None:
    no_end = OURS.rpartition("\n")[0]
    reply = split(f"We have it.\n\n{no_end}\nand this was written below.")
    assert reply.text == "We have it."
    assert reply.repeats
    assert "and this was written below." in reply.whole
    alone = split(f"{no_end}\nand this was written below.")
    assert "and this was written below." in alone.text
    assert alone.text_repeats


def test_a_missing_fence_asks_for_a_second_press() -> None:
    no_end = quoted(OURS.rpartition("\n")[0])
    reply = split(f"We have it.\n\n{WROTE}\n\n{no_end}\n")
    assert reply.text == "We have it."
    assert reply.repeats
    no_top = quoted(OURS.partition("\n")[2])
    reply = split(f"We have it.\n\n{WROTE}\n\n{no_top}\n")
    assert reply.text == "We have it."
    assert reply.repeats
    assert "flamingos" in reply.whole


def test_a_text_that_may_be_the_report_itself_needs_a_second_press() -> None:
    no_top = OURS.partition("\n")[2]
    assert split(f"{no_top}\nWe have it.").text_repeats
    assert split(f"----- What they wrote, word for word ({CASE}) -----\n{ODD}\nWe have it.").text_repeats
    assert split(f"Número de caso: {CASE}\n{ODD}").text_repeats


def test_an_officer_may_name_the_case_above_our_fences() -> None:
    said = f"We have {CASE} and go there on Monday."
    reply = split(f"{said}\n\n{WROTE}\n\n{quoted(OURS)}")
    assert reply.text == said
    assert not reply.text_repeats
    assert split(said).text == said
    assert split(said).text_repeats  # without fences nobody can say whose line it is


def test_a_fresh_mail_is_shown_at_once() -> None:
    reply = split("Hello,\n\nwe went there.\n\nSgt. Fox\n")
    assert reply == Reply("Hello,\n\nwe went there.\n\nSgt. Fox")


def test_a_quote_without_fences_is_in_the_whole_alone() -> None:
    reply = split(f"We have it.\n\n{WROTE}\n\n{quoted(ODD)}\n")
    assert reply.text == "We have it."
    assert "flamingos" in reply.whole
    assert reply.repeats
    assert not reply.text_repeats


def test_quotes_between_answers_are_kept_and_need_a_second_press() -> None:
    reply = split(f"{WROTE}\n> Is it open?\nYes.\n> Who is in?\nFour girls.\n")
    assert reply.text == "> Is it open?\nYes.\n> Who is in?\nFour girls."
    assert reply.text_repeats


@pytest.mark.parametrize(
    "text",
    [
        "From: the street you see a green door.\nThat is where we were.",
        "On Monday we go there:\nat ten.",
        "On Monday, 30 Nov 2026 we go there. My chief wrote:\ngo at ten",
        "To: you\nwe say thanks.",
        "We heard: nothing.\nFrom: nobody.\nSent: no.\nIt is quiet.",
        "At 10:00:\n- the door\n- the van",
        "-- \nwe begin with dashes",
        "Sent from the field office, we write this.",
        "We ask:\n1. who?\n2. when?",
        "-----\nA line above.\n-----",
        "CAUTION is what we ask of you.\nDo not go there.",
        "> we type this mark ourselves\nand go on.",
        "_____\nForm 12\n_____",
    ],
)
def test_a_sentence_that_looks_like_a_mail_programs_loses_nothing_after_it(text: str) -> None:
    assert split(text).text.split() == text.split()
    for shape in (f"\n\n{WROTE}\n{quoted(OURS)}", f"\n\n-----Original Message-----\n{OURS}"):
        assert split(text + shape).text.split() == text.split()


@pytest.mark.parametrize(
    "above",
    [
        WROTE,
        "On Sun, Nov 29, 2026 at 9:14 AM Porchlight <desk-with-a-long-name@reply.p\norch.example> wrote:",
        "On Sun, Nov 29, 2026 at 9:14 AM\nPorchlight of many towns\n<desk@reply.porch.example>\nwrote:",
        "Den søn. 29. nov. 2026 kl. 09.14 skrev Porchlight <desk@reply.porchlight.example>:",
        "29.11.2026 9:14, Porchlight пишет:",
        "Вс, 29 нояб. 2026 г. в 9:14, Porchlight <desk@reply.porchlight.example>:",
        "Am 29.11.26 um 09:14 schrieb Porchlight:",
        "Le 29/11/2026 à 09:14, Porchlight a écrit :",
    ],
)
def test_an_attribution_is_cut_over_how_many_lines_it_goes(above: str) -> None:
    assert split(f"We have it.\n\n{above}\n\n{quoted(ODD)}").text == "We have it."
    assert split(f"We have it.\n\n{above}\n\n{quoted(OURS)}").text == "We have it."
    assert split(f"We have it.\n{above}\n{quoted(OURS)}").text == "We have it."


BANNER = (
    "CAUTION: This email originated from outside of your organization. Do not click links\n"
    "or open attachments unless you know the sender.\n"
)


def test_a_gateways_banner_is_cut_at_the_top_and_above_our_fence() -> None:
    assert split(f"{BANNER}\nWe have it.").text == "We have it."
    assert split(f"We have it.\n\n{WROTE}\n\n{quoted(BANNER)}\n{quoted(OURS)}").text == "We have it."
    assert split(f"We have it.\n\n{BANNER}\n{OURS}").text == "We have it."


def test_a_banner_alone_is_shown() -> None:
    assert split(BANNER).text.split() == BANNER.split()


def test_a_disclaimer_below_is_shown() -> None:
    text = "We have it.\n\nThis mail is confidential. Print it only if you must."
    assert split(text).text == text


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("1", 1), ("2.", 2), (" 3 ", 3), ("4!", 4), ("(1)", 1), ("٢", 2), ("１", 1), ("៣", 3), ("੪", 4),
        ("1\ufe0f\u20e3", 1), ("*2*", 2), ("5", 0), ("0", 0), ("12", 0), ("1 and 2", 0), ("x", 0),
    ],
)  # fmt: skip
def test_a_digit_in_the_first_line_is_a_status(line: str, status: int) -> None:
    reply = split(f"\n{line}\n\nWe have it.\n\n{WROTE}\n{quoted(OURS)}")
    assert reply.status == status
    assert reply.text == ("We have it." if status else f"{line.strip()}\n\nWe have it.")


def test_a_digit_alone_is_a_status_without_prose() -> None:
    reply = split(f"2\n\n{WROTE}\n{quoted(OURS)}")
    assert (reply.status, reply.text) == (2, "")


def test_a_digit_counts_above_the_first_fence_or_below_the_last_alone() -> None:
    inside = quoted(OURS).replace(f">   {ODD}", f">   {ODD} and there are\n2\n> of them")
    assert split(f"{WROTE}\n{inside}").status == 0
    assert split(f"{WROTE}\n{inside}\n\n3").status == 0
    assert split(f"{WROTE}\n{quoted(OURS)}\n\n3").status == 3
    assert split(f"4\n\n{WROTE}\n{inside}").status == 4


def test_a_digit_in_doubt_is_no_status() -> None:
    reply = split(f"2\n{OURS.partition(chr(10))[2]}")
    assert (reply.status, reply.text_repeats) == (0, True)


def test_a_digit_in_a_later_line_is_no_status() -> None:
    assert split("We have it.\n2\n").status == 0


def test_nothing_outside_our_fences_is_nothing() -> None:
    lines = OURS.split("\n")
    lines[1:1] = ["", "We have it.", ""]  # typed below the first line, where no mark tells it from ours
    head = "From: Porchlight <desk@reply.porchlight.example>\nSent: Monday, November 30, 2026 10:00 AM"
    for above in ("", f"{head}\nTo: x@agency.example\nSubject: Porchlight report\n\n"):
        reply = split(above + "\n".join(lines))
        assert is_nothing(reply)
        assert (reply.text, reply.status) == ("", 0)
    assert not is_nothing(split(f"2\n\n{OURS}"))
    assert not is_nothing(split(f"Yes.\n\n{OURS}"))
    assert not is_nothing(split("Yes."))


def test_a_reply_that_would_be_empty_shows_the_whole() -> None:
    text = f"{WROTE}\n\n{quoted(ODD)}"
    reply = split(text)
    assert reply.text.split() == text.split()
    assert reply.text_repeats
    assert reply.whole == ""
    forwarded = f"FYI\n---------- Forwarded message ----------\nFrom: x@y.example\nSubject: b\n\n{ODD}"
    assert "flamingos" in split(forwarded).text
    assert split(forwarded).text_repeats


def test_one_word_above_a_quote_is_an_answer() -> None:
    assert split(f"Thanks!\n\n{WROTE}\n\n{quoted(OURS)}").text == "Thanks!"


def test_links_stay_as_text_with_their_address_beside_them() -> None:
    link = '<a href="https://agency.example/a?b=1&amp;c=2">our page</a>'
    page = f'<p>See {link} or <a href="mailto:x@y.example">us</a>'
    assert split("", page).text == "See our page (https://agency.example/a?b=1&c=2) or us"


def test_nothing_of_a_page_is_run_or_hidden() -> None:
    hidden = "<style>p{}</style><script>alert(1)</script><title>t</title>"
    page = f"{hidden}<p>We <b>have</b> it.<!-- no --></p><img src=x>"
    assert split("", page).text == "We have it."


def test_a_page_is_used_when_the_text_is_hardly_any() -> None:
    page = "<p>" + "We have it and we go there. " * 20 + "</p>"
    assert split("This is HTML", page).text.startswith("We have it")
    assert split("We have it.", "<p>We have it, in colour.</p>").text == "We have it."


def test_two_answers_to_one_mail_show_no_others_token() -> None:
    one, two = (read_mail(stored(mail("We have it."), to=f"r-{name * 17}@reply.example")) for name in "ab")
    assert split_reply(one, CASE) == split_reply(two, CASE)
    assert "r-" not in split_reply(one, CASE).to_bytes().decode()


def test_what_is_too_long_is_cut_and_says_so() -> None:
    reply = split("é" * TEXT_MOST)
    assert reply.cut
    assert len(reply.text.encode()) <= TEXT_MOST
    assert set(reply.text) == {"é"}


def test_ids_and_files_go_with_the_reply() -> None:
    parsed = ParsedMail(HUMAN, text="x y", message_id="<a@b>", references=("<c@d>",), files=2)
    reply = split_reply(parsed, CASE)
    assert (reply.message_id, reply.references, reply.files) == ("<a@b>", ("<c@d>",), 2)
    assert Reply.from_bytes(reply.to_bytes()) == reply


def test_what_may_be_of_another_report_is_for_no_other_writers_eyes() -> None:
    mine, other = "PL-7K2M-9QXR", "PL-33GV-K624"
    digest = [
        top_fence(mine, "Please write above this line."),
        f"===== 1 / 2: {mine} =====",
        "my own words about the mill",
        f"===== 2 / 2: {other} =====",
        "a neighbour's words about a zebra",
    ]
    quoted = "\r\n".join(
        ["We sent somebody.", "", "On Sunday Porchlight wrote:", *(f"> {one}" for one in digest)]
    )
    for number in (mine, other):
        reply = split_reply(read_mail(stored(mail(quoted))), number)
        assert "zebra" not in reply.whole + reply.text, number
        assert "mill" not in reply.whole + reply.text, number
        assert reply.text.startswith("We sent somebody.")
        assert reply.cut


def test_an_officer_may_name_another_case() -> None:
    reply = split_reply(read_mail(stored(mail("It is the same as PL-33GV-K624.\r\n"))), "PL-7K2M-9QXR")
    assert reply.text == "It is the same as PL-33GV-K624."
