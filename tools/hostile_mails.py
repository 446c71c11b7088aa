"""Hostile mails, each of a shape that makes a careless parser slow: what a bound on time is measured with."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.delivery.fences import end_fence, top_fence

TOP, END = top_fence("PL-7K2M-9QXR", "Write above."), end_fence("PL-7K2M-9QXR", "Nothing below.")
PAGE = "text/html; charset=utf-8"
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
    "s/mime": (lambda size: b"\x30\x80" * (size // 2), "application/pkcs7-mime; smime-type=signed-data"),
}

# As they are measured: 128 KB of each, and what the study names.
LARGE = 128 * 1024


def hostile_mails() -> dict[str, bytes]:
    """Return the raw source of each shape at its full size, by name."""
    mails = {name: raw_mail(shape(LARGE), kind) for name, (shape, kind) in SHAPES.items()}
    mails["20,000 quoted lines"] = raw_mail(b"> words of a quote\n" * 20_000)
    mails["10,000 times On"] = raw_mail(b"On " * 10_000)
    mails["100 nested quotes"] = raw_mail(b"<blockquote type=cite>" * 100 + b"x", PAGE)
    mails["2 MB of text"] = raw_mail(b"We have it.\n" * 170_000)
    mails["2 MB of a page"] = raw_mail(b"<p>We have it.</p>\n" * 105_000, PAGE)
    return mails


def raw_mail(body: bytes, content_type: str = "") -> bytes:
    """Return a raw source with this body."""
    kind = content_type or "text/plain; charset=utf-8"
    return f"From: a@b.example\r\nSubject: x\r\nContent-Type: {kind}\r\n\r\n".encode() + body
