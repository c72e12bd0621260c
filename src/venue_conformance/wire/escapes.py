"""Undoes the escapes of JSON, URLs and HTML, and tells which places of a text became which."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from html import unescape

#: By the character with which they begin: those of JSON (and of Python's repr), of URLs, of HTML.
_ESCAPES = {
    b"\\": rb"\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|\\[\"'/\\bfnrt]",
    b"%": rb"%[0-9a-f]{2}",
    b"&": rb"&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,6});",
}
_PATTERNS = {first: re.compile(pattern, re.IGNORECASE) for first, pattern in _ESCAPES.items()}
_CONTROLS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}


class Places:
    """Which places of an escaped text became which, when its escapes were undone."""

    def __init__(self, escapes: list[tuple[int, int, int, int]]) -> None:
        """``escapes`` are the begin and the end of each: in the plain text, then in the escaped one."""
        self._escapes = escapes
        self._begins = [begin for begin, *_ in escapes]

    def span(self, begin: int, end: int) -> tuple[int, int]:
        """Where in the escaped text a stretch of the plain one stands, with every escape that it has a part of."""
        _, plain_end, first, until = self._last(begin)
        began = first if begin < plain_end else until + begin - plain_end
        _, plain_end, _, until = self._last(end - 1)
        return began, until if end <= plain_end else until + end - plain_end

    def _last(self, place: int) -> tuple[int, int, int, int]:
        """The last escape that begins at a place or before."""
        index = bisect_right(self._begins, place) - 1
        return self._escapes[index] if index >= 0 else (0, 0, 0, 0)


def unescaped(text: bytes) -> Iterator[tuple[bytes, Places]]:
    """A text (UTF-8) with the escapes of one kind undone once, for each kind that it has.

    Not of all kinds at once: what is escaped in one way may hold what looks like an escape of another.
    """
    for first, pattern in _PATTERNS.items():
        if first in text and (undone := _undone(text, pattern)) is not None:
            yield undone


def _undone(text: bytes, pattern: re.Pattern[bytes]) -> tuple[bytes, Places] | None:
    parts: list[bytes] = []
    escapes: list[tuple[int, int, int, int]] = []
    last = length = 0
    for match in pattern.finditer(text):
        meant = _meaning(match.group())
        begin = length + match.start() - last
        parts += (text[last : match.start()], meant)
        length, last = begin + len(meant), match.end()
        escapes.append((begin, length, match.start(), match.end()))
    return (b"".join([*parts, text[last:]]), Places(escapes)) if escapes else None


@lru_cache(maxsize=4096)
def _meaning(escape: bytes) -> bytes:
    kind, digits = escape[:2].lower(), escape.lower().replace(b"\\u", b"").replace(b"\\x", b"").decode("ascii")
    if escape.startswith(b"%"):
        return bytes.fromhex(digits[1:])
    if kind == b"\\x":
        return bytes.fromhex(digits)
    if kind == b"\\u":
        return bytes.fromhex(digits).decode("utf-16-be", "surrogatepass").encode("utf-8", "surrogatepass")
    if escape.startswith(b"\\"):
        return _CONTROLS.get(escape[1:], escape[1:])
    return unescape(escape.decode("ascii").lower()).encode("utf-8", "surrogatepass")
