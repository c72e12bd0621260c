"""``venue-conformance report``: every report of a run, made again from what it noted while it ran."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from venue_conformance.cli.concluding import conclude
from venue_conformance.cli.journals import journals_of
from venue_conformance.cli.output import add_output_options
from venue_conformance.errors import ClientFault
from venue_conformance.gate.weighing import weigh
from venue_conformance.plugin.options import Selection
from venue_conformance.plugin.runlog import catalogue_of, clauses_in_scope
from venue_conformance.report.document import FILES, REPORT, build_report, write_report
from venue_conformance.report.folder import RunFolder
from venue_conformance.report.forms import FORMS, own_files, read_forms, require_apart
from venue_conformance.report.index import write_index
from venue_conformance.report.journal import SETUP, Journal, read_journal
from venue_conformance.report.records import DepthRecord, PlannedCheck, RunInfo, TargetInfo
from venue_conformance.report.run_verdict import status_of, worst
from venue_conformance.target.giving_back import LeftOpen
from venue_conformance.target.setups import Setups


def add_command(commands: Any) -> None:
    """Declare the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "report",
        description="Rebuilds every report of a run from the journal in its folder: conformance.json, summary, HTML, "
        "JUnit and SARIF. A run that was killed leaves only its journal; it counts as interrupted, unless it had "
        "already found a violation. Sends nothing. The exit status is the run's.",
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="the report folder of the run")
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
    """Print and write the reports. Raises ClientFault when there is no journal, or when they cannot be written."""
    wanted = read_forms(options.report)
    files = journals_of(options.folder)
    require_apart(wanted, [str(file.parent) for file in files])
    folder = RunFolder.take(options.folder)
    try:
        found = {file: read_journal(file, allow_unfinished=True) for file in files}
        documents = _under_load(options.folder, found) or {
            path: document_of(journal, path.parent) for path, journal in found.items()
        }
        for document in documents.values():
            listed = document["run"]["files"]
            listed += [name for name in own_files(wanted) if name not in listed]

        def write() -> None:
            for path, document in documents.items():
                write_report(path.parent, document, wanted)
            if len(documents) > 1:
                write_index(options.folder, {document["target"]["venue"]: document for document in documents.values()})

        conclude({path.parent: document for path, document in documents.items()}, folder, options, write)
    finally:
        folder.release()
    return worst(status_of(document) for document in documents.values())


def _under_load(folder: Path, journals: Mapping[Path, Journal]) -> dict[Path, dict[str, Any]]:
    """The report of a load test, where these are the journals of its workers: of the last one."""
    workers = [journal for journal in journals.values() if "load" in journal.header]
    if not workers:
        return {}
    from venue_conformance.load.collecting import rebuild

    latest = max(workers, key=lambda journal: str(journal.header.get("started_at")))
    return {folder / REPORT: rebuild(folder, latest)}


def document_of(journal: Journal, folder: Path) -> dict[str, Any]:
    """The report that a journal calls for: that of its run, or of an interrupted one where it has no footer.

    Raises ClientFault when the journal does not hold what a run's does.
    """
    if "client" in journal.header:
        from venue_conformance.clients.client_report import client_document

        return client_document(journal, folder)
    try:
        run, target = _run(journal), TargetInfo.from_dict(journal.header["target"])
        planned = [PlannedCheck.from_dict(values) for values in journal.others.get("plan", ())]
        depth = [DepthRecord.from_dict(values) for values in journal.others.get("depth", ())]
        scope = clauses_in_scope(target.venue, Selection.from_dict(run.selection))
        catalogue = catalogue_of(target.venue)
    except (KeyError, TypeError, AttributeError) as error:
        raise ClientFault(f"{folder}: this is not the journal of a run: {error}") from error
    file = journal.header.get("target_file")
    document = build_report(
        run,
        target,
        scope,
        journal.checks,
        journal.observations,
        journal.exchanges,
        depth=depth,
        planned={check.id: check for check in planned},
        catalogue=len(catalogue),
        report_path=folder / REPORT,
        target_file=None if file is None else Path(file),
    )
    return weigh(document)


def _run(journal: Journal) -> RunInfo:
    if journal.footer is not None:
        return RunInfo.from_dict(journal.footer["run"])
    probes = journal.others.get("probe", ())
    return replace(
        RunInfo.from_dict(journal.header["run"]),
        interrupted=True,
        requests=len(journal.exchanges),
        probe=probes[-1] if probes else None,
        files=list(FILES),
        left_open=[each.to_dict() for each in _left_open(journal)],
    )


def _left_open(journal: Journal) -> Iterator[LeftOpen]:
    """What a killed run may have left, as far as its journal tells: nobody has looked."""
    if journal.header.get("target_file") is None:
        return
    for setup in Setups.from_records(journal.others.get(SETUP, ())).all:
        if setup.may_be_undone and setup.known != "failed":
            reason = "the run ended before it undid this; venue-conformance cleanup does"
            yield LeftOpen(setup.state, setup.caller, tuple(setup.orders), reason)
