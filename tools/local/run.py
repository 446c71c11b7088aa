"""`make run`: the whole site on this machine, with stand-ins for AWS and a page of the mail.

Three processes: this one serves the site and calls the scheduled functions; one child stands in for AWS, the
other looks up receipt codes (tools/local/local_codes.py).
Nothing here can reach AWS itself: credentials, profiles and endpoints that lie around are put aside first.
"""

from __future__ import annotations

import http.client
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from tools.local.local_server import LocalSite
from tools.local.quiet_server import HOST, PortTaken, reserve

ROOT = Path(__file__).resolve().parents[2]
REGION = "us-west-2"
# The names that the stack's template would give; what is set already is respected.
LOCAL_SETTINGS = {
    "REPORTS_TABLE": "porchlight-reports",
    "REPORTER_SECRET": "porchlight/reporter",
    "DESK_KEYS_SECRET": "porchlight/desk-keys",
    "SENDER_ADDRESS": "desk@reply.porchlight.example",
    "REPLY_DOMAIN": "reply.porchlight.example",
    "INBOUND_BUCKET": "porchlight-inbound",
    "OPERATOR_ADDRESS": "operator@porchlight.example",
    "OPERATOR_NAME": "A copy on somebody's own machine",
    "OPERATOR_CONTACT": "page@porchlight.example",
    "SES_CONFIGURATION_SET": "porchlight",
    "DOCUMENTS_TABLE": "porchlight-documents",
    "DOOR_TABLE": "porchlight-door",
    "AUDIT_TABLE": "porchlight-audit",
    "WISHES_TABLE": "porchlight-wishes",
    "ACCESS_TABLE": "porchlight-access",
    "ACCESS_DOOR_TABLE": "porchlight-access-door",
    "PAGES_BUCKET": "porchlight-pages",
    "DIGEST_EVERY": "20",  # who tries the form with a program is held, and should not wait an hour to see it
}
_ENDPOINT = "AWS_ENDPOINT_URL"
HOURLY = 3600.0


class CannotRun(Exception):
    """Why `make run` stops, in one sentence."""


class Options(NamedTuple):
    """What `make run` can be told."""

    port: int = 8000
    mailroom_port: int = 8025
    deliver_every: float = 5.0

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Options:
        """Read PORT, MAILROOM_PORT and DELIVER_EVERY. Raises CannotRun."""
        options = cls(
            port=_number(environ, "PORT", 8000, 0, 65535),
            mailroom_port=_number(environ, "MAILROOM_PORT", 8025, 0, 65535),
            deliver_every=_number(environ, "DELIVER_EVERY", 5, 0.1, 86400),
        )
        if options.port and options.port == options.mailroom_port:
            raise CannotRun("PORT and MAILROOM_PORT are the same; choose two.")
        return options


def _number(environ: Mapping[str, str], name: str, default: Any, least: Any, most: Any) -> Any:
    text = environ.get(name) or str(default)
    try:
        number = type(least)(text)
    except ValueError:
        number = None
    if number is None or not least <= number <= most:
        raise CannotRun(f"{name} must be a number from {least} to {most}, and is {text!r}.")
    return number


def say(line: str) -> None:
    """Print one line at once."""
    print(line, flush=True)


def put_aws_aside(environ: MutableMapping[str, str]) -> None:
    """Make sure that nothing of this process finds a way to a real AWS account.

    Endpoints of single services that were set on purpose stay. Raises CannotRun when one is AWS's own.
    """
    from tools.local.seed import refuse_aws

    for name in [name for name in environ if name.startswith("AWS_")]:
        if name.startswith(f"{_ENDPOINT}_") and environ[name]:
            try:
                refuse_aws(environ[name])
            except ValueError as error:
                raise CannotRun(f"{name} is not an address for a local run: {error}.") from error
        else:
            del environ[name]
    environ.update(
        AWS_ACCESS_KEY_ID="local",
        AWS_SECRET_ACCESS_KEY="local",  # noqa: S106
        AWS_DEFAULT_REGION=REGION,
        AWS_REGION=REGION,
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
    )
    for name in ("no_proxy", "NO_PROXY"):
        environ[name] = ",".join(filter(None, [environ.get(name), HOST, "localhost"]))


def set_local(environ: MutableMapping[str, str]) -> None:
    """Tell the application that it is every function at once, and renders each page when it is asked for."""
    for name, value in LOCAL_SETTINGS.items():
        # An empty domain is a choice: it turns replies off.
        environ[name] = environ.get(name, value) if name == "REPLY_DOMAIN" else environ.get(name) or value
    environ.update(PORCHLIGHT_FUNCTION="all", PORCHLIGHT_PAGES="live", STAGE="local")


class StandIns:
    """The child process that stands in for AWS and shows the mail."""

    def __init__(self, mailroom: socket.socket) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tools.local.standins", str(mailroom.fileno())],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[mailroom.fileno()],
            process_group=0,  # a signal to our group is for us: we end it last, by closing its input
        )
        self._input = cast(IO[bytes], self._process.stdin)
        self._output = cast(IO[bytes], self._process.stdout)
        self._stopping = False

    def address(self) -> str:
        """Wait until they answer, and return moto's address. Raises CannotRun."""
        line = self._output.readline().decode().strip()
        if not line:
            raise CannotRun("The stand-ins for AWS did not start.")
        return line

    def watch(self) -> None:
        """Say it if they end before they should; the site goes on, so that one can see what it does then."""
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        self._process.wait()
        time.sleep(0.5)  # whoever stops the whole group stops us in the same moment
        if not self._stopping:
            say("The stand-ins for AWS have ended; the site goes on without them.")

    def stop(self) -> None:
        """End them."""
        self._stopping = True
        self._input.close()
        try:
            self._process.wait(1)
        except subprocess.TimeoutExpired:
            self._process.kill()


class FreshCatalogs:
    """Compiles the catalogs again when one was saved, so that a changed sentence shows at the next reload."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[Path, int] = {}

    def __call__(self) -> None:
        """Look whether a catalog was saved since the last look."""
        from tools.build import catalogs

        with self._lock:
            saved = {path: path.stat().st_mtime_ns for path in catalogs.catalog_paths().values()}
            if saved == self._seen:
                return
            self._seen = saved
            try:
                catalogs.compile_catalogs()
            except Exception as error:  # half-saved or mistyped; the pages go on with the last good one
                say(f"A catalog cannot be read, and the pages keep what they had: {error}")


class _Stop(BaseException):
    """Somebody asked us to stop."""


def _stop_on_signals() -> None:
    def stop(_number: int, _frame: Any) -> None:
        for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(one, signal.SIG_IGN)
        raise _Stop

    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, stop)


def _wait_until_answered(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        connection = http.client.HTTPConnection(HOST, port, timeout=20)
        try:
            connection.request("GET", "/")
            status = connection.getresponse().status
        except OSError:
            status = 0
        finally:
            connection.close()
        if status == 200:
            return
        if time.monotonic() > deadline:
            raise CannotRun(f"http://{HOST}:{port}/ does not answer as it should (status {status}).")
        time.sleep(0.1)


def _wait_for_the_end() -> None:
    parent = os.getppid() if "MAKELEVEL" in os.environ else None
    while parent is None or os.getppid() == parent:  # a make that was killed cannot tell us
        time.sleep(0.5)


def _reserve(name: str, port: int) -> socket.socket:
    try:
        return reserve(port)
    except PortTaken as error:
        raise CannotRun(f"Port {port} is taken by another program; choose another with {name}=.") from error


def _first_publisher() -> Any:
    """Return who may sign in first. Raises CannotRun."""
    from tools.local.seed_admin import AdminInvalid, first_publisher

    try:
        return first_publisher(os.environ)
    except AdminInvalid as error:
        raise CannotRun(str(error)) from error


def _towns() -> int:
    """Return how many towns are invented. Raises CannotRun."""
    from tools.local.seed_towns import TownsInvalid, wanted

    try:
        return wanted(os.environ)
    except TownsInvalid as error:
        raise CannotRun(str(error)) from error


def _asked() -> tuple[Any, int]:
    """Take what the environment asks for; return who signs in first, and how many towns. Raises CannotRun."""
    _take_directory()  # before the others load what remembers where the content lies
    return _first_publisher(), _towns()


def _take_directory() -> None:
    """Let the site have the directory that DIRECTORY names, before anything reads one. Raises CannotRun."""
    from chalicelib.directory.adapters import shipped_content
    from tools.local.demo_services import demo_content, wanted

    try:
        if wanted(os.environ):
            folder = ROOT / "build" / "demo" / "content"
            shipped_content.CONTENT = demo_content(shipped_content.CONTENT, folder)
            say("The directory is a demo: the state “Nowhere” and its 5,000 services are invented.")
    except ValueError as error:
        raise CannotRun(str(error)) from error


def serve(options: Options) -> None:
    """Start everything, say when it is ready, and run until it is stopped. Raises CannotRun."""
    first, many = _asked()
    site_socket = _reserve("PORT", options.port)
    mailroom_socket = _reserve("MAILROOM_PORT", options.mailroom_port)
    mailroom_port = mailroom_socket.getsockname()[1]
    put_aws_aside(os.environ)
    set_local(os.environ)
    stand_ins = StandIns(mailroom_socket)
    mailroom_socket.close()
    running: list[Any] = [stand_ins]
    try:
        from chalicelib.settings import Settings  # these load while the stand-ins start
        from chalicelib.wiring.events import ON_THE_HOUR
        from tools.build.gateway_pages import hotline
        from tools.local.jobs import LocalJobs, seed_jobs
        from tools.local.local_codes import CodeFunction
        from tools.local.local_replies import LocalReplies, seed_inbound
        from tools.local.pump import Pump
        from tools.local.seed import TableKeeper, seed
        from tools.local.seed_admin import seed_admin, seed_bucket
        from tools.local.seed_towns import seed_towns
        from tools.local.ses_events import LocalNotices
        from tools.local.where import forget, remember

        fresh_catalogs = FreshCatalogs()
        fresh_catalogs()
        os.environ[_ENDPOINT] = stand_ins.address()
        os.environ["SITE_ADDRESS"] = f"http://{HOST}:{site_socket.getsockname()[1]}"
        seed_admin(os.environ, first)
        seed_bucket(os.environ)
        seed_jobs(os.environ)
        seed_inbound(os.environ)
        import app

        settings = Settings.from_env(os.environ)
        seed(settings)
        codes = CodeFunction(os.environ, hotline(ROOT / "chalicelib" / "content" / "contacts.json"))
        running.append(codes)
        try:
            codes.start()
        except RuntimeError as error:
            raise CannotRun(f"{error}.") from error
        site = LocalSite(app.app, site_socket, fresh_catalogs, say, codes)
        pumps = [
            Pump("deliver", app.deliver, options.deliver_every, say),
            # An hour from now, as on AWS: at once, its reminders would fill a newcomer's empty mailroom.
            Pump("sweep", app.sweep, HOURLY, say, first_after=HOURLY),
            Pump("access", lambda _, context: app.access_api(ON_THE_HOUR, context), HOURLY, say, 60.0),
        ]
        notices = LocalNotices(app.note_delivery, say=say)
        jobs = LocalJobs(settings.jobs_queue, app.run_job, say=say)
        replies = LocalReplies(app.take_reply, say=say)
        parts: list[Any] = [TableKeeper(settings, say=say), site, notices, jobs, replies, *pumps]
        if many:
            began = time.monotonic()
            clerk = seed_towns(settings, many, first.password)
            say(
                f"{many} invented towns are there, after {time.monotonic() - began:.0f} seconds;"
                f" one of their clerks is {clerk}, with the same password"
            )
        for part in parts:
            part.start()
            running.append(part)
        _wait_until_answered(site.port)
        _wait_until_answered(mailroom_port)
        stand_ins.watch()
        remember(os.environ)
        say(
            f"Sign in at http://{HOST}:{site.port}/admin/ as {first.email} with the password {first.password}"
        )
        say(
            f"Porchlight is ready: the site is at http://{HOST}:{site.port}/"
            f" and the mailroom at http://{HOST}:{mailroom_port}/ (Ctrl-C stops both)"
        )
        try:
            _wait_for_the_end()
        finally:
            forget()
    finally:
        for part in reversed(running):
            if part is stand_ins:
                logging.disable()  # what still runs will miss them, and that is no news
            part.stop()


def main() -> int:
    """Run until stopped; return the exit code."""
    _stop_on_signals()
    try:
        serve(Options.from_env(os.environ))
    except CannotRun as reason:
        print(reason, file=sys.stderr, flush=True)
        return 1
    except _Stop:
        pass
    return 0


if __name__ == "__main__":
    sys.stdout.flush()
    code = main()
    sys.stdout.flush()
    os._exit(code)  # threads that still wait for a stand-in must not hold us up
