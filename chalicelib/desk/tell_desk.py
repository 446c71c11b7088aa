"""Notifications by mail of changes of accounts and recipients, to every publisher and the operator.

Nobody does it unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from chalicelib.desk.people import SHUT_OUT
from chalicelib.desk.ports import People
from chalicelib.shared.alarms import Alarms
from chalicelib.shared.errors import PorchlightError
from chalicelib.shared.mail import DESK, About, Mail, Mailer


class TellPublishers:
    """Mails a notification. `write(to, headline, lines)` makes the message; no secret may be in it.

    What a notice is about has been done already, so an address that takes no mail stops nothing: the others
    are told, and an alarm says that not everybody could be.
    """

    def __init__(
        self,
        people: People,
        mailer: Mailer,
        alarms: Alarms,
        sender: str,
        operator: str,
        write: Callable[[str, str, Sequence[str]], bytes],
    ) -> None:
        self._people = people
        self._mailer = mailer
        self._alarms = alarms
        self._sender = sender
        self._operator = operator
        self._write = write

    def __call__(
        self, headline: str, lines: Sequence[str], also: Collection[str] = (), but: Collection[str] = ()
    ) -> None:
        """Mail a notification to all publishers, the operator, and `also` to whom it is about.

        Nobody in `but` gets it: whoever it is about has a mail of their own then.
        """
        missed = 0
        for address in self._addresses(also):
            if address in but:
                continue
            content = self._write(address, headline, lines)
            try:
                self._mailer.send(Mail(self._sender, address, "desk", 0, About.of(DESK), content))
            except PorchlightError:
                missed += 1
        if missed:
            self._alarms.raise_alarm("desk_not_told", {"what": headline, "addresses": str(missed)})

    def _addresses(self, also: Collection[str]) -> Sequence[str]:
        addresses = dict.fromkeys(also)
        try:
            publishers = self._people.publishers()
        except PorchlightError:
            self._alarms.raise_alarm("desk_not_told", {"what": "the list of people could not be read"})
            publishers = ()
        addresses |= dict.fromkeys(person.email for person in publishers if person.state != SHUT_OUT)
        if self._operator:
            addresses[self._operator] = None
        return [address for address in addresses if "@" in address]
