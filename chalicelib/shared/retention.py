"""Retention of a report: how many days it is kept after the last recipient took it, and how many at most."""

from __future__ import annotations

KEEP_DAYS = 30
KEEP_DAYS_MOST = 90
