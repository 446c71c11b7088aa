"""`make chaos`: thousands of reports while everything fails, and a reckoning that nothing was lost.

    SEED=7 REPORTS=2000 PLANT= python -m tools.chaos

Real processes: people who file reports, some of them by the form over HTTP, workers that deliver them,
workers that note what became of them, and the one that deletes. They talk over HTTP to stand-ins for
DynamoDB, SES and the queue, which throttle, err, drop connections, hang after they have done what was asked,
and are away or suspended for a while. All of them get SIGKILL again and again, notices come twice, late, out
of order or never, keys are rotated, and the clock jumps, forward by hours and back by minutes.

The seed decides what is filed and what fails; which process comes first is the machine's to decide. The
last line is one JSON object. The exit code is 1 when anything was lost, cut short, sent to somebody who was
not chosen, or sent twice for any other reason than an answer that got lost or a kill between sending and
recording; and when too few mails left while anything could fail for the run to say much.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tools.chaos.planted_replies import ALL_PLANTS
from tools.chaos.run import SHARE_UNDER_FAULTS, Options, Outcome, Run

SHOWN = 10  # of each kind of finding


def options_from(environment: Mapping[str, str]) -> Options:
    """Read SEED, REPORTS and PLANT. Raises SystemExit for a plant that there is not."""
    options = Options(
        int(environment.get("SEED") or 1),
        int(environment.get("REPORTS") or 2000),
        environment.get("PLANT") or "",
    )
    if options.plant not in ALL_PLANTS:
        raise SystemExit(f"PLANT must be one of {', '.join(name for name in ALL_PLANTS if name)}")
    return options


def verdict(options: Options, outcome: Outcome) -> int:
    """Print what was found, one JSON object last; return the exit code."""
    result, replies = outcome.reckoning, outcome.replies
    findings = {
        "lost": result.lost,
        "leaked": result.leaked,
        "cut": result.cut,
        "sent twice without a reason": result.unexplained,
        "reply lost": replies.lost,
        "reply to another code": replies.misplaced,
        "reply shown twice": replies.twice,
        "words in a reply": replies.repeated,
        "left behind": replies.left,
    }
    for title, some in findings.items():
        for one in some[:SHOWN]:
            print(f"{title}: {one}")
    if not outcome.settled:
        print("something was still to be done at the end")
    too_calm = result.mails_under_faults < SHARE_UNDER_FAULTS
    if too_calm:
        print(f"only {result.mails_under_faults:.0%} of the mails left while anything could fail")
    print(
        json.dumps(
            {
                "seed": options.seed,
                "reports": outcome.filed,
                "mails": result.mails,
                "lost": len(result.lost) + outcome.missing,
                "leaked": len(result.leaked),
                "cut": len(result.cut),
                "doubled": result.doubled,
                "doubled_after_timeout": result.doubled_after_timeout,
                "doubled_after_kill": result.doubled_after_kill,
                "doubled_otherwise": len(result.unexplained),
                "mails_under_faults": result.mails_under_faults,
                "held": result.held,
                "fell_back": result.fell_back,
                "not_taken_and_told": result.told,
                "deleted": result.deleted,
                "replies": replies.replies,
                "replies_shown": replies.shown,
                "replies_too_late": replies.too_late,
                "replies_lost": len(replies.lost),
                "replies_misplaced": len(replies.misplaced),
                "replies_twice": len(replies.twice),
                "words_in_replies": len(replies.repeated),
                "left_behind": len(replies.left),
                "longest_wait_s": round(result.longest_wait_s),
                **outcome.figures,
                "settled": outcome.settled,
            }
        ),
        flush=True,
    )
    return int(any(findings.values()) or outcome.missing > 0 or not outcome.settled or too_calm)


def main() -> int:
    """Run once."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    options = options_from(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        run = Run(options, Path(folder))
        try:
            return verdict(options, run())
        finally:
            run.end()


if __name__ == "__main__":
    sys.exit(main())
