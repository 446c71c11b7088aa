"""Reply addresses: one token for each report and recipient, in letters that survive being typed off paper.

"r-" + sixteen characters of Crockford's base32 (80 bits) + a check character, in small letters. The check
(Damm's, over the field of 32) finds each single wrong character and each swap of two neighbours: so a slip of
the finger is told from a guess.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

PREFIX = "r-"
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_READ_AS = str.maketrans({"i": "1", "l": "1", "o": "0", "u": "v"})
_BYTES = 10
_LENGTH = 16
_SHAPE = re.compile(r"r[-_.=\u2010-\u2015]?([0-9a-z]{12,22})\Z")


@dataclass(frozen=True, slots=True)
class ReplyToken:
    """What stands before the @ of a reply address.

    `mistyped` says that it has the shape of one and its check character does not fit.
    """

    text: str
    mistyped: bool = False

    def hashed(self) -> str:
        """Return the SHA-256 under which the table knows it."""
        return hashlib.sha256(b"porchlight reply address " + self.text.encode("ascii")).hexdigest()


def reply_token(secret: bytes, about: str, recipient: str) -> ReplyToken:
    """Return the token (HMAC-SHA256) of one recipient's copy of a report, or of a digest mail.

    `about` is "report-<id>" or "batch-<id>". The same report and recipient have the same token in each turn,
    so that a thread of mails stays whole.
    """
    message = b"porchlight reply|" + about.encode() + b"|" + recipient.encode()
    number = int.from_bytes(hmac.new(secret, message, hashlib.sha256).digest()[:_BYTES], "big")
    body = "".join(_LETTERS[number >> shift & 31] for shift in range(5 * (_LENGTH - 1), -1, -5))
    return ReplyToken(PREFIX + body + _LETTERS[_check(body)])


def read_token(local_part: str) -> ReplyToken | None:
    """Read what stands before the @ of an address; None when it is nothing like a token.

    Capitals, o for 0, i and l for 1 and u for v are understood; a sub-address ("+...") is left out.
    """
    shaped = _SHAPE.match(local_part.strip().strip("'\"").casefold().partition("+")[0])
    if shaped is None:
        return None
    typed = shaped[1].translate(_READ_AS)
    fits = len(typed) == _LENGTH + 1 and _check(typed) == 0
    return ReplyToken(PREFIX + typed, mistyped=not fits)


def _check(text: str) -> int:
    """Return the interim number after all characters: 0 for a text with its check character."""
    interim = 0
    for letter in text:
        doubled = (interim ^ _LETTERS.index(letter)) << 1
        interim = doubled ^ 0b100101 if doubled > 31 else doubled  # x^5 + x^2 + 1, primitive
    return interim
