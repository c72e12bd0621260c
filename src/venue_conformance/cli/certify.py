"""``venue-conformance certify``: judge a partner's client, through its adaptor, before a staged venue."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from venue_conformance.cli.certificate import sign_written
from venue_conformance.cli.concluding import conclude
from venue_conformance.cli.output import add_output_options, teller
from venue_conformance.contract.client_clauses import PROFILES
from venue_conformance.contract.digests import files_digest
from venue_conformance.contract.resources import resources_root
from venue_conformance.errors import ClientFault
from venue_conformance.plugin.options import DEFAULT_REPORT_DIR
from venue_conformance.report.certificate import CERTIFICATE
from venue_conformance.report.document import REPORT, write_report
from venue_conformance.report.dsse import load_private_key
from venue_conformance.report.folder import RunFolder, remove_earlier
from venue_conformance.report.journal import JOURNAL, JournalWriter
from venue_conformance.report.run_verdict import status_of


def add_command(commands: Any) -> None:
    """Declare the command."""
    from venue_conformance.clients.certification import LANES, MOST_MINUTES

    parser: argparse.ArgumentParser = commands.add_parser(
        "certify",
        description="Drives a client through its adaptor before a staged venue on this machine, and judges what it "
        "sends and what it tells its user. Nothing goes to any deployment.",
    )
    parser.add_argument(
        "--adaptor", required=True, metavar="COMMAND", help="the adaptor's command, or its address (http://127.0.0.1:…)"
    )
    parser.add_argument("--venue", metavar="NAME", help="default: the one that the adaptor names")
    parser.add_argument(
        "--require", choices=PROFILES, help="the profile to be earned; default: core, and none with --scenario"
    )
    parser.add_argument("--scenario", action="append", default=[], metavar="GLOB", help="only scenarios like this one")
    parser.add_argument(
        "--variants", action="store_true", help="play the scenarios before every permitted variant of the venue, too"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="repeats the ids and keys of an earlier run")
    parser.add_argument("--report-dir", type=Path, metavar="DIR", default=DEFAULT_REPORT_DIR, help="default: reports")
    parser.add_argument("--strict", action="store_true", help="clauses of level should count for the verdict too")
    parser.add_argument(
        "--max-minutes",
        type=float,
        default=MOST_MINUTES,
        metavar="N",
        help=f"default: {MOST_MINUTES:g}",
    )
    parser.add_argument("--jobs", type=int, default=LANES, metavar="N", help=f"clients at a time; default: {LANES}")
    parser.add_argument("--sign", type=Path, metavar="KEYFILE", help="sign a certificate with this private key")
    parser.add_argument("--subject", type=Path, metavar="FILE", help="the wheel, tarball or image that is certified")
    parser.add_argument("--witness", choices=("self", "issuer"), default="self", help="who runs this; default: self")
    add_output_options(parser)
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Certify, and write the reports; the exit status is that of the report."""
    from venue_conformance.clients.certification import CertifyOptions, certify
    from venue_conformance.clients.scenario import suite_files

    if options.max_minutes <= 0 or options.jobs < 1:
        raise ClientFault("--max-minutes must be more than 0, and --jobs at least 1")
    if options.sign and options.scenario:
        raise ClientFault("--sign certifies every scenario; leave --scenario out")
    if options.subject and not options.sign:
        raise ClientFault("--subject needs --sign KEYFILE")
    if options.sign:
        load_private_key(options.sign)  # before minutes are spent
        if options.subject and not options.subject.is_file():
            raise ClientFault(f"--subject {options.subject}: there is no such file")
    folder = RunFolder.take(options.report_dir)

    say = teller(options)

    def begin(header: Mapping[str, Any]) -> JournalWriter:
        # Not before: a mistake in the command must not cost an earlier report, or a certificate.
        remove_earlier(options.report_dir, say)
        return JournalWriter(options.report_dir / JOURNAL, header)

    try:
        done = certify(
            CertifyOptions(
                adaptor=options.adaptor,
                venue=options.venue,
                require=options.require,
                scenarios=tuple(options.scenario),
                variants=options.variants,
                seed=options.seed,
                strict=options.strict,
                max_minutes=options.max_minutes,
                lanes=options.jobs,
                report_path=options.report_dir / REPORT,
                files=(CERTIFICATE,) if options.sign else (),
            ),
            say,
            begin,
        )
        written = conclude(
            {options.report_dir: done.document},
            folder,
            options,
            lambda: write_report(options.report_dir, done.document),
        )
        if options.sign and written:
            sign_written(
                options.report_dir,
                done.document,
                options.sign,
                subject=options.subject,
                clauses_and_scripts=files_digest(suite_files(done.document["target"]["venue"]), resources_root()),
                witness=options.witness,
            )
    finally:
        folder.release()
    return status_of(done.document)
