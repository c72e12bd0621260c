"""``venue-conformance merge``: the reports of a CI matrix as one report, with one verdict."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from venue_conformance.cli.concluding import conclude
from venue_conformance.cli.output import add_output_options
from venue_conformance.errors import ClientFault
from venue_conformance.gate.history import TREND, remember, render_trend
from venue_conformance.gate.merge import merge
from venue_conformance.report.document import REPORT, load_report, write_report
from venue_conformance.report.files import write_files
from venue_conformance.report.folder import RunFolder, remove_earlier
from venue_conformance.report.forms import FORMS, own_files, read_forms
from venue_conformance.report.journal import JOURNAL
from venue_conformance.report.run_verdict import status_of

_DEFAULT = Path("merged")


def add_command(commands: Any) -> None:
    """Declare the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "merge",
        description="Makes one report, with one verdict, of the reports of one deployment: shards (run --shard K/N), "
        "or runs that selected clauses. Where one is missing the verdict is inconclusive. The exit status is that of a "
        "run that did everything itself.",
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="the report folder of a part")
    parser.add_argument("--report-dir", type=Path, metavar="DIR", default=_DEFAULT, help=f"default: {_DEFAULT}")
    parser.add_argument(
        "--partial", action="store_true", help="must clauses that no part selected are left out on purpose"
    )
    parser.add_argument(
        "--history", type=Path, metavar="DIR", help=f"remember the verdicts there, and write their trend ({TREND})"
    )
    parser.add_argument(
        "--report",
        action="append",
        default=[],
        metavar="FORM[=FILE]",
        help=f"write this form, too: {', '.join(FORMS)}; repeatable",
    )
    add_output_options(parser)
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Merge, print and write. Raises ClientFault for reports that are no parts of one whole."""
    into: Path = options.report_dir
    wanted = read_forms(options.report)
    if any(folder.resolve() == into.resolve() for folder in options.folders):
        raise ClientFault(f"--report-dir {into}: this is the folder of a part; give another one for the whole")
    document = merge([_part(folder) for folder in options.folders], into, partial=options.partial)
    document["run"]["files"] += own_files(wanted) + ([TREND] if options.history else [])
    folder = RunFolder.take(into)
    try:
        remove_earlier(into)

        def write() -> None:
            if options.history:
                write_files(into, {TREND: render_trend(remember(options.history, document))})
            write_report(into, document, wanted)

        conclude({into: document}, folder, options, write)
    finally:
        folder.release()
    return status_of(document)


def _part(folder: Path) -> dict[str, Any]:
    if folder.is_dir() and (folder / JOURNAL).is_file() and not (folder / REPORT).exists():
        raise ClientFault(f"{folder}: this run left only its journal; first: venue-conformance report {folder}")
    return load_report(folder)
