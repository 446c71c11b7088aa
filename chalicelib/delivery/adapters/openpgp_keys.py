"""OpenPGP certificates of recipients, and encryption to them.

Sequoia refuses revoked subkeys, weak algorithms and certificates that cannot encrypt. But it encrypts to a
certificate that is revoked or has expired, and to an expired subkey when there is no live one. So the dates
and the flags are read here, before it is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP

from pysequoia import Cert, encrypt
from pysequoia.packet import Packet, PacketPile, SignatureType, Tag

from chalicelib.directory.armor import read_block
from chalicelib.directory.errors import KeyUnusable


@dataclass(frozen=True, slots=True)
class _Subkey:
    """A subkey's packets, and what its newest binding by the primary key says."""

    packets: Sequence[Packet]
    begins: datetime | None
    ends: datetime | None
    encrypts: bool
    revoked: bool


class OpenPgpKey:
    """One OpenPGP certificate, validated as of `now`.

    Raises KeyUnusable when the text holds not exactly one.
    """

    kind = "openpgp"

    def __init__(self, armored: str, now: datetime) -> None:
        block = read_block(armored)
        data = block.data
        # Sequoia raises RuntimeError for all that it does not like: what it was doing tells what was wrong.
        try:
            secret = any(
                packet.tag in (Tag.SecretKey, Tag.SecretSubkey) for packet in PacketPile.from_bytes(data)
            )
        except (RuntimeError, ValueError) as error:
            raise KeyUnusable("this OpenPGP certificate is damaged") from error
        if secret:
            raise KeyUnusable("this is a private key under a wrong label")
        if not block.fits:
            raise KeyUnusable("this OpenPGP certificate is damaged: its checksum does not fit")
        try:
            self._cert = Cert.from_bytes(data)
            packets = list(PacketPile.from_bytes(bytes(self._cert)))
        except (RuntimeError, ValueError) as error:
            raise KeyUnusable("this is not one whole OpenPGP certificate") from error
        self.fingerprint = self._cert.fingerprint.upper()
        self.expires_at: datetime | None = None
        try:
            self.problem = self._look_at_all(packets, now)
        except RuntimeError as error:
            raise KeyUnusable("this OpenPGP certificate is damaged") from error

    def encrypted(self, entity: bytes) -> EmailMessage:
        """Return PGP/MIME: `entity`, encrypted to the live subkey."""
        try:
            armored = encrypt(entity, recipients=[self._cert])
        except RuntimeError as error:
            raise KeyUnusable("its subkey uses an algorithm that is not safe") from error
        message = EmailMessage(policy=SMTP)
        message["MIME-Version"] = "1.0"
        message["Content-Type"] = 'multipart/encrypted; protocol="application/pgp-encrypted"'
        message.attach(_part("application/pgp-encrypted", "Version: 1\n"))
        message.attach(_part('application/octet-stream; name="encrypted.asc"', armored.decode("ascii")))
        return message

    def _look_at_all(self, packets: Sequence[Packet], now: datetime) -> str:
        """Find when this stops working, and return what is wrong with it."""
        primary, created = packets[0], packets[0].key_created
        if created is not None and created > now:
            return f"it is not valid before {created:%Y-%m-%d}"
        try:
            revoked, self.expires_at = self._cert.is_revoked, self._cert.expiration
        except RuntimeError:
            return "it uses an algorithm that is not safe, or does not vouch for itself"
        if revoked:
            return "it is revoked"
        if self.expires_at is not None and self.expires_at <= now:
            return f"it expired on {self.expires_at:%Y-%m-%d}"
        of_primary, *of_subkeys = _groups(packets)
        subkeys = [_subkey(group, primary, now) for group in of_subkeys]
        over = [subkey for subkey in subkeys if subkey.ends is not None and subkey.ends <= now]
        if over:
            live = [subkey for subkey in subkeys if subkey not in over]
            self._cert = Cert.from_packets(
                [*of_primary, *(packet for subkey in live for packet in subkey.packets)]
            )
        if _may_encrypt(of_primary):
            return ""
        return self._look_at_subkeys([subkey for subkey in subkeys if subkey.encrypts], now)

    def _look_at_subkeys(self, subkeys: Sequence[_Subkey], now: datetime) -> str:
        if not subkeys:
            return "it has no subkey to encrypt to"
        valid = [subkey for subkey in subkeys if not subkey.revoked]
        if not valid:
            return "its subkey is revoked"
        begun = [subkey for subkey in valid if subkey.begins is not None and subkey.begins <= now]
        if not begun:
            first = min((subkey.begins for subkey in valid if subkey.begins is not None), default=None)
            return (
                f"its subkey is not valid before {first:%Y-%m-%d}"
                if first
                else "its subkey is not bound to it"
            )
        ends = [subkey.ends for subkey in begun if subkey.ends is not None]
        if len(ends) == len(begun):
            # It works until its last subkey is over, and no longer than the whole certificate.
            self.expires_at = min(max(ends), self.expires_at or max(ends))
            if max(ends) <= now:
                return f"its subkey expired on {max(ends):%Y-%m-%d}"
        return ""


def _groups(packets: Sequence[Packet]) -> Iterator[list[Packet]]:
    """Yield the primary key with all that belongs to it, then each subkey with its signatures."""
    group: list[Packet] = []
    for packet in packets:
        if packet.tag == Tag.PublicSubkey:
            yield group
            group = []
        group.append(packet)
    yield group


def _subkey(group: Sequence[Packet], primary: Packet, now: datetime) -> _Subkey:
    key, *signatures = group
    ours = [signature for signature in signatures if _made_by(signature, primary)]
    revoked = any(_type(signature) == SignatureType.SubkeyRevocation for signature in ours)
    bindings = sorted(
        (
            (signature.signature_created, index, signature)
            for index, signature in enumerate(ours)
            if _type(signature) == SignatureType.SubkeyBinding and signature.signature_created is not None
        ),
    )
    created = key.key_created
    if not bindings or created is None:
        return _Subkey(group, None, None, _may_encrypt(ours), revoked)
    so_far = [binding for binding in bindings if binding[0] <= now]
    bound_at, _, binding = so_far[-1] if so_far else bindings[0]
    ends = [
        binding.signature_expiration_time,
        created + binding.key_validity_period if binding.key_validity_period else None,
    ]
    return _Subkey(
        group,
        begins=max(created, bound_at),
        ends=min((end for end in ends if end is not None), default=None),
        encrypts=_may_encrypt([binding]),
        revoked=revoked,
    )


def _made_by(signature: Packet, primary: Packet) -> bool:
    return signature.issuer_fingerprint == primary.fingerprint or signature.issuer_key_id == primary.key_id


def _type(signature: Packet) -> SignatureType | None:
    try:
        return signature.signature_type
    except RuntimeError:
        return None  # a type that Sequoia does not know: it says nothing to us


def _may_encrypt(signatures: Sequence[Packet]) -> bool:
    flags = [signature.key_flags for signature in signatures if signature.key_flags is not None]
    return any(flag.transport_encryption or flag.storage_encryption for flag in flags)


def _part(content_type: str, text: str) -> EmailMessage:
    part = EmailMessage(policy=SMTP)
    part["Content-Type"] = content_type
    part.set_payload(text)
    return part
