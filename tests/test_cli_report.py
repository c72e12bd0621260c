"""Every report can be made from a journal: of a run that ended, that was killed, that found a violation before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import report_of, run_command
from tests.killing import kill_at, reference
from venue_conformance.reference import load
from venue_conformance.reference.server import serve_in_thread
from venue_conformance.report.document import FILES, load_report
from venue_conformance.report.journal import JOURNAL


def test_of_a_finished_run_the_same_reports_come_again(tmp_path: Path) -> None:
    with reference(tmp_path, "bayse"):
        done = run_command(
            tmp_path, "run", "--target", "target.toml", "--clause", "bayse.isolation.foreign-not-found", "--strict"
        )
    folder = tmp_path / "reports"
    before = {name: (folder / name).read_text() for name in FILES}
    for name in set(FILES) - {JOURNAL}:
        (folder / name).unlink()
    again = run_command(tmp_path, "report", "reports")
    assert (again.status, again.errors) == (done.status, "")
    assert {name: (folder / name).read_text() for name in FILES} == before
    assert again.output.splitlines()[-5:] == done.output.splitlines()[-5:]


def test_of_several_venues_all_come_again(tmp_path: Path) -> None:
    done = run_command(
        tmp_path,
        "run",
        "bayse",
        "arcus",
        "--clause",
        "bayse.limits.one-accepted",
        "--clause",
        "arcus.limits.one-accepted",
    )
    assert done.status == 0, done.output + done.errors
    folder = tmp_path / "reports"
    index = json.loads((folder / "index.json").read_text())
    (folder / "index.json").unlink()
    (folder / "bayse" / "conformance.json").unlink()
    assert run_command(tmp_path, "report", "reports").status == 0
    again = json.loads((folder / "index.json").read_text())
    assert (again["run"], again["exit_status"], set(again["files"])) == (index["run"], 0, set(index["files"]))
    assert report_of(folder / "bayse")["run"]["verdict"] == "conforms"


@pytest.mark.parametrize(("mutant", "verdict"), [(None, "interrupted"), ("refuses-short-keys", "violates")])
def test_a_killed_run_is_interrupted_unless_it_had_found_a_violation(
    tmp_path: Path, mutant: str | None, verdict: str
) -> None:
    with serve_in_thread(load("bayse").find(mutant=mutant)()) as server:
        (tmp_path / "target.toml").write_text(server.target_file)
        kill_at(tmp_path, "reports", 330, "--clause", "bayse.idempotency.*-key", "--clause", "bayse.idempotency.r*")
    folder = tmp_path / "reports"
    assert not (folder / "conformance.json").exists()
    done = run_command(tmp_path, "report", "reports")
    assert done.status == 130, done.output + done.errors
    report = load_report(folder)
    assert (report["run"]["verdict"], report["run"]["finished_at"]) == (verdict, None)
    assert report["run"]["interrupted"] is True
    assert {path.name for path in folder.iterdir()} >= set(FILES)
    assert "interrupted" in {check["cause"] for check in report["checks"]}


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        ("", "without a header"),
        (
            '{"kind": "header", "format": "venue-conformance journal 1", "header": {}}\n',
            "this is not the journal of a run",
        ),
        (
            '{"kind": "header", "format": "venue-conformance journal 1", "header": {"run": 3}}\n',
            "not the journal of a run",
        ),
        ("[" * 100_000 + "\n", "line 1: the line is broken"),
    ],
)
def test_a_journal_that_tells_of_no_run_is_one_line(tmp_path: Path, text: str, reported: str) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / JOURNAL).write_text(text)
    done = run_command(tmp_path, "report", "reports")
    assert (done.status, done.output) == (2, "")
    assert reported in done.errors
    assert done.errors.count("\n") == 1
