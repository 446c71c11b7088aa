"""Format number of stored records: whether a package reads what a stage's own package has written.

A stage says its number in its stack's outputs. The number grows with a release whose records the release
before cannot read; tests/upgrade holds that it does, by running each earlier release's own reading rules.
"""

from __future__ import annotations

from collections.abc import Mapping

OUTPUT = "RecordFormat"
RECORD_FORMAT = 4
# What code with a lower number would do with the records of this one.
_WHY_NOT_BACK = {
    2: "Code from before 0.2.0 can open no report that comes in from now on, stops at two of the states that"
    " deliveries now have, and would mail a published text around a report without the report in it.",
    3: "Code from before each place had documents of its own knows none of them: with its next publish the"
    " contacts and places that were changed here would be as they shipped. And it would mail reports to the"
    " recipients that shipped: those that were agreed to lie in another table now. Pages that are published"
    " from now on it does not find, and shows those that shipped.",
    4: "Code from before the referral directory knows no services: with its next publish those that were"
    " changed here would be as they shipped, and pages of counties gone. A long list of services it cannot"
    " read at all: while one is a draft, nobody could publish anything.",
}
FIRST = 1  # of stages that say no number


def format_of(outputs: Mapping[str, str]) -> int:
    """Return the format of a stage or package from its outputs."""
    return int(outputs.get(OUTPUT, FIRST))


def no_way_back(stage: int, package: int) -> str:
    """Return what a person must know before a stage of a lower format gets this package, or nothing."""
    why = " ".join(_WHY_NOT_BACK[number] for number in range(stage + 1, package + 1))
    return (
        f"After this there is no going back to the package before. {why} docs/upgrading.md says more."
        if why
        else ""
    )


def cannot_read(stage: int, package: int) -> str:
    """Return why this package must not be deployed over a stage, or nothing."""
    if package >= stage:
        return ""
    return (
        f"This package is older than the records on AWS: it reads format {package}, and they have format"
        f" {stage}. Reports would wait unread. Nothing was changed; deploy a newer package instead."
    )
