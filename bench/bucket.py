"""A bucket with one release in it, served over plain HTTP."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path

RELEASE = 7


def _documents(folder: Path) -> dict[str, str]:
    """Return what an admin changed: contacts, recipients, and the template of the form."""
    files = {name: folder / "chalicelib" / "content" / f"{name}.json" for name in ("contacts", "recipients")}
    files["template/public/note.html"] = folder / "templates" / "public" / "note.html"
    return {name: file.read_text(encoding="utf-8") for name, file in files.items() if file.is_file()}


class Bucket:
    """The pages of a package as if an admin had published them."""

    def __init__(self, folder: Path) -> None:
        pages = folder / "chalicelib" / "built_pages"
        index = json.loads((pages / "index.json").read_text(encoding="utf-8"))
        self._files = {"/current.json": json.dumps({"release": RELEASE, "index": index}).encode("utf-8")}
        for file in pages.glob("*/*.b64"):
            self._files[f"/releases/{RELEASE}/{file.parent.name}/{file.name}"] = file.read_bytes()
        self._files[f"/releases/{RELEASE}/documents.json"] = json.dumps(_documents(folder)).encode("utf-8")
        self.asked = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        data = b""
        with connection:
            while True:
                head, blank, rest = data.partition(b"\r\n\r\n")
                if not blank:
                    received = connection.recv(65_536)
                    if not received:
                        return
                    data += received
                    continue
                data = rest
                self.asked += 1
                content = self._files.get(head.split(b" ")[1].decode("ascii"))
                status = b"404 Not Found" if content is None else b"200 OK"
                length = str(len(content or b"")).encode("ascii")
                answer = b"HTTP/1.1 " + status + b"\r\nContent-Length: " + length + b"\r\n\r\n"
                connection.sendall(answer + (content or b""))
