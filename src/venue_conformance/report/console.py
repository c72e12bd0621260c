"""Where a command prints: a terminal as wide as it is, or a pipe or log, where no line is ever broken."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import IO, Any, Literal, cast, get_args

from rich.console import Console
from rich.table import Table
from rich.text import Text

from venue_conformance.report.text import inert

Color = Literal["auto", "always", "never"]
COLORS: tuple[Color, ...] = get_args(Color)
#: What rich is told where no line may be broken.
_ENDLESS = 1_000_000
#: A cell wider than this has no part in how wide its column is in a pipe.
_ALIGNED = 96


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


def open_console(file: IO[str] | None = None, *, color: Color = "auto") -> Console:
    """A console for ``file``, standard output when None; in a pipe nothing is wrapped, whatever COLUMNS says.

    ``color`` has the last word: with ``auto`` it is a terminal that gets colour, unless NO_COLOR is set.
    """
    out = sys.stdout if file is None else file
    told: dict[Color, dict[str, Any]] = {
        "auto": {},
        "always": {"no_color": False, "color_system": "standard", "force_terminal": True},
        "never": {"no_color": True, "color_system": None},
    }
    console = Console(file=cast(IO[str], _Inert(out)), highlight=False, **told[color])
    if not is_terminal(out):
        console.width = _ENDLESS
    return console


def is_terminal(file: IO[str]) -> bool:
    """Whether somebody sits before it: what is wrapped, and what may be drawn anew, depends on it."""
    try:
        return file.isatty() and os.environ.get("TERM") != "dumb"
    except (AttributeError, ValueError):
        return False


def print_line(console: Console, text: Text | str) -> None:
    """Print one line, which the terminal folds where it is too long for it, and nobody else does."""
    console.print(text, soft_wrap=True, markup=False)


def print_rows(console: Console, header: Sequence[str], rows: Sequence[Sequence[str | Text]], title: str = "") -> None:
    """Print a table: with lines on a terminal, in a pipe a line a row, the columns at least two blanks apart.

    Nothing is cut short: what is wider than the terminal goes on in the next line of its cell.
    """
    if console.width < _ENDLESS:
        table = Table(title=Text(title) if title else None, title_justify="left")
        for name in header:
            table.add_column(name, overflow="fold")
        for row in rows:
            table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
        console.print(table)
        return
    if title:
        print_line(console, title)
    cells = [[cell if isinstance(cell, Text) else Text(cell) for cell in row] for row in [list(header), *rows]]
    lengths = [[len(cell.plain) for cell in row] for row in cells]
    # One cell of great width must not push apart, or out of line, all the others of its column.
    widths = [max((length for length in each if length <= _ALIGNED), default=0) for each in zip(*lengths, strict=True)]
    for row in cells:
        line = Text()
        for column, cell in enumerate(row):
            line.append_text(cell)
            if column < len(row) - 1:
                line.append(" " * (max(widths[column] - len(cell.plain), 0) + 2))
        line.rstrip()
        print_line(console, line)
