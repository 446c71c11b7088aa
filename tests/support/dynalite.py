"""Runs dynalite, a second DynamoDB, on a free port of this machine."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# It listens where nobody else can reach it, and ends when its input does: also when the tests are killed.
_PROGRAM = """
const server = require('dynalite')({createTableMs: 0, deleteTableMs: 0})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
process.stdin.resume()
process.stdin.on('end', () => process.exit())
"""


@contextmanager
def dynalite() -> Iterator[str]:
    """Give the address of a DynamoDB that is empty at first."""
    subprocess.run(["sh", "tools/dynalite.sh"], cwd=ROOT, check=True)
    server = subprocess.Popen(
        ["node", "-e", _PROGRAM],
        cwd=ROOT / "build" / "npm",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.stdin.close()
        server.wait(timeout=10)
        server.stdout.close()
