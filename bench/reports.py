"""A report's POST, ours beside Chalice with one boto3 client: both against the same stub.

Argon2id is slow on purpose and by a fixed amount. So each is measured with it, as somebody waits for it, and
without: ours with a stand-in for it, which shows what the rest costs.
"""

from __future__ import annotations

import secrets
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from bench import events, pages
from bench.bucket import Bucket
from bench.runtime import Function
from bench.stub import Stub
from bench.targets import Runtime, Target
from chalicelib.delivery.adapters.delivery_keys import DeliveryKey, new_delivery_key
from chalicelib.reporting.adapters.receipt_vault import SeededVault
from chalicelib.reporting.form_tokens import make_token

SEED = "a seed of the bench, and of nothing else"
_FINE = (200, 203)  # a form is answered with 203, so that browsers keep it nowhere
STORY = "Vi a dos personas que no podían salir de la bodega junto al canal. " * 7
_WITHOUT_ARGON2 = '''"""The reporter function with a quick stand-in for argon2id, to measure all the rest."""

import hashlib

from chalicelib.reporting.adapters import receipt_vault


class Quick:
    def __init__(self, **parameters):
        pass

    def derive(self, content):
        return hashlib.sha256(content).digest()


receipt_vault.Argon2id = Quick

from app import reporter_api  # noqa: E402, F401
'''


# Counting makes a processor fifty times slower, and no service waits for it.
_COUNTED = """
from datetime import timedelta

from chalicelib.directory.adapters import published_texts
from chalicelib.shared.aws import sdk
from chalicelib.wiring import request_time

sdk.CONNECT_SECONDS = sdk.READ_SECONDS = sdk.CALL_SECONDS = published_texts.PATIENCE = 600.0
request_time.CALLS_TAKE = timedelta(seconds=600)
request_time.time_for_calls = lambda remaining, most: most
""" + _WITHOUT_ARGON2.partition('"""\n')[2]


def secrets_of_the_bench() -> tuple[DeliveryKey, dict[str, object]]:
    """Return a delivery key, and the two secrets as Secrets Manager holds them."""
    desk = new_delivery_key(datetime.now(UTC))
    return desk, {
        "reporter": {"seed": SEED, "desk_key": {"kid": desk.kid, "public": desk.public}},
        "desk": {"keys": {desk.kid: desk.private}},
    }


def forms() -> Iterator[bytes]:
    """Yield filled forms, each of another person."""
    secret = SeededVault(lambda: SEED.encode()).form_secret()
    while True:
        nonce = secrets.token_bytes(16)
        token = make_token(secret, datetime.now(UTC) - timedelta(seconds=60), nonce)
        fields = [
            ("t", token),
            ("a", f"{nonce.hex()} {STORY}"),
            ("b", "work"),
            ("c", "Main Street"),
            ("e", "no"),
            ("r", "dot-trafficking"),
            ("r", "dhs-blue-campaign"),
        ]
        yield events.form("/{locale}/{place}/note", "/es/los-banos-ca/note/", urlencode(fields))


def openings() -> Iterator[bytes]:
    """Yield requests for an empty form."""
    while True:
        yield events.opening("/{locale}/{place}/note", "/es/los-banos-ca/note/")


def plain_forms() -> Iterator[bytes]:
    """Yield the same for the baseline's form."""
    while True:
        fields = [("a", f"{secrets.token_hex(16)} {STORY}"), ("b", "work"), ("c", "Main Street")]
        yield events.form("/report", "/report", urlencode(fields))


def reporter(porchlight: Target, stub: Stub) -> Target:
    """Return our reporter function."""
    environment = {
        "PORCHLIGHT_FUNCTION": "reporter",
        "STAGE": "dev",
        "REPORTS_TABLE": "reports",
        "REPORTER_SECRET": "reporter",
        **stub.environment(),
    }
    return replace(porchlight, name="ours", handler="app.reporter_api", environment=environment)


@dataclass(frozen=True, slots=True)
class Baselines:
    """Chalice with one boto3 client: without argon2id, with it, and with it and bytecode."""

    plain: Target
    slow: Target
    slow_with_bytecode: Target


def measure(
    porchlight: Target,
    baselines: Baselines,
    runtime: Runtime,
    stub: Stub,
    bucket: Bucket,
    rounds: int,
    warm: int,
) -> dict[str, float]:
    """Return the costs of a report, in ours and in the baseline's way; ours with a release as well."""
    ours = reporter(porchlight, stub)
    (ours.folder / "without_argon2.py").write_text(_WITHOUT_ARGON2, encoding="utf-8")
    apart = replace(ours, name="apart", handler="without_argon2.reporter_api")
    theirs, whole, compiled = (
        replace(target, name=name, environment={**target.environment, **stub.environment()})
        for name, target in (
            ("theirs", baselines.plain),
            ("whole", baselines.slow),
            ("compiled", baselines.slow_with_bytecode),
        )
    )
    with_release = {**ours.environment, "PAGES_URL": bucket.address}
    published = replace(apart, name="published", environment=with_release)
    form = replace(ours, name="form")
    form_published = replace(form, name="form_published", environment=with_release)
    counts = dict.fromkeys(("theirs", "apart", "published", "form", "form_published"), warm)
    counts |= dict.fromkeys(("ours", "whole"), max(5, warm // 5)) | {"compiled": 5}
    took: dict[str, list[float]] = {name: [] for name in counts}
    cpu: dict[str, list[float]] = {name: [] for name in counts}
    memory: dict[str, float] = {}
    cold: dict[str, list[float]] = {name: [] for name in counts}
    for _ in range(rounds):
        for target, made in (
            (theirs, plain_forms()),
            (whole, plain_forms()),
            (compiled, plain_forms()),
            (apart, forms()),
            (published, forms()),
            (ours, forms()),
            (form, openings()),
            (form_published, openings()),
        ):
            _round(target, runtime, made, counts[target.name], took, cpu, cold, memory)
    (ours.folder / "counted.py").write_text(_COUNTED, encoding="utf-8")
    counted = replace(published, handler="counted.reporter_api")
    instructions = pages.instructions(counted, runtime, [next(forms())])
    for name in ("without_argon2", "counted"):
        (ours.folder / f"{name}.py").unlink()
    middle = statistics.median
    return {
        "baseline_p50_us": middle(took["theirs"]),
        "p50_us_argon2_apart": middle(took["apart"]),
        "p50_us_with_argon2": middle(took["ours"]),
        "baseline_p50_us_with_argon2": middle(took["whole"]),
        "ratio_with_argon2": middle(took["ours"]) / middle(took["whole"]),
        "argon2_us": middle(took["ours"]) - middle(took["apart"]),
        "ratio_argon2_apart": middle(took["apart"]) / middle(took["theirs"]),
        "published_p50_us_argon2_apart": middle(took["published"]),
        "ratio_published_argon2_apart": middle(took["published"]) / middle(took["theirs"]),
        "form_p50_us": middle(took["form"]),
        "published_form_p50_us": middle(took["form_published"]),
        "ratio_published_form": middle(took["form_published"]) / middle(took["form"]),
        "form_cold_cpu_ms": middle(cold["form"]),
        "published_form_cold_cpu_ms": middle(cold["form_published"]),
        "published_cold_instructions_m": instructions / 1e6,
        "baseline_cpu_us": middle(cpu["theirs"]),
        "cpu_us_argon2_apart": middle(cpu["apart"]),
        "baseline_cold_cpu_ms": middle(cold["whole"]),
        "baseline_cold_cpu_ms_with_bytecode": middle(cold["compiled"]),
        "cold_cpu_ms": middle(cold["ours"]),
        "ratio_cold": middle(cold["ours"]) / middle(cold["whole"]),
        "ratio_cold_with_bytecode": middle(cold["ours"]) / middle(cold["compiled"]),
        "baseline_memory_mb": memory["whole"],
        "memory_mb": memory["ours"],
    }


def _round(
    target: Target,
    runtime: Runtime,
    made: Iterator[bytes],
    count: int,
    took: dict[str, list[float]],
    cpu: dict[str, list[float]],
    cold: dict[str, list[float]],
    memory: dict[str, float],
) -> None:
    with Function(target.folder, target.handler, target.environment, runtime.site_packages) as function:
        answer = function.invoke(next(made)).content
        assert answer["statusCode"] in _FINE, answer
        cold[target.name].append(function.cpu_seconds() * 1000)
        for _ in range(3):
            function.invoke(next(made))
        before = function.cpu_seconds()
        for _ in range(count):
            answered = function.invoke(next(made))
            assert answered.content["statusCode"] in _FINE
            took[target.name].append(answered.seconds * 1e6)
        cpu[target.name].append((function.cpu_seconds() - before) * 1e6 / count)
        memory[target.name] = max(memory.get(target.name, 0), function.memory_mb(peak=True))


def stub_calls_of_one_report(porchlight: Target, runtime: Runtime, stub: Stub) -> dict[str, int]:
    """Return what a warm report asks of AWS."""
    target, made = reporter(porchlight, stub), forms()
    with Function(target.folder, target.handler, target.environment, runtime.site_packages) as function:
        function.invoke(next(made))
        before = dict(stub.calls)
        function.invoke(next(made))
        return {
            name: count - before.get(name, 0)
            for name, count in stub.calls.items()
            if count != before.get(name)
        }
