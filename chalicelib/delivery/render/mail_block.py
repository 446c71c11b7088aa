"""The block of a mail, a fixed part of its body: the report, and all that must be said with it.

It is code, and no editor's text.

Its sentences come from the catalogs of the package alone: one that was edited at the desk could turn "not
checked" into something else, and the desk does not show them.
"""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.delivery.render.mail_contexts import DigestMail, ReportMail

Say = Callable[[str], str]

_RULE = "-" * 5
_LONGEST_NAME = 200


def report_subject(mail: ReportMail, say: Say) -> str:
    """Return the subject of a mail with one report."""
    _ = say
    return _("Porchlight report %(case_number)s") % {"case_number": mail.case_number}


def digest_subject(mail: DigestMail, say: Say) -> str:
    """Return the subject of a digest."""
    _ = say
    return _("Porchlight digest %(digest_number)s") % {"digest_number": mail.digest_number}


def first_line(mail: ReportMail, say: Say) -> str:
    """Return what must be read before all else, or nothing: about its writer, or danger by a visit."""
    _ = say
    lines = []
    if mail.is_writer:
        lines.append(
            _(
                "The writer says that this is about them. Somebody may be watching them: a visit or a call"
                " can put them in danger."
            )
        )
    if mail.danger:
        lines.append(_("The writer says that police at the door could put someone in danger."))
    return "\n\n".join(lines)


def report_block(mail: ReportMail, say: Say) -> str:
    """Return the block of a mail with one report."""
    _ = say
    place = one_line(mail.place_name)
    return "\n".join(
        [
            _("Somebody told this through the Porchlight page for %(place_name)s.") % {"place_name": place},
            "",
            _(
                "It is not checked. We cannot tell who wrote it: no name, no network address and no device"
                " data was kept."
            ),
            "",
            _line(_("Case number:"), mail.case_number),
            *_facts(mail, _),
            "",
            *_words(mail, _),
            "",
            *_instead(mail, _),
            *_also_to(mail, _),
        ]
    )


def digest_block(mail: DigestMail, say: Say) -> str:
    """Return the block of a digest, its reports in order."""
    _ = say
    many = _("These reports came in a rush, too fast, or again and again. Reports in this mail:")
    lines = [
        _line(many, str(len(mail.reports))),
        "",
        _(
            "They are here in the order in which they came, each word for word. Some may be junk."
            " We drop none."
        ),
        "",
        _(
            "They are not checked. We cannot tell who wrote them: no name, no network address and no device"
            " data was kept."
        ),
    ]
    for number, report in enumerate(mail.reports, 1):
        others = ", ".join(one_line(name) for name in report.others)
        lines += [
            "",
            "",
            f"===== {number} / {len(mail.reports)}: {report.case_number} =====",
            "",
            *(part for line in [first_line(report, _)] if line for part in (line, "")),
            *_instead(report, _),
            _line(_("Page for:"), one_line(report.place_name)),
            *_facts(report, _),
            _line(_("Also sent to:"), others or mail.nobody_else),
            "",
            *_words(report, _),
        ]
    return "\n".join(lines)


def labels(say: Say) -> list[str]:
    """Return the lines of the block that nothing else in a mail may look like."""
    _ = say
    return [
        _("Case number:"),
        _("Came in on:"),
        _("What kind (the writer's choice):"),
        _("Where:"),
        _("When:"),
        _("Car:"),
        _("Is the writer the person concerned?") + ":",
        _("Language of the page:"),
        _("What they wrote, word for word"),
        _("End of what they wrote"),
        _("The same report also went to:"),
        _("Page for:"),
        _("Also sent to:"),
        _("The writer chose this office:"),
    ]


def one_line(name: str) -> str:
    """Return a name of a place or an office as one plain line: an editor wrote it."""
    seen = "".join(sign if sign.isprintable() else " " for sign in name)
    return " ".join(seen.split())[:_LONGEST_NAME]


def _facts(mail: ReportMail, _: Say) -> list[str]:
    return [
        _line(_("Came in on:"), f"{mail.received_on} (UTC)"),
        _line(_("What kind (the writer's choice):"), mail.kind),
        _line(_("Where:"), _indented(mail.where) or mail.not_said),
        _line(_("When:"), _indented(mail.when) or mail.not_said),
        *([_line(_("Car:"), _indented(mail.car))] if mail.car else []),
        _line(_("Is the writer the person concerned?"), mail.about_writer),
        _line(_("Language of the page:"), mail.language),
    ]


def _words(mail: ReportMail, _: Say) -> list[str]:
    return [
        f"{_RULE} {_('What they wrote, word for word')} ({mail.case_number}) {_RULE}",
        "",
        mail.story,
        "",
        f"{_RULE} {_('End of what they wrote')} ({mail.case_number}) {_RULE}",
    ]


def _instead(mail: ReportMail, _: Say) -> list[str]:
    if not mail.instead_of:
        return []
    return [
        _line(_("The writer chose this office:"), one_line(mail.instead_of)),
        _("It did not arrive there. Two people who look after this page handed it over to you."),
        "",
    ]


def _also_to(mail: ReportMail, _: Say) -> list[str]:
    if not mail.others:
        return [_("This report went to nobody else.")]
    return [
        _("The same report also went to:"),
        "",
        *(f"- {one_line(name)}" for name in mail.others),
        "",
        _("You need not pass it on to them."),
    ]


def _line(label: str, value: str) -> str:
    return f"{label} {value}"


def _indented(value: str) -> str:
    """Return what a person wrote, so that its second line cannot pass for one of ours."""
    return "\n    ".join(value.splitlines())
