"""``venue-conformance run``: judge a target, or the embedded references."""

from __future__ import annotations

import argparse
import difflib
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

from venue_conformance.cli.certificate import sign_run
from venue_conformance.cli.collecting import pytest_arguments
from venue_conformance.cli.plan import show_plan
from venue_conformance.contract.clauses import IMPORTANCES, LEVELS
from venue_conformance.contract.kit import kit_root, venue_names
from venue_conformance.errors import ClientFault
from venue_conformance.plugin.options import DEFAULT_REPORT_DIR, PROFILES, RunOptions
from venue_conformance.plugin.run import RUN
from venue_conformance.plugin.sessions import load_checked_target
from venue_conformance.report.certificate import CERTIFICATE
from venue_conformance.report.console import open_console
from venue_conformance.report.document import load_report
from venue_conformance.report.dsse import load_private_key
from venue_conformance.report.run_verdict import BAD_USAGE, CONFORMS, INTERRUPTED, SUITE_FAILED
from venue_conformance.target.guard import FORCE_FLAG
from venue_conformance.target.model import Target


def add_command(commands: Any) -> None:
    """Declare the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "run",
        help="judge a target clause by clause",
        description="Judges a target clause by clause. With VENUE or --embedded it judges the embedded references, "
        "which come with this package, and no deployment; so it does without any of these, unless CI is set.",
        epilog="Arguments behind a lone -- go to pytest, for instance: -- -k idempotency --alluredir DIR",
    )
    parser.add_argument("venues", nargs="*", metavar="VENUE", help="judge the embedded reference of this venue")
    parser.add_argument("--target", type=Path, metavar="FILE", help="target file")
    parser.add_argument("--venue", action="append", default=[], metavar="NAME", help="the same as VENUE")
    parser.add_argument("--embedded", action="store_true", help="judge the embedded reference of every venue")
    parser.add_argument("--report-dir", type=Path, metavar="DIR", default=DEFAULT_REPORT_DIR, help="default: reports")
    parser.add_argument("--allow-untested", action="store_true", help="what the target does not offer is no failure")
    parser.add_argument("--strict", action="store_true", help="clauses of level should count for the verdict too")
    parser.add_argument("--seed", type=int, metavar="N", help="repeats the random choices of an earlier run")
    parser.add_argument("--profile", choices=PROFILES, default="ci", help="default: ci")
    parser.add_argument("--clause", action="append", default=[], metavar="GLOB", help="only clauses like this one")
    parser.add_argument("--level", action="append", default=[], choices=LEVELS, help="only clauses of this level")
    parser.add_argument("--importance", action="append", default=[], choices=IMPORTANCES, help="only of this weight")
    parser.add_argument("--max-minutes", type=float, metavar="N", help="begin nothing further after so many minutes")
    parser.add_argument("--plan", action="store_true", help="print what would be sent, by class, and send nothing")
    parser.add_argument("--no-probe", action="store_false", dest="probe", help="no valid request before the checks")
    parser.add_argument("--sign", type=Path, metavar="KEYFILE", help="sign the report of one venue with this key")
    parser.add_argument(FORCE_FLAG, action="store_true", dest="force_production", help="judge a production host")
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Run the checks through pytest; the exit status comes from the reports alone."""
    venues = _venues(options)
    if options.plan:
        show_plan(
            [*_pytest_arguments(options, venues), *options.rest],
            venues,
            _checked_target(options) if options.target else None,
            options.profile,
            open_console(),
        )
        return CONFORMS
    if options.target is None:
        print(f"judging the embedded reference of {', '.join(venues)}: no deployment is looked at", flush=True)
    _require_temporary_files()
    if options.sign:
        if len(venues) != 1:
            raise ClientFault("--sign signs the report of one venue: name it, or a target")
        load_private_key(options.sign)  # before minutes are spent
        (options.report_dir / CERTIFICATE).unlink(missing_ok=True)
    ending = _Ending()
    code = pytest.main([*_pytest_arguments(options, venues), *options.rest], plugins=[ending])
    if code == pytest.ExitCode.USAGE_ERROR and ending.status is None:
        return BAD_USAGE
    if code == pytest.ExitCode.NO_TESTS_COLLECTED and ending.status is None:
        raise ClientFault("no check was selected; loosen --clause, --level, --importance or what follows --")
    if ending.status is not None and options.sign:
        sign_run(options.report_dir, load_report(options.report_dir), options.sign)
    if ending.status is not None:
        return ending.status
    return INTERRUPTED if ending.interrupted else SUITE_FAILED


def _require_temporary_files() -> None:
    """Raise ClientFault where there is no room for what pytest keeps while it runs."""
    try:
        tempfile.gettempdir()
    except OSError as error:
        raise ClientFault(f"no temporary file can be written: {error.strerror or error}; see TMPDIR") from error


class _Ending:
    """Remembers the exit status that the reports call for, and whether somebody stopped the run."""

    status: int | None = None
    interrupted = False

    def pytest_keyboard_interrupt(self) -> None:
        self.interrupted = True

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        run = config.stash.get(RUN, None)
        self.status = None if run is None else run.status


def _venues(options: argparse.Namespace) -> list[str]:
    named = [*options.venues, *options.venue]
    ways = [bool(options.target), bool(named), options.embedded]
    if sum(ways) > 1:
        raise ClientFault("one of --target FILE, VENUE and --embedded says what is judged, not several of them")
    if options.target:
        return [_checked_target(options).venue]
    there = venue_names()
    for name in named:
        if name not in there:
            close = difflib.get_close_matches(name, there, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise ClientFault(f"{name}: there is no such venue, there are {', '.join(there)}{hint}")
    if not any(ways) and os.environ.get("CI"):
        raise ClientFault("no target: name one (--target FILE), or --embedded to judge the embedded references")
    return list(dict.fromkeys(named)) or there


def _checked_target(options: argparse.Namespace) -> Target:
    return load_checked_target(RunOptions(target=options.target, force_production=options.force_production))


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
    for flag, given in (
        ("--strict-levels", options.strict),
        ("--allow-untested", options.allow_untested),
        ("--no-probe", not options.probe),
        (FORCE_FLAG, options.force_production),
    ):
        arguments += [flag] if given else []
    return [*arguments, *(str(root / "suites" / venue) for venue in venues)]
