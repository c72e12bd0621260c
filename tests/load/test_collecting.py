"""Journals of workers as one report: none may be missing, and what one of them found counts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from venue_conformance.cli import main
from venue_conformance.load.collecting import build, collect, run_info
from venue_conformance.load.options import LoadOptions
from venue_conformance.load.scripts import script_of
from venue_conformance.load.tally import Tally
from venue_conformance.report.journal import JournalWriter
from venue_conformance.report.records import BreachRecord, CheckRecord, TargetInfo
from venue_conformance.report.run_verdict import status_of

TARGET = TargetInfo("bayse", "http://127.0.0.1:1", "test", "1.0.0", "url")
TWICE = "bayse.lifecycle.cancelled-is-final"


def options_of(folder: Path, workers: int = 2) -> LoadOptions:
    return LoadOptions("run-1", "target.toml", str(folder), 10, 60, None, 1, workers=workers)


def checks(*, broken: bool = False) -> list[CheckRecord]:
    """Every check of the venue, all of whose clauses were held against something."""
    found = []
    for kind in script_of("bayse").kinds:
        clauses = list(kind.check.clauses)
        breaches = [BreachRecord(TWICE, "once", "twice", 2).to_dict()] if broken and TWICE in clauses else []
        found.append(
            CheckRecord(
                f"load/bayse::{kind.check.name}",
                kind.check.title,
                clauses,
                "failed" if breaches else "passed",
                1.0,
                breaches=breaches,
                kept=[clause for clause in clauses if not breaches or clause != TWICE],
                exercised=clauses,
                accepted=True,
            )
        )
    return found


def leave(folder: Path, worker: int, *, broken: bool = False, ends: bool = True, run: str = "run-1") -> None:
    """What a worker leaves."""
    header = {
        "run": {"id": run},
        "started_at": "2026-01-01T00:00:00.000+00:00",
        "load": asdict(options_of(folder)),
        "target": TARGET.to_dict(),
        "target_file": "target.toml",
        "worker": worker,
    }
    journal = JournalWriter(folder / f"worker-{run}-{worker}" / "journal.jsonl", header)
    tally = Tally(60)
    tally.note("batch", 1.0, 0.01, 200, None)
    if not ends:
        [first, *_] = [check for check in checks(broken=broken) if check.breaches]
        journal.write("breach", {"check": first.to_dict()})
        journal.close()
        return
    for check in checks(broken=broken):
        journal.write("check", check)
    seen = {"worker": worker, "users": 5, "seconds": 60.0, "cpu_seconds": 1.0, "memory_mb": [80.0, 80.1]}
    journal.write("load", {**tally.to_dict(), **seen})
    journal.close({"interrupted": False, "errors": [], "limit": None, "left_open": [], "requests": 1})


def report(folder: Path) -> dict[str, Any]:
    options = options_of(folder)
    return build(options, run_info(options, "2026-01-01"), TARGET, collect(folder, options.run))


def test_two_whole_journals_conform(tmp_path: Path) -> None:
    leave(tmp_path, 0)
    leave(tmp_path, 1)
    leave(tmp_path, 0, broken=True, run="run-0")  # an earlier run's
    found = report(tmp_path)
    assert (found["run"]["verdict"], status_of(found)) == ("conforms", 0)
    assert found["run"]["requests"] == found["load"]["requests"] == 2


def test_what_one_worker_found_broken_is_broken(tmp_path: Path) -> None:
    leave(tmp_path, 0)
    leave(tmp_path, 1, broken=True)
    assert report(tmp_path)["run"]["verdict"] == "violates"


def test_a_missing_journal_makes_it_inconclusive(tmp_path: Path) -> None:
    leave(tmp_path, 0)
    found = report(tmp_path)
    assert (found["run"]["verdict"], status_of(found)) == ("inconclusive", 3)
    assert found["run"]["missing"] == ["1 of 2 workers left a whole journal"]


def test_what_a_killed_worker_had_found_counts(tmp_path: Path) -> None:
    leave(tmp_path, 0)
    leave(tmp_path, 1, broken=True, ends=False)
    found = report(tmp_path)
    assert found["run"]["verdict"] == "violates"
    assert found["run"]["missing"] != []


@pytest.mark.parametrize(("ends", "status"), [(True, 0), (False, 1)])
def test_the_report_can_be_made_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], ends: bool, status: int
) -> None:
    leave(tmp_path, 0)
    leave(tmp_path, 1, broken=not ends, ends=ends)
    assert main(["report", str(tmp_path)]) in (status, 130)
    assert "load: 10 users" in capsys.readouterr().out
