"""Separation of duties: who may agree, as the second publisher, to what others proposed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chalicelib.desk.people import PUBLISHER, allows
from chalicelib.shared.email_addresses import plain_address

SETTLED_AFTER = timedelta(days=7)

PROPOSED_IT = "proposed_it"
NO_PUBLISHER = "no_publisher"
NOT_KNOWN = "not_known"
NEWLY_INVITED = "newly_invited"
NEW_PUBLISHER = "new_publisher"
NEW_PASSWORD = "new_password"  # noqa: S105 (the name of a reason)
NEW_AUTHENTICATOR = "new_authenticator"
NOT_USED = "not_used"

# What is written down about a person when it happens: a field of Standing each.
PUBLISHER_SINCE = "publisher_since"
PASSWORD_AT = "password_at"  # noqa: S105 (the name of a date)
AUTHENTICATOR_AT = "authenticator_at"
DATES = (PUBLISHER_SINCE, PASSWORD_AT, AUTHENTICATOR_AT)
# The date of a credential that was handed out and has not been used at the access screens since.
NOT_USED_YET = datetime.max.replace(microsecond=0, tzinfo=UTC)

# What each reason is called towards the one who may not agree.
SENTENCES = {
    PROPOSED_IT: "Somebody else than the one who proposed this has to agree.",
    NO_PUBLISHER: "Only a publisher can agree.",
    NOT_KNOWN: "It is not known since when you work here, so another publisher has to agree.",
    NEWLY_INVITED: "You were invited less than seven days ago, so another publisher has to agree.",
    NEW_PUBLISHER: "You became a publisher less than seven days ago, so another publisher has to agree.",
    NEW_PASSWORD: "You got a new password less than seven days ago, so another publisher has to agree.",
    NEW_AUTHENTICATOR: (
        "You got a new authenticator less than seven days ago, so another publisher has to agree."
    ),
    NOT_USED: (
        "Since you were invited, or got a new password or authenticator, you have not signed in at People."
        " Seven days after you do, you can agree; until then another publisher has to."
    ),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """An account's standing: role, and the dates of invitation and of each new credential.

    It says since when somebody is who they are, which an agreement of two rests on.

    `id` is the pool's own and never given twice, so whoever is removed and invited again is somebody new.
    `invited_at` is None when the pool does not say. The other dates are None when the thing never happened,
    or happened before such dates were kept; `invited_at` then stands for them.
    """

    id: str
    email: str
    role: str
    invited_at: datetime | None
    publisher_since: datetime | None = None
    password_at: datetime | None = None
    authenticator_at: datetime | None = None

    def names(self) -> frozenset[str]:
        """Return a person's identifiers, as proposers are kept: the pool's id, and the address."""
        return frozenset({plain_address(self.id), plain_address(self.email)} - {""})


def why_not(person: Standing, proposers: Collection[str], now: datetime) -> str:
    """Return the reason why a person may not agree as the second publisher, or "" when they may.

    `proposers` holds ids and addresses of everybody who had a hand in it. A date that is yet to come counts
    as new: a clock that is wrong lets nobody in.
    """
    if not allows(person.role, PUBLISHER):
        return NO_PUBLISHER
    if not person.id or person.invited_at is None:
        return NOT_KNOWN
    if person.names() & {plain_address(name) for name in proposers}:
        return PROPOSED_IT
    dates = (
        (NEWLY_INVITED, person.invited_at),
        (NEW_PUBLISHER, person.publisher_since),
        (NEW_PASSWORD, person.password_at),
        (NEW_AUTHENTICATOR, person.authenticator_at),
    )
    if NOT_USED_YET in (person.password_at, person.authenticator_at):
        return NOT_USED
    return next((reason for reason, at in dates if at is not None and now - at < SETTLED_AFTER), "")
