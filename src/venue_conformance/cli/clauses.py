"""``venue-conformance clauses``: the catalogue, with the checks of each clause."""

from __future__ import annotations

import argparse
from typing import Any

from rich.markup import escape
from rich.table import Column, Table

from venue_conformance.contract.clauses import INVARIANTS, load_catalogue
from venue_conformance.contract.resources import venue_names
from venue_conformance.errors import ClientFault
from venue_conformance.preflight.collecting import checks_by_clause
from venue_conformance.report.console import open_console

_ROOMY = 120


def add_command(commands: Any) -> None:
    """Declare the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "clauses", description="Lists every clause with its level, checks and exclusion."
    )
    parser.add_argument("venue", nargs="?", metavar="VENUE", help="default: all venues")
    parser.add_argument(
        "--property",
        choices=INVARIANTS,
        metavar="NAME",
        help=f"only clauses with this property: {', '.join(INVARIANTS)}",
    )
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Print the catalogue of one venue, or of all."""
    if options.venue and options.venue not in venue_names():
        raise ClientFault(f"{options.venue}: no such venue; the venues are {', '.join(venue_names())}")
    console = open_console()
    for venue in [options.venue] if options.venue else venue_names():
        checks = checks_by_clause(venue)
        # Whole, so that it can be found and copied; in one line where that leaves room for the promise.
        clause_id = Column("clause", no_wrap=console.width >= _ROOMY, overflow="fold")
        table = Table(clause_id, "level", "importance", "checks", "promise, or why it has no check")
        for clause in load_catalogue(venue).values():
            if options.property not in (None, clause.invariant):
                continue
            count = str(len(checks.get(clause.id, []))) if clause.excluded is None else "excluded"
            table.add_row(clause.id, clause.level, clause.importance, count, escape(clause.excluded or clause.promise))
        if table.row_count:
            console.print(table)
    return 0
