"""Secrets that a hostile target says back are found nowhere: not on the terminal, not in any report, of any command."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import report_of, run_command, start_command
from tests.planted import Echo, leaks, leaks_below, write_target
from tests.tiny_server import tiny_server

CHOSEN = {
    "bayse": ("rows.echo-order-id", "rows.status-200"),
    "arcus": ("channel.event-per-cancelled-order",),
    "predictstreet": ("isolation.unknown-not-found",),
}
#: Those that are not written without being asked for.
FORMS = tuple(part for form in ("har", "ctrf", "badge") for part in ("--report", form))
#: Of what workers learn by themselves their controller knows nothing.
WORKERS = {"bayse": ("-n", "2")}


@pytest.fixture(
    params=["bayse", *(pytest.param(venue, marks=pytest.mark.proof) for venue in ("arcus", "predictstreet"))]
)
def echo(request: pytest.FixtureRequest) -> Iterator[Echo]:
    with tiny_server() as server:
        yield Echo(server, request.param)


@pytest.fixture
def bayse() -> Iterator[Echo]:
    with tiny_server() as server:
        yield Echo(server)


def test_nothing_that_a_run_leaves_holds_a_secret_that_the_target_says_back(tmp_path: Path, echo: Echo) -> None:
    file = write_target(tmp_path, echo)
    kept = tmp_path / "report"
    chosen = [part for clause in CHOSEN[echo.venue] for part in ("--clause", clause)]
    done = run_command(
        tmp_path, "run", "--target", file, "--report-dir", kept, *chosen, *FORMS, "--", "--tb=long", "-l", "-rA", "-vv",
        "--show-capture=all", f"--junitxml={tmp_path / 'pytest.xml'}", f"--log-file={tmp_path / 'pytest.log'}",
        "--log-level=DEBUG", "--log-file-level=DEBUG", "--log-cli-level=DEBUG", "--alluredir", tmp_path / "allure",
        *WORKERS.get(echo.venue, ()),
    )  # fmt: skip
    assert done.status in (1, 3), done.errors
    assert echo.batches > 0
    assert leaks(done.output + done.errors, echo.planted) == []
    assert leaks_below(tmp_path, echo.planted, but=["target.toml"]) == []
    assert list((tmp_path / "allure").glob("*-result.json"))
    for name in ("conformance.json", "exchanges.har"):
        assert "you said ***" in (kept / name).read_text()
    assert (kept / "ctrf.json").exists()
    assert (kept / "badge.json").exists()
    if echo.venue == "arcus":
        assert any(each["status"] == 101 for each in report_of(kept)["exchanges"])


@pytest.mark.proof
def test_check_and_replay_say_no_secret(tmp_path: Path, bayse: Echo) -> None:
    file = write_target(tmp_path, bayse)
    looked = run_command(tmp_path, "check", file)
    assert looked.status in (1, 3)
    assert "broken" in looked.output
    assert looked.errors.count("warning: ") == 1
    assert leaks(looked.output + looked.errors, bayse.planted) == []
    bayse.forget_callers()  # of which another process knows nothing
    run_command(tmp_path, "run", "--target", file, "--clause", "isolation.unknown-not-found")
    bayse.forget_callers()
    check = next(each for each in report_of(tmp_path / "reports")["checks"] if each["steps"])
    again = run_command(tmp_path, "replay", "reports", check["id"], "--target", file)
    assert "responses have the recorded status" in again.output, again.output + again.errors
    assert leaks(again.output + again.errors, bayse.planted) == []


def test_a_killed_run_and_what_is_made_of_it_leave_no_secret(tmp_path: Path, bayse: Echo) -> None:
    file = write_target(tmp_path, bayse)
    running = start_command(tmp_path, "run", "--target", file, "--report-dir", "report")
    journal = tmp_path / "report" / "journal.jsonl"
    ends = time.monotonic() + 40
    while time.monotonic() < ends and not (journal.exists() and journal.read_bytes().count(b'"check"') > 20):
        time.sleep(0.05)
    running.send_signal(signal.SIGKILL)
    output, errors = running.communicate()
    assert journal.read_bytes().count(b'"exchange"') > 20
    assert leaks(output + errors, bayse.planted) == []
    assert leaks_below(tmp_path, bayse.planted, but=["target.toml"]) == []
    for line in journal.read_text().splitlines()[:-1]:
        json.loads(line)
    bayse.forget_callers()  # of which another process knows nothing
    for command in (("report", "report", *FORMS), ("cleanup", "report", "--target", file)):
        done = run_command(tmp_path, *command)
        assert done.status in (0, 1, 3, 130), done.errors
        assert leaks(done.output + done.errors, bayse.planted) == []
    assert leaks_below(tmp_path / "report", bayse.planted) == []
