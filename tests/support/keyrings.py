"""Keys of agencies, made and used by the programs that agencies use: GnuPG and OpenSSL."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path


class GnuPg:
    """GnuPG with a key ring of its own, which is gone after `close`."""

    def __init__(self) -> None:
        # The path to GnuPG's sockets must stay short, so this is not pytest's own folder.
        self.home = Path(tempfile.mkdtemp(prefix="gpg-"))

    def close(self) -> None:
        """Stop GnuPG's helpers and remove the key ring."""
        subprocess.run(["gpgconf", "--homedir", str(self.home), "--kill", "all"], check=True)
        shutil.rmtree(self.home, ignore_errors=True)

    def key(
        self,
        name: str,
        primary: str = "ed25519",
        subkeys: Sequence[str] = ("cv25519",),
        lasts: str = "0",
        subkey_lasts: str = "0",
        made_on: str = "",
        subkeys_made_on: str = "",
        uses: str = "cert,sign",
    ) -> str:
        """Make a key and return its public part. Days are like "20240101", times like "30d"."""
        self._run("--quick-gen-key", f"{name}@agency.example", primary, uses, lasts, on=made_on)
        for subkey in subkeys:
            self.add_subkey(name, subkey, subkey_lasts, subkeys_made_on or made_on)
        return self.public(name, on=subkeys_made_on or made_on)

    def add_subkey(self, name: str, kind: str = "cv25519", lasts: str = "0", on: str = "") -> None:
        """Give a key one more subkey to encrypt to."""
        self._run("--quick-add-key", self.fingerprints(name)[0], kind, "encr", lasts, on=on)

    def prolong_subkeys(self, name: str, lasts: str) -> None:
        """Let all subkeys of a key end at another time, counted from now."""
        primary, *subkeys = self.fingerprints(name)
        self._run("--quick-set-expire", primary, lasts, *subkeys)

    def revoke(self, name: str) -> None:
        """Revoke a whole key, with the certificate that GnuPG made for that day."""
        made = self.home / "openpgp-revocs.d" / f"{self.fingerprints(name)[0]}.rev"
        made.write_text(made.read_text().replace(":-----BEGIN", "-----BEGIN"))
        self._run("--import", str(made))

    def revoke_subkey(self, name: str, number: int = 1) -> None:
        """Revoke one subkey and leave the rest."""
        answers = f"key {number}\nrevkey\ny\n0\n\ny\nsave\n".encode()
        self._run("--command-fd", "0", "--edit-key", f"{name}@agency.example", given=answers)

    def public(self, name: str, on: str = "") -> str:
        """Return a key's public part."""
        return self._run("--armor", "--export", f"{name}@agency.example", on=on).decode("ascii")

    def private(self, name: str) -> str:
        """Return a key's private part, as somebody might paste it by mistake."""
        return self._run("--armor", "--export-secret-keys", f"{name}@agency.example").decode("ascii")

    def key_named(self, name: str) -> str:
        """Make a key for a whole user id, like "Zoë <zoe@agency.example>"; return its public part."""
        self._run("--quick-gen-key", name, "future-default", "default", "0")
        return self._run("--armor", "--export", name).decode("utf-8")

    def exported(self, name: str, *options: str) -> str:
        """Return a key's public part with what options put around it."""
        return self._run("--armor", *options, "--export", f"{name}@agency.example").decode("utf-8")

    def listed(self, name: str) -> str:
        """Return what GnuPG prints of a key for people."""
        return self._run("--list-keys", f"{name}@agency.example").decode("utf-8")

    def fingerprints(self, name: str) -> list[str]:
        """Return the fingerprints of a key and of its subkeys."""
        lines = self._run("--with-colons", "--list-keys", f"={name}@agency.example").decode().splitlines()
        return [line.split(":")[9] for line in lines if line.startswith("fpr:")]

    def decrypted(self, encrypted: bytes) -> bytes:
        """Return what is inside."""
        return self._run("--decrypt", given=encrypted)

    def opened_by(self, encrypted: bytes) -> str:
        """Return the fingerprint of the subkey that opened a message."""
        done = self._do("--status-fd", "1", "--decrypt", given=encrypted)
        lines = done.stdout.decode("utf-8", "replace").splitlines()
        return next(line.split()[2] for line in lines if line.startswith("[GNUPG:] DECRYPTION_KEY"))

    def _run(self, *arguments: str, given: bytes = b"", on: str = "") -> bytes:
        done = self._do(*arguments, given=given, on=on)
        assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
        return done.stdout

    def _do(self, *arguments: str, given: bytes = b"", on: str = "") -> subprocess.CompletedProcess[bytes]:
        command = ["gpg", "--homedir", str(self.home), "--no-tty", "--quiet", "--yes"]
        if "--command-fd" not in arguments:
            command.append("--batch")
        command += ["--pinentry-mode", "loopback", "--passphrase", ""]
        if on:
            # Frozen by the "!": where a machine is slow, a clock that runs puts a key after the next command.
            command += ["--faked-system-time", f"{on}T000000!"]
        return subprocess.run([*command, *arguments], input=given, capture_output=True, check=False)


class OpenSsl:
    """OpenSSL with a folder for the keys it makes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def certificate(self, name: str, *algorithm: str, days: int = 365, extensions: Sequence[str] = ()) -> str:
        """Make a key and a certificate signed by itself; return the certificate."""
        wanted = [part for extension in extensions for part in ("-addext", extension)]
        self._run(
            *("req", "-x509", "-newkey", *(algorithm or ("rsa:3072",)), "-nodes", "-days", str(days)),
            *("-subj", f"/CN={name}/emailAddress={name}@agency.example", *wanted),
            *("-keyout", str(self._key(name)), "-out", str(self._certificate(name))),
        )
        return self._certificate(name).read_text()

    def private(self, name: str) -> str:
        """Return a certificate's private key, as somebody might paste it by mistake."""
        return self._key(name).read_text()

    def locked(self, name: str) -> str:
        """Return a certificate's private key with a password on it."""
        made = self._run("pkcs8", "-topk8", "-in", str(self._key(name)), "-passout", "pass:secret")
        return made.decode("ascii")

    def shown(self, name: str, *options: str) -> str:
        """Return a certificate with what `openssl x509` prints around it."""
        options = (*options, "-nameopt", "utf8,sep_comma_plus")
        return self._run("x509", "-in", str(self._certificate(name)), *options).decode("utf-8")

    def bagged(self, name: str, called: str) -> str:
        """Return a certificate as it comes out of a PKCS #12 file, with bag attributes (not always UTF-8)."""
        both = ("-in", str(self._certificate(name)), "-inkey", str(self._key(name)))
        file = self._run("pkcs12", "-export", *both, "-name", called, "-passout", "pass:x")
        return self._run("pkcs12", "-nokeys", "-passin", "pass:x", given=file).decode("latin-1")

    def decrypted(self, name: str, message: bytes, program: str = "cms") -> bytes:
        """Return what is inside a whole S/MIME message, by OpenSSL's "cms" or "smime"."""
        keys = ("-recip", str(self._certificate(name)), "-inkey", str(self._key(name)))
        return self._run(program, "-decrypt", *keys, given=message)

    def described(self, message: bytes) -> str:
        """Return OpenSSL's own description of a whole S/MIME message."""
        return self._run("cms", "-cmsout", "-print", "-noout", given=message).decode("ascii", "replace")

    def _key(self, name: str) -> Path:
        return self._folder / f"{name}.key.pem"

    def _certificate(self, name: str) -> Path:
        return self._folder / f"{name}.pem"

    def _run(self, *arguments: str, given: bytes = b"") -> bytes:
        done = subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
        return done.stdout
