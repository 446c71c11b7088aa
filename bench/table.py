"""The goals (they come from the design) and the tables that `make bench` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.targets import BARE, PORCHLIGHT, PUBLISHED

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Goal:
    """One line of what must hold: lower is better in all of them."""

    what: str
    unit: str
    must: float
    aim: float
    value: float | None

    @property
    def verdict(self) -> str:
        """Return "aim", "must", "MISSED", or "-" when it was not measured."""
        if self.value is None:
            return "-"
        return "aim" if self.value <= self.aim else "must" if self.value <= self.must else "MISSED"


def goals(found: Figures) -> list[Goal]:
    """Return every goal with what was measured."""
    pages: Mapping[str, Figures] = found["pages"]
    ours, bare = pages[PORCHLIGHT], pages[BARE]
    published = pages.get(PUBLISHED, {})

    def ratio(name: str, of: Figures = ours) -> float | None:
        return of[name] / bare[name] if name in of and name in bare else None

    def kilobytes(size: int | None) -> float | None:
        return None if size is None else size / 1000

    many: Figures = found.get("many_places", {})
    report, sizes = found.get("report", {}), found["sizes"]
    return [
        Goal("page: cold start, instructions", "x bare", 1.75, 1.15, ratio("cold_instructions_m")),
        Goal(
            "page: cold start with a published version",
            "x bare",
            2.6,
            1.6,
            ratio("cold_instructions_m", published),
        ),
        Goal("page: cold start, processor time", "x bare", 1.6, 1.10, ratio("cold_cpu_ms")),
        Goal("page: a warm request, instructions", "x bare", 1.6, 1.10, ratio("warm_instructions_k")),
        Goal("page: warm p50 through the runtime client", "x bare", 1.45, 0.95, ratio("warm_p50_us")),
        Goal("page: handler alone, p50", "us", 30, 8, ours.get("alone_p50_us")),
        Goal("page: cold start, 3,000 places", "x bare", 1.25, 1.2, ratio("cold_instructions_m", many)),
        Goal("page: a warm request, 3,000 places", "x bare", 1.10, 1.05, ratio("warm_instructions_k", many)),
        Goal("index of 3,000 places, packed", "KB", 60, 51, kilobytes(many.get("current_json_bytes"))),
        Goal(
            "page: first view, worst language",
            "KB",
            11.2,
            5.8,
            max(found["first_views"].values()) / 1000,
        ),
        Goal("report: warm p50", "x Chalice + boto3", 1.10, 1.05, report.get("ratio_with_argon2")),
        Goal("report: cold start", "x Chalice + boto3", 1.25, 1.0, report.get("ratio_cold")),
        Goal("memory of the page function", "MB", 20, 16, ours.get("cold_rss_mb")),
        Goal("memory of a report", "MB", 100, 85, report.get("memory_mb")),
        Goal("the zip", "MB", 16, 12, sizes["zip"] / 1e6),
    ]


def show(found: Figures) -> str:
    """Return all tables as text."""
    parts = [
        _about(found),
        _table(["what", "measured", "must", "aim", "met"], [_goal_row(goal) for goal in goals(found)]),
        _pages(found["pages"]),
        _rest(found),
    ]
    return "\n\n".join(parts)


def _about(found: Figures) -> str:
    about = found["about"]
    return (
        f"Python {about['python']}, {about['processor']}, {about['processors']} processors, "
        f"{about['rounds']} rounds{' (quick)' if about['quick'] else ''}, {about['seconds']:.0f} s. "
        f"Load when it began: {about['load']:.1f}."
    )


def _goal_row(goal: Goal) -> list[str]:
    measured = "not measured" if goal.value is None else f"{goal.value:.2f} {goal.unit}"
    return [goal.what, measured, f"{goal.must:g}", f"{goal.aim:g}", goal.verdict]


def _pages(pages: Mapping[str, Figures]) -> str:
    bare = pages[BARE]
    columns = [
        ("cold instr. M", "cold_instructions_m", ".0f", True),
        ("cold CPU ms", "cold_cpu_ms", ".1f", True),
        ("RSS MB", "cold_rss_mb", ".1f", False),
        ("warm instr. k", "warm_instructions_k", ".0f", True),
        ("p50 us", "warm_p50_us", ".0f", True),
        ("p99 us", "warm_p99_us", ".0f", False),
        ("alone p50 us", "alone_p50_us", ".1f", False),
        ("req/s/core", "requests_per_second_per_core", ".0f", False),
    ]
    rows = []
    for name, figures in pages.items():
        row = [name]
        for _, key, form, with_ratio in columns:
            if key not in figures:
                row.append("")
                continue
            ratio = f" ({figures[key] / bare[key]:.2f}x)" if with_ratio and key in bare else ""
            row.append(f"{figures[key]:{form}}{ratio}")
        rows.append(row)
    return _table(["page function", *(title for title, *_ in columns)], rows)


def _rest(found: Figures) -> str:
    rows = [[f"first view, {locale}", f"{size:,} bytes"] for locale, size in found["first_views"].items()]
    rows.append(["headers of a page", f"{found['header_bytes']:,} bytes"])
    rows += [[f"zip: {name}", f"{size:,} bytes"] for name, size in found["sizes"].items()]
    rows += [[f"report: {name}", f"{value:,.2f}"] for name, value in found.get("report", {}).items()]
    rows += [
        [f"report asks AWS: {name}", str(count)] for name, count in found.get("report_calls", {}).items()
    ]
    for one in found.get("deliver", []):
        kind = "held, in digests" if one["held"] else "each in its own mail"
        text = (
            f"{one['mails']:,} mails, {one['seconds']:.1f} s, {one['reports_per_second']:.0f} reports/s, "
            f"{one['cpu_ms_per_report']:.1f} ms of processor time each, {one['memory_mb']:.0f} MB"
        )
        rows.append([f"deliver {one['due']:,} due, {kind}", text])
    render = found.get("render")
    if render:
        text = (
            f"{render['pages']} pages, {render['first_ms']:.1f} ms, then {render['ms_per_page']:.2f} ms each"
        )
        rows.append(["render the whole site", text])
    return _table(["what else", "measured"], rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    first = "| " + " | ".join(cell.ljust(width) for cell, width in zip(head, widths, strict=True)) + " |"
    return "\n".join([first, "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines])
