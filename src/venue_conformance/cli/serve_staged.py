"""``serve --step``: a staged venue for trying things by hand."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from venue_conformance.errors import ClientFault
from venue_conformance.target.private_file import write_private

if TYPE_CHECKING:
    from venue_conformance.reference.explain import ExplainedVenue
    from venue_conformance.reference.http import Request, Response
    from venue_conformance.reference.stage_steps import Step
    from venue_conformance.reference.venue import Venue


def serve_staged(venue: Venue, options: argparse.Namespace, explained: ExplainedVenue | None) -> None:
    """Serve a venue with a script before it until SIGINT or SIGTERM. Raises ClientFault for what is no script."""
    from venue_conformance.reference.stage import Stage, staging_of
    from venue_conformance.reference.stage_server import StageHost

    try:
        staging = staging_of(venue.name)
    except LookupError as unknown:
        raise ClientFault(f"--step: {unknown}") from unknown
    steps = read_steps(options.step, tuple(staging.CHANGES), getattr(staging, "EVENTS", ()))
    stage = Stage(venue, staging, told=explained.told if explained is not None else _tell)
    stage.put(steps)
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    host = StageHost()
    try:
        served = host.open(stage, options.port)
    except OSError as error:
        raise ClientFault(f"port {options.port} cannot be used: {error.strerror or error}") from error
    target_file = venue.target_file(served.base_url)
    try:
        write_target(options.write_target, target_file)
        told = "; ".join(step.describe() for step in steps)
        print(f"{venue.name} at {served.base_url}, staged: {told}\n\n{target_file}", flush=True)
        over.wait()
    finally:
        served.close()
        host.close()


def write_target(file: Path | None, text: str) -> None:
    """Write a target file where one is asked for. Raises ClientFault where that cannot be."""
    if file is None:
        return
    try:
        # Whoever waits for the file must never read half of it.
        write_private(file, text)
    except OSError as error:
        raise ClientFault(f"--write-target {file}: {error.strerror or error}") from error


def read_steps(script: str, changes: tuple[str, ...], statuses: tuple[str, ...] = ()) -> list[Step]:
    """The steps of a script: a file with a YAML list, or the list itself. Raises ClientFault for what is none."""
    from venue_conformance.reference.stage_steps import read_script

    file = Path(script)
    try:
        text = file.read_text(encoding="utf-8") if _is_file(file) else script
        entries: Any = yaml.safe_load(text)
        if isinstance(entries, str) and entries == script and (file.suffix or file.name != script):
            raise ClientFault(f"--step {script[:200]}: no such file")
        if isinstance(entries, dict | str):
            entries = [entries]
        if not isinstance(entries, list):
            raise ValueError("a list of steps is expected")
        return read_script(entries, changes, statuses)
    except OSError as error:
        raise ClientFault(f"--step {script[:200]}: {error.strerror or error}") from error
    except (ValueError, yaml.YAMLError) as error:
        raise ClientFault(f"--step {script[:200]}: {error}") from error


def _is_file(file: Path) -> bool:
    try:
        return file.is_file()
    except OSError:  # a list that is too long for a name
        return False


def _tell(request: Request, response: Response | None, step: str) -> None:
    came = "no answer" if response is None else str(response.status)
    print(f"{request.method} {request.path!r} → {came}; the script: {step}", flush=True)
