"""The letters of a PDF that QGIS wrote, in drawing order, without white space.

QGIS' printer writes one glyph at a time by number; each font's ToUnicode table says which letter it is.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from pathlib import Path


def _objects(raw: bytes) -> dict[int, bytes]:
    return {int(m[1]): m[2] for m in re.finditer(rb"(\d+) 0 obj(.*?)endobj", raw, re.S)}


def _stream(body: bytes) -> bytes:
    found = re.search(rb"stream\r?\n(.*)endstream", body, re.S)
    if found is None:
        return b""
    try:
        return zlib.decompress(found[1])
    except zlib.error:
        return found[1]


def _letters(table: bytes) -> dict[int, str]:
    """Read a ToUnicode table: ranges with a start or a list, and single glyphs."""
    out: dict[int, str] = {}
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", table, re.S):
        for low, high, start, listed in re.findall(rb"<(\w+)>\s*<(\w+)>\s*(?:<(\w+)>|\[(.*?)\])", block, re.S):
            first, last = int(low, 16), int(high, 16)
            codes = re.findall(rb"<(\w+)>", listed)
            for n, glyph in enumerate(range(first, last + 1)):
                out[glyph] = chr(int(start, 16) + n) if start else bytes.fromhex(codes[n].decode()).decode("utf-16-be")
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.S):
        for glyph, letter in re.findall(rb"<(\w+)>\s*<(\w+)>", block):
            out[int(glyph, 16)] = bytes.fromhex(letter.decode()).decode("utf-16-be")
    return out


def letters_of(path: Path) -> str:
    """Return what a PDF says, without white space."""
    objects = _objects(path.read_bytes())
    fonts = {}
    for body in objects.values():
        for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", body.split(b"stream")[0]):
            table = re.search(rb"/ToUnicode (\d+) 0 R", objects.get(int(number), b""))
            if table:
                fonts[name] = _letters(_stream(objects[int(table[1])]))
    said = []
    for body in objects.values():
        now: dict[int, str] = {}
        for font, glyphs in re.findall(rb"/(F\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)> Tj", _stream(body)):
            if font:
                now = fonts.get(font, {})
            else:
                said += [now.get(int(glyphs[i : i + 4], 16), "") for i in range(0, len(glyphs), 4)]
    # a font may join f and i to one glyph
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", "".join(said)))
