"""A load test on a staging system that others use as well: its bounds, its gateway, its secrets, and what is left."""

from __future__ import annotations

import json
import os
import signal
import time
import tomllib
from pathlib import Path

import pytest

from tests.certificates import authority
from tests.command import report_of, run_command, start_command, target_file
from tests.gateways import prefix_gateway
from tests.killing import clean, open_orders, reference
from tests.planted import Echo, leaks, leaks_below, write_target
from tests.test_cli_files import limited
from tests.test_cli_replay_attacks import state
from tests.test_faults_of_states_and_targets import values
from tests.tiny_server import Received, TinyServer, answer, tiny_server
from venue_conformance.plugin.folder import keep_unsettled
from venue_conformance.reference import load as reference_of
from venue_conformance.reference.server import serve_in_thread
from venue_conformance.report.journal import JOURNAL, SETUP, JournalWriter
from venue_conformance.target.setups import Setups

pytestmark = pytest.mark.usefixtures("locust")
SHORT = ("load", "--target", "target.toml", "--users", "4", "--minutes", "0.05")


@pytest.mark.proof
@pytest.mark.parametrize("venue", ["bayse", "arcus", "predictstreet"])
def test_bounds_and_ceiling_hold_for_all_workers_together(tmp_path: Path, venue: str) -> None:
    """Measured at the target, the probe included."""
    with (
        serve_in_thread(reference_of(venue).venue_class(seed=3)) as server,
        prefix_gateway(server.base_url, "/gate") as gateway,
    ):
        text = server.target_file.replace(f'base_url = "{server.base_url}"', f'base_url = "{gateway.url}/gate"')
        limits = "[limits]\nrequests_per_second = 20\nmax_requests = 61\nmax_orders = 1000\n"
        (tmp_path / "target.toml").write_text(f"{text}\n{limits}")
        run_command(tmp_path, *SHORT[:-1], "0.5", "--workers", "2", seconds=200)
    times = sorted(gateway.times)
    assert 20 < len(times) <= 61
    for seconds in (1, 2, 3):
        most = max(sum(at - start < seconds for at in times[first:]) for first, start in enumerate(times))
        assert most <= seconds * 20 + 4, f"{most} requests within {seconds} s"
    assert "max_requests" in report_of(tmp_path / "reports")["run"]["limit"]


def test_a_full_disk_changes_no_verdict_of_a_load_test(tmp_path: Path) -> None:
    with reference(tmp_path, "bayse") as venue:
        done = limited(tmp_path, 100, *SHORT, "--allow-untested")
        left = open_orders(venue)
    said = done.stderr.splitlines()
    assert (done.returncode, len(said)) == (3, 1), done.stdout + done.stderr
    assert "the report cannot be written: File too large" in said[0]
    assert "exit status 3" in done.stdout
    assert left == 0


def test_cleanup_reads_what_workers_wrote_down_whatever_run_came_later(tmp_path: Path) -> None:
    from venue_conformance.cli import main

    with serve_in_thread(reference_of("bayse").venue_class(seed=3)) as server:
        file = tmp_path / "target.toml"
        file.write_text(server.target_file)
        name = tomllib.loads(server.target_file)["credentials"]["public_key"]
        header = {
            "run": {"id": "12345678-of-a-load-test"},
            "target": {"venue": "bayse", "base_url": server.base_url},
            "target_file": str(file),
        }
        for worker in range(3):
            journal = JournalWriter(tmp_path / "reports" / f"worker-{worker}" / JOURNAL, header)
            setups = Setups(lambda record, journal=journal: journal.write(SETUP, record))
            for number in range(2):
                params = {"caller": name, "count": 3, "status": "open"}
                setup = setups.asks("orders", params)
                values = state(server, "orders", **params)
                if number or worker:  # of the first nobody ever learnt what came of it
                    setups.learn(setup, "answered", values)
        JournalWriter(tmp_path / "reports" / JOURNAL, {"run": {"id": "next"}}).close()
        assert open_orders(server.venue) == 18
        assert main(["cleanup", str(tmp_path / "reports")]) == 0
        assert open_orders(server.venue) == 0
        kept = [keep_unsettled(tmp_path / "reports"), *(tmp_path / "reports").glob("unsettled-*")]
        assert kept == [None]


def test_what_workers_wrote_down_outlasts_the_next_run(tmp_path: Path) -> None:
    for worker in range(2):
        header = {"run": {"id": "12345678"}, "target_file": "t"}
        journal = JournalWriter(tmp_path / f"worker-{worker}" / JOURNAL, header)
        Setups(lambda record, journal=journal: journal.write(SETUP, record)).asks("orders", {"caller": "a", "count": 1})
        journal.close()
    assert keep_unsettled(tmp_path) == tmp_path / "unsettled-12345678-2.jsonl"
    assert {file.name for file in tmp_path.glob("unsettled-*")} == {
        "unsettled-12345678.jsonl",
        "unsettled-12345678-2.jsonl",
    }
    assert keep_unsettled(tmp_path) is None


@pytest.mark.proof
@pytest.mark.parametrize("venue", ["bayse", "arcus", "predictstreet"])
def test_after_a_kill_cleanup_finds_what_workers_left(tmp_path: Path, venue: str) -> None:
    with reference(tmp_path, venue) as served:
        # What an earlier run left in the same folder is not what is to be given back.
        JournalWriter(tmp_path / "reports" / JOURNAL, {"run": {"id": "earlier"}}).close()
        running = start_command(tmp_path, *SHORT[:-1], "5", "--workers", "2")
        ends = time.monotonic() + 400
        while not open_orders(served) and time.monotonic() < ends:
            time.sleep(0.05)
        time.sleep(0.5)
        kill_all(running.pid)
        running.communicate(timeout=30)
        before = open_orders(served)
        # Nor does the next run take it away.
        kept = keep_unsettled(tmp_path / "reports")
        JournalWriter(tmp_path / "reports" / JOURNAL, {"run": {"id": "next"}}).close()
        done = clean(tmp_path, "reports")
        after = open_orders(served)
    assert before > 0
    assert kept is not None
    assert (done.status, after) == (0, 0), done.output + done.errors
    assert not list(tmp_path.glob("reports/unsettled-*"))


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [each for child in map(int, found) for each in (child, *children(child))]


def kill_all(pid: int) -> None:
    """A process and all that it has started, at one moment."""
    for each in (pid, *children(pid)):
        os.kill(each, signal.SIGKILL)


def test_no_redirect_is_followed_no_cookie_returned_and_no_proxy_used(
    tmp_path: Path, server: TinyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tiny_server() as elsewhere, tiny_server() as between:
        asked = 0

        def behave(received: Received) -> bytes:
            nonlocal asked
            asked += received.path != "/_states"
            if received.path == "/_states":
                right = values(json.loads(received.body))
                return answer(501) if right is None else answer(200, json.dumps(right).encode())
            if asked == 1:
                return answer(200, b'{"results": [], "summary": {}}', ("Set-Cookie", "sid=1; Path=/"))
            to = f"{elsewhere.url}{received.path}"
            return answer(
                (301, 302, 303, 307, 308)[asked % 5], b"{}", ("Location", to), ("Set-Cookie", "sid=1; Path=/")
            )

        server.behave = behave
        target_file(tmp_path, server.url, states=f"{server.url}/_states")
        for name in ("http", "https", "all"):
            monkeypatch.setenv(f"{name}_proxy", between.url)
        done = run_command(tmp_path, *SHORT, seconds=120)
    assert "Traceback" not in done.errors
    assert asked > 3, done.output + done.errors
    assert [each.path for each in elsewhere.received + between.received] == []
    assert not [each for each in server.received if each.header("Cookie")]


@pytest.mark.proof
def test_behind_a_gateway_with_prefix_and_client_certificate(tmp_path: Path) -> None:
    ca = authority()
    with (
        serve_in_thread(reference_of("bayse").venue_class(seed=3)) as server,
        prefix_gateway(server.base_url, "/gate", tls=ca.serving(wants_client=True)) as gateway,
    ):
        text = server.target_file.replace(f'base_url = "{server.base_url}"', f'base_url = "{gateway.url}/gate"')
        (tmp_path / "target.toml").write_text(f"{text}\n{ca.tls_table(client=True)}")
        done = run_command(tmp_path, *SHORT, "--allow-untested", seconds=120)
    assert done.status == 0, done.output + done.errors
    assert len(gateway.lines) > 3
    assert set(gateway.clients) == {"client"}


@pytest.mark.parametrize("killed", [False, pytest.param(True, marks=pytest.mark.proof)])
def test_no_secret_that_the_target_says_back_is_left_anywhere(tmp_path: Path, server: TinyServer, killed: bool) -> None:
    echo = Echo(server)
    file = write_target(tmp_path, echo)
    arguments = ("load", "--target", str(file), "--users", "4", "--minutes", "0.1", "--report-dir", "report")
    running = start_command(tmp_path, *arguments)
    if killed:
        ends = time.monotonic() + 60
        while echo.batches < 30 and time.monotonic() < ends:
            time.sleep(0.05)
        kill_all(running.pid)
    output, errors = running.communicate(timeout=120)
    assert echo.batches > 10
    assert leaks(output + errors, echo.planted) == []
    assert leaks_below(tmp_path, echo.planted, but=["target.toml"]) == []
    if killed:
        echo.forget_callers()
        for command in (("report", "report"), ("cleanup", "report", "--target", str(file))):
            done = run_command(tmp_path, *command)
            assert leaks(done.output + done.errors, echo.planted) == []
    assert leaks_below(tmp_path, echo.planted, but=["target.toml"]) == []
