"""Kills a run at a moment and counts the orders that are open at its target: before cleanup, and after it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.command import Ended, run_command, start_command
from venue_conformance.reference import load
from venue_conformance.reference.server import serve_in_thread
from venue_conformance.report.journal import JOURNAL

_OPEN = frozenset({"open", "partial", "partial_filled", "partially_filled", "pending"})


@contextmanager
def reference(folder: Path, venue: str, **changed: Any) -> Iterator[Any]:
    """A reference in this process, and its target file in ``folder``."""
    made = load(venue).find()()
    for name, value in changed.items():
        setattr(made, name, value)
    with serve_in_thread(made) as server:
        file = folder / "target.toml"
        file.touch(mode=0o600)
        file.write_text(server.target_file)
        yield made


def open_orders(venue: Any) -> int:
    """How many orders are open in the reference's own books."""
    store = getattr(venue, "store", None)
    orders = store._committed.values() if store is not None else venue.book._orders.values()
    return sum(str(order.status).lower() in _OPEN for order in list(orders))  # which another thread goes on changing


def kill_at(folder: Path, reports: str, lines: int, *arguments: str, seconds: float = 0.0) -> None:
    """Start a run, and end it with SIGKILL so many seconds after its journal has so many lines, or the run its end.

    Most lines are written at the end of a check, when it has given back what it had; so the seconds make the moment.
    """
    running = start_command(folder, "run", "--target", "target.toml", "--report-dir", reports, *arguments)
    _wait(running, folder / reports / JOURNAL, lines)
    time.sleep(seconds)
    running.kill()
    running.communicate(timeout=30)


def _wait(running: subprocess.Popen[str], journal: Path, lines: int) -> None:
    while running.poll() is None:
        if journal.exists() and journal.read_bytes().count(b"\n") >= lines:
            return
        time.sleep(0.002)


def clean(folder: Path, reports: str, *arguments: str) -> Ended:
    return run_command(folder, "cleanup", reports, *arguments, seconds=300)
