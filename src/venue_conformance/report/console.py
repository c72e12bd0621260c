"""Where a command prints: a terminal as wide as it is, or a pipe or log, where lines need not stop at 80 columns."""

from __future__ import annotations

import os
from typing import IO

from rich.console import Console

_LOG_COLUMNS = 132


def open_console(file: IO[str] | None = None) -> Console:
    """A console for ``file``, standard output when None. COLUMNS has the last word."""
    console = Console(file=file, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _LOG_COLUMNS
    return console
