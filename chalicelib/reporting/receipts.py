"""Receipt codes: twenty digits with a check digit, which lead back to a report and say nothing else.

Nineteen digits carry the secret (63 bits), the twentieth is a check digit after Damm, which finds every
single wrong digit and every swap of two neighbours: a slip of the finger never leads to another report.
"""

from __future__ import annotations

import hashlib
import hmac

LENGTH = 20
GROUP = 4

# H. M. Damm, "Total anti-symmetrische Quasigruppen" (2004): the order-10 table.
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)


def check_digit(digits: str) -> str:
    """Return the check digit (Damm) that completes `digits` (ASCII 0-9)."""
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return str(interim)


def receipt_code(secret: bytes, nonce: bytes, sent: bytes) -> str:
    """Derive the receipt code of one sending (HMAC-SHA256): the same nonce and content give the same digits.

    `secret` is known to the server alone, `nonce` comes from the form's token, `sent` is a digest of all that
    was sent. An edited form therefore gets another code, a repeated one the same.
    """
    mac = hmac.new(secret, len(nonce).to_bytes(2, "big") + nonce + sent, hashlib.sha256).digest()
    digits = f"{int.from_bytes(mac, 'big') % 10 ** (LENGTH - 1):0{LENGTH - 1}d}"
    return digits + check_digit(digits)


def read_code(typed: str) -> str | None:
    """Parse a receipt code: return the digits in what a person typed, or None when they cannot be a code.

    Spaces, dashes and other marks between digits are dropped, and digits of any script are understood.
    """
    digits = []
    for character in typed[:200]:
        if character.isdecimal():
            digits.append(str(int(character)))
        elif character.isalpha():
            return None
    code = "".join(digits)
    if len(code) != LENGTH or check_digit(code[:-1]) != code[-1]:
        return None
    return code


def in_groups(code: str) -> list[str]:
    """Format a code: split it into the groups of four that it is shown in."""
    return [code[start : start + GROUP] for start in range(0, len(code), GROUP)]
