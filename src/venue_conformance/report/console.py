"""Where a command prints: a terminal as wide as it is, or a pipe or log, where lines need not stop at 80 columns."""

from __future__ import annotations

import os
import sys
from typing import IO, Any, cast

from rich.console import Console

from venue_conformance.report.text import inert

_LOG_COLUMNS = 132


class _Inert:
    """A file to which nothing is written that the CI server at its other end would take for an order to itself.

    Here, not where texts of the target are made printable: what stands at the beginning of a line is known only once
    lines were folded.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        return self._file.write(inert(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def open_console(file: IO[str] | None = None) -> Console:
    """A console for ``file``, standard output when None. COLUMNS has the last word."""
    console = Console(file=cast(IO[str], _Inert(sys.stdout if file is None else file)), highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _LOG_COLUMNS
    return console
