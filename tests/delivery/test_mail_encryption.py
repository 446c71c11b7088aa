"""What agencies with keys get, opened by the programs they use; and which keys get nothing."""

from __future__ import annotations

import base64
import json
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from email.policy import default as modern

import pytest
from pysequoia import Cert

from chalicelib.delivery.adapters.mail_encryption import KeyedEncrypter, padded
from chalicelib.delivery.mail_threads import thread_of
from chalicelib.delivery.ports import OpenedReport
from chalicelib.delivery.render.mails import Mails
from chalicelib.directory.adapters.shipped_content import CATALOGS, TEMPLATES
from chalicelib.directory.errors import KeyUnusable
from chalicelib.directory.recipients import Recipient
from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.reporting.cases import QUEUED, Delivery, SealedReport
from chalicelib.reporting.report import STORY_LIMIT, Report
from tests.support.keyrings import GnuPg, OpenSsl

NOW = datetime.now(UTC)
INBOX = "inbox@agency.example"
SHORT = "Vi algo raro junto a la bodega ñandú\n…\x85 línea dos\n\nFrom here\n.\n"
LONG = ("Ünïcödé \U0001f600\U0001f469‍\U0001f467 一二\n" * STORY_LIMIT)[:STORY_LIMIT]


@pytest.fixture(scope="module")
def gpg():
    program = GnuPg()
    yield program
    program.close()


@pytest.fixture(scope="module")
def openssl(tmp_path_factory):
    return OpenSsl(tmp_path_factory.mktemp("openssl"))


@pytest.fixture(scope="module")
def curve(gpg):
    return gpg.key("curve")


@pytest.fixture(scope="module")
def rsa(gpg):
    return gpg.key("rsa", primary="rsa3072", subkeys=["rsa3072"])


@pytest.fixture(scope="module")
def certificate(openssl):
    return openssl.certificate("smime")


@pytest.fixture
def encrypter():
    return KeyedEncrypter(lambda: datetime.now(UTC))  # the keys are made after NOW


@pytest.fixture
def mails(encrypter):
    return Mails(
        TEMPLATES / "mail",
        Catalogs(CATALOGS),
        "desk@porchlight.example",
        lambda slug: slug,
        lambda locale: locale,
        encrypter,
    )


def unquoted(text: str) -> str:
    """Return a mail's text without the indent of what a person wrote."""
    return "\n".join(line.removeprefix("  ") for line in text.replace("\r\n", "\n").split("\n"))


def recipient(key: str) -> Recipient:
    return Recipient(
        id="desk",
        name="Desk",
        serves="us",
        email=INBOX,
        fallback="second@agency.example",
        language="en",
        nature="desk",
        enforces_immigration=False,
        what="An office.",
        what_not="Not the police.",
        key=key,
    )


def opened(story: str, number: int = 1) -> OpenedReport:
    delivery = Delivery("desk", QUEUED, NOW, NOW)
    record = SealedReport(f"{number:032x}", b"", b"", "los-banos-ca", NOW, (delivery,))
    return OpenedReport(record, Report("los-banos-ca", "es", story, kind="work", where="Calle del Mar 7"))


def read(message: bytes) -> EmailMessage:
    return message_from_bytes(message, policy=modern)


def texts(inner: bytes) -> tuple[str, dict]:
    """Return the text and the data of a decrypted mail."""
    parts = {part.get_content_type(): part for part in read(inner).walk()}
    text = parts["text/plain"].get_payload(decode=True).decode("utf-8").replace("\r\n", "\n")
    return text, json.loads(parts["application/json"].get_content())


# OpenPGP


@pytest.mark.parametrize("name", ["curve", "rsa"])
@pytest.mark.parametrize("story", [SHORT, LONG], ids=["short", "20,000 characters"])
def test_gpg_reads_every_character_of_a_report(gpg, mails, name, story, request):
    key = request.getfixturevalue(name)
    message = mails.report(recipient(key), INBOX, opened(story), [])

    outer = read(message)
    assert outer.get_content_type() == "multipart/encrypted"
    assert outer.get_param("protocol") == "application/pgp-encrypted"
    version, encrypted = outer.iter_parts()
    assert version.get_content_type() == "application/pgp-encrypted"
    assert version.get_payload().strip() == "Version: 1"
    assert encrypted.get_content_type() == "application/octet-stream"
    assert message.isascii()
    assert max(len(line) for line in message.split(b"\r\n")) < 998

    text, data = texts(gpg.decrypted(encrypted.get_payload(decode=True)))
    assert story in unquoted(text)
    assert data["text"] == story
    assert data["where"] == "Calle del Mar 7"


def test_gpg_reads_every_report_of_a_digest(gpg, mails, curve):
    stories = [f"{number} {SHORT}" for number in range(40)]
    message = mails.digest(recipient(curve), INBOX, [opened(story, n) for n, story in enumerate(stories)], {})

    _, encrypted = read(message).iter_parts()
    text, data = texts(gpg.decrypted(encrypted.get_payload(decode=True)))
    assert [entry["text"] for entry in data["reports"]] == stories
    assert all(story in unquoted(text) for story in stories)


def test_a_single_key_that_signs_and_encrypts_will_do(gpg, encrypter):
    key = gpg.key("single", primary="rsa3072", subkeys=[], uses="cert,sign,encr")

    message = encrypter.encrypt(entity(b"hello"), key, {})
    assert b"hello" in gpg.decrypted(armor_in(message))
    assert encrypter.describe(key).usable


def test_the_live_subkey_is_taken_beside_one_that_is_over(gpg, encrypter):
    gpg.key("rotated", made_on="20240101", subkey_lasts="30d")
    gpg.add_subkey("rotated", lasts="1y")
    key = gpg.public("rotated")
    _, over, live = gpg.fingerprints("rotated")

    assert gpg.opened_by(armor_in(encrypter.encrypt(entity(b"x"), key, {}))) == live != over
    assert encrypter.describe(key).expires_on == (NOW + timedelta(days=365)).date()


def test_the_newest_word_about_a_subkey_counts(gpg, encrypter):
    short = gpg.key("prolonged", made_on="20240101", subkey_lasts="30d")
    assert not encrypter.describe(short).usable
    gpg.prolong_subkeys("prolonged", "1y")
    # GnuPG drops the older binding when it exports; key servers keep both.
    both = str(Cert.from_bytes(short.encode()).merge(Cert.from_bytes(gpg.public("prolonged").encode())))

    assert b"x" in gpg.decrypted(armor_in(encrypter.encrypt(entity(b"x"), both, {})))


# S/MIME


@pytest.mark.parametrize("program", ["cms", "smime"])
@pytest.mark.parametrize("story", [SHORT, LONG], ids=["short", "20,000 characters"])
def test_openssl_reads_every_character_of_a_report(openssl, mails, certificate, story, program):
    message = mails.report(recipient(certificate), INBOX, opened(story), [])

    outer = read(message)
    assert outer.get_content_type() == "application/pkcs7-mime"
    assert outer.get_param("smime-type") == "enveloped-data"
    assert message.isascii()

    text, data = texts(openssl.decrypted("smime", message, program))
    assert story in unquoted(text)
    assert data["text"] == story


def test_openssl_reads_every_report_of_a_digest(openssl, mails, certificate):
    stories = [f"{number} {SHORT}" for number in range(40)]
    message = mails.digest(
        recipient(certificate), INBOX, [opened(story, n) for n, story in enumerate(stories)], {}
    )

    _, data = texts(openssl.decrypted("smime", message))
    assert [entry["text"] for entry in data["reports"]] == stories


def test_smime_uses_aes_256(openssl, encrypter, certificate):
    described = openssl.described(encrypter.encrypt(entity(b"x"), certificate, {}))

    assert "pkcs7-envelopedData" in described
    assert "aes-256-cbc" in described


# What stays outside


@pytest.mark.parametrize("name", ["curve", "certificate"])
def test_only_neutral_headers_stay_outside(mails, name, request):
    report = opened("a word that nobody else shall see: zylophantus")
    message = mails.report(recipient(request.getfixturevalue(name)), INBOX, report, [recipient("")])

    outer = read(message)
    names = {"From", "To", "Subject", "Auto-Submitted", "X-Auto-Response-Suppress"}
    technical = {"MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Content-Disposition"}
    assert names <= set(outer.keys()) <= names | technical
    assert len(outer.keys()) == len(set(outer.keys()))
    assert outer["From"] == "Porchlight <desk@porchlight.example>"
    assert outer["To"] == INBOX
    assert outer["Subject"] == f"Porchlight report {report.record.case_number}"
    assert outer["Auto-Submitted"] == "auto-generated"
    everything = message + b"".join(part.get_payload(decode=True) or b"" for part in outer.walk())
    digest = mails.digest(recipient(request.getfixturevalue(name)), INBOX, [report, report], {})
    assert read(digest)["Subject"] == f"Porchlight digest {report.record.case_number}, reports: 2"
    everything += digest
    for word in (b"zylophantus", b"Calle", b"los-banos", b"json", b"application/json"):
        assert word not in everything


def test_the_real_headers_are_inside_too(gpg, mails, curve):
    message = mails.report(recipient(curve), INBOX, opened(SHORT), [])

    inner = read(gpg.decrypted(armor_in(message)))
    assert inner["Subject"] == read(message)["Subject"]
    assert inner["To"] == INBOX
    (text, _) = inner.iter_parts()
    assert text["Content-Language"] == "en"


@pytest.mark.parametrize("name", ["curve", "certificate"])
def test_where_answers_go_and_the_thread_stand_outside_and_the_fences_inside(mails, name, request):
    key = request.getfixturevalue(name)
    first = opened(SHORT)
    record = replace(first.record, id=f"{first.record.id}.0123456789ab")
    thread = thread_of("<ours@us-west-2.amazonses.com>", ["<theirs@agency.example>"])
    again = replace(first, record=record, reply_to="r-one@reply.example", thread=thread)
    for content in (
        mails.report(recipient(key), INBOX, replace(first, reply_to="r-one@reply.example"), []),
        mails.report(recipient(key), INBOX, again, []),
        mails.digest(recipient(key), INBOX, [again], {}, "r-one@reply.example"),
    ):
        outer = read(content)
        assert outer["Reply-To"] == "r-one@reply.example"
        assert "#####" not in content.decode("ascii")
    message = mails.report(recipient(key), INBOX, again, [])
    outer = read(message)
    assert outer["In-Reply-To"] == "<theirs@agency.example>"
    assert outer["References"] == "<ours@us-west-2.amazonses.com> <theirs@agency.example>"
    assert outer["Subject"] == f"Re: Porchlight report {record.case_number}"
    if name == "curve":
        gpg = request.getfixturevalue("gpg")
        _, encrypted = outer.iter_parts()
        inner = gpg.decrypted(encrypted.get_payload(decode=True))
    else:
        inner = request.getfixturevalue("openssl").decrypted("smime", message, "cms")
    text, data = texts(inner)
    assert text.startswith(f"##### {record.case_number} ##### ")
    assert f"##### {record.case_number} ===== " in text.rstrip().rpartition("\n")[2]
    assert data["reply_to"] == "r-one@reply.example"


def test_a_recipient_without_a_key_gets_the_report_readable(mails):
    assert read(mails.report(recipient(""), INBOX, opened(SHORT), [])).get_content_type() == "multipart/mixed"


@pytest.mark.parametrize("name", ["curve", "certificate"])
def test_the_length_of_a_mail_hardly_tells_the_length_of_a_report(mails, name, request):
    key = request.getfixturevalue(name)
    lengths = {len(mails.report(recipient(key), INBOX, opened("x" * length), [])) for length in (1, 77, 300)}

    assert max(lengths) - min(lengths) <= 4  # the encrypted session key itself varies by a byte or two


@pytest.mark.parametrize(
    ("length", "size"),
    [
        (1, 4096),
        (4096, 4096),
        (4097, 8192),
        (600_000, 1048576),
        (1048576, 1048576),
        (1048577, 2097152),
        (5_000_000, 5242880),
    ],
)
def test_padding_fills_to_a_few_sizes(length, size):
    assert len(padded(b"x" * length)) == size


def test_padding_is_nothing_that_a_mail_program_shows():
    plain = read(entity(b"a story\nof two lines"))
    filled = read(padded(plain.as_bytes(policy=SMTP)))

    parts = [part.get_content() for part in filled.iter_parts()]
    assert parts == [part.get_content() for part in plain.iter_parts()]
    assert filled.defects == []


# Keys that get nothing


def expired(gpg, openssl):
    return gpg.key("expired", made_on="20240101", lasts="30d")


def expired_subkey(gpg, openssl):
    return gpg.key("expired-subkey", made_on="20240101", subkey_lasts="30d")


def not_yet(gpg, openssl):
    return gpg.key("not-yet", made_on="20990101")


def not_yet_subkey(gpg, openssl):
    return gpg.key("not-yet-subkey", subkeys_made_on="20990101")


def revoked(gpg, openssl):
    gpg.key("revoked")
    gpg.revoke("revoked")
    return gpg.public("revoked")


def revoked_subkey(gpg, openssl):
    gpg.key("revoked-subkey")
    gpg.revoke_subkey("revoked-subkey")
    return gpg.public("revoked-subkey")


def revoked_beside_expired(gpg, openssl):
    gpg.key("revoked-beside-expired", made_on="20240101", subkey_lasts="30d")
    gpg.add_subkey("revoked-beside-expired")
    gpg.revoke_subkey("revoked-beside-expired", 2)
    return gpg.public("revoked-beside-expired")


def sign_only(gpg, openssl):
    return gpg.key("sign-only", subkeys=[])


def weak_rsa(gpg, openssl):
    return gpg.key("weak", primary="rsa1024", subkeys=["rsa1024"])


def weak_subkey(gpg, openssl):
    return gpg.key("weak-subkey", subkeys=["rsa1024"])


def elgamal(gpg, openssl):
    return gpg.key("elgamal", subkeys=["elg2048"])


def private_openpgp(gpg, openssl):
    gpg.key("pasted")
    return gpg.private("pasted")


def private_openpgp_relabelled(gpg, openssl):
    return private_openpgp(gpg, openssl).replace("PRIVATE KEY", "PUBLIC KEY")


def two_openpgp(gpg, openssl):
    return gpg.key("first") + gpg.key("second")


def cut_openpgp(gpg, openssl):
    lines = gpg.key("cut").splitlines()
    return "\n".join([*lines[:4], *lines[-2:]])


def no_key(gpg, openssl):
    return "Please use our key"


def not_ascii(gpg, openssl):
    return "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nñ\n-----END PGP PUBLIC KEY BLOCK-----\n"


def wrong_checksum(gpg, openssl):
    lines = gpg.key("wrong-checksum").splitlines()
    return "\n".join([*lines[:-2], "=AAAA", lines[-1]])


def endless_openpgp(gpg, openssl):
    return gpg.key("endless").split("-----END")[0]


def endless_x509(gpg, openssl):
    return openssl.certificate("endless").split("-----END")[0]


def private_beside_public(gpg, openssl):
    return gpg.key("beside") + "\n" + gpg.private("beside")


def private_quoted(gpg, openssl):
    openssl.certificate("quoted")
    return "".join(f"> {line}\r\n" for line in openssl.private("quoted").splitlines())


def private_x509_relabelled(gpg, openssl):
    openssl.certificate("relabelled")
    return openssl.private("relabelled").replace("PRIVATE KEY", "CERTIFICATE")


def locked_x509_relabelled(gpg, openssl):
    openssl.certificate("locked")
    return openssl.locked("locked").replace("ENCRYPTED PRIVATE KEY", "CERTIFICATE")


def elliptic_x509(gpg, openssl):
    return openssl.certificate("elliptic", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


def weak_x509(gpg, openssl):
    return openssl.certificate("weak", "rsa:1024")


def pss_x509(gpg, openssl):
    return openssl.certificate("pss", "rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048")


def sign_only_x509(gpg, openssl):
    return openssl.certificate("sign-only", extensions=["keyUsage=digitalSignature"])


def web_server_x509(gpg, openssl):
    return openssl.certificate("server", extensions=["extendedKeyUsage=serverAuth"])


def private_x509(gpg, openssl):
    return openssl.certificate("pasted") + openssl.private("pasted")


def two_x509(gpg, openssl):
    return openssl.certificate("first") + openssl.certificate("second")


def cut_x509(gpg, openssl):
    lines = openssl.certificate("cut").splitlines()
    return "\n".join([*lines[:5], lines[-1]])


UNUSABLE = {
    expired: "it expired on 2024-01-31",
    expired_subkey: "its subkey expired on 2024-01-31",
    not_yet: "it is not valid before 2099-01-01",
    not_yet_subkey: "its subkey is not valid before 2099-01-01",
    revoked: "it is revoked",
    revoked_subkey: "its subkey is revoked",
    revoked_beside_expired: "its subkey expired on 2024-01-31",
    sign_only: "it has no subkey to encrypt to",
    weak_rsa: "it uses an algorithm that is not safe, or does not vouch for itself",
    weak_subkey: "its subkey uses an algorithm that is not safe",
    elgamal: "its subkey uses an algorithm that is not safe",
    private_openpgp: "this is a private key: its owner must replace it, and give us the public part",
    private_openpgp_relabelled: "this is a private key under a wrong label",
    two_openpgp: "this is not one whole OpenPGP certificate",
    cut_openpgp: "this OpenPGP certificate is damaged",
    no_key: "this is neither an armored OpenPGP certificate nor a PEM X.509 certificate",
    not_ascii: "this OpenPGP certificate is damaged",
    wrong_checksum: "this OpenPGP certificate is damaged: its checksum does not fit",
    endless_openpgp: "this OpenPGP certificate is damaged: its last line, which says END, is missing",
    endless_x509: "this X.509 certificate is damaged: its last line, which says END, is missing",
    private_beside_public: "this is a private key: its owner must replace it, and give us the public part",
    private_quoted: "this is a private key: its owner must replace it, and give us the public part",
    private_x509_relabelled: "this is a private key under a wrong label",
    locked_x509_relabelled: "this is a private key under a wrong label",
    elliptic_x509: "it holds no RSA key for encryption, and S/MIME here needs one",
    weak_x509: "its RSA key has fewer than 2048 bits",
    pss_x509: "it holds no RSA key for encryption, and S/MIME here needs one",
    sign_only_x509: "it may not be used to encrypt (its key usage says so)",
    web_server_x509: "it may not be used for mail (its extended key usage says so)",
    private_x509: "this is a private key: its owner must replace it, and give us the public part",
    two_x509: "there is more than one certificate: give us the recipient's own alone",
    cut_x509: "this X.509 certificate is damaged",
}


@pytest.mark.parametrize(("make", "reason"), UNUSABLE.items(), ids=lambda one: getattr(one, "__name__", ""))
def test_an_unusable_key_gets_nothing_and_the_reason_is_named(gpg, openssl, mails, encrypter, make, reason):
    key = make(gpg, openssl)

    with pytest.raises(KeyUnusable) as refused:
        mails.report(recipient(key), INBOX, opened(SHORT), [])
    assert str(refused.value) == reason
    described = encrypter.describe(key)
    assert not described.usable
    assert described.reason == reason


AS_PROGRAMS_GIVE_IT = {
    "GnuPG, with comments": lambda gpg, openssl: gpg.exported(
        "curve", "--comment", "Zoë Müller, Straße 7", "--emit-version"
    ),
    "GnuPG, a name with umlauts": lambda gpg, openssl: gpg.key_named("Zoë Müller <zoe@agency.example>"),
    "GnuPG, listed before": lambda gpg, openssl: gpg.listed("curve") + gpg.public("curve"),
    "OpenSSL, with its text": lambda gpg, openssl: openssl.shown("smime", "-text"),
    "OpenSSL, with names and key": lambda gpg, openssl: openssl.shown(
        "smime", "-subject", "-issuer", "-dates", "-fingerprint", "-pubkey"
    ),
    "OpenSSL, out of a PKCS #12 file": lambda gpg, openssl: openssl.bagged("smime", "Zoë Müller"),
}


@pytest.mark.parametrize("made", AS_PROGRAMS_GIVE_IT)
def test_what_programs_write_around_a_key_is_no_damage(gpg, openssl, curve, certificate, encrypter, made):
    key = AS_PROGRAMS_GIVE_IT[made](gpg, openssl)
    info = encrypter.describe(key)
    assert (info.usable, info.reason) == (True, "")
    assert encrypter.encrypt(entity(b"x"), key, {})


def test_a_certificate_is_good_between_its_dates_only(certificate):
    def at(when: datetime) -> str:
        return KeyedEncrypter(lambda: when).describe(certificate).reason

    made = datetime.now(UTC)  # NOW is when the tests were collected, which may be long ago
    ends = made + timedelta(days=365)
    assert at(made + timedelta(minutes=5)) == ""
    assert at(made + timedelta(days=366)) == f"it expired on {ends:%Y-%m-%d}"
    assert at(made - timedelta(days=2)) == f"it is not valid before {made:%Y-%m-%d}"


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_a_damaged_key_never_surprises_us(curve, certificate, encrypter):
    chance = random.Random(3)  # noqa: S311 (the same damage each time)
    for whole in (curve, certificate):
        start, *lines, end = whole.splitlines()
        body = base64.b64decode("".join(line for line in lines if line and line[0] != "="))
        for _ in range(200):
            damaged = bytearray(body)
            for _ in range(chance.choice((1, 1, 2, 5))):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            text = f"{start}\n\n{base64.encodebytes(damaged).decode()}{end}\n"
            described = encrypter.describe(text)  # raises nothing
            assert described.usable == (described.reason == "")


# What the admin screens and the doctor are told


def test_a_good_key_is_described(gpg, openssl, encrypter, curve, certificate):
    openpgp = encrypter.describe(curve)
    assert (openpgp.kind, openpgp.usable, openpgp.expires_on) == ("openpgp", True, None)
    assert openpgp.fingerprint == gpg.fingerprints("curve")[0]

    smime = encrypter.describe(certificate)
    assert (smime.kind, smime.usable, smime.reason) == ("smime", True, "")
    assert smime.expires_on == date.fromisoformat(f"{NOW + timedelta(days=365):%Y-%m-%d}")
    assert len(smime.fingerprint) == 64


def test_the_day_on_which_a_key_ends_is_the_earlier_of_certificate_and_subkey(gpg, encrypter):
    whole_first = gpg.key("whole-first", lasts="100d", subkey_lasts="200d")
    subkey_first = gpg.key("subkey-first", lasts="200d", subkey_lasts="100d")

    ends = (NOW + timedelta(days=100)).date()
    assert encrypter.describe(whole_first).expires_on == ends
    assert encrypter.describe(subkey_first).expires_on == ends


def entity(text: bytes) -> bytes:
    message = EmailMessage(policy=SMTP)
    message.set_content(text.decode())
    message.add_attachment(b"{}", maintype="application", subtype="json")
    return message.as_bytes()


def armor_in(message: bytes) -> bytes:
    _, encrypted = read(message).iter_parts()
    return encrypted.get_payload(decode=True)
