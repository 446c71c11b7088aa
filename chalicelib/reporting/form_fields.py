"""Form fields of a report: the name that each has in the HTML, and so in what a browser sends.

One letter each: a name in a browser's list of what was typed before should tell nothing. Templates that
somebody edited and forms that are open for a day hold these letters, so they stay.
"""

from __future__ import annotations

STORY = "a"
KIND = "b"
WHERE = "c"
WHEN = "d"
ABOUT = "e"  # whether it is about its writer, somebody close, or neither
VEHICLE = "g"
DANGER = "h"  # whether it could put someone in danger if police came to the door
CONSENT = "x"  # the box that lets offices that enforce immigration law have it all the same
RECIPIENTS = "r"
SHOWN = "o"  # the ids of the offices that the form showed
TOKEN = "t"  # noqa: S105 (the name of the field)
MARK = "u"  # of a form that came back while its token was young
TRAP = "z"  # filled in by programs alone
CODE = "k"  # of the code page: a receipt code
UNFOLD = "w"  # of the code page: the reply that is to be shown whole

LINES = (STORY, WHERE, WHEN, VEHICLE)  # what is written, and not chosen
WORDS = (
    STORY,
    KIND,
    WHERE,
    WHEN,
    VEHICLE,
    DANGER,
    ABOUT,
    CONSENT,
)  # what comes back when something needs mending
