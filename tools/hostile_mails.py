"""Hostile mails, each of a shape that makes a careless parser slow: what a bound on time is measured with.

    python -m tools.hostile_mails

It prints how many milliseconds of processor time the slowest take, the worst of all last.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from chalicelib.delivery.fences import end_fence, top_fence
from chalicelib.replies.read_mail import read_mail
from chalicelib.replies.split_reply import split_reply

TOP, END = top_fence("PL-7K2M-9QXR", "Write above."), end_fence("PL-7K2M-9QXR", "Nothing below.")
PAGE = "text/html; charset=utf-8"


def _around(piece: bytes) -> tuple[Callable[[int], bytes], str]:
    """Return the shape of a text with this around each of many pairs of fences, each of its own case."""
    pair = piece + b"##### PL-%04d-0000 #####\n##### PL-%04d-0000 =====\n"
    return lambda size: b"".join(pair % (at, at) for at in range(size // len(pair))), ""


def _parts(headers: bytes, body: bytes = b"x") -> tuple[Callable[[int], bytes], str]:
    """Return the shape of a mail of many parts with these header lines."""
    part = b"--b\n" + headers + b"\n\n" + body + b"\n"
    return lambda size: part * (size // len(part)), "multipart/mixed; boundary=b"


SHAPES: dict[str, tuple[Callable[[int], bytes], str]] = {
    "one line": (lambda size: b"a" * size, ""),
    "quoted lines": (lambda size: b"> x\n" * (size // 4), ""),
    "quotes and answers": (lambda size: b"> x\nb\n" * (size // 6), ""),
    "quote marks": (lambda size: b">" * size, ""),
    "On": (lambda size: b"On " * (size // 3), ""),
    "attributions": (lambda size: b"On Mon 10:00 wrote:\n" * (size // 20), ""),
    "colons": (lambda size: b"x:\n" * (size // 3), ""),
    "labels": (lambda size: b"From: a\nTo: b\n\n" * (size // 15), ""),
    "signatures": (lambda size: b"--\n" * (size // 3), ""),
    "footers": (lambda size: b"Sent from my iPhone\n" * (size // 20), ""),
    "marks": (lambda size: b"#" * size, ""),
    "top fences": (lambda size: b"##### PL-7K2M-9QXR ##### x\n" * (size // 27), ""),
    "end fences": (lambda size: b"##### PL-7K2M-9QXR ===== x\n" * (size // 27), ""),
    "fences": (lambda size: f"{TOP}\n{END}\n".encode() * (size // 80), ""),
    "files": (lambda size: b"begin 644 x\nend\n" * (size // 16), ""),
    "flowed": (lambda size: b"a \n" * (size // 3), "text/plain; format=flowed"),
    "nested pages": (lambda size: b"<div>" * (size // 5), PAGE),
    "nested quotes": (lambda size: b"<blockquote type=cite>x" * (size // 23), PAGE),
    "open tags": (lambda size: b"<a " * (size // 3), PAGE),
    "angles": (lambda size: b"<" * size, PAGE),
    "comments": (lambda size: b"<!--" * (size // 4), PAGE),
    "entities": (lambda size: b"&#" + b"9" * size, PAGE),
    "ends": (lambda size: b"<p></div>" * (size // 9), PAGE),
    "cells": (lambda size: b"<td>a" * (size // 5), PAGE),
    "parts": (lambda size: b"--x\r\n\r\na\r\n" * (size // 10), "multipart/mixed; boundary=x"),
    "boundaries": (lambda size: b"--x y\r\n" * (size // 7), "multipart/mixed; boundary=x"),
    "deep parts": (
        lambda size: b"--x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" * (size // 51),
        "multipart/mixed; boundary=x",
    ),
    "rules": (lambda size: (b"-" * 110 + b"\n") * (size // 111), ""),
    "banners": _around(("External " + "external " * 125 + "\n").encode()),
    "banners outside": _around(("External " + "outside " * 140 + "\n").encode()),
    "labels around fences": _around(b"a:\n" * 150),
    "senders around fences": _around(b"from: x\n\n" * 50),
    "dividers around fences": _around((b"-" * 60 + b" " + b"x " * 20 + b"-" * 60 + b"\n") * 3),
    "dashes before On": (
        lambda size: ((" " * 9 + "-" * 9) * 18 + " On x wrote:\n").encode() * (size // 337),
        "",
    ),
    "half marks": (lambda size: (b"#" * 27 + b">" * 20 + b"x PL-7K2M-9QXR\n") * (size // 63), ""),
    "numbers": (lambda size: b"PL-7K2M-9QXR " * (size // 13), ""),
    "our labels": (lambda size: b"a(" * (size // 2), ""),
    "open styles": (lambda size: b"<style " * (size // 7), PAGE),
    "parameters": _parts(b"Content-Type: text/x" + b';a="' * 3_900),
    "escaped parameters": _parts(b"Content-Type: text/x" + (b';a="' + b'\\"' * 500) * 15),
    "header lines": _parts(b"a:\n" * 2_999 + b"a: b"),
    "folded lines": _parts(b"a:" + b"\n x" * 2_990),
    "texts": _parts(b"Content-Type: text/plain", b"External external\n" * 60),
    "boundaries of parts": _parts(b"Content-Type: multipart/mixed; boundary=c", b"--c x\n" * 1_600),
    "nested boundaries": (
        lambda size: (
            b"".join(
                b"--b%sx\nContent-Type: multipart/mixed; boundary=b%sx\n\n"
                % (b"x" * level, b"x" * (level + 1))
                for level in range(15)
            )
            + b"\n\na: b\n" * (size // 7)
        ),
        "multipart/mixed; boundary=bx",
    ),
    "ampersands": (lambda size: b"&a " * (size // 3), PAGE),
    "dates": (lambda size: (b"1/" * 190 + b" wrote:\n") * (size // 388), ""),
    "names of a case": (lambda size: b"PL-7K2M-9QXR\n" * (size // 13), ""),
    "marks in spaces": (lambda size: (b" " * 20 + b"x\n") * (size // 22), ""),
    "veils": (lambda size: b"\r" * size, ""),
    "s/mime": (lambda size: b"\x30\x80" * (size // 2), "application/pkcs7-mime; smime-type=signed-data"),
}

_NESTED = ("boundaries of parts", "nested boundaries")
_LONG = ("ampersands", "dates", "names of a case", "marks in spaces")

# As they are measured: 128 KB of each, and what the study names.
LARGE = 128 * 1024


def hostile_mails() -> dict[str, bytes]:
    """Return the raw source of each shape at its full size, by name."""
    mails = {name: raw_mail(shape(LARGE), kind) for name, (shape, kind) in SHAPES.items()}
    mails["20,000 quoted lines"] = raw_mail(b"> words of a quote\n" * 20_000)
    mails["10,000 times On"] = raw_mail(b"On " * 10_000)
    mails["100 nested quotes"] = raw_mail(b"<blockquote type=cite>" * 100 + b"x", PAGE)
    for name in ("parameters", "escaped parameters", "header lines", "folded lines", "texts", *_NESTED):
        shape, kind = SHAPES[name]
        mails[f"2 MB of {name}"] = raw_mail(shape(2 * 1024 * 1024), kind)
    for name in (
        "banners",
        "labels around fences",
        "rules",
        "half marks",
        "dashes before On",
        "open styles",
        *_LONG,
    ):
        shape, kind = SHAPES[name]
        mails[f"192 KB of {name}"] = raw_mail(shape(192 * 1024), kind)
    mails["2 MB of text"] = raw_mail(b"We have it.\n" * 170_000)
    mails["2 MB of a page"] = raw_mail(b"<p>We have it.</p>\n" * 105_000, PAGE)
    return mails


def raw_mail(body: bytes, content_type: str = "") -> bytes:
    """Return a raw source with this body."""
    kind = content_type or "text/plain; charset=utf-8"
    return f"From: a@b.example\r\nSubject: x\r\nContent-Type: {kind}\r\n\r\n".encode() + body


def milliseconds(raw: bytes) -> float:
    """Return the least processor time of three tries to read and split a mail."""
    took = []
    for _ in range(3):
        start = time.process_time()
        split_reply(read_mail(raw), "PL-7K2M-9QXR")
        took.append(time.process_time() - start)
    return min(took) * 1000


def main() -> int:
    """Print the ten slowest."""
    slowest = sorted((milliseconds(raw), name) for name, raw in hostile_mails().items())
    for took, name in slowest[-10:]:
        sys.stdout.write(f"{took:7.1f} ms  {name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
