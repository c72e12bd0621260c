"""The command ``venue-conformance``. Thin: each command lies in a file of its name."""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Sequence

# A run leaves nothing but its report, neither beside the suites nor in site-packages. So before anything is imported.
sys.dont_write_bytecode = True

from venue_conformance import __version__
from venue_conformance.cli import (
    certificate,
    certify,
    check,
    clauses,
    cleanup,
    keygen,
    mutants,
    replay,
    report,
    run,
    serve,
)
from venue_conformance.errors import ClientFault, ConformanceError
from venue_conformance.report.run_verdict import BAD_USAGE, INTERRUPTED, SUITE_FAILED
from venue_conformance.report.text import fit_to_print
from venue_conformance.wire.quiet import quiet_clients
from venue_conformance.wire.redaction import without_secrets

COMMANDS = (run, check, serve, mutants, clauses, replay, report, cleanup, certify, certificate, keygen)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and hand back its exit status.

    0 conforms, 1 violates, 2 bad usage or configuration, 3 not fully judged, 4 the suite failed, 130 interrupted.
    """
    parser = argparse.ArgumentParser(
        prog="venue-conformance",
        description="Tells whether a deployment of a trading venue keeps the promises of its batch-cancel contract.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_command(commands)
    given = list(sys.argv[1:] if arguments is None else arguments)
    # What stands behind a lone -- is pytest's; argparse would hand it to the last positional argument.
    rest = given[given.index("--") + 1 :] if "--" in given else []
    options = parser.parse_args(given[: given.index("--")] if "--" in given else given)
    options.rest = rest
    if rest and options.execute is not run.execute:
        parser.error("only run takes pytest arguments behind --")
    quiet_clients()
    try:
        return int(options.execute(options))
    except ClientFault as fault:
        print(fit_to_print(without_secrets(f"venue-conformance: {fault}")), file=sys.stderr)
        return BAD_USAGE
    except ConformanceError as error:
        print(fit_to_print(without_secrets(f"venue-conformance: {type(error).__name__}: {error}")), file=sys.stderr)
        return SUITE_FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception:  # a bug of ours: Python's own exit status 1 would say that the target violates a clause
        print(fit_to_print(without_secrets(traceback.format_exc())), end="", file=sys.stderr)
        return SUITE_FAILED
