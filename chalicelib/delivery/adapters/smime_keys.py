"""X.509 certificates of recipients, and S/MIME encryption to them.

`cryptography` encrypts to any RSA certificate, expired or not, so the dates and the purpose are looked at
here. Whether its issuer revoked it is not looked up: that would tell the issuer that a report is on its way.
"""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_der_private_key
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7EnvelopeBuilder, PKCS7Options
from cryptography.x509.oid import ExtendedKeyUsageOID, PublicKeyAlgorithmOID

from chalicelib.directory.armor import read_block
from chalicelib.directory.errors import KeyUnusable

_LEAST_BITS = 2048
_MAIL = {ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}


class SmimeKey:
    """One X.509 certificate, validated as of `now`.

    Raises KeyUnusable when the text holds not exactly one.
    """

    kind = "smime"

    def __init__(self, pem: str, now: datetime) -> None:
        data = read_block(pem).data
        # What `cryptography` raises for a damaged certificate has no base class but Exception.
        try:
            self._certificate = x509.load_der_x509_certificate(data)
        except Exception as error:
            if _is_private(data):
                raise KeyUnusable("this is a private key under a wrong label") from error
            raise KeyUnusable("this X.509 certificate is damaged") from error
        self.fingerprint = self._certificate.fingerprint(SHA256()).hex().upper()
        self.expires_at = self._certificate.not_valid_after_utc
        try:
            self.problem = _problem(self._certificate, now)
        except Exception as error:
            raise KeyUnusable("this X.509 certificate is damaged") from error

    def encrypted(self, entity: bytes) -> EmailMessage:
        """Return S/MIME: `entity`, enveloped with AES-256."""
        envelope = PKCS7EnvelopeBuilder().set_data(entity).set_content_encryption_algorithm(AES256)
        try:
            enveloped = envelope.add_recipient(self._certificate).encrypt(Encoding.DER, [PKCS7Options.Binary])
        except ValueError as error:
            raise KeyUnusable("its RSA key is damaged") from error
        message = EmailMessage(policy=SMTP)
        message.set_content(
            enveloped,
            maintype="application",
            subtype="pkcs7-mime",
            disposition="attachment",
            filename="smime.p7m",
            params={"smime-type": "enveloped-data", "name": "smime.p7m"},
        )
        return message


def _is_private(data: bytes) -> bool:
    try:
        load_der_private_key(data, None)
    except TypeError:
        return True  # it wants a password first
    except Exception:
        return False
    return True


def _problem(certificate: x509.Certificate, now: datetime) -> str:
    if certificate.not_valid_before_utc > now:
        return f"it is not valid before {certificate.not_valid_before_utc:%Y-%m-%d}"
    if certificate.not_valid_after_utc <= now:
        return f"it expired on {certificate.not_valid_after_utc:%Y-%m-%d}"
    if certificate.public_key_algorithm_oid != PublicKeyAlgorithmOID.RSAES_PKCS1_v1_5:
        return "it holds no RSA key for encryption, and S/MIME here needs one"
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey) or key.key_size < _LEAST_BITS:
        return f"its RSA key has fewer than {_LEAST_BITS} bits"
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.KeyUsage) and not extension.value.key_encipherment:
            return "it may not be used to encrypt (its key usage says so)"
        if isinstance(extension.value, x509.ExtendedKeyUsage) and not _MAIL & set(extension.value):
            return "it may not be used for mail (its extended key usage says so)"
    return ""
