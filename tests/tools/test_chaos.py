"""A chaos run loses nothing, says so in one line, and notices when something is wrong with the site."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from chalicelib.reporting.cases import (
    BOUNCED,
    DELIVERED,
    QUEUED,
    SENT,
    Delivery,
    SealedReport,
)
from chalicelib.reporting.report import read_report
from tests.support.fakes import NOON
from tools.chaos.__main__ import options_from
from tools.chaos.clock import SharedClock
from tools.chaos.marks import copies_in, person
from tools.chaos.people import Filed, fields_of
from tools.chaos.planted_replies import ALL_PLANTS
from tools.chaos.reckoning import Deleted, Reckoning, reckon
from tools.chaos.run import LONGEST_BACK_OFF, Beat
from tools.chaos.server import StandIns
from tools.chaos.world import AGENCIES, AGENCY_IDS

pytestmark = pytest.mark.takes(160)

ROOT = Path(__file__).parents[2]

Run = tuple[int, list[str], dict[str, Any]]
SIDE_BY_SIDE = 4  # they mostly wait
# Each fault, what finds it, and in how many reports it surely shows.
FOUND_BY = {
    "wrong-inbox": ("leaked", 60),
    "also-unticked": ("leaked", 60),
    "cut-words": ("cut", 60),
    "swallows-store-faults": ("lost", 60),
    "short-digest": ("lost", 120),
    "only-recorded": ("lost", 60),
    "silent-third": ("lost", 120),
    "bounces-are-deliveries": ("lost", 120),
    "sent-before-sending": ("lost", 120),
    "mail-deleted-first": ("replies_lost", 240),
    "other-writer": ("replies_misplaced", 120),
    "without-fences": ("words_in_replies", 60),
}
SAID = {
    "replies_lost": "reply lost",
    "replies_misplaced": "reply to another code",
    "words_in_replies": "words in a reply",
}


def chaos(plant: str, reports: int) -> Run:
    """Run the site under chaos in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.chaos"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "SEED": "9", "REPORTS": str(reports), "PLANT": plant},
        stdout=subprocess.PIPE,
        text=True,
        timeout=600,
        check=False,
    )
    lines = done.stdout.splitlines()
    return done.returncode, lines, json.loads(lines[-1])


@pytest.fixture(scope="module")
def runs() -> Iterator[dict[str, Future[Run]]]:
    """Runs of the site as it is and with each fault planted, some side by side."""
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        planted = {"": ("", 120)} | FOUND_BY
        yield {plant: pool.submit(chaos, plant, reports) for plant, (_, reports) in planted.items()}


def test_a_small_run_loses_nothing_and_tells_in_one_line(runs: dict[str, Future[Run]]) -> None:
    code, lines, result = runs[""].result()
    bad = ["lost", "leaked", "cut", "doubled_otherwise", "replies_lost", "replies_misplaced"]
    bad += ["replies_twice", "words_in_replies", "left_behind"]
    assert (code, [result[name] for name in bad]) == (0, [0] * len(bad)), "\n".join(lines[-20:])
    assert result["replies_shown"] > 0
    assert result["seed"] == 9
    assert result["reports"] >= 120
    assert result["mails"] > 0
    assert result["mails_under_faults"] >= 0.5
    assert result["held"] > 0
    assert result["deleted"] > 0
    assert result["kills"] > 0
    assert result["faults"] > 0
    assert result["rotations"] > 0
    assert {"doubled", "longest_wait_s", "max_rss_mb"} <= result.keys()
    assert len(lines) > 3  # it showed its progress


@pytest.mark.parametrize("plant", FOUND_BY)
def test_a_planted_fault_is_found(plant: str, runs: dict[str, Future[Run]]) -> None:
    code, lines, result = runs[plant].result()
    finding, _ = FOUND_BY[plant]
    assert code == 1
    assert result[finding] > 0, "\n".join(lines[-20:])
    assert any(line.startswith(f"{SAID.get(finding, finding)}: ") for line in lines)


def test_who_is_killed_lives_longer_and_longer_until_a_mail_leaves() -> None:
    kills = Beat(1.0, lambda: None, calls=40)
    waits = []
    for mails in (1, 1, 1, 1, 2, 2):
        kills.wait_for(1000, mails)
        waits.append(kills.from_calls - 1000)
    assert waits == [40, 80, 160, 320, 40, 80]
    for _ in range(20):
        kills.wait_for(1000, 2)
    assert kills.from_calls == 1000 + 40 * LONGEST_BACK_OFF


def test_what_waits_for_one_digest_counts_as_one_mail(tmp_path: Path) -> None:
    def delivery(recipient: str, state: str, digest: bool) -> dict[str, Any]:
        return {"M": {"recipient": {"S": recipient}, "state": {"S": state}, "digest": {"BOOL": digest}}}

    there = StandIns(1, SharedClock(tmp_path / "clock"), 1.0)
    for number in range(200):
        item = {"pk": {"S": f"report#{number}"}, "deliveries": {"L": [delivery("steady", "held", True)]}}
        there._on_put("a worker", item)
    assert there._other("/control/figures", {})["waiting"] == 1
    alone = [
        delivery("steady", "queued", False),
        delivery("slow", "held", True),
        delivery("flaky", "sent", False),
    ]
    there._on_put("a worker", {"pk": {"S": "report#200"}, "deliveries": {"L": alone}})
    assert there._other("/control/figures", {})["waiting"] == 3


def test_every_plant_has_a_test() -> None:
    assert set(FOUND_BY) | {""} == set(ALL_PLANTS)


def test_a_plant_that_there_is_not_is_refused() -> None:
    with pytest.raises(SystemExit, match="wrong-inbox"):
        options_from({"PLANT": "something else"})


# The reckoning itself

SEED = 5
WHO = person(SEED, 13, 0, AGENCY_IDS)  # ticked one office, which has a second address
OFFICE = next(one for one in AGENCIES if (one.id,) == WHO.recipients)
STRANGER = next(one for one in AGENCIES if one.id not in WHO.recipients)
FILED = Filed(13, 0, "0" * 32)
CASE = FILED.case_number


def record(state: str, turn: int = 0) -> SealedReport:
    return SealedReport(
        id=FILED.report_id,
        sealed=b"",
        reporter_key=b"",
        place="us",
        taken_at=NOON,
        deliveries=(Delivery(OFFICE.id, state, NOON, turn=turn),),
    )


def mail(number: int, *, turn: int = 0, to: str = "", whole: bool = True, **more: Any) -> dict[str, Any]:
    return {
        "number": number,
        "about": "report-x",
        "recipient": OFFICE.id,
        "to": to or (OFFICE.fallback if turn else OFFICE.email),
        "turn": turn,
        "caller": f"deliver-{number}",
        "answered": True,
        "reached": True,
        "in_chaos": True,
        "notice_lost": False,
        "at": NOON.isoformat(),
        "copies": [{"mark": WHO.mark, "number": 13, "attempt": 0, "whole": whole}],
        **more,
    }


def reckoned(
    state: str,
    *mails: dict[str, Any],
    alarms: tuple[tuple[str, str], ...] = (),
    killed: tuple[str, ...] = (),
    recorded: tuple[tuple[str, str, int], ...] = (),
    turn: int = 0,
) -> Reckoning:
    everything = {"mails": mails, "alarms": alarms, "recorded": recorded}
    return reckon(SEED, [FILED], {FILED.report_id: record(state, turn)}, {}, everything, set(killed))


def test_what_reached_its_recipient_is_not_lost() -> None:
    result = reckoned(DELIVERED, mail(0))
    assert (result.lost, result.leaked, result.cut) == ([], [], [])


def test_what_is_only_said_to_be_sent_is_lost() -> None:
    assert len(reckoned(SENT).lost) == 1
    assert len(reckoned(SENT, mail(0), turn=1).lost) == 1


def test_the_envelope_decides_who_has_it_and_not_the_tag() -> None:
    result = reckoned(DELIVERED, mail(0, to=STRANGER.email))
    assert len(result.lost) == 1
    assert len(result.leaked) == 1


def test_a_story_at_an_address_that_was_not_chosen_has_leaked() -> None:
    for to in (STRANGER.email, "somebody@elsewhere.example", "operator@porchlight.example"):
        assert len(reckoned(DELIVERED, mail(0), mail(1, to=to)).leaked) == 1
    alarm = mail(1, to="operator@porchlight.example", about="alarm-not_taken")
    assert len(reckoned(DELIVERED, mail(0), alarm).leaked) == 1


def test_a_second_address_that_is_not_its_turn_has_no_right_to_it() -> None:
    assert len(reckoned(DELIVERED, mail(0), mail(1, to=OFFICE.fallback)).leaked) == 1
    assert reckoned(DELIVERED, mail(0, reached=False), mail(1, turn=1), turn=1).leaked == []


def test_a_copy_that_is_not_whole_is_cut() -> None:
    assert len(reckoned(DELIVERED, mail(0, whole=False)).cut) == 1


def test_what_nobody_has_is_lost_unless_somebody_was_told_of_this_case() -> None:
    lacking = mail(0, reached=False)
    assert len(reckoned(BOUNCED, lacking).lost) == 1
    assert len(reckoned(DELIVERED, lacking).lost) == 1
    named = f"recipient: {OFFICE.id}\ncase: {CASE}\n"
    told = reckoned(BOUNCED, lacking, alarms=(("not_taken", named),))
    assert (told.lost, told.told) == ([], 1)
    watched = reckoned(SENT, lacking, alarms=(("reached_nobody", f"cases: {CASE}"),))
    assert watched.lost == []
    assert len(reckoned(QUEUED, alarms=(("not_taken", named),)).lost) == 1


def test_what_was_given_back_by_a_notice_that_got_lost_is_nobodys_to_know() -> None:
    given_back = mail(0, reached=False, notice_lost=True)
    assert reckoned(DELIVERED, given_back).lost == []
    for state in (BOUNCED, SENT, QUEUED):  # there is still something to be told
        assert len(reckoned(state, given_back).lost) == 1


def test_what_was_taken_and_is_said_to_be_bounced_is_found_out() -> None:
    wrong = f"{CASE} to {OFFICE.id}: taken, and said to be bounced"
    assert reckoned(BOUNCED, mail(0)).lost == [wrong]
    assert reckoned(BOUNCED, mail(0, notice_lost=True)).lost == []  # the site could not know
    named = f"recipient: {OFFICE.id}\ncase: {CASE}\n"
    given_back = reckoned(BOUNCED, mail(0), mail(1, reached=False), alarms=(("not_taken", named),))
    assert given_back.lost == []


def test_what_an_absence_note_made_fall_back_is_in_a_turn_without_a_mail() -> None:
    mended = record(DELIVERED, turn=2)
    mended = replace(mended, deliveries=(replace(mended.deliveries[0], doubtful=(0,)),))
    everything = {"mails": [mail(0)], "alarms": [], "recorded": []}
    assert reckon(SEED, [FILED], {FILED.report_id: mended}, {}, everything, set()).lost == []


def test_what_was_told_of_another_case_or_another_office_excuses_nothing() -> None:
    lacking = mail(0, reached=False)
    of_another_case = f"recipient: {OFFICE.id}\ncase: PL-0000-0000\n"
    of_another_office = f"recipient: {STRANGER.id}\ncase: {CASE}\n"
    for text in (of_another_case, of_another_office):
        assert len(reckoned(BOUNCED, lacking, alarms=(("not_taken", text),)).lost) == 1
    assert len(reckoned(BOUNCED, lacking, alarms=(("waiting_long", f"case: {CASE}"),)).lost) == 1


def test_a_receipt_without_a_record_is_lost() -> None:
    nothing: dict[str, Any] = {"mails": [], "alarms": [], "recorded": []}
    assert len(reckon(SEED, [FILED], {}, {}, nothing, set()).lost) == 1


@pytest.mark.parametrize(
    ("state", "kept", "lost"),
    [
        (DELIVERED, timedelta(days=1), 0),
        (DELIVERED, timedelta(hours=23), 1),  # before its time
        (BOUNCED, timedelta(days=1), 2),  # nobody has it, and nobody was told
    ],
)
def test_a_deleted_record_was_delivered_and_past_its_date(state: str, kept: timedelta, lost: int) -> None:
    gone = replace(record(state), expires_at=NOON + timedelta(days=1))
    everything = {"mails": [mail(0, reached=state == DELIVERED)], "alarms": [], "recorded": []}
    deleted = {FILED.report_id: Deleted(gone, NOON + kept)}
    result = reckon(SEED, [FILED], {}, deleted, everything, set())
    assert len(result.lost) == lost
    assert result.deleted == 1


def test_the_share_under_faults_counts_mails_to_agencies() -> None:
    calm = mail(1, in_chaos=False)
    alarm = mail(2, about="alarm-x", to="operator@porchlight.example", copies=[])
    assert reckoned(DELIVERED, mail(0), calm, alarm).mails_under_faults == 0.5
    assert reckoned(QUEUED).mails_under_faults == 0


@pytest.mark.parametrize(
    ("first", "killed", "recorded", "reason"),
    [
        (mail(0, answered=False), (), (), "timeout"),
        (mail(0), ("deliver-0",), (), "kill"),
        (mail(0), ("deliver-0",), (("deliver-0", FILED.report_id, 1),), "none"),
        (mail(0), (), (), "none"),
    ],
)
def test_a_double_has_a_reason_or_is_a_fault(
    first: dict[str, Any],
    killed: tuple[str, ...],
    recorded: tuple[tuple[str, str, int], ...],
    reason: str,
) -> None:
    result = reckoned(DELIVERED, first, mail(1), killed=killed, recorded=recorded)
    counted = {
        "timeout": result.doubled_after_timeout,
        "kill": result.doubled_after_kill,
        "none": len(result.unexplained),
    }
    assert counted.pop(reason) == 1
    assert set(counted.values()) == {0}
    assert result.doubled == 1


def test_the_fallbacks_copy_is_no_double() -> None:
    assert reckoned(DELIVERED, mail(0, reached=False), mail(1, turn=1), turn=1).doubled == 0


# What is found in a mail


def letter(story: str, where: str = WHO.where, when: str = WHO.when, data: str | None = None) -> EmailMessage:
    message = EmailMessage()
    message.set_content(f"Where: {where}\nWhen: {when}\n\n> {story.replace(chr(10), chr(10) + '> ')}\n")
    told = {"reports": [{"text": story if data is None else data, "where": where, "when": when}]}
    content = json.dumps(told).encode()
    message.add_attachment(content, maintype="application", subtype="json", filename="case.json")
    return message


def found(message: EmailMessage) -> list[bool]:
    return [copy.whole for copy in copies_in(message_from_bytes(message.as_bytes()), SEED, AGENCY_IDS)]


def test_a_whole_story_is_found_whole_however_its_lines_are_broken() -> None:
    assert found(letter(WHO.story)) == [True]


@pytest.mark.parametrize(
    "message",
    [
        letter(WHO.story[:-4]),
        letter(WHO.story[:60]),
        letter(WHO.story[:70] + WHO.story[72:]),
        letter(WHO.story, where=""),
        letter(WHO.story, when=WHO.when[:12]),
        letter(WHO.story, data=WHO.story[:-1]),
    ],
)
def test_a_word_that_is_missing_anywhere_is_seen(message: EmailMessage) -> None:
    assert found(message) == [False]


def test_a_story_in_a_header_is_seen() -> None:
    message = EmailMessage()
    message["Subject"] = f"About {WHO.mark}"
    message.set_content("nothing")
    assert found(message) == [False]


def test_everybody_writes_a_report_that_the_form_takes() -> None:
    for number in range(3000):
        who = person(SEED, number, 0, AGENCY_IDS)
        sent = read_report(fields_of(who), "us", "en", AGENCY_IDS, ())
        assert sent.recipients == who.recipients
