"""What a run leaves in its folder when the disk is full, the folder goes, or another run wants it."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.command import COMMAND, environment, report_of, run_command, start_command, target_file
from tests.tiny_server import TinyServer, answer
from venue_conformance.contract.resources import resources_root
from venue_conformance.reference import load
from venue_conformance.reference.server import serve_in_thread
from venue_conformance.report.document import FILES, load_report
from venue_conformance.report.journal import read_journal

ONE = "bayse.idempotency.shortest-key"
MUTANT = "refuses-short-keys"


def test_a_run_lists_its_files_and_the_next_one_removes_them(tmp_path: Path) -> None:
    out = tmp_path / "reports"
    first = run_command(tmp_path, "run", "bayse", "arcus", "--clause", ONE, "--clause", "arcus.limits.one-accepted")
    assert first.status == 0, first.output + first.errors
    index = json.loads((out / "index.json").read_text())
    written = {
        str(path.relative_to(out)) for path in out.rglob("*") if path.is_file() and "hypothesis" not in str(path)
    }
    assert set(index["files"]) == written
    assert [(each["venue"], each["exit_status"]) for each in index["reports"]] == [("bayse", 0), ("arcus", 0)]
    assert (
        set(report_of(out / "bayse")["run"]["files"]) == set(FILES) == {path.name for path in (out / "bayse").iterdir()}
    )
    (out / "bayse" / "mine.txt").touch()
    second = run_command(tmp_path, "run", "bayse", "--clause", ONE)
    assert second.status == 0
    left = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file() and "hypothesis" not in str(path)}
    assert left == {*FILES, "bayse/mine.txt"}


def test_a_second_run_into_one_folder_is_refused_and_the_first_goes_on(tmp_path: Path, server: TinyServer) -> None:
    server.in_turn(answer(418), lambda _: server.stopping.wait(60))
    target_file(tmp_path, server.url)
    chosen = ["run", "--target", "target.toml", "--clause", "bayse.authentication.status-401"]
    first = start_command(tmp_path, *chosen)
    while len(server.received) < 2:
        time.sleep(0.02)
    second = run_command(tmp_path, *chosen)
    assert (second.status, len(server.received)) == (2, 2)
    assert f"another run (process {first.pid}) is writing here" in second.errors
    assert "Traceback" not in second.errors
    bare = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "suites/bayse",
        "--target",
        tmp_path / "target.toml",
    ]
    third = subprocess.run(
        [*map(str, bare), "--report-dir", str(tmp_path / "reports")],
        cwd=resources_root(),
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert third.returncode == 4, "pytest's own status of a usage error"
    assert "is writing here" in third.stderr
    first.kill()
    first.communicate()
    server.always(answer(401, b"{}"))
    assert run_command(tmp_path, *chosen).status in (1, 3), "a dead run's folder is taken over"


def limited(folder: Path, size: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command where no file may be longer than ``size``: what a full disk does to it."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )


@pytest.mark.parametrize(
    ("size", "mutant", "status", "more"),
    [
        (12_000, MUTANT, 1, ()),
        *(
            pytest.param(size, *case, marks=pytest.mark.proof)
            for size in (100, 12_000)
            for case in ((MUTANT, 1, ()), (None, 0, ()), (MUTANT, 1, ("--sign", "key")), (None, 0, ("--sign", "key")))
        ),
    ],
)
def test_a_full_disk_changes_no_verdict(
    tmp_path: Path, mutant: str | None, status: int, size: int, more: tuple[str, ...]
) -> None:
    if more:
        assert run_command(tmp_path, "keygen", more[-1]).status == 0
    with serve_in_thread(load("bayse").find(mutant=mutant)()) as server:
        (tmp_path / "target.toml").touch(mode=0o600)
        (tmp_path / "target.toml").write_text(server.target_file)
        chosen = ("--clause", "bayse.idempotency.*est-key", *more)
        done = limited(tmp_path, size, "run", "--target", "target.toml", *chosen)
    assert done.returncode == status, done.stdout + done.stderr
    assert f"exit status {status}" in done.stdout
    assert done.stderr.count("\n") == 1, done.stderr
    assert "reports: the report cannot be written: File too large" in done.stderr
    assert not (tmp_path / "reports" / "conformance.json").exists()
    assert [path.name for path in (tmp_path / "reports").glob(".*")] == []
    if size > 100:
        read_journal(tmp_path / "reports" / "journal.jsonl", allow_unfinished=True)


def test_where_no_temporary_file_can_be_written_nothing_begins(tmp_path: Path) -> None:
    done = limited(tmp_path, 0, "run", "bayse", "--clause", ONE)
    assert done.returncode == 2
    assert done.stderr.startswith("error: no temporary file can be written: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.proof
def test_of_a_journal_that_found_no_room_the_beginning_stays(tmp_path: Path) -> None:
    with serve_in_thread(load("bayse").find(mutant=MUTANT)()) as server:
        (tmp_path / "target.toml").write_text(server.target_file)
        # The journal of the whole selection is longer, and the violation comes early.
        done = limited(tmp_path, 60_000, "run", "--target", "target.toml", "--clause", "bayse.idempotency.*")
    assert done.returncode == 1
    again = run_command(tmp_path, "report", "reports")
    assert again.status == 130, again.output + again.errors
    assert load_report(tmp_path / "reports")["run"]["interrupted"] is True


def test_a_folder_that_is_removed_in_mid_run_is_made_again(tmp_path: Path, server: TinyServer) -> None:
    server.in_turn(answer(418), lambda _: server.stopping.wait(60))
    target_file(tmp_path, server.url, more="[limits]\ntimeout_seconds = 1\n")
    running = start_command(tmp_path, "run", "--target", "target.toml", "--clause", "bayse.authentication.status-401")
    while len(server.received) < 2:
        time.sleep(0.02)
    shutil.rmtree(tmp_path / "reports")
    output, errors = running.communicate(timeout=60)
    assert running.returncode == 3, output + errors
    assert "exit status 3" in output
    assert errors == "error: reports/journal.jsonl: the journal was removed during the run\n"
    assert report_of(tmp_path / "reports")["run"]["verdict"] == "inconclusive"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to_is_bad_usage(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir(mode=0o500)
    done = run_command(tmp_path, "run", "bayse", "--clause", ONE)
    assert done.status == 2
    assert "--report-dir reports: Permission denied" in done.errors
