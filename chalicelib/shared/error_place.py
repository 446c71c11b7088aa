"""Log line of an error: its kind and place, without the text and the trace that may quote a person's words.

The page function loads this, and it loads nothing.
"""

from __future__ import annotations


def where(error: BaseException) -> str:
    """Return an error's kind and place. Its text may quote what a person wrote, unless it is one of ours."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    kind = type(error).__name__
    if any(base.__name__ == "PorchlightError" for base in type(error).__mro__):
        kind = f"{kind} ({error})"
    if trace is None:
        return kind
    file = trace.tb_frame.f_code.co_filename.rpartition("/")[2]
    return f"{kind} at {file}:{trace.tb_lineno}"
