"""The block of a mail, a fixed part of its body: the report, and all that must be said with it.

It is code, and no editor's text. Each of its lines is a paragraph, and what a person wrote is indented: mail
programs join lines of a paragraph that look as if somebody had wrapped them (Outlook does by default).

Its sentences come from the catalogs of the package alone: one that was edited at the desk could turn "not
checked" into something else, and the desk does not show them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from chalicelib.delivery.mail_places import PassOnLine
from chalicelib.delivery.render import reply_lines
from chalicelib.delivery.render.mail_contexts import DigestMail, ReportMail
from chalicelib.shared.time_zones import UTC_ZONE

Say = Callable[[str], str]

_RULE = "-" * 5
_LONGEST_NAME = 200
_PLACES_NAMED = 3  # in the subject of a digest
_CASES_NAMED = 20
_INDENT = "  "


def report_subject(mail: ReportMail, say: Say, encrypted: bool = False) -> str:
    """Return the subject of a mail with one report: its case and its place.

    No program encrypts a subject, so that of an encrypted mail has no place in it.
    """
    _ = say
    if encrypted:
        return _("Porchlight report %(case_number)s") % {"case_number": mail.case_number}
    return _("Porchlight report %(case_number)s (%(place_name)s)") % {
        "case_number": mail.case_number,
        "place_name": one_line(mail.place_name),
    }


def digest_subject(mail: DigestMail, say: Say, encrypted: bool = False) -> str:
    """Return the subject of a digest: its number, how many reports it holds and, in clear, their places."""
    _ = say
    if encrypted:
        return _("Porchlight digest %(digest_number)s, reports: %(count)s") % {
            "digest_number": mail.digest_number,
            "count": len(mail.reports),
        }
    names = list(dict.fromkeys(one_line(report.place_name) for report in mail.reports))
    more = ["…"] if len(names) > _PLACES_NAMED else []
    return _("Porchlight digest %(digest_number)s (%(place_name)s), reports: %(count)s") % {
        "digest_number": mail.digest_number,
        "place_name": ", ".join([*names[:_PLACES_NAMED], *more]),
        "count": len(mail.reports),
    }


def first_lines(mail: ReportMail, say: Say) -> list[str]:
    """Return the lines that must be read before all else: who could come to harm by a visit."""
    _ = say
    lines = []
    if mail.is_danger:
        lines.append(_("The writer says that it could put someone in danger if police came to the door."))
    if mail.is_writer:
        lines.append(
            _(
                "The writer says that this is about them. The person who controls them may not know of this."
                " Going there may put them in danger."
            )
        )
    return lines


def first_lines_of_digest(mail: DigestMail, say: Say) -> list[str]:
    """Return the line before a digest that names its reports with lines to be read first, if any has some."""
    _ = say
    cases = [report.case_number for report in mail.reports if first_lines(report, say)]
    if len(cases) > _CASES_NAMED:
        cases[_CASES_NAMED:] = ["…"]
    read_first = _("Read these first, a visit or a call can put someone in danger:")
    return [_line(read_first, ", ".join(cases))] if cases else []


def report_block(mail: ReportMail, say: Say) -> str:
    """Return the block of a mail with one report."""
    _ = say
    place = {"place_name": one_line(mail.place_name)}
    return _paragraphs(
        [
            _("Somebody told this through the Porchlight page for %(place_name)s.") % place,
            _(
                "It is not checked. We cannot tell who wrote it: no name, no network address and no device"
                " data was kept."
            ),
            *_told(mail, _),
            *_also_to(mail, _),
            *_pass_on(mail.place.lines, _),
            *(reply_lines.answer_lines(_) if mail.reply_to else []),
        ]
    )


def message_block(mail: ReportMail, say: Say) -> str:
    """Return the block of a mail with what the writer of a report added to it."""
    _ = say
    place = {"place_name": one_line(mail.place_name)}
    return _paragraphs(
        [
            *_wrote_again(mail, _),
            _("The report came through the Porchlight page for %(place_name)s.") % place,
            _(
                "It is not checked. We cannot tell who wrote it: no name, no network address and no device"
                " data was kept."
            ),
            *_told(mail, _),
            *_message_also_to(mail, _),
            *(reply_lines.answer_lines(_) if mail.reply_to else []),
        ]
    )


def digest_block(mail: DigestMail, say: Say) -> str:
    """Return the block of a digest, its reports in order."""
    _ = say
    many = _("These reports came in a rush, too fast, or again and again. Reports in this mail:")
    lines = [
        _line(many, str(len(mail.reports))),
        _(
            "They are here in the order in which they came, each word for word. Some may be junk."
            " We drop none."
        ),
        _(
            "They are not checked. We cannot tell who wrote them: no name, no network address and no device"
            " data was kept."
        ),
        *(reply_lines.answer_lines_of_digest(_) if mail.can_answer else []),
    ]
    for number, report in enumerate(mail.reports, 1):
        others = ", ".join(one_line(name) for name in report.others)
        lines += [
            f"\n===== {number} / {len(mail.reports)}: {report.case_number} =====",
            *first_lines(report, _),
            *(_wrote_again(report, _) if report.is_message else []),
            _line(_("Page for:"), one_line(report.place_name)),
            *_told(report, _),
            _line(_("Also sent to:"), others or mail.nobody_else),
            *([reply_lines.answer_one_line(report.reply_to, _)] if report.reply_to else []),
        ]
    by_place = {report.place_name: report.place.lines for report in mail.reports if report.place.lines}
    for name, near in by_place.items():
        lines += ["\n" + _line(_("Page for:"), one_line(name)), *_pass_on(near, _)]
    return _paragraphs(lines)


def labels(say: Say) -> list[str]:
    """Return the lines of the block that nothing else in a mail may look like."""
    _ = say
    return [
        _("Case number:"),
        _("Came in on:"),
        _("What kind (the writer's choice):"),
        _("Where:"),
        _("When:"),
        _("A car:"),
        _("Is the writer the person concerned?") + ":",
        _("Could it put someone in danger if police came to the door?") + ":",
        _("Language of the page:"),
        _("What they wrote, word for word"),
        _("End of what they wrote"),
        _("The same report also went to:"),
        _("Page for:"),
        _("Also sent to:"),
        _("The writer chose this office:"),
        _("The nearest lines to pass it to:"),
        _("Read these first, a visit or a call can put someone in danger:"),
        _("To answer this one, write to:"),
        _("This message also went to:"),
    ]


def one_line(name: str) -> str:
    """Return a name of a place or an office as one plain line: an editor wrote it."""
    seen = "".join(sign if sign.isprintable() else " " for sign in name)
    return " ".join(seen.split())[:_LONGEST_NAME]


def _told(mail: ReportMail, _: Say) -> list[str]:
    """Return the report: its case, where and when, right then what was written, and all else after it.

    Of a message there is no more than what was written, and the day.
    """
    if mail.is_message:
        return [_line(_("Case number:"), mail.case_number), *_word_for_word(mail, _), *_since(mail, _)]
    police = _("Could it put someone in danger if police came to the door?")
    return [
        _line(_("Case number:"), mail.case_number),
        _line(_("Where:"), _indented(mail.where) or mail.not_said),
        _line(_("When:"), _indented(mail.when) or mail.not_said),
        *_word_for_word(mail, _),
        _line(_("Came in on:"), _day(mail, _)),
        *([_line(_("A car:"), _indented(mail.vehicle))] if mail.vehicle else []),
        _line(_("What kind (the writer's choice):"), mail.kind),
        _line(_("Is the writer the person concerned?"), mail.about_writer),
        *([_line(police, mail.danger)] if mail.danger else []),
        _line(_("Language of the page:"), mail.language),
        *_instead(mail, _),
    ]


def _word_for_word(mail: ReportMail, _: Say) -> list[str]:
    return [
        f"{_RULE} {_('What they wrote, word for word')} ({mail.case_number}) {_RULE}",
        _quoted(mail.story),
        f"{_RULE} {_('End of what they wrote')} ({mail.case_number}) {_RULE}",
    ]


def _since(mail: ReportMail, _: Say) -> list[str]:
    language = _line(_("Language of the page:"), mail.language)
    return [_line(_("Came in on:"), _day(mail, _)), language, *_instead(mail, _)]


def _wrote_again(mail: ReportMail, _: Say) -> list[str]:
    return [_("The writer of %(case_number)s wrote again.") % {"case_number": mail.case_number}]


def _day(mail: ReportMail, _: Say) -> str:
    if mail.zone == UTC_ZONE:
        return f"{mail.received_on} (UTC)"
    return _("%(day)s (day in %(place_name)s, time zone %(zone)s)") % {
        "day": mail.received_on,
        "place_name": one_line(mail.place_name),
        "zone": mail.zone,
    }


def _instead(mail: ReportMail, _: Say) -> list[str]:
    if not mail.instead_of:
        return []
    return [
        _line(_("The writer chose this office:"), one_line(mail.instead_of)),
        _("It did not arrive there. Two people who look after this page handed it over to you."),
    ]


def _also_to(mail: ReportMail, _: Say) -> list[str]:
    if not mail.others:
        return [_("This report went to nobody else.")]
    return [
        _("The same report also went to:"),
        *(f"- {one_line(name)}" for name in mail.others),
        _("You need not pass it on to them."),
    ]


def _message_also_to(mail: ReportMail, _: Say) -> list[str]:
    if not mail.others:
        return [_("This message went to nobody else.")]
    return [_("This message also went to:"), *(f"- {one_line(name)}" for name in mail.others)]


def _pass_on(lines: Sequence[PassOnLine], _: Say) -> list[str]:
    if not lines:
        return []
    return [_("The nearest lines to pass it to:"), *(_pass_on_line(line, _) for line in lines)]


def _pass_on_line(line: PassOnLine, _: Say) -> str:
    notes = [
        *([_("For children.")] if line.for_children else []),
        *([_("Day and night, every day.")] if line.day_and_night else []),
    ]
    return " ".join([f"- {one_line(line.name)}: {', '.join(map(one_line, line.numbers))}.", *notes])


def _line(label: str, value: str) -> str:
    return f"{label} {value}"


def _paragraphs(lines: Iterable[str]) -> str:
    return "\n\n".join(lines)


def _quoted(story: str) -> str:
    """Return what a person wrote to the letter, each line behind an indent: so it stays a line of its own.

    Who takes two characters from the beginning of each line has it back.
    """
    return "\n".join(_INDENT + line if line else "" for line in story.split("\n"))


def _indented(value: str) -> str:
    """Return what a person wrote, so that its second line cannot pass for one of ours."""
    return "\n    ".join(value.splitlines())
