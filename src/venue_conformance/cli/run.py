"""``venue-conformance run``: judge a target, or the embedded reference of every venue."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import pytest

from venue_conformance.cli.collecting import pytest_arguments
from venue_conformance.contract.clauses import IMPORTANCES, LEVELS
from venue_conformance.contract.kit import kit_root, venue_names
from venue_conformance.errors import ClientFault
from venue_conformance.plugin.options import DEFAULT_REPORT_DIR, PROFILES, RunOptions
from venue_conformance.plugin.sessions import load_checked_target
from venue_conformance.report.document import REPORT, load_report, status_of
from venue_conformance.report.verdicts import BAD_USAGE, INTERRUPTED, SUITE_FAILED
from venue_conformance.target.guard import FORCE_FLAG


def add_command(commands: Any) -> None:
    """Declare the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "run",
        help="judge a target clause by clause",
        description="Judges a target clause by clause; without --target the embedded reference of every venue.",
        epilog="Arguments behind a lone -- go to pytest, for instance: -- -k idempotency --alluredir DIR",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--target", type=Path, metavar="FILE", help="target file")
    which.add_argument("--venue", metavar="NAME", help="judge the embedded reference of this venue alone")
    parser.add_argument("--report-dir", type=Path, metavar="DIR", default=DEFAULT_REPORT_DIR, help="default: reports")
    parser.add_argument("--allow-untested", action="store_true", help="a partly judged target is no failure (exit 0)")
    parser.add_argument("--strict", action="store_true", help="clauses of level should count for the verdict too")
    parser.add_argument("--seed", type=int, metavar="N", help="repeats the random choices of an earlier run")
    parser.add_argument("--profile", choices=PROFILES, default="ci", help="default: ci")
    parser.add_argument("--clause", action="append", default=[], metavar="GLOB", help="only clauses like this one")
    parser.add_argument("--level", action="append", default=[], choices=LEVELS, help="only clauses of this level")
    parser.add_argument("--importance", action="append", default=[], choices=IMPORTANCES, help="only of this weight")
    parser.add_argument("--max-minutes", type=float, metavar="N", help="start no further check after so many minutes")
    parser.add_argument(FORCE_FLAG, action="store_true", dest="force_production", help="judge a production host")
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Run the checks through pytest; the exit status comes from the reports alone."""
    venues = _venues(options)
    reports = [options.report_dir / venue for venue in venues] if len(venues) > 1 else [options.report_dir]
    for report in reports:
        _remove_older(report / REPORT)
    interruption = _Interruption()
    code = pytest.main([*_pytest_arguments(options, venues), *options.rest], plugins=[interruption])
    if code == pytest.ExitCode.USAGE_ERROR:
        return BAD_USAGE
    if code == pytest.ExitCode.NO_TESTS_COLLECTED:
        raise ClientFault("no check was selected; loosen --clause, --level, --importance or what follows --")
    if interruption.came:  # pytest calls a suite that cannot be collected interrupted, too
        return INTERRUPTED
    if code == pytest.ExitCode.INTERNAL_ERROR:
        return SUITE_FAILED
    statuses = [_status(report, options) for report in reports]
    return max(statuses, key=lambda status: (status == SUITE_FAILED, status == 1, status))


def _remove_older(report: Path) -> None:
    """Take an earlier run's report away, lest it be read as this one's."""
    try:
        report.unlink(missing_ok=True)
    except OSError as error:
        raise ClientFault(f"--report-dir: {report} cannot be replaced: {error.strerror or error}") from error


class _Interruption:
    """Remembers, for the exit status, that somebody stopped the run."""

    came = False

    def pytest_keyboard_interrupt(self) -> None:
        self.came = True


def _status(report: Path, options: argparse.Namespace) -> int:
    try:
        return status_of(load_report(report), allow_untested=options.allow_untested)
    except ClientFault as fault:
        print(f"venue-conformance: {fault}", file=sys.stderr)
        return SUITE_FAILED


def _venues(options: argparse.Namespace) -> list[str]:
    if options.target:
        return [load_checked_target(RunOptions(target=options.target, force_production=options.force_production)).venue]
    if options.venue:
        if options.venue not in venue_names():
            raise ClientFault(f"--venue {options.venue}: there are {', '.join(venue_names())}")
        return [options.venue]
    return venue_names()


def _pytest_arguments(options: argparse.Namespace, venues: list[str]) -> list[str]:
    root = kit_root()
    arguments = [*pytest_arguments(), "--strict-markers", "-q", "-rN", "--no-header", "--tb=no", "--show-capture=no"]
    if any(argument.startswith(("--alluredir", "--allure")) for argument in options.rest):
        arguments += ["-p", "allure_pytest"]
    if any(argument.startswith(("-n", "--numprocesses", "--dist")) for argument in options.rest):
        arguments += ["-p", "xdist"]
    arguments += ["--report-dir", str(options.report_dir), "--check-profile", options.profile]
    for flag, value in (("--target", options.target), ("--seed", options.seed), ("--max-minutes", options.max_minutes)):
        arguments += [flag, str(value)] if value is not None else []
    for flag, values in (
        ("--clause", options.clause),
        ("--check-level", options.level),
        ("--check-importance", options.importance),
    ):
        arguments += [part for value in values for part in (flag, value)]
    arguments += ["--strict-levels"] if options.strict else []
    arguments += [FORCE_FLAG] if options.force_production else []
    return [*arguments, *(str(root / "suites" / venue) for venue in venues)]
