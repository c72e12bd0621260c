"""Everything wrong with one file, collected so that the user hears of all of it at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from venue_conformance.errors import ClientFault

#: A mistake that each of a thousand orders has is told of so many.
_SHOWN = 20


class Problems:
    """What is wrong with one document, a line each.

    ``source`` starts every line: the file's path, or "" for a document that is no file.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._lines: list[str] = []

    def add(self, key: str, wrong: str) -> None:
        """Note one problem: ``key`` says where (``[limits] timeout_seconds``), ``wrong`` what, and what is right."""
        self._lines.append(": ".join(part for part in (self._source, key, wrong) if part))

    def raise_if_any(self) -> None:
        """Raise one ClientFault with all lines, in the order they were found; nothing when there are none."""
        more = len(self._lines) - _SHOWN
        if self._lines:
            shown = [*self._lines[:_SHOWN], *([f"and {more} more like these"] if more > 0 else [])]
            raise ClientFault("\n".join(shown))

    def __len__(self) -> int:
        return len(self._lines)


def unknown(what: str, given: str, known: Iterable[str]) -> str:
    """Say that ``given`` is no known ``what``, with the closest known one, or all of them where none is close."""
    names = sorted(known)
    by_lower = {name.lower(): name for name in names}
    close = difflib.get_close_matches(given.lower(), by_lower, n=1)
    if close:
        return f'unknown {what}; did you mean "{by_lower[close[0]]}"?'
    return f"unknown {what}; known are: {', '.join(names)}"
