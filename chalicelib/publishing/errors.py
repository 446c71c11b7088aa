"""Errors of publishing, named for what their catcher does next."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.shared.errors import PorchlightError


class CodesUsedUp(PorchlightError):
    """As many codes were mailed today as may be: wait until tomorrow."""


class NothingToPublish(PorchlightError):
    """Every draft says what is live already."""


class ChangedSince(PorchlightError):
    """What would go live is not what was looked at: show it anew, with what changed, and keep the reason.

    `changes` are pairs of what (a document's id, "release" or "package") and how, in words. `late` says that
    it came up after all was rendered: once more may take too long for one answer.
    """

    def __init__(self, changes: Sequence[tuple[str, str]], late: bool = False) -> None:
        told = "; ".join(f"{what}, {how}" if how else what for what, how in changes)
        super().__init__(f"changed since you looked: {told}")
        self.changes = tuple(changes)
        self.late = late


class PublishUnderWay(PorchlightError):
    """Somebody else is publishing at this moment: try again when they have finished. The text names them."""


class CodeWrong(PorchlightError):
    """The code is not the one that was mailed, or is too old, or was tried too often: ask for a new one."""


class RenderStopped(PorchlightError):
    """Rendering took too long, or made too much: the text says which page it was at.

    `document` and `line` say where, when the process itself still could.
    """

    def __init__(self, text: str, document: str = "", line: int = 0) -> None:
        super().__init__(text)
        self.document = document
        self.line = line


class BuildsUnderWay(PorchlightError):
    """The places of a job are made in chunks: let it go, and go on when all `chunks` are done."""

    def __init__(self, chunks: int, places: int) -> None:
        super().__init__("its places are being made")
        self.chunks = chunks
        self.places = places


class KeepsChanging(PorchlightError):
    """Texts changed again and again while their places were made: ask once more, when it is quiet."""
