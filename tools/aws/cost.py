"""What a month costs at list prices: `python -m tools.aws.cost` rewrites the tables in docs/cost.md.

Nothing here asks AWS. Prices are list prices of us-east-1 without any free tier, as known on PRICED_ON; look
at them again before you quote a figure.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

PRICED_ON = "2026-11-25"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "cost.md"
BEGIN, END = "<!-- tables: written by tools/aws/cost.py -->", "<!-- end of tables -->"

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """A list price in dollars for one unit."""

    dollars: float
    unit: str
    source: str


PRICES = {
    "edge request": Price(1.00 / MILLION, "HTTPS request", "CloudFront price list, North America"),
    "edge byte": Price(0.085 / 1e9, "byte to readers", "CloudFront price list, first 10 TB"),
    "api request": Price(3.50 / MILLION, "request", "API Gateway REST, first 333 million"),
    "lambda request": Price(0.20 / MILLION, "request", "Lambda"),
    "lambda GB-second": Price(0.0000133334, "GB-second", "Lambda, arm64"),
    "dynamo write": Price(0.625 / MILLION, "write unit of 1 KB", "DynamoDB on demand"),
    "dynamo read": Price(0.125 / MILLION, "read unit of 4 KB", "DynamoDB on demand"),
    "mail": Price(0.10 / 1000, "mail", "SES"),
    "mail taken": Price(0.10 / 1000, "mail", "SES, receiving"),
    "chunk taken": Price(0.09 / 1000, "256 KB of mail", "SES, receiving"),
    "key": Price(1.00, "key and month", "KMS"),
    "key call": Price(0.03 / 10_000, "call", "KMS"),
    "queue request": Price(0.40 / MILLION, "request", "SQS standard"),
    "secret": Price(0.40, "secret and month", "Secrets Manager"),
    "secret call": Price(0.05 / 10_000, "call", "Secrets Manager"),
    "alarm": Price(0.10, "alarm and month", "CloudWatch"),
    "metric": Price(0.30, "metric and month", "CloudWatch custom metrics"),
    "log byte": Price(0.50 / 1e9, "byte of log", "CloudWatch Logs"),
    "zone": Price(0.50, "zone and month", "Route 53"),
}

# What only publishing takes; the months above leave it out, since it is a few cents.
PUBLISH_PRICES = {
    "bucket write": Price(0.005 / 1000, "PUT", "S3 Standard"),
    "bucket read": Price(0.0004 / 1000, "GET or HEAD", "S3 Standard"),
}

# What one event takes. Times and sizes are generous roundings of what bench/ measures.
OUTCOMES_A_DELIVERY = 3  # sent, delivered, deleted; now and then one more
OUTCOME_BYTES = 230  # one line of the log with what Lambda writes before it, and CloudWatch adds
MINUTES_A_MONTH = 43_800
PAGE_BYTES = 7_000
PAGE_GB_SECONDS = 0.25 * 0.010
REPORT_GB_SECONDS = 0.5 * 0.250  # argon2id at half a processor or less
DELIVER_GB_SECONDS = 0.5 * 0.150
# The schedule that keeps the form warm: a form opened every four minutes, and the release looked at with it.
WARM_CALLS = MINUTES_A_MONTH / 4
WARM_GB_SECONDS = 0.5 * 0.050
# Lambda asks a queue for work with five long polls at a time, each of twenty seconds; there are three queues.
POLLS_A_MINUTE = 3 * 15
# A reply: its mail is sealed whole and for itself, stored, and the former deleted again.
REPLY_GB_SECONDS = 0.5 * 0.400
REPLY_WRITES = 150  # 64 KB put and deleted, what is shown of it, the conversation, the report's deliveries
REPLY_READS = 20
JOBS_A_MONTH = 60  # somebody looks over the whole site, or publishes it, twice a day
JOB_GB_SECONDS = 45.0  # fifteen seconds of 3 GB: a site of thirty places in ten languages
# Two secrets of deliver's, and one that two functions read, each looked at again after five minutes.
SECRET_CALLS = MINUTES_A_MONTH / 5 * 4
FIXED = {"secret": 3.0, "alarm": 22.0, "metric": 7.0, "zone": 1.0, "key": 1.0}
# What replies cost before one comes in: the key, reading their queue, and two alarms.
REPLIES_FIXED = {"key": 1.0, "queue request": MINUTES_A_MONTH * POLLS_A_MINUTE / 3, "alarm": 2.0}


# A publish, by `python -m bench.towns`: processor seconds to render, check and pack a page, and to write it.
LANGUAGES = 10
PAGE_RENDER_SECONDS, PAGE_WRITE_SECONDS = 0.035, 0.010
GB_OF_A_PROCESSOR = 1.769  # what Lambda gives one for
# Who asks for pages waits as long as who renders them, with as much memory.
RENDER_TIMES = 2
PUT_SECONDS, PUTS_AT_ONCE, WORKER_GB = 0.030, 8, 2.9375
PAGE_WRITES = 3  # two encodings, and the standby page
PAGE_READS = 1  # whether a newer standby page is there
CHUNK = 25  # places that a worker is handed at a time
CHUNK_WRITES = 6  # rows and moves of its job
PLACE_DOCUMENTS = 2  # of which each is read, and kept in the release's map
PLACE_MAP_BYTES = 90  # of both its documents' names and versions


@dataclass(frozen=True, slots=True)
class Load:
    """A month of use."""

    name: str
    views: int
    reports: int
    edge_hits: float
    recipients: int = 2
    reports_a_mail: float = 1.0
    replies_a_report: float = 0.1
    note: str = ""
    extra: dict[str, float] = field(default_factory=dict)


LOADS = (
    Load("a town", 100_000, 500, 0.90),
    Load("a state", 3_000_000, 10_000, 0.95),
    Load(
        "a national flood",
        100_000_000,
        1_000_000,
        0.99,
        reports_a_mail=50.0,
        replies_a_report=0.02,
        note="held, in digests of 50",
    ),
)

# The smallest machine each peer's own documents ask for, always on; notes on each in docs/cost.md.
PEERS = (
    ("GlobaLeaks", 11.38, "one small virtual machine: two cores, 1 GB, 20 GB"),
    ("Hush Line", 12.00, "one small virtual machine with its database"),
    ("SecureDrop", 41.67, "hardware of $2,500 over five years, staff apart"),
)


def units(load: Load) -> dict[str, float]:
    """Return how many of each priced unit a month takes."""
    misses = load.views * (1 - load.edge_hits)
    mails = load.reports * load.recipients / load.reports_a_mail
    posts = load.reports * 2.2  # the form, the report, and now and then a code
    replies = load.reports * load.replies_a_report
    return {
        "edge request": load.views + posts + WARM_CALLS,
        "edge byte": (load.views + posts + WARM_CALLS) * PAGE_BYTES,
        "api request": misses + posts,
        "lambda request": misses + posts + MINUTES_A_MONTH + WARM_CALLS + mails + 730 + replies,
        "lambda GB-second": misses * PAGE_GB_SECONDS
        + load.reports * REPORT_GB_SECONDS
        + replies * REPLY_GB_SECONDS
        + (MINUTES_A_MONTH + mails) * DELIVER_GB_SECONDS
        + WARM_CALLS * WARM_GB_SECONDS
        + JOBS_A_MONTH * JOB_GB_SECONDS,
        # the report twice (item and index), five counters, claim, records and notices of each recipient
        "dynamo write": load.reports * (4 + 5 + 4 + 6 * load.recipients) + replies * REPLY_WRITES,
        "dynamo read": load.reports * 8 + MINUTES_A_MONTH * 4 * 0.5 + replies * REPLY_READS,
        "mail": mails,
        "mail taken": replies,
        "chunk taken": replies,  # a mail with its quote is less than one
        "key call": replies * 2,
        "queue request": (mails + replies) * 3 + MINUTES_A_MONTH * POLLS_A_MINUTE,
        "secret call": SECRET_CALLS,
        "log byte": (misses + posts + MINUTES_A_MONTH + WARM_CALLS) * 350
        + load.reports * load.recipients * OUTCOMES_A_DELIVERY * OUTCOME_BYTES,
        **FIXED,
        **load.extra,
    }


def costs(load: Load) -> dict[str, float]:
    """Return the dollars of each priced unit for a month."""
    return {name: count * PRICES[name].dollars for name, count in units(load).items()}


# What is published, and how many places' pages that renders of how many that there are.
PUBLISHES = (
    ("a county's number", 21, 3000),
    ("a state's number", 200, 3000),
    ("all of 3,000 places", 3000, 3000),
)


def publish_units(rendered: int, places: int) -> dict[str, float]:
    """Return how many of each priced unit a publish takes."""
    pages, chunks = rendered * LANGUAGES, -(-rendered // CHUNK)
    render = pages * PAGE_RENDER_SECONDS * GB_OF_A_PROCESSOR
    write = max(
        pages * PAGE_WRITE_SECONDS * GB_OF_A_PROCESSOR,
        pages * (PAGE_WRITES + PAGE_READS) * PUT_SECONDS / PUTS_AT_ONCE * WORKER_GB,
    )
    return {
        "lambda GB-second": render * RENDER_TIMES + write,
        "lambda request": 2.0 * chunks,
        "bucket write": pages * PAGE_WRITES + rendered + 10.0,
        "bucket read": pages * PAGE_READS + rendered + 10.0,
        "queue request": 3.0 * chunks,
        "dynamo write": chunks * CHUNK_WRITES + places * PLACE_MAP_BYTES / 1000 + 10.0,
        "dynamo read": places * PLACE_DOCUMENTS + 100.0,
    }


def publish_costs(rendered: int, places: int) -> dict[str, float]:
    """Return the dollars of each priced unit for a publish."""
    prices = {**PRICES, **PUBLISH_PRICES}
    return {name: count * prices[name].dollars for name, count in publish_units(rendered, places).items()}


def _publishes() -> list[str]:
    """Return the table of what a publish costs."""
    by_publish = [(publish_units(*of), publish_costs(*of)) for _, *of in PUBLISHES]
    lines = [
        "| one publish | " + " | ".join(name for name, *_ in PUBLISHES) + " |",
        "| --- |" + " ---: |" * len(PUBLISHES),
        "| pages | " + " | ".join(f"{rendered * LANGUAGES:,}" for _, rendered, _ in PUBLISHES) + " |",
    ]
    for name in by_publish[0][0]:
        told = (f"{units[name]:,.0f} = ${dollars[name]:.4f}" for units, dollars in by_publish)
        lines.append(f"| {name} | " + " | ".join(told) + " |")
    all_in_all = (f"**${sum(dollars.values()):.4f}**" for _, dollars in by_publish)
    return [*lines, "| **all** | " + " | ".join(all_in_all) + " |"]


def tables() -> str:
    """Return the tables of docs/cost.md."""
    lines = [f"Prices as known on {PRICED_ON}, in US dollars a month, no free tier.", ""]
    lines += [
        "| what | " + " | ".join(load.name for load in LOADS) + " |",
        "| --- |" + " ---: |" * len(LOADS),
    ]
    lines.append("| page views | " + " | ".join(f"{load.views:,}" for load in LOADS) + " |")
    lines.append("| reports | " + " | ".join(f"{load.reports:,}" for load in LOADS) + " |")
    lines.append("| answered at the edge | " + " | ".join(f"{load.edge_hits:.0%}" for load in LOADS) + " |")
    by_load = [costs(load) for load in LOADS]
    for name in PRICES:
        lines.append(f"| {name} | " + " | ".join(f"{cost[name]:,.2f}" for cost in by_load) + " |")
    lines.append("| **all** | " + " | ".join(f"**{sum(cost.values()):,.2f}**" for cost in by_load) + " |")
    saved = sum(count * PRICES[name].dollars for name, count in REPLIES_FIXED.items())
    lines += ["", f"With `ReplyDomain` empty, each of these is ${saved:.2f} less, and no mail is taken."]
    lines += ["", "| peer | a month | the smallest that runs it |", "| --- | ---: | --- |"]
    lines += [f"| {name} | {dollars:,.2f} | {what} |" for name, dollars, what in PEERS]
    lines += ["", *_publishes()]
    lines += ["", "| price | dollars | for one | from |", "| --- | ---: | --- | --- |"]
    lines += [
        f"| {name} | {price.dollars:.10g} | {price.unit} | {price.source} |"
        for name, price in {**PRICES, **PUBLISH_PRICES}.items()
    ]
    return "\n".join(lines)


def written(page: str) -> str:
    """Return the page with its tables made anew. Raises ValueError when the marks are missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("docs/cost.md has lost the marks around its tables")
    return f"{before}{BEGIN}\n\n{tables()}\n\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(tables() + "\n")
