"""``venue-conformance mutants``: shows that the checks catch what they are there for, and nothing that is allowed."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from venue_conformance import __version__, reference
from venue_conformance.cli.client_mutants import try_clients
from venue_conformance.cli.implementations import print_implementations
from venue_conformance.cli.mutation_report import print_mutants, print_variants
from venue_conformance.cli.output import add_output_options, print_json
from venue_conformance.contract.resources import venue_names
from venue_conformance.errors import ClientFault
from venue_conformance.mutation.results import VenueResult, try_mutants, try_variants
from venue_conformance.mutation.worker_pool import default_jobs
from venue_conformance.report.console import open_console, print_line
from venue_conformance.report.exit_status import CONFORMS, SUITE_FAILED, VIOLATES
from venue_conformance.report.text import one_line


def add_command(commands: Any) -> None:
    """Declare the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "mutants",
        description="Runs the checks against every mutant of the embedded reference. Each must violate the clause that "
        "it was made to break. Exit status: 1 when one survives, 4 when the conforming reference fails a check.",
    )
    parser.add_argument("venue", nargs="?", metavar="VENUE", help="default: all venues")
    parser.add_argument("--variants", action="store_true", help="run the permitted variants: none may violate a clause")
    parser.add_argument("--clients", action="store_true", help="run faulty clients: each must violate its clause")
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--all-checks", action="store_true", help="run all checks against each, not only those of its clause"
    )
    which.add_argument(
        "--by",
        choices=("required", "smoke"),
        help="run only these checks: they must kill at least one mutant of each clause that they judge",
    )
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="run only this one; repeatable")
    parser.add_argument(
        "--list", action="store_true", help="list the mutants and variants: name, clause, and what each does"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results to this file")
    jobs = default_jobs()
    parser.add_argument("--jobs", type=int, default=jobs, metavar="N", help=f"worker processes (default: {jobs})")
    add_output_options(parser)
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Try every mutant, or every variant, of one venue or of all; or every faulty client."""
    if options.list:
        venues = [options.venue] if options.venue else list(reference.venue_names())
        kind = "variant" if options.variants else ""
        print_implementations(venues, as_json=options.format == "json", color=options.color, kind=kind)
        return CONFORMS
    if options.clients:
        if options.variants or options.by:
            raise ClientFault("--clients goes with neither --variants nor --by")
        return try_clients(options.venue, options.only, all_scenarios=options.all_checks, json_file=options.json)
    known = [venue for venue in venue_names() if venue in reference.venue_names()]
    if options.venue and options.venue not in known:
        raise ClientFault(f"{options.venue}: no such venue; the venues are {', '.join(known)}")
    if options.only and not options.venue:
        raise ClientFault("--only needs the VENUE")
    if options.jobs < 1:
        raise ClientFault(f"--jobs {options.jobs}: must be at least 1")
    # What is for programs stands alone on standard output.
    console = open_console(sys.stderr if options.format == "json" else None, color=options.color)
    console.quiet = options.quiet
    results: list[VenueResult] = []
    for venue in [options.venue] if options.venue else known:
        began = time.monotonic()
        attempt, show = (try_variants, print_variants) if options.variants else (try_mutants, print_mutants)
        try:
            if options.by:
                results.append(_by_some_checks(venue, options, console))
                continue
            result = attempt(venue, options.only, all_checks=options.all_checks, jobs=options.jobs)
            survivors = [each.name for each in result.results if not each.as_it_should_be]
            if survivors and not options.variants:
                # A race may miss its moment while other mutants share the processor: by themselves, once more.
                again = try_mutants(venue, survivors, all_checks=options.all_checks, jobs=1)
                result = result.with_second_try(again)
        except reference.UnknownName as unknown:
            raise ClientFault(f"--only: {unknown}") from unknown
        results.append(result)
        show(result, time.monotonic() - began, console)
    if options.json:
        _write(options.json, results)
    if options.format == "json":
        print_json(_document(results))
    if options.quiet and options.format != "json":
        _print_quiet(results, open_console(color=options.color))
    if any(result.suite_faults for result in results):
        return SUITE_FAILED
    if options.by:
        return VIOLATES if any(result.clauses_without_a_kill for result in results) else CONFORMS
    return VIOLATES if any(not each.as_it_should_be for result in results for each in result.results) else CONFORMS


def _by_some_checks(venue: str, options: argparse.Namespace, console: Console) -> VenueResult:
    """Every mutant before the required checks, or those of the smoke profile, alone."""
    if options.variants:
        raise ClientFault("--by applies to mutants and cannot be combined with --variants")
    began = time.monotonic()
    result = try_mutants(venue, options.only, all_checks=False, jobs=options.jobs, by=options.by)
    print_mutants(result, time.monotonic() - began, console)
    for clause in result.clauses_without_a_kill:
        console.print(f"no mutant of {clause} is killed by {options.by} checks alone", soft_wrap=True)
    return result


def _print_quiet(results: list[VenueResult], console: Console) -> None:
    """What is not as it should be, and a line for each venue."""
    for result in results:
        wrong = [each for each in result.results if not each.as_it_should_be]
        what = "survived" if result.kind == "mutant" else "was accused"
        for each in wrong:
            print_line(console, f"{result.venue} {each.name} {what}: {one_line(each.reason or each.verdict, 400)}")
        print_line(
            console, f"{result.venue}: {len(result.results) - len(wrong)} of {len(result.results)} as they should be"
        )


def _document(results: list[VenueResult]) -> dict[str, Any]:
    return {
        "tool": {"name": "venue-conformance", "version": __version__},
        "venues": [result.to_dict() for result in results],
    }


def _write(file: Path, results: list[VenueResult]) -> None:
    try:
        file.write_text(json.dumps(_document(results), indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ClientFault(f"--json {file}: {error.strerror or error}") from error
