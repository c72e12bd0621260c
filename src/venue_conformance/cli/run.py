"""``venue-conformance run``: judge a target, or the embedded references."""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from contextlib import redirect_stderr
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, cast

import pytest

from venue_conformance.cli.certificate import sign_written
from venue_conformance.cli.configuration import FILE, PREFIX, SETTINGS, configure
from venue_conformance.cli.output import add_output_options
from venue_conformance.contract.clauses import IMPORTANCES, LEVELS
from venue_conformance.contract.resources import brought_venues, own_venue_names, root_of, venue_names
from venue_conformance.errors import ClientFault
from venue_conformance.plugin.options import DEFAULT_BASELINE, DEFAULT_REPORT_DIR, PROFILES, RunOptions
from venue_conformance.plugin.output import RunOutput
from venue_conformance.plugin.own_document import OwnDocumentWatcher
from venue_conformance.plugin.run import RUN
from venue_conformance.plugin.sessions import load_checked_target
from venue_conformance.preflight.collecting import pytest_arguments
from venue_conformance.preflight.plan import show_plan
from venue_conformance.report.certificate import CERTIFICATE
from venue_conformance.report.console import open_console
from venue_conformance.report.document import REPORT, load_report
from venue_conformance.report.dsse import load_private_key
from venue_conformance.report.exit_status import BAD_USAGE, CONFORMS, INTERRUPTED, SUITE_FAILED
from venue_conformance.report.forms import FORMS, read_forms, require_apart
from venue_conformance.report.text import did_you_mean
from venue_conformance.target.guard import FORCE_FLAG
from venue_conformance.target.model import Target
from venue_conformance.venues import load_venue

#: Whoever hands pytest one of these wants to read what pytest prints.
_PYTEST_PRINTS = (
    *("-v", "-r", "-s", "-h", "--help", "--tb", "--verbose", "--durations", "--collect-only", "--co", "--setup-"),
    *("--capture", "--show-capture", "--fixtures", "--markers", "--log-cli", "-o=log_cli", "--version", "--trace"),
)


def add_command(commands: Any) -> None:
    """Declare the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "run",
        description="Judges a target clause by clause. With VENUE or --embedded it judges the embedded references that "
        "come with this package instead of a deployment. That is also the default, unless the environment variable "
        "CI is set.",
        epilog=f"An option that is not given is taken from the environment ({PREFIX}TARGET, …), then from [run] in "
        f"{FILE} in the working folder. Arguments after a lone -- go to pytest, for example: -- -k idempotency "
        "--alluredir DIR",
    )
    parser.add_argument("venues", nargs="*", metavar="VENUE", help="judge the embedded reference of this venue")
    parser.add_argument("--target", type=Path, metavar="FILE", help="target file")
    parser.add_argument("--venue", action="append", default=[], metavar="NAME", help="the same as VENUE")
    parser.add_argument("--embedded", action="store_true", help="judge the embedded reference of every venue")
    parser.add_argument("--report-dir", type=Path, metavar="DIR", help=f"report folder (default: {DEFAULT_REPORT_DIR})")
    parser.add_argument(
        "--allow-untested", action="store_true", help="do not fail for what cannot be tested at this target"
    )
    parser.add_argument("--strict", action="store_true", help='count clauses of level "should" for the verdict, too')
    parser.add_argument("--seed", type=int, metavar="N", help="repeat the random choices of an earlier run")
    parser.add_argument("--profile", choices=PROFILES, help="how much is tried (default: ci)")
    parser.add_argument("--clause", action="append", metavar="GLOB", help="only clauses whose id matches; repeatable")
    parser.add_argument("--level", action="append", choices=LEVELS, help="only clauses of this level; repeatable")
    parser.add_argument(
        "--importance", action="append", choices=IMPORTANCES, help="only clauses of this importance; repeatable"
    )
    parser.add_argument("--max-minutes", type=float, metavar="N", help="start no further check after so many minutes")
    parser.add_argument("--baseline", type=Path, metavar="FILE", help="breaches that are accepted for a time")
    parser.add_argument(
        "--baseline-update", action="store_true", help=f"update the baseline (default FILE: {DEFAULT_BASELINE})"
    )
    parser.add_argument(
        "--spec",
        type=Path,
        metavar="FILE",
        help="judge the target by your own OpenAPI document, too, beside the clauses",
    )
    parser.add_argument("--shard", metavar="K/N", help="run part K of N; the command merge combines their reports")
    parser.add_argument("--plan", action="store_true", help="print how much would be sent, and send nothing")
    parser.add_argument(
        "--no-probe", action="store_false", dest="probe", help="send no valid request before the checks"
    )
    parser.add_argument(
        "--report", action="append", metavar="FORM[=FILE]", help=f"write this form, too: {', '.join(FORMS)}; repeatable"
    )
    parser.add_argument("--keep-bodies", action="store_true", help="keep headers and bodies of checks that passed, too")
    parser.add_argument(
        "--sarif-location",
        type=Path,
        metavar="FILE",
        help="the file that SARIF results point to (default: target file)",
    )
    parser.add_argument("--sign", type=Path, metavar="KEYFILE", help="sign the report of one venue with this key")
    parser.add_argument(FORCE_FLAG, action="store_true", dest="force_production", help="allow a production host")
    add_output_options(parser)
    # An option that is not given may be given by the environment, or by the file.
    parser.set_defaults(execute=execute, **dict.fromkeys(SETTINGS))


def execute(options: argparse.Namespace) -> int:
    """Run the checks through pytest; the exit status comes from the reports alone."""
    options.venues = [*options.venues, *options.venue]
    if (told := configure(options)) and not options.quiet:
        aside = sys.stderr if options.format == "json" else sys.stdout
        print(f"configured: {'; '.join(told)}", file=aside, flush=True)
    venues = _venues(options)
    if options.plan:
        show_plan(
            [*_pytest_arguments(options, venues), *options.rest],
            venues,
            _checked_target(options) if options.target else None,
            options.profile,
            open_console(color=options.color),
        )
        return CONFORMS
    require_apart(read_forms(options.report), venues)
    _require_temporary_files()
    if options.sign:
        if len(venues) != 1:
            raise ClientFault("--sign signs the report of one venue: name it, or a target")
        load_private_key(options.sign)  # before minutes are spent
        (options.report_dir / CERTIFICATE).unlink(missing_ok=True)
    outcome = _SessionOutcome()
    output = RunOutput(
        color=options.color,
        quiet=options.quiet,
        verbose=options.verbose,
        as_json=options.format == "json",
        with_pytest=any(argument.startswith(_PYTEST_PRINTS) for argument in options.rest),
    )
    watcher = _watcher(options, venues)
    plugins: list[object] = [outcome, output] if watcher is None else [outcome, output, watcher]
    try:
        with redirect_stderr(cast(IO[str], _OneStyle(sys.stderr))):
            code = pytest.main([*_pytest_arguments(options, venues), *options.rest], plugins=plugins)
    finally:
        output.close()
    if watcher is not None and outcome.status is not None:
        found = watcher.write(options.report_dir)
        if options.format != "json":
            print(found, flush=True)
    if code == pytest.ExitCode.USAGE_ERROR and outcome.status is None:
        return BAD_USAGE
    if code == pytest.ExitCode.NO_TESTS_COLLECTED and outcome.status is None:
        raise ClientFault("no check was selected; widen --clause, --level, --importance or the arguments after --")
    # On a full disk there is no report, which was told.
    if outcome.status is not None and options.sign and (options.report_dir / REPORT).exists():
        sign_written(options.report_dir, load_report(options.report_dir), options.sign)
    if outcome.status is not None:
        return outcome.status
    return INTERRUPTED if outcome.interrupted else SUITE_FAILED


def _watcher(options: argparse.Namespace, venues: list[str]) -> OwnDocumentWatcher | None:
    """What holds the exchanges against a team's own document, where one is given."""
    if options.spec is None:
        return None
    if len(venues) != 1:
        raise ClientFault("--spec is the document of one venue: name it, or a target")
    if any(argument.startswith(("-n", "--numprocesses", "--dist")) for argument in options.rest):
        raise ClientFault("--spec needs a run in one process: leave -n out")
    return OwnDocumentWatcher(options.spec)


def _require_temporary_files() -> None:
    """Raise ClientFault where there is no room for what pytest keeps while it runs."""
    try:
        tempfile.gettempdir()
    except OSError as error:
        raise ClientFault(f"no temporary file can be written: {error.strerror or error}; see TMPDIR") from error


class _OneStyle:
    """Standard error, on which pytest says what is wrong with a command line in the words of all other commands."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._after_error = False

    def write(self, text: str) -> int:
        said = text
        if text.startswith("ERROR: "):
            # Of an option that pytest does not know its own usage comes before what is wrong.
            wrong = re.search(r"error: (.+)", text)
            said = f"error: {wrong[1] if wrong else text.removeprefix('ERROR: ').rstrip()}\n"
        elif self._after_error and text == "\n":
            said = ""  # the empty line that pytest puts behind what is wrong
        self._after_error = text.startswith("ERROR: ")
        self._file.write(said)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class _SessionOutcome:
    """Remembers the exit status that the reports call for, and whether somebody stopped the run."""

    status: int | None = None
    interrupted = False

    def pytest_keyboard_interrupt(self) -> None:
        self.interrupted = True

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        run = config.stash.get(RUN, None)
        self.status = None if run is None else run.status


def _venues(options: argparse.Namespace) -> list[str]:
    named = options.venues
    ways = [bool(options.target), bool(named), options.embedded]
    if sum(ways) > 1:
        raise ClientFault("give only one of --target FILE, VENUE and --embedded")
    if options.target:
        return [_checked_target(options).venue]
    there = venue_names()
    for name in named:
        if name not in there and os.path.isfile(name):
            raise ClientFault(f"{name} is a file: run --target {name}")
        if name not in there:
            raise ClientFault(f"{name}: no such venue; the venues are {', '.join(there)}{did_you_mean(name, there)}")
    if not any(ways) and os.environ.get("CI"):
        raise ClientFault("no target: name one (--target FILE), or --embedded to judge the embedded references")
    for name in brought_venues().keys() & set(named):
        load_venue(name)  # so that what is wrong with it is said in a line
    return list(dict.fromkeys(named)) or own_venue_names()


def _side_by_side(options: argparse.Namespace, venues: list[str]) -> int:
    """How many processes judge several references side by side; 0 where one does, one reference after the other."""
    cores = os.cpu_count() or 1
    alone = len(venues) < 2 or cores < 2 or options.rest or options.shard or options.plan
    return 0 if alone or find_spec("xdist") is None else min(len(venues), cores + 1)


def _checked_target(options: argparse.Namespace) -> Target:
    return load_checked_target(RunOptions(target=options.target, force_production=options.force_production))


def _pytest_arguments(options: argparse.Namespace, venues: list[str]) -> list[str]:
    root, *others = {root_of(venue) for venue in venues}
    if others:
        raise ClientFault("a venue that another package brings is judged in a run of its own")
    arguments = [
        *pytest_arguments(root),
        "--strict-markers",
        "-q",
        "-rN",
        "--no-header",
        "--tb=no",
        "--show-capture=no",
    ]
    if any(argument.startswith(("--alluredir", "--allure")) for argument in options.rest):
        arguments += ["-p", "allure_pytest"]
    if any(argument.startswith(("-n", "--numprocesses", "--dist")) for argument in options.rest):
        arguments += ["-p", "xdist"]
    elif processes := _side_by_side(options, venues):
        arguments += ["-p", "xdist", "-n", str(processes)]
    arguments += ["--report-dir", str(options.report_dir), "--check-profile", options.profile]
    for flag, value in (
        ("--target", options.target),
        ("--seed", options.seed),
        ("--max-minutes", options.max_minutes),
        ("--baseline", options.baseline),
        ("--shard", options.shard),
        ("--sarif-location", options.sarif_location),
    ):
        arguments += [flag, str(value)] if value is not None else []
    for flag, values in (
        ("--clause", options.clause),
        ("--check-level", options.level),
        ("--check-importance", options.importance),
        ("--report-form", options.report),
    ):
        arguments += [part for value in values for part in (flag, value)]
    for flag, given in (
        ("--strict-levels", options.strict),
        ("--allow-untested", options.allow_untested),
        ("--baseline-update", options.baseline_update),
        ("--no-probe", not options.probe),
        ("--keep-bodies", options.keep_bodies),
        (FORCE_FLAG, options.force_production),
    ):
        arguments += [flag] if given else []
    return [*arguments, *(str(root / "suites" / venue) for venue in venues)]
