"""Composition root of the function that renders what editors wrote, and may do nothing else.

It is told nothing by its environment, so that its role can be denied everything: Lambda reads variables with
that role. Each call has a folder of its own, processes of its own, and no cache: one draft must not poison
the next.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from chalicelib.directory.adapters.shipped_content import CATALOGS, CONTENT, TEMPLATES
from chalicelib.pages.adapters.document_folders import Folders, ReleaseFiles
from chalicelib.publishing.adapters.render_process import Limits, RenderProcess
from chalicelib.publishing.answer_render_calls import AnswerRenderCalls
from chalicelib.publishing.render.package_digest import digest_of_package
from chalicelib.publishing.render.site_renderer import WorkerSiteRenderer

# For whom nobody waits: seconds of a worker for its share of what is made, and for a page.
PATIENT = Limits(processor=240, patience=20.0)
WORKER = "chalicelib.publishing.render.render_worker"
_SHIPPED = Folders(TEMPLATES, CATALOGS, CONTENT)


def answer(event: Mapping[str, Any], context: Any = None) -> dict[str, Any]:
    """Do one call, as Lambda brings it."""
    return AnswerRenderCalls(renderer_for, package)(event)


@contextmanager
def renderer_for(patient: bool, shipped: Folders = _SHIPPED) -> Iterator[WorkerSiteRenderer]:
    """Give a renderer for one call, and clear away what it laid out."""
    with tempfile.TemporaryDirectory(prefix="porchlight-render-", ignore_cleanup_errors=True) as root:
        files = ReleaseFiles(shipped, lambda: 0, Path(root))

        def folder_of(texts: Mapping[str, str]) -> Path:
            return files(texts).content.parent

        process = RenderProcess(WORKER, PATIENT if patient else Limits())
        yield WorkerSiteRenderer(folder_of, process, min(os.cpu_count() or 1, 4))


@cache
def package() -> str:
    """Return the fingerprint of this package: who calls must be of the same."""
    return digest_of_package(CATALOGS.parent, TEMPLATES)
