"""PNG with a palette (RFC 2083, colour type 3): a screenshot in a fifth of its bytes, for the documents.

A screen has few colours; letters have many shades at their edges, of which sixteen levels a channel are kept.
"""

from __future__ import annotations

import base64
import struct
import zlib

from playwright.sync_api import Page

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MOST_COLOURS = 256
# The browser reads its own picture: width, height, the colours by how often they are, and a colour a pixel.
_READ = """async ([picture, most]) => {
    const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob());
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const drawing = canvas.getContext('2d');
    drawing.drawImage(bitmap, 0, 0);
    const pixels = drawing.getImageData(0, 0, bitmap.width, bitmap.height).data;
    const level = value => Math.round(value / 17);
    const colours = new Uint16Array(pixels.length / 4), often = new Map();
    for (let at = 0; at < colours.length; at++) {
        const [red, green, blue] = pixels.subarray(4 * at, 4 * at + 3);
        const colour = level(red) << 8 | level(green) << 4 | level(blue);
        colours[at] = colour;
        often.set(colour, (often.get(colour) || 0) + 1);
    }
    const palette = [...often.keys()].sort((one, other) => often.get(other) - often.get(one)).slice(0, most);
    const parts = colour => [colour >> 8, colour >> 4 & 15, colour & 15];
    const apart = (one, other) => {
        const [mine, theirs] = [parts(one), parts(other)];
        return mine.reduce((sum, part, at) => sum + (part - theirs[at]) ** 2, 0);
    };
    const nearest = new Map();
    for (const colour of often.keys()) {
        let best = 0;
        for (let at = 1; at < palette.length && apart(colour, palette[best]); at++)
            if (apart(colour, palette[at]) < apart(colour, palette[best])) best = at;
        nearest.set(colour, best);
    }
    const places = Uint8Array.from(colours, colour => nearest.get(colour));
    let text = '';
    for (let at = 0; at < places.length; at += 8192)
        text += String.fromCharCode(...places.subarray(at, at + 8192));
    return [bitmap.width, bitmap.height, palette, btoa(text)];
}"""


def with_palette(page: Page, picture: bytes) -> bytes:
    """Return a PNG with at most 256 colours. `page` is any page that may run scripts."""
    width, height, colours, places = page.evaluate(
        _READ, [base64.b64encode(picture).decode("ascii"), _MOST_COLOURS]
    )
    palette = b"".join(bytes(17 * (colour >> shift & 15) for shift in (8, 4, 0)) for colour in colours)
    rows = base64.b64decode(places)
    lines = b"".join(b"\0" + rows[at : at + width] for at in range(0, len(rows), width))
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", palette), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
