"""Consent: what a writer chose on the form, sealed with the words; whoever opens a report refuses by it.

The store holds none of this in clear. A later change of the recipients, by whomever, cannot widen it: an
office is known by its id and by its addresses, and is what it was called when the writer read the form.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from chalicelib.directory.places import is_slug
from chalicelib.directory.recipients import Recipient
from chalicelib.reporting import form_fields

SHOWN_MOST = 60  # ids that a form may say it showed, as many as it may have fields
_ID_MOST = 80
_MARK_BYTES = 6


@dataclass(frozen=True, slots=True)
class Office:
    """One office as it stood on the form: what it was called there, and whether its box was ticked.

    `marks` are fingerprints of its addresses: the same inbox under another name has the same ones.
    """

    id: str
    nature: str
    enforces_immigration: bool
    ticked: bool
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """Consent: every office that stood on the form, and the box that lets immigration enforcement read it."""

    offices: tuple[Office, ...] = field(repr=False)
    consent: bool = field(default=False, repr=False)

    def allows(self, recipient: Recipient, address: str, spared: bool) -> bool:
        """Say whether a recipient may get the report, as it is now and as it was when the form was sent.

        `address` is the one that is to be mailed; `spared` says that the report is about its writer or
        someone close to them. An office that stood on the form unticked never gets it, nor does its inbox
        under another name. One that was ticked gets it while it is what the form called it. Any other must be
        of the nature of one that was ticked. An office that enforces immigration law, now or then, gets it
        with consent, or if the form said so beside its box and the writer's answer does not leave it out.
        """
        known = self._office(recipient.id)
        if known is not None and not known.ticked:
            return False
        refused = self._refused(spared)
        if known is not None and _is_still(known, recipient):
            if _mark(address) in refused - set(known.marks):
                return False
            if known.enforces_immigration:
                return self.consent or not spared
            return self.consent or not recipient.enforces_immigration
        if refused & set(marks_of(recipient)):
            return False
        natures = {o.nature for o in self.offices if o.ticked and not self._left_out(o, spared)}
        return recipient.nature in natures and (self.consent or not recipient.enforces_immigration)

    @property
    def lacks_marks(self) -> bool:
        """Say whether any office of the form is known by its id alone."""
        return any(not office.marks for office in self.offices)

    def with_marks(self, addresses: Callable[[str], Collection[str]]) -> Choice:
        """Return the choice with the marks of offices that have none: a form does not know any inbox.

        `addresses` gives those that an office had when the form was sent, by its id.
        """

        def marked(office: Office) -> Office:
            marks = office.marks or tuple(_mark(address) for address in addresses(office.id))
            return replace(office, marks=marks)

        return replace(self, offices=tuple(marked(office) for office in self.offices))

    def ticked(self, recipient_id: str) -> bool:
        """Say whether an office of this id stood on the form and was ticked."""
        known = self._office(recipient_id)
        return known is not None and known.ticked

    def to_data(self) -> dict[str, object]:
        """Serialize it as plain lists, short: the longest report must still fit in the largest size."""
        offices = [
            [o.id, o.nature, int(o.enforces_immigration), int(o.ticked), *o.marks] for o in self.offices
        ]
        return {"offices": offices, "consent": self.consent}

    @classmethod
    def from_data(cls, data: Mapping[str, object]) -> Choice:
        """Deserialize what `to_data` gave. Raises ValueError or TypeError when it is something else."""
        offices, consent = data["offices"], data["consent"]
        if not isinstance(offices, list) or not isinstance(consent, bool):
            raise ValueError("not a writer's choice")
        return cls(tuple(_read_office(office) for office in offices), consent)

    def _office(self, recipient_id: str) -> Office | None:
        return next((office for office in self.offices if office.id == recipient_id), None)

    def _left_out(self, office: Office, spared: bool) -> bool:
        return office.enforces_immigration and spared and not self.consent

    def _refused(self, spared: bool) -> set[str]:
        """Return the marks of the inboxes that must not get it."""
        out = [office for office in self.offices if not office.ticked or self._left_out(office, spared)]
        return {mark for office in out for mark in office.marks}


def read_choice(
    fields: Mapping[str, Sequence[str]], offered: Sequence[Recipient], everybody: Iterable[Recipient]
) -> Choice:
    """Read a form's consent: of the offices `offered` now, and of those that the form showed its writer.

    A form may be older than a publish: what it showed and is not offered any more was refused all the same.
    """
    ticked = set(fields.get(form_fields.RECIPIENTS, ()))
    offices = [Office(r.id, r.nature, r.enforces_immigration, r.id in ticked, marks_of(r)) for r in offered]
    here = {recipient.id for recipient in offered}
    known = {recipient.id: recipient for recipient in everybody}
    for name in shown_on(fields):
        if name not in here:
            former = known.get(name)
            offices.append(
                Office(name, former.nature, former.enforces_immigration, False, marks_of(former))
                if former is not None
                else Office(name, "", False, False)
            )
    return Choice(tuple(offices), any(fields.get(form_fields.CONSENT, ())))


def shown_on(fields: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the ids of the offices that a form says it showed (field o)."""
    words = " ".join(fields.get(form_fields.SHOWN, ())).split()
    return tuple(dict.fromkeys(word for word in words if len(word) <= _ID_MOST and is_slug(word)))[
        :SHOWN_MOST
    ]


def also_shown(fields: Mapping[str, Sequence[str]], offered: Collection[Recipient]) -> str:
    """Return the field o of a form: the offices of now, and those of when it was sent before."""
    return " ".join(dict.fromkeys((*(recipient.id for recipient in offered), *shown_on(fields))))


def marks_of(recipient: Recipient) -> tuple[str, ...]:
    """Return a short fingerprint of each of a recipient's addresses, however they are written."""
    addresses = (recipient.email, recipient.fallback)
    return tuple(_mark(address) for address in addresses if address)


def _is_still(office: Office, recipient: Recipient) -> bool:
    """Say whether an id still means the office that it meant: an id may be given to another one."""
    unchanged = (office.nature, office.enforces_immigration) == (
        recipient.nature,
        recipient.enforces_immigration,
    )
    return unchanged or bool(set(office.marks) & set(marks_of(recipient)))


def _mark(address: str) -> str:
    digest = hashlib.sha256(b"porchlight office " + address.strip().casefold().encode()).digest()
    return base64.urlsafe_b64encode(digest[:_MARK_BYTES]).decode("ascii")


def _read_office(data: object) -> Office:
    if (
        not isinstance(data, list)
        or len(data) < 4
        or not all(isinstance(text, str) for text in data[:2] + data[4:])
    ):
        raise ValueError("not an office")
    return Office(data[0], data[1], data[2] == 1, data[3] == 1, tuple(data[4:]))
