"""MIME messages to agencies: plain text that a person can act on, and the same as JSON for a case system.

An editor's frame stands around a block of ours (mail_block.py). The mail is in the recipient's language; the
report stays exactly as it was written. Nothing here runs what an editor wrote.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP
from functools import lru_cache
from pathlib import Path
from typing import Any

from chalicelib.delivery import mail_frames
from chalicelib.delivery.errors import FrameInvalid
from chalicelib.delivery.mail_frames import MAILS, Frame
from chalicelib.delivery.mail_places import MailPlace, PlaceOf, nothing_known
from chalicelib.delivery.ports import MailEncrypter, OpenedReport
from chalicelib.delivery.render import mail_block, reply_lines
from chalicelib.delivery.render.mail_contexts import DigestMail, ReportMail
from chalicelib.directory.recipients import Recipient
from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.reporting.report import SELF, YES
from chalicelib.shared.locales import DEFAULT
from chalicelib.shared.time_zones import local_time, name_of_zone

# SES wants 7-bit content: anything else is encoded, and decodes to what was written.
_SEVEN_BIT = SMTP.clone(cte_type="7bit")
_VERSION = 4  # of the attached JSON: docs/deliveries.md lists its fields

Frames = Mapping[str, Mapping[str, str]]  # by mail and language, each rendered when it was published


class Mails:
    """Renders each message.

    `templates` and `catalogs` are those of the package; instead of the folder there may be what
    shipped_frames read from it. `place_name` gives a place's name, `place_of` what else is known of it,
    `language_name` a language's name for an office. `frames` are the published ones, None while nothing was
    published: what cannot be used of them is told to `unusable` (mail, language, reason), once, and the
    package's is used.
    """

    def __init__(
        self,
        templates: Path | Mapping[str, str],
        catalogs: Catalogs,
        sender: str,
        place_name: Callable[[str], str],
        language_name: Callable[[str], str],
        encrypter: MailEncrypter,
        frames: Frames | None = None,
        unusable: Callable[[str, str, str], object] = lambda mail, language, reason: None,
        place_of: PlaceOf = nothing_known,
    ) -> None:
        # Read once, here: whoever renders what somebody else wrote may then be shut off from all files.
        self._shipped = shipped_frames(templates) if isinstance(templates, Path) else templates
        self._catalogs = catalogs
        self._sender = sender
        self._place_name = place_name
        self._language_name = language_name
        self._encrypter = encrypter
        self._frames = frames
        self._unusable = unusable
        self._place_of = lru_cache(maxsize=None)(place_of)  # a digest asks a thousand times
        self._frame = lru_cache(maxsize=None)(self._chosen_frame)

    def report(
        self, recipient: Recipient, to: str, opened: OpenedReport, others: Sequence[Recipient]
    ) -> bytes:
        """Return the message with one report, told to one recipient at its address `to`.

        What a report's writer added goes into the thread of the report: no frame stands around that.
        """
        words = self._words(recipient.language)
        context = self._context(opened, [other.name for other in others], words)
        say = self._catalogs.sentences(recipient.language).plain
        subject = mail_block.report_subject(context, say, bool(recipient.key))
        first, number = mail_block.first_lines(context, say), context.case_number
        content = {
            "format": "porchlight-message" if context.is_message else "porchlight-report",
            "version": _VERSION,
            **_as_data(opened, context, first),
            "pass_on_to": _lines(context.place),
        }
        frame = self._frame("report", recipient.language)
        block = mail_block.report_block(context, say)
        if context.is_message:
            frame, block, subject = Frame("", ""), mail_block.message_block(context, say), f"Re: {subject}"
        if context.reply_to:
            body = reply_lines.fenced(frame.around(block, "\n\n".join(first)), number, say)
        else:
            body = frame.around(block, "\n\n".join([*first, reply_lines.nobody_can_answer("report", say)]))
        thread = opened.thread.headers() if opened.thread is not None else b""
        mail = self._message(recipient, to, subject, body, content, f"{number}.json", context.reply_to)
        return thread + mail

    def digest(
        self,
        recipient: Recipient,
        to: str,
        opened: Sequence[OpenedReport],
        names: Mapping[str, str],
        reply_to: str = "",
    ) -> bytes:
        """Return one message with all these reports, in order."""
        words = self._words(recipient.language)
        reports = [
            self._context(_handed_over(report, recipient, names), _others(report, recipient, names), words)
            for report in opened
        ]
        number = reports[0].case_number
        context = DigestMail(
            digest_number=number,
            reports=reports,
            nobody_else=words["nobody_else"],
            can_answer=bool(reply_to),
        )
        say = self._catalogs.sentences(recipient.language).plain
        subject = mail_block.digest_subject(context, say, bool(recipient.key))
        first, block = mail_block.first_lines_of_digest(context, say), mail_block.digest_block(context, say)
        frame = self._frame("digest", recipient.language)
        if reply_to:
            body = reply_lines.fenced_digest(frame.around(block, "\n\n".join(first)), number, say)
        else:
            body = frame.around(block, "\n\n".join([*first, reply_lines.nobody_can_answer("digest", say)]))
        content = {
            "format": "porchlight-digest",
            "version": _VERSION,
            "reports": [
                _as_data(report, context, mail_block.first_lines(context, say))
                for report, context in zip(opened, reports, strict=True)
            ],
            # Once for each place: a digest may hold a thousand reports.
            "pass_on_to": {
                report.record.place: _lines(context.place)
                for report, context in zip(opened, reports, strict=True)
            },
        }
        return self._message(recipient, to, subject, body, content, f"digest-{number}.json", reply_to)

    def _context(self, opened: OpenedReport, others: Sequence[str], words: Mapping[str, str]) -> ReportMail:
        report, record = opened.report, opened.record
        place = self._place_of(record.place)
        taken_at = local_time(record.taken_at, place.zone)
        return ReportMail(
            case_number=record.case_number,
            place_name=self._place_name(record.place),
            place=place,
            # The day, not the minute: a minute could place the writer at a keyboard.
            received_on=f"{taken_at:%Y-%m-%d}",
            zone=name_of_zone(taken_at),
            kind=words[f"kind {report.kind}"],
            where=report.where,
            when=report.when,
            about_writer=words[f"about {report.about_writer}"],
            is_writer=report.about_writer == SELF,
            instead_of=opened.instead_of,
            language=self._language_name(report.locale),
            story=report.story,
            others=list(others),
            not_said=words["not_said"],
            vehicle=report.vehicle,
            danger=words.get(f"danger {report.danger_if_police_come}", ""),
            is_danger=report.danger_if_police_come == YES,
            reply_to=opened.reply_to,
            is_message=record.is_message,
        )

    def _words(self, language: str) -> dict[str, str]:
        _ = self._catalogs.sentences(language).plain
        return {
            "not_said": _("not said"),
            "nobody_else": _("nobody else"),
            "kind ": _("not said"),
            "kind work": _("Work: somebody is made to work, or is not paid"),
            "kind sex": _("Sex: somebody is made to sell sex"),
            "kind child": _("A child or teenager is being used or hurt"),
            "kind other": _("Something else"),
            "kind unsure": _("The writer is not sure"),
            "about ": _("not said"),
            "about self": _("yes"),
            "about close": _("no: it is about someone close to the writer (family, people they live with)"),
            "about no": _("no"),
            "danger yes": _("yes"),
            "danger no": _("no"),
        }

    def warm_up(self, language: str) -> None:
        """Warm the cache of frames for a language."""
        for name in MAILS:
            self._frame(name, language)

    def use(self, frames: Frames) -> None:
        """Set the frames from now on: a preview shows one mail after the other."""
        self._frames = frames
        self._frame.cache_clear()

    def labels(self, language: str) -> list[str]:
        """Return the lines of the block that a frame may not look like, in a language and in English."""
        say = self._catalogs.sentences(language).plain
        return [*mail_block.labels(say), *mail_block.labels(self._catalogs.sentences(DEFAULT).plain)]

    def _chosen_frame(self, name: str, language: str) -> Frame:
        """Return a frame, without the lines about answers that frames had before there were answers.

        The mail says by itself whether anybody can be answered.
        """
        frame = self._read_frame(name, language)
        says = (self._catalogs.sentences(one).plain for one in (language, DEFAULT))
        return frame.without([reply_lines.nobody_can_answer(mail, say) for say in says for mail in MAILS])

    def _read_frame(self, name: str, language: str) -> Frame:
        if self._frames is not None:
            text = self._frames.get(name, {}).get(language)
            try:
                if text is None:
                    raise FrameInvalid("the live release has none in this language")
                return mail_frames.read_frame(text, self.labels(language))
            except FrameInvalid as error:
                self._unusable(name, language, str(error))
        say = self._catalogs.sentences(language).plain
        return mail_frames.read_frame(mail_frames.rendered(self._shipped[name], say))

    def _message(
        self,
        recipient: Recipient,
        to: str,
        subject: str,
        body: str,
        content: Mapping[str, Any],
        filename: str,
        reply_to: str,
    ) -> bytes:
        headers = {
            "From": f"Porchlight <{self._sender}>",
            "To": to,
            **({"Reply-To": reply_to} if reply_to else {}),
            "Subject": " ".join(subject.split()),
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "OOF, AutoReply",
        }
        message = EmailMessage(policy=_SEVEN_BIT)
        for name, value in headers.items():
            message[name] = value
        message.set_content(body, cte=_shorter_encoding(body))
        message["Content-Language"] = recipient.language  # not before: set_content clears such headers
        data = json.dumps(content, ensure_ascii=False, indent=1).encode("utf-8")
        message.add_attachment(data, maintype="application", subtype="json", filename=filename)
        if recipient.key:
            return self._encrypter.encrypt(message.as_bytes(), recipient.key, headers)
        return message.as_bytes()


def shipped_frames(templates: Path) -> dict[str, str]:
    """Read the frames of the package, by mail."""
    return {name: (templates / name / "body.txt").read_text(encoding="utf-8") for name in MAILS}


def _shorter_encoding(text: str) -> str | None:
    """Return how to write a text in seven bits. The email package would look at its start alone."""
    if text.isascii():
        return None
    content = text.encode("utf-8")
    foreign = sum(byte > 127 for byte in content)
    # Quoted-printable makes three of each byte beyond ASCII, base64 makes four of any three.
    return "base64" if foreign * 6 > len(content) else "quoted-printable"


def _others(opened: OpenedReport, recipient: Recipient, names: Mapping[str, str]) -> list[str]:
    return [names.get(other, other) for other in opened.record.others_than(recipient.id)]


def _handed_over(opened: OpenedReport, recipient: Recipient, names: Mapping[str, str]) -> OpenedReport:
    delivery = opened.record.delivery_to(recipient.id)
    before = delivery.instead_of if delivery is not None else ""
    return replace(opened, instead_of=names.get(before, before))


def _as_data(opened: OpenedReport, context: ReportMail, first: Sequence[str]) -> dict[str, Any]:
    report = opened.report
    return {
        "read_first": list(first),
        "case_number": context.case_number,
        "is_message": context.is_message,
        "reply_to": context.reply_to or None,
        "where": report.where or None,
        "when": report.when or None,
        "text": report.story,
        "received_on": context.received_on,
        "time_zone": context.zone,
        "place": {
            "slug": opened.record.place,
            "name": context.place_name,
            "within": list(context.place.within),
        },
        "page_language": report.locale,
        "page_language_name": context.language,
        "kind": report.kind or None,
        "vehicle": report.vehicle or None,
        "about_writer": report.about_writer or None,
        "danger_if_police_come": report.danger_if_police_come or None,
        "verified": False,
        "writer_identifiable": False,
        "also_sent_to": list(context.others),
        "instead_of": context.instead_of or None,
    }


def _lines(place: MailPlace) -> list[dict[str, Any]]:
    return [
        {
            "name": line.name,
            "numbers": list(line.numbers),
            "for_children": line.for_children,
            "day_and_night": line.day_and_night,
        }
        for line in place.lines
    ]
