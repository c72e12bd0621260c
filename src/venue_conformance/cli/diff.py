"""``venue-conformance diff``: what a changed page of documentation means for clauses and checks."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from venue_conformance.contract.clauses import Catalogue, load_catalogue
from venue_conformance.contract.page_changes import PageChange, page_changes
from venue_conformance.contract.page_text import read_page
from venue_conformance.contract.resources import resources_root, venue_names
from venue_conformance.contract.yaml_text import read_yaml
from venue_conformance.errors import ClientFault
from venue_conformance.preflight.collecting import checks_by_clause
from venue_conformance.report.text import cut, fit_to_print, one_line

SAME, CHANGED = 0, 1
#: How much of a sentence is shown.
_LONGEST = 300


def add_command(commands: Any) -> None:
    """Declare the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "diff",
        description="Compares a venue's batch-cancel page with the version that the clauses were written from (a "
        "fingerprint of each sentence is kept), or with an older version at hand: which sentences changed, moved, came "
        "or are gone, and which clauses and checks rest on them. A person has to review such a change. Exit status: 0 "
        "when no sentence differs, 1 when one does, 2 when a file cannot be read or is another page.",
    )
    parser.add_argument("venue", metavar="VENUE", help="whose page it is")
    parser.add_argument(
        "--page",
        nargs="+",
        type=Path,
        required=True,
        metavar="FILE",
        help="[OLD] NEW: the page as text, Markdown or HTML; OLD is otherwise what the clauses were written from",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Compare and print. Raises ClientFault for an unknown venue, and for what is no version of one of its pages."""
    if options.venue not in venue_names():
        raise ClientFault(f"{options.venue}: no such venue; the venues are {', '.join(venue_names())}")
    if len(options.page) > 2:
        raise ClientFault(f"--page takes one file, or an older and a newer one, not {len(options.page)}")
    *older, newer = options.page
    sources = read_yaml(resources_root() / "specs" / options.venue / "sources.yaml")
    page, changes = page_changes(sources, read_page(newer), read_page(older[0]) if older else None)
    checks = checks_by_clause(options.venue) if changes else {}
    if options.format == "json":
        print(json.dumps(_document(options.venue, page.id, changes, checks), indent=2))
    else:
        print(fit_to_print("\n".join(_lines(page.id, changes, checks, load_catalogue(options.venue)))))
    return CHANGED if changes else SAME


def _document(venue: str, page: str, changes: list[PageChange], checks: dict[str, list[str]]) -> dict[str, Any]:
    touched = dict.fromkeys(clause for change in changes for clause in change.clauses)
    return {
        "venue": venue,
        "page": page,
        "class": "review" if changes else "unchanged",
        "changes": [asdict(change) for change in changes],
        "clauses": {clause: checks.get(clause, []) for clause in touched},
        "exit_status": CHANGED if changes else SAME,
    }


def _lines(page: str, changes: list[PageChange], checks: dict[str, list[str]], catalogue: Catalogue) -> list[str]:
    if not changes:
        return [f"{page}: every sentence reads as it did"]
    lines = []
    for change in changes:
        beside = "beside " if change.near else ""
        lines.append(f"{change.kind:8} {beside}{', '.join(change.locators)}")
        lines += [
            f"  {name}  {cut(one_line(text), _LONGEST)}"
            for name, text in (("old", change.old), ("new", change.new))
            if text
        ]
        judged = [clause for clause in change.clauses if catalogue[clause].level != "open"]
        for clause in judged:
            excluded = catalogue[clause].excluded is not None
            lines.append(
                f"  clause  {clause} ({'excluded' if excluded else _count(len(checks.get(clause, [])), 'check')})"
            )
        if unanswered := [clause for clause in change.clauses if clause not in judged]:
            lines.append(f"  open    {', '.join(unanswered)}: does the page answer it now?")
    touched = {clause for change in changes for clause in change.clauses}
    lines.append(f"{page}: {_count(len(changes), 'place')} to review; {_count(len(touched), 'clause')} rest on them")
    return lines


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
