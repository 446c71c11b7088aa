"""A log that holds nothing a person wrote: Chalice logs the texts of exceptions, which may quote a form."""

from __future__ import annotations

from logging import Filter, Logger, LogRecord

from chalicelib.web.responses import where


class QuietFilter(Filter):
    """Replaces an exception's text and trace by its kind and place, and a path by nothing."""

    def filter(self, record: LogRecord) -> bool:
        """Let every record through, made quiet."""
        if record.exc_info:
            error = record.exc_info[1]
            record.msg, record.args = (where(error) if error is not None else "error"), ()
            record.exc_info = record.exc_text = record.stack_info = None
        return True


def install(log: Logger) -> None:
    """Make a logger quiet, for good."""
    log.addFilter(QuietFilter())
