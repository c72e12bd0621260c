"""Venues with a history: what is wrong with them changes from one run to the next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.command import Ended, run_command
from venue_conformance.reference import load
from venue_conformance.reference.server import RunningServer, serve_in_thread


@contextmanager
def venue_with(folder: Path, venue: str, *faults: str) -> Iterator[RunningServer]:
    """A reference with all of these faults at once, and its target file in the folder."""
    family = load(venue)
    bases = [family.find(mutant=fault) for fault in faults] or [family.find()]
    kind = bases[0] if len(bases) == 1 else type("Faulty", tuple(bases), {})
    with serve_in_thread(kind(seed=5)) as server:
        (folder / "target.toml").write_text(server.target_file)
        yield server


def judge(folder: Path, report: str, *arguments: str, seconds: float = 120) -> Ended:
    """One run of the command at the target file in the folder."""
    return run_command(folder, "run", "--target", "target.toml", "--report-dir", report, *arguments, seconds=seconds)


def fill_in(baseline: Path) -> None:
    """Write a reason and an owner where none stand."""
    text = baseline.read_text(encoding="utf-8")
    filled = text.replace('why = ""', 'why = "known, see the ticket"').replace('owner = ""', 'owner = "orders team"')
    baseline.write_text(filled, encoding="utf-8")
