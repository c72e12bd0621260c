"""The options that say how a command prints: the same for all that do."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from typing import Any

from venue_conformance.report.console import COLORS
from venue_conformance.report.text import fit_to_print


def add_output_options(parser: argparse.ArgumentParser, formats: Sequence[str] = ("text", "json")) -> None:
    """Declare ``--format``, ``--quiet``, ``-v`` and ``--color``."""
    group = parser.add_argument_group("output")
    group.add_argument(
        "--format", choices=formats, default="text", help=f"{formats[0]} (default), or for programs: {formats[1]}"
    )
    loudness = group.add_mutually_exclusive_group()
    loudness.add_argument("-q", "--quiet", action="store_true", help="print the result alone")
    loudness.add_argument("-v", "--verbose", action="store_true", help="print the evidence, too")
    group.add_argument("--color", choices=COLORS, default="auto", help="default: auto; NO_COLOR is respected")


def teller(options: argparse.Namespace) -> Callable[[str], None]:
    """Prints what goes on while a command runs; nothing where the result alone was asked for."""

    def tell(line: str) -> None:
        if options.format == "text" and not options.quiet:
            print(fit_to_print(line), flush=True)

    return tell


def print_json(values: Any) -> None:
    """Print what a program asked for, alone on standard output."""
    print(json.dumps(values, indent=1, allow_nan=False))
