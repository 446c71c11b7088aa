"""Log filter that drops what a person wrote: an exception's text may quote a form, and Chalice logs it."""

from __future__ import annotations

from logging import Filter, LogRecord

from chalicelib.shared.error_place import where

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from chalice.app import Chalice

_EVENTS = ("scheduled", "sqs", "sns", "s3", "cloudwatch")


class HandlerFailed(Exception):
    """An event handler failed: Lambda counts it, tries again, and prints no more than its kind and place."""


class QuietFilter(Filter):
    """Log filter: it replaces each exception in a record, with its text and trace, by its kind and place."""

    def filter(self, record: LogRecord) -> bool:
        """Let every log record through, made quiet."""
        error = record.exc_info[1] if record.exc_info else record.msg
        if isinstance(error, BaseException):
            record.msg, record.args = where(error), ()
        elif isinstance(record.args, tuple):
            record.args = tuple(
                where(argument) if isinstance(argument, BaseException) else argument
                for argument in record.args
            )
        record.exc_info = record.exc_text = record.stack_info = None
        return True


def install(app: Chalice) -> None:
    """Install the filter on an application's log, for good, and what its event handlers raise as well."""
    app.log.addFilter(QuietFilter())
    for kind in _EVENTS:
        app.register_middleware(quietly, kind)


def quietly(event: Any, handle: Callable[[Any], Any]) -> Any:
    """Handle an event; raise HandlerFailed for whatever it raises: the runtime prints an error's text."""
    try:
        return handle(event)
    except Exception as error:
        failed = where(error)
    raise HandlerFailed(failed)  # outside the handler, so that the error is not even its context
