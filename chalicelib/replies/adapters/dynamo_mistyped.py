"""Rows of mail that waits for the desk in the reports table: an item a day, with a TTL.

The desk's role may read these items by their keys, and no index of them: so each is named after its day. No
item holds anything sealed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from chalicelib.replies.mistyped import A_DAY, HELD, LISTED_FOR, MistypedMail, days_listed, fills_its_day
from chalicelib.shared.aws.dynamo_values import read, write
from chalicelib.shared.aws.faults import ConditionFailed, Table

OF_NO_CASE, OF_A_CASE = "mistyped#", "heldreplies#"


class DynamoMistypedMails:
    """The MistypedMails on DynamoDB."""

    def __init__(self, client: Callable[[], Any], table: str) -> None:
        self._call = Table(client, table).call

    def add(self, mail: MistypedMail) -> bool:
        """Append a row in one conditional write, which refuses what its day holds already.

        Rows of one domain are counted before that: two at once may be one too many.
        """
        kind, day = OF_A_CASE if mail.why == HELD else OF_NO_CASE, mail.at.astimezone(UTC).date()
        if mail.why != HELD and fills_its_day(mail, self._of(kind, day)):
            return False
        row = {
            "id": mail.id,
            "at": mail.at.isoformat(),
            "domain": mail.domain,
            "verdicts": list(mail.verdicts),
            "why": mail.why,
            "case_number": mail.case_number,
        }
        try:
            self._call(
                "update_item",
                Key=_key(kind, day),
                UpdateExpression="SET mails = list_append(if_not_exists(mails, :none), :row),"
                " expires_at = :until ADD ids :ids",
                ConditionExpression="attribute_not_exists(ids)"
                " OR (NOT contains(ids, :id) AND size(ids) < :most)",
                ExpressionAttributeValues={
                    ":none": write([]),
                    ":row": write([row]),
                    ":until": write(_until(mail.at)),
                    ":ids": {"SS": [mail.id]},
                    ":id": write(mail.id),
                    ":most": write(A_DAY),
                },
            )
        except ConditionFailed:
            return False
        return True

    def listed(self, now: datetime) -> Sequence[MistypedMail]:
        """Read the item of each day; a row whose time is over is left out, although its day is not."""
        found = [
            mail
            for day in days_listed(now)
            for kind in (OF_NO_CASE, OF_A_CASE)
            for mail in self._of(kind, day)
            if now - mail.at < LISTED_FOR
        ]
        return sorted(found, key=lambda mail: (mail.at, mail.id), reverse=True)

    def _of(self, kind: str, day: date) -> list[MistypedMail]:
        item = self._call("get_item", Key=_key(kind, day), ConsistentRead=True).get("Item")
        return [_mail(row) for row in read(item["mails"])] if item else []


def _key(kind: str, day: date) -> dict[str, Any]:
    return {"pk": write(f"{kind}{day.isoformat()}")}


def _until(at: datetime) -> int:
    """Return when the item of a day may go: once the last row of that day may."""
    begins = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return int((begins + LISTED_FOR + timedelta(days=1)).timestamp())


def _mail(row: Mapping[str, Any]) -> MistypedMail:
    return MistypedMail(
        id=row["id"],
        at=datetime.fromisoformat(row["at"]),
        domain=row["domain"],
        verdicts=tuple(row["verdicts"]),
        why=row["why"],
        case_number=row["case_number"],
    )
