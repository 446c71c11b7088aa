"""`make run`, started and used as a newcomer would."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import boto3
import html5lib
import pytest

from tools.local import run
from tools.local.quiet_server import reserve
from tools.local.where import RUNNING

pytestmark = pytest.mark.takes(55)

ROOT = Path(run.__file__).resolve().parents[2]
READY = re.compile(
    r"ready: the site is at http://127\.0\.0\.1:(\d+)/ and the mailroom at http://127\.0\.0\.1:(\d+)/"
)
WORDS = (
    "Vi a una muchacha con miedo — dice que no puede irse. 😟\nEn la gasolinera; ningún teléfono. "
    + "ñ" * 4900
)


class Site:
    """A running `make run`."""

    def __init__(self, root: Path = ROOT, **environ: str) -> None:
        self.output: list[str] = []
        self.mark = f"SITE_OF_A_TEST={uuid.uuid4().hex}"
        name, _, value = self.mark.partition("=")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tools.local.run"],
            cwd=root,
            env={
                **surroundings(),
                name: value,
                "PORT": "0",
                "MAILROOM_PORT": "0",
                "DELIVER_EVERY": "0.3",
                **environ,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,  # one of its own, as a shell gives each job
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output.append(line)
            if ready := READY.search(line):
                self.port, self.mailroom_port = int(ready[1]), int(ready[2])
                return
        raise AssertionError("it did not get ready: " + "".join(self.output))

    def ask(
        self, path: str, fields: Mapping[str, Any] | None = None, port: int | None = None
    ) -> tuple[int, bytes]:
        """Return (status, body) of a GET, or of a POST of the fields."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=20)
        if fields is None:
            connection.request("GET", path)
        else:
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", path, urlencode(fields, doseq=True), headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, content

    def mails(self) -> list[dict[str, Any]]:
        mails: list[dict[str, Any]] = json.loads(self.ask("/messages.json", port=self.mailroom_port)[1])
        return mails

    def children(self) -> list[int]:
        """Return the process ids of the stand-ins, its child, and of the code function, which is not."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in listed.split()] + [pid for pid in self._ours() if is_code_function(pid)]

    def _ours(self) -> list[int]:
        """Return the processes that have this site's environment."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if self.mark.encode() in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
        return found

    def stop(self, how: int = signal.SIGTERM) -> tuple[int, float]:
        """Stop it; return its exit code and how long it took."""
        begun = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(how)
        rest, _ = self.process.communicate(timeout=20)
        self.output.append(rest)
        return self.process.returncode, time.monotonic() - begun


def surroundings() -> dict[str, str]:
    """Return an environment with traps: whoever follows them reaches for a real account."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MAKE"))}
    return {**kept, "AWS_PROFILE": "production", "AWS_REGION": "eu-central-1", "AWS_SESSION_TOKEN": "real"}


def fields_of(page: bytes) -> dict[str, Any]:
    """Return the fields of the page's form as a browser would send them untouched."""
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)
    fields: dict[str, Any] = {}
    for field in tree.iter("input"):
        if field.get("type") in {"checkbox", "radio"} and field.get("checked") is None:
            continue
        if field.get("type") == "checkbox":
            fields.setdefault(field.get("name"), []).append(field.get("value"))
        else:
            fields[field.get("name")] = field.get("value", "")
    for field in tree.iter("textarea"):
        fields[field.get("name")] = field.text or ""
    return fields


def eventually(what: Any, seconds: float = 15) -> Any:
    """Return the first true answer of `what`."""
    deadline = time.monotonic() + seconds
    while not (answer := what()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
    return answer


def is_running(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False


def is_code_function(pid: int) -> bool:
    with suppress(OSError):
        return b"tools.local.local_codes" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def all_end(children: list[int]) -> None:
    """Wait until the stand-ins and the code function have ended."""
    assert len(children) == 2
    eventually(lambda: not any(is_running(child) for child in children), 3)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """One running site for the tests that do not stop it."""
    site = Site()
    yield site
    site.stop()


def test_the_mailroom_is_empty_before_anything_is_sent(site: Site) -> None:
    time.sleep(1)  # several beats of the pump
    assert site.mails() == []


def test_a_report_goes_from_the_form_to_every_recipients_mail(site: Site) -> None:
    status, page = site.ask("/es/los-banos-ca/note/")
    assert status == 203
    fields = fields_of(page)
    assert fields["r"]
    time.sleep(3.2)  # a form sent sooner is held for the digest
    status, receipt = site.ask("/es/los-banos-ca/note/", {**fields, "a": WORDS})
    assert status == 200
    assert re.search(rb"\d{4}(?: \d{4}){4}", re.sub(rb"<[^>]+>", b"", receipt))
    eventually(lambda: len(site.mails()) == len(fields["r"]))
    for mail in site.mails():
        assert len(mail["to"]) == 1
        assert mail["from"] == run.LOCAL_SETTINGS["SENDER_ADDRESS"]
        assert "muchacha" not in mail["subject"]
        raw = site.ask(urlsplit(mail["raw_url"]).path, port=site.mailroom_port)[1]
        message = message_from_bytes(raw, policy=policy.default)
        text = message.get_body(("plain",))
        assert text is not None
        # Each line of the writer's is set in by two spaces, so that Outlook joins none.
        assert "\n".join(f"  {line}" for line in WORDS.split("\n")) in text.get_content().replace(
            "\r\n", "\n"
        )
    assert "muchacha" not in "".join(site.output)


def items_of(site: Site) -> list[dict[str, Any]]:
    """Return every item of a site's table of reports."""
    told = json.loads((RUNNING / f"{site.process.pid}.json").read_text(encoding="utf-8"))
    dynamodb = boto3.client("dynamodb", endpoint_url=told["AWS_ENDPOINT_URL"], region_name="us-west-2")
    found: list[dict[str, Any]] = dynamodb.scan(TableName=told["REPORTS_TABLE"])["Items"]
    dynamodb.close()
    return found


def test_a_reply_typed_into_the_mailroom_is_shown_to_the_writer_and_lies_there_sealed(site: Site) -> None:
    fields = fields_of(site.ask("/en/us/note/")[1])
    time.sleep(3.2)
    before = {mail["id"] for mail in site.mails()}
    assert site.ask("/en/us/note/", {**fields, "a": "A zxqv phrase."})[0] == 200
    mail = eventually(lambda: [one for one in site.mails() if one["id"] not in before])[0]
    # The mail's own record is written after it was sent: a reply so soon would find none.
    eventually(lambda: [one for one in items_of(site) if one["pk"]["S"] == f"mail#{mail['id']}"])
    typed = {"text": "We sent a qvzx car."}
    assert site.ask(f"/mail/{mail['id']}/reply", typed, site.mailroom_port)[0] == 303

    def states() -> list[str]:
        held = [one["replies"]["L"] for one in items_of(site) if one["pk"]["S"].startswith("replies#")]
        return [note["M"]["state"]["S"] for notes in held for note in notes]

    assert eventually(lambda: states() == ["shown"])  # held, while it is read
    eventually(lambda: not [one for one in items_of(site) if one["pk"]["S"].startswith("rawreply#")])
    for words in ("zxqv", "qvzx"):
        assert words not in repr(items_of(site)) + "".join(site.output)


def test_a_program_that_fills_the_form_at_once_finds_its_report_in_the_mailroom(site: Site) -> None:
    words = "Lo escribió un programa, en menos de tres segundos. 🤖"
    fields = fields_of(site.ask("/es/los-banos-ca/note/")[1])
    status, _ = site.ask("/es/los-banos-ca/note/", {**fields, "a": words})
    assert status == 200

    def told() -> set[str]:
        mails = [
            (mail["to"][0], site.ask(urlsplit(mail["raw_url"]).path, port=site.mailroom_port)[1])
            for mail in site.mails()
        ]
        texts = [
            (to, message_from_bytes(raw, policy=policy.default).get_body(("plain",))) for to, raw in mails
        ]
        return {to for to, text in texts if text is not None and words in text.get_content()}

    eventually(lambda: len(told()) == len(fields["r"]), seconds=45)


def test_every_path_and_method_is_answered_with_a_page(site: Site) -> None:
    for path, expected in (("/", 200), ("/en/", 200), ("/es/merced-county-ca/", 200), ("/nope/a/b", 404)):
        status, page = site.ask(path)
        assert status == expected
        assert page.lower().startswith(b"<!doctype html>")


def test_services_for_machines_are_served_as_they_lie_in_the_folder_before_any_publish(site: Site) -> None:
    status, root = site.ask("/hsds/")
    assert status == 200
    described = json.loads(root)["openapi_url"].partition(str(site.port))[2]
    assert json.loads(site.ask(described)[1])["openapi"] == "3.1.0"
    listed = json.loads(site.ask("/hsds/services?search=hotline&lang=es")[1])
    assert listed["total_items"] > 0
    assert site.ask("/hsds/nothing")[0] == 404
    whole = json.loads(site.ask("/hsds/export.json")[1])["services"]
    assert len(whole) == json.loads(site.ask("/hsds/services")[1])["total_items"]


def test_a_port_that_is_taken_gets_one_sentence_and_nothing_starts() -> None:
    for name, other in (("PORT", "MAILROOM_PORT"), ("MAILROOM_PORT", "PORT")):
        with reserve(0) as taken:
            port = str(taken.getsockname()[1])
            ended = subprocess.run(
                [sys.executable, "-m", "tools.local.run"],
                cwd=ROOT,
                env={**surroundings(), name: port, other: "0"},
                capture_output=True,
                text=True,
                timeout=20,
                check=False,
            )
        assert ended.returncode == 1
        assert ended.stdout == ""
        assert ended.stderr == f"Port {port} is taken by another program; choose another with {name}=.\n"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_once_and_leaves_nothing_running(how: int) -> None:
    site = Site()
    children = site.children()
    code, seconds = site.stop(how)
    assert code == 0
    assert seconds < 3
    assert "Traceback" not in "".join(site.output)
    all_end(children)
    for port in (site.port, site.mailroom_port):
        with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            pass


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("times", [1, 3])
def test_a_signal_to_the_whole_group_ends_it_without_an_alarm(how: int, times: int) -> None:
    # A terminal, a supervisor and `kill -- -<group>` tell every process of the group at once.
    site = Site(DELIVER_EVERY="0.1")
    children = site.children()
    begun = len(site.output)
    for _ in range(times):
        os.killpg(site.process.pid, how)
        time.sleep(0.05)
    code, seconds = site.stop(how)
    assert code == 0
    assert seconds < 5
    said = [
        line for line in "".join(site.output[begun:]).splitlines() if not line.startswith(("GET ", "POST "))
    ]
    assert said == []
    all_end(children)


def test_stand_ins_end_when_the_whole_group_is_killed() -> None:
    site = Site()
    children = site.children()
    os.killpg(site.process.pid, signal.SIGKILL)
    site.stop()
    all_end(children)


def test_stand_ins_end_when_the_site_is_killed() -> None:
    site = Site()
    children = site.children()
    site.stop(signal.SIGKILL)
    all_end(children)


def test_a_site_whose_stand_ins_die_says_so_and_gives_the_words_back() -> None:
    site = Site()
    try:
        fields = {**fields_of(site.ask("/en/us/note/")[1]), "a": "Words to keep"}
        os.kill(site.children()[0], signal.SIGKILL)
        status, page = site.ask("/en/us/note/", fields)
        assert status == 503
        assert b"Words to keep" in page
        assert site.ask("/en/")[0] == 200
        time.sleep(1)
    finally:
        site.stop()
    output = "".join(site.output)
    assert output.count("The stand-ins for AWS have ended; the site goes on without them.\n") == 1
    assert "Words to keep" not in output


def test_an_endpoint_that_was_set_is_used_also_when_it_comes_up_later() -> None:
    with reserve(0) as free:
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    site = Site(AWS_ENDPOINT_URL_DYNAMODB=address)
    other = None
    try:
        fields = {**fields_of(site.ask("/en/us/note/")[1]), "a": "Words to keep"}
        assert site.ask("/en/us/note/", fields)[0] == 503
        start = [sys.executable, "-c", DYNAMODB, urlsplit(address).netloc.rpartition(":")[2]]
        other = subprocess.Popen(start, cwd=ROOT)
        eventually(lambda: site.ask("/en/us/note/", fields)[0] == 200)
    finally:
        site.stop()
        if other is not None:
            other.kill()
            other.wait()


DYNAMODB = """
import logging, sys
from moto.server import ThreadedMotoServer
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer("127.0.0.1", int(sys.argv[1]), verbose=False)
server.start()
sys.stdin.read() if sys.stdin.isatty() else server._thread.join()
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what `make run` serves, to edit."""
    for name in ("app.py", "chalicelib", "templates", "tools"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tmp_path / name)
    return tmp_path


def test_what_is_saved_shows_at_the_next_reload(copy: Path) -> None:
    site = Site(root=copy)
    try:
        assert b"Changed at once" not in site.ask("/es/")[1]
        template = copy / "templates" / "public" / "layout.html"
        template.write_text(template.read_text().replace("<main>", "<main>Changed at once", 1))
        assert b"Changed at once" in site.ask("/es/")[1]

        catalog = copy / "chalicelib" / "locale" / "es" / "LC_MESSAGES" / "porchlight.po"
        sentences = re.sub(
            r'(\nmsgid "Information"\nmsgstr ")[^"]*"', r'\1Palabra cambiada"', catalog.read_text()
        )
        catalog.write_text(sentences)
        assert b"Palabra cambiada" in site.ask("/es/")[1]

        catalog.write_bytes(sentences.encode() + b'\nmsgid "\xff"\nmsgstr ""\n')
        assert b"Palabra cambiada" in site.ask("/es/")[1]

        contacts = copy / "chalicelib" / "content" / "contacts.json"
        contacts.write_text(
            contacts.read_text().replace("National Human Trafficking Hotline", "Renamed Hotline")
        )
        assert b"Renamed Hotline" in site.ask("/en/")[1]
    finally:
        site.stop()
    assert "A catalog cannot be read, and the pages keep what they had" in "".join(site.output)


def test_nothing_of_a_real_account_is_left_in_the_environment() -> None:
    environ = {
        **surroundings(),
        "AWS_ENDPOINT_URL": "https://elsewhere.example",
        "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:4567",
        "AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
    }
    run.put_aws_aside(environ)
    assert {name: value for name, value in environ.items() if name.startswith("AWS_")} == {
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": run.REGION,
        "AWS_REGION": run.REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:4567",
    }
    assert "127.0.0.1" in environ["NO_PROXY"].split(",")


@pytest.mark.parametrize("address", ["https://dynamodb.us-west-2.amazonaws.com", "nonsense"])
def test_an_endpoint_of_aws_itself_is_refused(address: str) -> None:
    with pytest.raises(run.CannotRun, match="AWS_ENDPOINT_URL_DYNAMODB is not an address for a local run"):
        run.put_aws_aside({"AWS_ENDPOINT_URL_DYNAMODB": address})


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"PORT": "many"}, "PORT must be a number from 0 to 65535, and is 'many'."),
        ({"MAILROOM_PORT": "70000"}, "MAILROOM_PORT must be a number from 0 to 65535, and is '70000'."),
        ({"DELIVER_EVERY": "0"}, "DELIVER_EVERY must be a number from 0.1 to 86400, and is '0'."),
        ({"DELIVER_EVERY": "nan"}, "DELIVER_EVERY must be a number from 0.1 to 86400, and is 'nan'."),
        ({"PORT": "8025"}, "PORT and MAILROOM_PORT are the same; choose two."),
    ],
)
def test_a_wrong_option_gets_one_sentence(environ: dict[str, str], sentence: str) -> None:
    with pytest.raises(run.CannotRun) as stopped:
        run.Options.from_env(environ)
    assert str(stopped.value) == sentence


def test_options_have_the_defaults_that_the_readme_names() -> None:
    assert run.Options.from_env({}) == run.Options(port=8000, mailroom_port=8025, deliver_every=5.0)
    assert run.Options.from_env({"PORT": ""}).port == 8000
