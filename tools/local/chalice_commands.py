"""Chalice's own commands in a checkout: `chalice local` serves the public pages, the others name ours.

app.py calls `prepare` when a bare `chalice` command loads it. What Chalice would package from a checkout
lacks the rendered pages, the templates and most of the stack, so it is refused with the command that has
them; `make package` runs `chalice package` itself, over a folder where all of it lies.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, MutableMapping

import click

from tools.build import catalogs

SERVES = (
    "`chalice local` serves the public pages, rendered at each request; "
    "`make run` serves forms, desk and mail as well."
)
_INSTEAD = {
    "package": "`chalice package` alone would leave out pages, templates and most of the stack: "
    "use `make package`.",
    "deploy": "`chalice deploy` alone would leave out pages, templates and most of the stack: "
    "use `make deploy STAGE=dev`.",
}
_OTHERS = (
    "Chalice knows only a part of this stack: use `make run`, `make package` or `make deploy STAGE=dev` "
    "instead (`make` lists all commands)."
)


def prepare(
    environ: MutableMapping[str, str], compile_catalogs: Callable[[], object] = catalogs.compile_catalogs
) -> None:
    """Set the environment for the running `chalice local`, and compile the catalogs that its pages need.

    Raises click.ClickException, which ends the command with one sentence, for every other command.
    """
    context = click.get_current_context(silent=True)
    # The reloader loads the application in a thread, which has no context; only `local` has a reloader.
    command = (context.info_name or "") if context else "local"
    if command != "local":
        raise click.ClickException(_INSTEAD.get(command, _OTHERS))
    environ.update(PORCHLIGHT_FUNCTION="page", PORCHLIGHT_PAGES="live")
    sys.dont_write_bytecode = True  # Chalice's reloader starts anew for any file that is written
    compile_catalogs()
    click.echo(SERVES)
