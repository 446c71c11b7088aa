"""Key derivation of a receipt code with its private half: one argon2id gives report, public key and opener.

The private key stands in the opener alone, and goes with it when the request ends: no cache, no table and no
text has it.
"""

from __future__ import annotations

from chalicelib.replies.adapters.hpke_reply_opener import HpkeReplyOpener
from chalicelib.replies.ports import CodeKeys
from chalicelib.reporting.adapters.receipt_vault import SeededVault


class CodeKeyVault:
    """The CodeVault over the site's seed."""

    def __init__(self, vault: SeededVault) -> None:
        self._vault = vault

    def form_secret(self) -> bytes:
        """Return the 32 bytes that sign form tokens."""
        return self._vault.form_secret()

    def keys_of(self, code: str) -> CodeKeys:
        """Return the report that a code leads to, and what opens the replies to it."""
        keys, private_key = self._vault.key_pair_of(code)
        return CodeKeys(keys.report_id, keys.public_key, HpkeReplyOpener(private_key))
