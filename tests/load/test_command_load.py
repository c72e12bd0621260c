"""``venue-conformance load`` through its real output, on Locust."""

from __future__ import annotations

import json
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.command import SECRET, report_of, run_command, start_command, target_file, verdicts
from tests.hostile import Turning, dripping, flooding, silent
from tests.tiny_server import TinyServer
from venue_conformance.plugin.embedded import EmbeddedReference
from venue_conformance.report.document import load_report
from venue_conformance.report.folder import RunFolder

pytestmark = pytest.mark.usefixtures("locust")
#: Of what is written, nothing may hold it.
_FILES = "**/*"


def load(
    folder: Path, *arguments: str, venue: str = "bayse", options: tuple[str, ...] = ()
) -> tuple[int, dict[str, Any]]:
    """Load an embedded reference, or one of its mutants."""
    reference = EmbeddedReference(venue, 0, *options)
    try:
        target = folder / "target.toml"
        shutil.copy(reference.target_file, target)
        done = run_command(folder, "load", "--target", "target.toml", "--report-dir", "out", *arguments, seconds=300)
        assert "Traceback" not in done.errors, done.errors
        return done.status, load_report(folder / "out")
    finally:
        reference.close()


def test_a_conforming_venue_is_accused_of_nothing(tmp_path: Path) -> None:
    status, report = load(tmp_path, "--users", "10", "--minutes", "0.06", "--allow-untested")
    assert [check["breaches"] for check in report["checks"] if check["breaches"]] == []
    assert (status, report["run"]["errors"]) == (0, [])
    told = report["load"]
    assert told["users"] == 10
    assert told["contended_orders"] > 0
    assert sum(kind["requests"] for kind in told["kinds"]) == told["requests"] == report["run"]["requests"]
    assert report["run"]["left_open"] == []
    page = (tmp_path / "out" / "report.html").read_text()
    assert "<polyline" in page
    assert f"{told['requests']} requests" in page


def test_two_workers_find_what_breaks_under_load_and_end_with_it(tmp_path: Path) -> None:
    began = time.monotonic()
    arguments = ("--users", "10", "--minutes", "3", "--workers", "2", "--fail-fast")
    status, report = load(tmp_path, *arguments, options=("--mutant", "cancels-over-fills"))
    assert time.monotonic() - began < 240
    assert status == 1
    assert verdicts(report)["bayse.lifecycle.filled-is-final"] == "violates"
    broken = next(check for check in report["checks"] if check["breaches"])
    assert "venue-conformance replay" in broken["replay"]
    # Whoever plays it again knows which orders there were.
    assert {step["state"] for step in broken["breaches"][0]["steps"] if "state" in step} >= {"caller", "orders"}
    assert [worker["users"] for worker in report["load"]["processes"]] == [5, 5]
    secret = next(line for line in (tmp_path / "target.toml").read_text().splitlines() if "secret_key" in line)
    written = [path.read_text() for path in (tmp_path / "out").glob(_FILES) if path.is_file()]
    assert not [text for text in written if secret.split('"')[1] in text]


def test_what_ends_it_leaves_a_report_and_no_open_order(tmp_path: Path) -> None:
    reference = EmbeddedReference("bayse", 0)
    try:
        shutil.copy(reference.target_file, tmp_path / "target.toml")
        running = start_command(tmp_path, "load", "--target", "target.toml", "--users", "5", "--minutes", "5")
        deadline = time.monotonic() + 180
        while not list(tmp_path.glob("reports/worker-*/journal.jsonl")) and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(2)
        running.send_signal(signal.SIGTERM)
        output, errors = running.communicate(timeout=180)
    finally:
        reference.close()
    assert running.returncode == 130, output + errors
    report = report_of(tmp_path / "reports")
    assert (report["run"]["verdict"], report["run"]["left_open"], report["run"]["errors"]) == ("interrupted", [], [])
    assert report["load"]["requests"] > 0


@pytest.mark.proof
@pytest.mark.parametrize("hostile", [flooding, silent, dripping])
def test_a_target_that_turns_hostile_cannot_hold_it_up(tmp_path: Path, server: TinyServer, hostile: Any) -> None:
    Turning(server, hostile(server), requests=12)
    target_file(tmp_path, server.url, states=f"{server.url}/_states", more="[limits]\ntimeout_seconds = 0.5\n")
    began = time.monotonic()
    done = run_command(tmp_path, "load", "--target", "target.toml", "--users", "4", "--minutes", "0.06", seconds=300)
    assert time.monotonic() - began < 240
    assert "Traceback" not in done.errors
    report = report_of(tmp_path / "reports")
    assert SECRET not in json.dumps(report)
    faults = {fault for kind in report["load"]["kinds"] for fault in kind["faults"]}
    assert faults & {"time-out", "too long"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--rate", "20"), "--rate 20: the target file's ceiling is requests_per_second = 10"),
        (("--users", "2", "--workers", "3"), "--users 2: each of 3 workers needs one"),
        (
            ("--users", "12", "--workers", "11"),
            "--workers 11: 10 requests a second are not one for each of them",
        ),
        (("--minutes", "0"), "--minutes is more than 0"),
        (("--master",), "--master needs --workers K"),
        (("--worker", "nowhere"), "--worker nowhere: HOST:PORT is expected"),
        (("--worker", "127.0.0.1:5557", "--users", "3"), "--users: this belongs to the master, not to a worker"),
    ],
)
def test_mistakes_are_told_before_anything_is_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], told: str
) -> None:
    from venue_conformance.cli import main

    file = target_file(tmp_path, "http://127.0.0.1:1", more="[limits]\nrequests_per_second = 10\n")
    assert main(["load", "--target", str(file), "--report-dir", str(tmp_path / "out"), *arguments]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("environment", "more"),
    [
        ("live-eu", ""),
        ("pro\u00adduction", ""),
        ("test", '[states]\nurl = "https://relay.bayse\uff0emarkets/_states"'),
        ("test", '[headers]\nHost = "RELAY.bayse.markets"'),
        ("test", '[proxy]\nurl = "http://relay.bayse.markets:3128"'),
    ],
)
@pytest.mark.parametrize("role", [(), ("--worker", "127.0.0.1:9"), ("--master", "127.0.0.1:9", "--workers", "2")])
def test_production_is_refused(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    server: TinyServer,
    environment: str,
    more: str,
    role: tuple[str, ...],
) -> None:
    from venue_conformance.cli import main

    file = target_file(tmp_path, server.url, more=more)
    file.write_text(file.read_text().replace('environment = "test"', f'environment = "{environment}"'))
    assert main(["load", "--target", str(file), "--report-dir", str(tmp_path / "out"), *role]) == 2
    said = capsys.readouterr().err
    assert ": this is production: " in said
    assert said.count("\n") == 1
    assert (server.connections, (tmp_path / "out").exists()) == (0, False)


def test_a_report_folder_that_cannot_be_is_told_before_anything_is_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], server: TinyServer
) -> None:
    from venue_conformance.cli import main

    file = target_file(tmp_path, server.url)
    (tmp_path / "taken").write_text("mine")
    (tmp_path / "holding" / "conformance.json").mkdir(parents=True)
    held = RunFolder.take(tmp_path / "held")
    for name, says in (
        ("taken", "File exists"),
        ("taken/reports", "Not a directory"),
        ("holding", "conformance.json cannot be replaced: Is a directory"),
        ("held", "is writing here"),
    ):
        assert main(["load", "--target", str(file), "--report-dir", str(tmp_path / name)]) == 2
        said = capsys.readouterr().err
        assert says in said
        assert said.count("\n") == 1
    held.release()
    assert server.connections == 0
