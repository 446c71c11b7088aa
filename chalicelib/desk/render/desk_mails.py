"""The desk's own mails: a first password, a code for an address, contacts to check. Plain English text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Protocol

from chalicelib.desk.audit import plain_line
from chalicelib.shared.days import in_words

_SEVEN_BIT = SMTP.clone(cte_type="7bit")


class ContactToCheck(Protocol):
    """A contact, and when a person last checked it."""

    @property
    def name(self) -> str: ...
    @property
    def checked_on(self) -> date | None: ...


class DeskMails:
    """Writes the mails of the desk.

    `address_of_site` is where the admin site is, like "https://example.org", or nothing.
    """

    def __init__(self, sender: str, address_of_site: str) -> None:
        self._sender = sender
        self._site = f"{address_of_site}/admin/" if address_of_site else ""

    def first_password(self, to: str, password: str, invited: bool) -> bytes:
        """Write the mail with a first password, which must be changed when it is used."""
        why = "You were invited to the desk." if invited else "Here is a new first password for the desk."
        where = f"Sign in at {self._site}" if self._site else "Sign in where the desk is"
        text = (
            f"{why}\n\n{where} with this address and the password\n\n    {password}\n\n"
            "It works once and for seven days. You then choose your own.\n\n"
            "If you did not expect this mail, delete it: without the desk's address it opens nothing.\n"
        )
        return self._message(to, "Your sign-in", text)

    def address_code(self, to: str, code: str) -> bytes:
        """Write the mail with a verification code for an address, which its reader tells the desk."""
        spaced = f"{code[:4]} {code[4:]}"
        text = (
            "Somebody at the desk of a public information page wants to send reports to this address.\n\n"
            "If your office has agreed to that, please tell them this code, by phone or in person:\n\n"
            f"    {spaced}\n\n"
            "It works for two days. If you know nothing of this, tell nobody the code, and nothing is sent.\n"
        )
        return self._message(to, "Please confirm this address", text)

    def operator_code(self, to: str, code: str, lines: Sequence[str]) -> bytes:
        """Write the mail to the operator with a code that stands for the second publisher."""
        changes = "".join(f"- {plain_line(line)}\n" for line in lines)
        text = (
            "A publisher wants to change who gets reports, and asks you to stand for the second publisher,"
            f" who is not there yet:\n\n{changes}\n"
            "If you know each of these offices and addresses, tell the publisher this code, by phone or in"
            f" person:\n\n    {code[:4]} {code[4:]}\n\n"
            "It works once, for one day, and for exactly this change. If you are not sure, tell nobody the"
            " code. Once the first report was delivered, no such code works any more.\n"
        )
        return self._message(to, "Please agree to a change of recipients", text)

    def contacts_to_check(self, to: str, contacts: Sequence[ContactToCheck], services: int = 0) -> bytes:
        """Write the reminder of contacts that nobody has checked for 90 days, and of services to confirm."""
        parts = []
        if contacts:
            parts.append(self._contacts(contacts))
        if services:
            said = "1 service has" if services == 1 else f"{services} services have"
            where = f"\nSay “confirmed today” at {self._site}services/due\n" if self._site else ""
            parts.append(
                f"{said} not been confirmed by a person for a year, or for 90 days on a first page.\n{where}"
            )
        subject = "Contacts to check" if contacts else "Services to confirm"
        return self._message(to, subject, "\n".join(parts))

    def _contacts(self, contacts: Sequence[ContactToCheck]) -> str:
        lines = "".join(f"- {contact.name}: {_checked(contact.checked_on)}\n" for contact in contacts)
        where = f"\nSay “checked today” at {self._site}contacts\n" if self._site else ""
        return (
            f"{len(contacts)} contacts on the public page have not been checked by a person within 90 days."
            f" Please call each, and see that number and hours are right.\n\n{lines}{where}"
        )

    def notice(self, to: str, headline: str, lines: Sequence[str]) -> bytes:
        """Write the notification to a publisher or the operator of what was done at the desk.

        Secrets do not belong in it.
        """
        where = f"Look at {self._site}log" if self._site else "Look at the log of the desk"
        deeds = "\n\n".join(plain_line(line) for line in lines)
        text = (
            f"{deeds}\n\n{where} to see who did what. If it should not have been done, tell another publisher"
            " and whoever runs the site: by phone, not by answering this mail.\n\n"
            "Every publisher and the operator get this mail.\n"
        )
        return self._message(to, f"At the desk: {headline}", text)

    def change_waits(self, to: str, lines: Sequence[str], settles_at: datetime, code: str = "") -> bytes:
        """Write the mail about a change that counts from `settles_at`; with `code` its reader can stop it.

        The code is words to type: no address of ours holds it.
        """
        deeds = "".join(f"- {plain_line(line)}\n" for line in lines)
        when = f"{in_words(settles_at)}, {settles_at:%H:%M} GMT"
        where = f"{self._site}access/" if self._site else "the access screens of the desk, "
        stop = (
            f"If it should not happen, open\n\n    {where}stop\n\nand type this code:\n\n    {code}\n\n"
            "You need no account for that. Give the code to nobody.\n"
            if code
            else f"If it should not happen, sign in at {where}waiting and press “Stop this change”.\n"
        )
        text = (
            f"Something was decided about who gets reports, or about who works at the desk:\n\n{deeds}\n"
            f"It counts from {when}. Until then it can be stopped.\n\n{stop}\n"
            "Every publisher of the place, whoever runs the site, and the inbox that it is about get this"
            " mail.\n"
        )
        return self._message(to, "A change that can still be stopped", text)

    def _message(self, to: str, subject: str, text: str) -> bytes:
        message = EmailMessage(policy=_SEVEN_BIT)
        message["From"] = f"Desk <{self._sender}>"
        message["To"] = to
        message["Subject"] = subject
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        return message.as_bytes()


def _checked(on: date | None) -> str:
    return f"last checked on {on}" if on else "never checked"
