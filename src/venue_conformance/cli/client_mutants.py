"""``venue-conformance mutants --clients``: shows that the scenarios catch faulty clients, and pass the right one."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from venue_conformance import __version__
from venue_conformance.clients.certification import CertifyOptions, certify
from venue_conformance.clients.faulty import FaultyResult, adaptor_of, try_faulty
from venue_conformance.contract.client_clauses import client_venue_names
from venue_conformance.errors import ClientFault
from venue_conformance.report.console import open_console
from venue_conformance.report.exit_status import CONFORMS, SUITE_FAILED, VIOLATES
from venue_conformance.report.run_verdict import status_of
from venue_conformance.report.text import one_line

_JOBS = 6


def try_clients(venue: str | None, only: list[str], *, all_scenarios: bool, json_file: Path | None) -> int:
    """Play every faulty client of one venue or of all; 1 where one is not caught, 4 where the right one is accused."""
    known = client_venue_names()
    if venue is not None and venue not in known:
        raise ClientFault(f"{venue}: there are faulty clients for {', '.join(known)} only")
    console, found, status = open_console(), {}, CONFORMS
    for each in [venue] if venue else known:
        began = time.monotonic()
        results = list(try_faulty(each, only, all_scenarios=all_scenarios, jobs=_JOBS))
        found[each] = results
        _print(each, results, time.monotonic() - began, console)
        if not only and (told := _accused(each)):
            console.print(f"The right client of {each} does not pass: {escape(told)}", style="bold red")
            status = SUITE_FAILED
        if any(result.errors for result in results):
            status = SUITE_FAILED
        if status == CONFORMS and not all(result.caught for result in results):
            status = VIOLATES
    if json_file is not None:
        _write(json_file, found)
    return status


def _accused(venue: str) -> str | None:
    """What the right client is accused of; None where it passes."""
    done = certify(CertifyOptions(adaptor_of(venue), venue, strict=True, seed=0))
    if status_of(done.document) == CONFORMS:
        return None
    accused = [each for each in done.document["clauses"] if each["verdict"] not in ("conforms", "observed")]
    return one_line("; ".join(f"{each['id']}: {each['reason']}" for each in accused), 1000)


def _print(venue: str, results: list[FaultyResult], seconds: float, console: Console) -> None:
    table = Table(title=f"Faulty clients of {venue}", title_justify="left")
    for column in ("client and its fault", "made to violate", "verdict", "violates too", "seconds"):
        table.add_column(column, overflow="fold")
    for result in results:
        table.add_row(
            f"{result.name}\n{escape(result.fault)}",
            result.clause.split(".", 2)[2],
            "caught" if result.caught else f"{result.verdict}: {escape(one_line(result.reason or '', 300))}",
            "\n".join(clause.split(".", 2)[2] for clause in result.others),
            f"{result.seconds:.1f}",
            style=None if result.caught else "bold red",
        )
    console.print(table)
    for result in results:
        for error in result.errors:
            console.print(f"The suite itself failed: {escape(one_line(error, 400))}", style="bold red")
    caught = sum(result.caught for result in results)
    console.print(f"{venue}: {caught} of {len(results)} faulty clients caught in {seconds:.1f} s")


def _write(file: Path, found: dict[str, list[FaultyResult]]) -> None:
    document = {
        "tool": {"name": "venue-conformance", "version": __version__},
        "venues": [{"venue": venue, "clients": [asdict(each) for each in found[venue]]} for venue in found],
    }
    try:
        file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ClientFault(f"--json {file}: {error.strerror or error}") from error
