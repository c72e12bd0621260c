"""``venue-conformance compare``: what is different between two reports, and whether something got worse."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from venue_conformance.gate.comment import render_comment
from venue_conformance.gate.compare import FAIL_ON, Comparison, compare
from venue_conformance.gate.page import render_comparison
from venue_conformance.report.document import load_report
from venue_conformance.report.files import write_files
from venue_conformance.report.text import fit_to_print, plain


def add_command(commands: Any) -> None:
    """Declare the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "compare",
        description="Says what is different in the newer of two reports: as Markdown for one comment on a pull "
        "request, as JSON, or as an HTML page. Says nothing when they are equal, the page aside. Exit status 1 when "
        "something got worse or breaks in another way than before, 2 when a report cannot be read or is about another "
        "venue, else 0; with --fail-on unjudged 3 when a promise is merely no longer judged.",
    )
    parser.add_argument("old", type=Path, metavar="OLD", help="conformance.json, or the folder it lies in")
    parser.add_argument("new", type=Path, metavar="NEW", help="the same of the newer run")
    parser.add_argument("--format", choices=("markdown", "json", "html"), default="markdown", help="default: markdown")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write it there and not to standard output")
    parser.add_argument(
        "--fail-on",
        choices=FAIL_ON,
        default=FAIL_ON[0],
        help="unjudged: exit status 3 where nothing got worse, but a promise is no longer judged; default: worse",
    )
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Compare, and print. Raises ClientFault for reports that cannot be compared."""
    comparison = compare(load_report(options.old), load_report(options.new), options.fail_on)
    render = {"json": _json, "html": render_comparison, "markdown": render_comment}[options.format]
    text = render(comparison)
    if options.output is not None:
        write_files(options.output.parent, {options.output.name: text})
    elif text:
        sys.stdout.write(fit_to_print(text))
    return comparison.status


def _json(comparison: Comparison) -> str:
    """Everything that is different, empty when nothing is."""
    if comparison.is_equal:
        return ""

    def listed(changes: list[Any]) -> list[dict[str, Any]]:
        return [dataclasses.asdict(change) for change in changes]

    document = {
        "old": _named(comparison.old),
        "new": _named(comparison.new),
        "versions": listed(comparison.versions),
        "worse": listed(comparison.worse),
        "different": listed(comparison.different),
        "accepted": listed(comparison.accepted),
        "better": listed(comparison.better),
        "newly_tested": listed(comparison.newly_tested),
        "no_longer_judged": [
            {"cause": cause, "clauses": listed(changes)} for cause, changes in comparison.by_cause.items()
        ],
        "observations": listed(comparison.observations),
        "only_old": comparison.only_old,
        "only_new": comparison.only_new,
        "exit_status": comparison.status,
    }
    return json.dumps(plain(document), indent=1, allow_nan=False) + "\n"


def _named(document: Any) -> dict[str, Any]:
    run, target = document["run"], document["target"]
    return {"run": run["id"], "venue": target["venue"], "environment": target["environment"], "verdict": run["verdict"]}
