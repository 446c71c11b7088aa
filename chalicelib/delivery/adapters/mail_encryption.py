"""Encryption of mail (OpenPGP, S/MIME) to recipients with keys: ciphertext or nothing.

Headers and subject stay readable on their way, so they are neutral. All else, the inner headers too, is
encrypted, and padded first, because the length of an encrypted mail would tell the length of the report.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from email.message import EmailMessage
from typing import Protocol

from chalicelib.delivery.ports import KeyInfo
from chalicelib.directory.armor import OPENPGP, read_block
from chalicelib.directory.errors import KeyUnusable

_SMALLEST = 4 * 1024
_STEP = 1024 * 1024
_PADDING_LINE = b" " * 74 + b"\r\n"


class RecipientKey(Protocol):
    """A recipient's key that could be parsed, with what is wrong with it."""

    @property
    def kind(self) -> str:
        """Return "openpgp" or "smime"."""

    @property
    def fingerprint(self) -> str:
        """Return the fingerprint, in capital hexadecimal digits."""

    @property
    def expires_at(self) -> datetime | None:
        """Return when it stops working, or None."""

    @property
    def problem(self) -> str:
        """Return why nothing may be encrypted to it, or nothing."""

    def encrypted(self, entity: bytes) -> EmailMessage:
        """Return a message without addresses that holds `entity`, encrypted. Raises KeyUnusable."""


class KeyedEncrypter:
    """The MailEncrypter for OpenPGP (RFC 3156) and S/MIME (RFC 8551): the key itself says which."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def encrypt(self, entity: bytes, key: str, headers: Mapping[str, str]) -> bytes:
        """Return the encrypted message. The key is looked at each time: it may have expired meanwhile."""
        read = self._read(key)
        if read.problem:
            raise KeyUnusable(read.problem)
        message = read.encrypted(padded(entity))
        for name, value in headers.items():
            message[name] = value
        return message.as_bytes()

    def describe(self, key: str) -> KeyInfo:
        """Return a description of a key, after a trial encryption."""
        try:
            read = self._read(key)
        except KeyUnusable as error:
            return KeyInfo("", "", None, False, str(error))
        reason = read.problem
        try:
            if not reason:
                read.encrypted(b"")
        except KeyUnusable as error:
            reason = str(error)
        expires_on = read.expires_at.date() if read.expires_at else None
        return KeyInfo(read.kind, read.fingerprint, expires_on, not reason, reason)

    def _read(self, key: str) -> RecipientKey:
        # Each is loaded only when a recipient has such a key.
        if read_block(key).label == OPENPGP:
            from chalicelib.delivery.adapters.openpgp_keys import OpenPgpKey

            return OpenPgpKey(key, self._now())
        from chalicelib.delivery.adapters.smime_keys import SmimeKey

        return SmimeKey(key, self._now())


def padded(entity: bytes) -> bytes:
    """Return a multipart padded with blanks behind its last boundary, where every mail program ignores them.

    It is then 4 KiB or twice, four times ... that, and above 1 MiB a whole number of MiB.
    """
    size = _SMALLEST
    while size < min(len(entity), _STEP):
        size *= 2
    if len(entity) > size:
        size = -(-len(entity) // _STEP) * _STEP
    missing = size - len(entity)
    lines, rest = divmod(missing, len(_PADDING_LINE))
    return entity + _PADDING_LINE * lines + b" " * rest
