"""``venue-conformance load``: judge a target while many users press it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from venue_conformance.cli.concluding import conclude
from venue_conformance.cli.output import add_output_options, teller
from venue_conformance.errors import ClientFault
from venue_conformance.plugin.folder import keep_unsettled, unsettled_text
from venue_conformance.plugin.options import DEFAULT_REPORT_DIR
from venue_conformance.plugin.sessions import print_warnings
from venue_conformance.report.document import write_report
from venue_conformance.report.folder import RunFolder, remove_earlier, require_replaceable
from venue_conformance.report.journal import JOURNAL
from venue_conformance.report.run_verdict import status_of
from venue_conformance.target.guard import FORCE_FLAG

_PORT = 5557


def add_command(commands: Any) -> None:
    """Declare the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "load",
        description="Lets users cancel overlapping batches, retry, hang up, race fills and read back, and checks every "
        "answer. Each account keeps to its documented budget, and all of them to the target file's ceiling. Needs "
        'Locust: pip install "venue-conformance[load]".',
    )
    parser.add_argument("--target", type=Path, metavar="FILE", help="target file; always required")
    parser.add_argument("--users", type=int, metavar="N", help="how many users send; default: 20")
    parser.add_argument("--minutes", type=float, metavar="M", help="how long; default: 1")
    parser.add_argument(
        "--rate", type=float, metavar="R", help="requests a second at most, of all users; default: the file's ceiling"
    )
    parser.add_argument("--workers", type=int, metavar="K", help="how many processes send; default: 1")
    role = parser.add_mutually_exclusive_group()
    role.add_argument(
        "--master",
        nargs="?",
        const=f"0.0.0.0:{_PORT}",
        metavar="HOST:PORT",
        help=f"wait for --workers K of other machines; listens at 0.0.0.0:{_PORT} unless told otherwise",
    )
    role.add_argument("--worker", metavar="HOST:PORT", help="send for the master at this address")
    parser.add_argument("--report-dir", type=Path, metavar="DIR", default=DEFAULT_REPORT_DIR, help="default: reports")
    parser.add_argument("--seed", type=int, metavar="N", help="repeats the choice of rounds of an earlier run")
    parser.add_argument("--fail-fast", action="store_true", help="end with the first must clause that is broken")
    parser.add_argument("--strict", action="store_true", help="clauses of level should count for the verdict too")
    parser.add_argument(
        "--allow-untested", action="store_true", help="do not fail for what cannot be tested at this target"
    )
    parser.add_argument(FORCE_FLAG, action="store_true", dest="force_production", help="allow a production host")
    add_output_options(parser)
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Run, print and write the report; the exit status is that of the report."""
    from venue_conformance.load.command import LoadRequest, checked, run_load, run_worker

    if options.target is None:
        raise ClientFault("load needs --target FILE")
    request = LoadRequest(
        target=options.target,
        report_dir=options.report_dir,
        users=20 if options.users is None else options.users,
        minutes=1.0 if options.minutes is None else options.minutes,
        rate=options.rate,
        workers=1 if options.workers is None else options.workers,
        bind=None if options.master is None else _address("--master", options.master),
        seed=options.seed,
        fail_fast=options.fail_fast,
        strict=options.strict,
        allow_untested=options.allow_untested,
        force_production=options.force_production,
    )
    if options.worker is not None:
        given = [name for name in ("users", "minutes", "rate", "workers") if getattr(options, name) is not None]
        if given:
            raise ClientFault(f"--{given[0]}: this belongs to the master, not to a worker")
        return run_worker(request, *_address("--worker", options.worker))
    if options.master is not None and options.workers is None:
        raise ClientFault("--master needs --workers K: how many it waits for")
    target, rate = checked(request)
    print_warnings(target)
    folder = RunFolder.take(options.report_dir)
    say = teller(options)
    try:
        require_replaceable(options.report_dir)
        if kept := keep_unsettled(options.report_dir):
            say(unsettled_text(kept, options.report_dir))

        def begin() -> None:
            # Not before: a mistake in the command must not cost an earlier report.
            remove_earlier(options.report_dir, say)
            # As a run writes over it; else what is made of this one's journals would tell of that one.
            (options.report_dir / JOURNAL).unlink(missing_ok=True)

        document = run_load(request, target, rate, begin, say)
        conclude({options.report_dir: document}, folder, options, lambda: write_report(options.report_dir, document))
    finally:
        folder.release()
    return status_of(document)


def _address(option: str, text: str) -> tuple[str, int]:
    """A host and a port. Raises ClientFault."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ClientFault(f"{option} {text}: HOST:PORT is expected, such as 10.0.0.5:{_PORT}")
    return host.strip("[]"), int(port)
