"""``venue-conformance serve``: the reference venue with provider states, until it is stopped."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from venue_conformance.cli.serve_staged import serve_staged, write_target
from venue_conformance.errors import ClientFault

if TYPE_CHECKING:
    from venue_conformance.reference.explain import ExplainedVenue
    from venue_conformance.reference.venue import Venue


def add_command(commands: Any) -> None:
    """Declare the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "serve",
        description="Serves the reference venue with provider states on this machine, until it is stopped.",
    )
    parser.add_argument("venue", metavar="VENUE", help="the venue to serve")
    parser.add_argument("--port", type=_port, default=0, metavar="N", help="default: any free port")
    reference_choice = parser.add_mutually_exclusive_group()
    reference_choice.add_argument("--mutant", metavar="NAME", help="serve a mutant, which breaks a clause")
    reference_choice.add_argument(
        "--step",
        metavar="SCRIPT",
        help="serve a staged venue: a YAML list of steps for the next batch cancels, or its file",
    )
    reference_choice.add_argument(
        "--variant", metavar="NAME", help="serve a permitted variant, which uses a freedom of the documentation"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="seed of ids and credentials")
    parser.add_argument(
        "--store",
        metavar="ADDRESS",
        help="predictstreet: keep its orders in a PostgreSQL database, postgresql://user@host/name (default: memory)",
    )
    parser.add_argument("--no-rate-limit", action="store_true", help="enforce no rate limit")
    parser.add_argument("--explain", action="store_true", help="log each request, and say why one was rejected")
    parser.add_argument("--write-target", type=Path, metavar="FILE", help="write its target file once it listens")
    parser.add_argument("--list", action="store_true", help="list its mutants and variants, and serve nothing")
    parser.add_argument("--until-stdin-closes", action="store_true", help=argparse.SUPPRESS)
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM."""
    if options.list:
        from venue_conformance.cli.implementations import print_implementations

        print_implementations([options.venue], as_json=False)
        return 0
    from venue_conformance.reference.server import RunningServer, serve_forever
    from venue_conformance.reference.venue import VenueUnavailable

    venue = _venue(options)
    explained = _explained(venue) if options.explain else None
    if options.until_stdin_closes:
        threading.Thread(target=_leave_with_parent, daemon=True).start()
    if options.step is not None:
        serve_staged(venue, options, explained)
        return 0

    def print_address(server: RunningServer) -> None:
        write_target(options.write_target, server.target_file)
        print(f"{venue.name} at {server.base_url}\n\n{server.target_file}", flush=True)

    try:
        serve_forever(venue, "127.0.0.1", options.port, print_address, explained)
    except OSError as error:
        raise ClientFault(f"port {options.port} cannot be used: {error.strerror or error}") from error
    except VenueUnavailable as missing:
        raise ClientFault(f"--store: {missing}") from missing
    return 0


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port; ports go from 0 to 65535, 0 for any free one")
    return int(text)


def _venue(options: argparse.Namespace) -> Venue:
    """The venue that is asked for, not yet served."""
    from venue_conformance import reference

    try:
        described = reference.load(options.venue)
        venue_class = described.find(mutant=options.mutant, variant=options.variant)
    except LookupError as unknown:
        raise ClientFault(str(unknown)) from unknown
    given: dict[str, Any] = {"seed": options.seed, "rate_limited": not options.no_rate_limit}
    if options.store is not None:
        if not venue_class.has_store:
            raise ClientFault(f"--store: {described.name} keeps its orders in memory only")
        given["store"] = options.store
    try:
        return venue_class(**given)
    except (ValueError, ImportError) as problem:
        raise ClientFault(f"--store: {problem}") from problem


def _explained(venue: Venue) -> ExplainedVenue:
    """The venue, told of as it answers."""
    from venue_conformance.reference.explain import ExplainedVenue

    try:
        return ExplainedVenue(venue, lambda text: print(text, flush=True))
    except LookupError as unknown:
        raise ClientFault(f"--explain: {unknown}") from unknown


def _leave_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)
