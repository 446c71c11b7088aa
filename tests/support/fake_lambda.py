"""Lambda's client with the function in this process: both ways go through the bytes that would travel."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from chalicelib.pages.adapters.document_folders import Folders
from chalicelib.pages.render.packing import unpack_brotli
from chalicelib.publishing.adapters.lambda_renderer import LambdaRenderer
from chalicelib.publishing.answer_render_calls import AnswerRenderCalls
from chalicelib.publishing.ports import Progress
from chalicelib.wiring.render import renderer_for

NAME = "the-render-function"
PACKAGE = "the same package"


class FakeLambda:
    """Invokes one function, and keeps what was sent to it and what it answered."""

    def __init__(self, handler: Callable[[Mapping[str, Any]], dict[str, Any]]) -> None:
        self._handler = handler
        self.sent: list[bytes] = []
        self.answered: list[bytes] = []

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        assert FunctionName == NAME
        self.sent.append(Payload)
        more: dict[str, Any] = {}
        try:
            answer = self._handler(json.loads(Payload))
        except Exception as error:  # what Lambda tells of it
            answer = {"errorType": type(error).__name__, "errorMessage": str(error), "stackTrace": []}
            more = {"FunctionError": "Unhandled"}
        self.answered.append(json.dumps(answer).encode())
        return {"StatusCode": 200, "Payload": io.BytesIO(self.answered[-1]), **more}


def renderer_over(client: Any, package: str = PACKAGE, **more: Any) -> LambdaRenderer:
    """Return the renderer over a client of Lambda."""
    return LambdaRenderer(lambda: client, NAME, lambda: package, unpack_brotli, **more)


def renderer_in_a_function(folders: Folders, progress: Progress | None = None) -> LambdaRenderer:
    """Return the renderer over the real function, as it would be with a package that holds these folders."""
    function = AnswerRenderCalls(partial(renderer_for, shipped=folders), lambda: PACKAGE)
    return renderer_over(FakeLambda(function), progress=progress or (lambda phase, done, of: None))
