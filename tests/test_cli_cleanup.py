"""Nothing is left open: at the end of a run, after Ctrl-C and SIGTERM, and after a kill by `cleanup`."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.command import report_of, run_command, start_command
from tests.killing import clean, kill_at, open_orders, reference
from venue_conformance.reference.bayse.states import BayseStates
from venue_conformance.reference.http import Request, Response, json_response
from venue_conformance.report.journal import JOURNAL, SETUP, read_journal

#: Checks that provision orders, several at a time.
STAGING = ("--clause", "bayse.lifecycle.*", "--clause", "bayse.rows.*", "--clause", "bayse.isolation.*")


def setups(folder: Path) -> list[dict[str, Any]]:
    return read_journal(folder / JOURNAL, allow_unfinished=True).others[SETUP]


@pytest.mark.parametrize("lines", [260, *(pytest.param(lines, marks=pytest.mark.proof) for lines in (180, 340))])
def test_after_a_kill_cleanup_leaves_no_order_open(tmp_path: Path, lines: int) -> None:
    with reference(tmp_path, "bayse") as venue:
        kill_at(tmp_path, "reports", lines, *STAGING)
        requests = venue.accounts, len(read_journal(tmp_path / "reports" / JOURNAL, allow_unfinished=True).exchanges)
        done = clean(tmp_path, "reports")
        assert done.status == 0, done.output + done.errors
        assert open_orders(venue) == 0
        assert " 0 left" in done.output
        again = clean(tmp_path, "reports")
        assert "0 orders of the run were open; 0 states undone, 0 left" in again.output
    assert requests


@pytest.mark.proof
def test_a_whole_run_leaves_nothing_open_and_asks_before_it_sets_up(tmp_path: Path) -> None:
    with reference(tmp_path, "bayse") as venue:
        done = run_command(tmp_path, "run", "--target", "target.toml", "--clause", "bayse.isolation.foreign-not-found")
        assert done.status == 0
        assert open_orders(venue) == 0
    assert report_of(tmp_path / "reports")["run"]["left_open"] == []
    records = setups(tmp_path / "reports")
    asked = [record["id"] for record in records if record["known"] == "asked"]
    assert asked
    for name in asked:
        course = [record["known"] for record in records if record["id"] == name]
        assert course in (["asked", "answered"], ["asked", "answered", "undone"], ["asked", "not made"])
    assert all(record["check"] for record in records if record["known"] == "asked" and record["state"] == "orders")
    text = (tmp_path / "reports" / JOURNAL).read_text()
    assert not any(account.secret_key in text for account in venue.accounts.values())


@pytest.mark.parametrize("sent", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.proof)])
def test_a_run_that_is_stopped_gives_back_what_it_holds(tmp_path: Path, sent: signal.Signals) -> None:
    with reference(tmp_path, "bayse") as venue:
        running = start_command(tmp_path, "run", "--target", "target.toml", *STAGING)
        while open_orders(venue) < 3:
            assert running.poll() is None
            time.sleep(0.001)
        running.send_signal(sent)
        output, errors = running.communicate(timeout=60)
        assert running.returncode == 130, output + errors
        assert open_orders(venue) == 0
    report = report_of(tmp_path / "reports")["run"]
    assert (report["interrupted"], report["left_open"]) == (True, [])


@pytest.mark.parametrize("sent", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.proof)])
def test_a_check_that_is_stopped_gives_back_what_it_holds(tmp_path: Path, sent: signal.Signals) -> None:
    """It writes nothing down, so that nobody could do it later."""
    with reference(tmp_path, "bayse") as venue:
        running = start_command(tmp_path, "check", "target.toml")
        while open_orders(venue) < 1:
            assert running.poll() is None
            time.sleep(0.0005)
        running.send_signal(sent)
        output, errors = running.communicate(timeout=60)
        assert running.returncode == 130, output + errors
        assert open_orders(venue) == 0


@pytest.mark.parametrize("judging", [False, pytest.param(True, marks=pytest.mark.proof)])
def test_after_a_kill_of_a_replay_cleanup_leaves_no_order_open(tmp_path: Path, judging: bool) -> None:
    """While it plays the steps again, and while it runs the check once more."""
    with reference(tmp_path, "bayse") as venue:
        check = "test_hundred_open_orders_are_cancelled"
        run_command(tmp_path, "run", "--target", "target.toml", "--clause", "bayse.limits.*", "--", "-k", check)
        replay = ("replay", "reports", check, "--target", "target.toml")
        whole = run_command(tmp_path, *replay)
        assert whole.status == 0, whole.output + whole.errors
        assert (open_orders(venue), list(tmp_path.glob("reports/replay-*"))) == (0, [])
        running = start_command(tmp_path, *replay)
        while judging and not any(
            b'"probe"' in file.read_bytes() for file in tmp_path.glob(f"reports/replay-*/{JOURNAL}")
        ):
            assert running.poll() is None
            time.sleep(0.001)
        while open_orders(venue) < 1:
            assert running.poll() is None
            time.sleep(0.001)
        running.kill()
        running.communicate(timeout=30)
        before = open_orders(venue)
        done = clean(tmp_path, "reports")
        assert (done.status, before > 0, open_orders(venue)) == (0, True, 0), done.output + done.errors
    assert list(tmp_path.glob("reports/replay-*")) == []
    assert (tmp_path / "reports" / "conformance.json").is_file()


class KeepsOrders(BayseStates):
    """What version 1 of the protocol knew: no values, and nothing that is undone."""

    async def handle(self, request: Request) -> Response:
        asked = json.loads(request.body)
        if asked.get("action") == "teardown":
            return json_response(400 if "values" in asked else 501, {"message": "not known"})
        return await super().handle(request)


@pytest.mark.proof
def test_what_an_older_target_does_not_take_back_is_listed(tmp_path: Path) -> None:
    with reference(tmp_path, "bayse") as venue:
        venue.states = KeepsOrders(venue)
        done = run_command(tmp_path, "run", "--target", "target.toml", "--clause", "bayse.isolation.foreign-not-found")
        left = open_orders(venue)
        assert left > 0
    assert done.status == 0
    listed = report_of(tmp_path / "reports")["run"]["left_open"]
    assert sum(len(each["orders"]) for each in listed) == left
    assert {each["reason"] for each in listed} == {"the target's provider states cannot undo it"}
    assert f"not given back: {left} order" in done.output


class LosesAnswers(BayseStates):
    """Makes orders, and says nothing of them."""

    async def handle(self, request: Request) -> Response:
        asked = json.loads(request.body)
        answer = await super().handle(request)
        lost = asked["state"] == "orders" and asked.get("action") != "teardown"
        return json_response(503, {"message": "try again"}) if lost else answer


@pytest.mark.proof
def test_orders_of_which_no_answer_came_are_given_back_by_their_params(tmp_path: Path) -> None:
    with reference(tmp_path, "bayse") as venue:
        venue.states = LosesAnswers(venue)
        run_command(tmp_path, "run", "--target", "target.toml", "--clause", "bayse.isolation.foreign-not-found")
        assert len(venue.book._orders) > 2
        assert open_orders(venue) == 0
    assert report_of(tmp_path / "reports")["run"]["left_open"] == []


def test_cleanup_goes_to_the_target_of_the_run_and_to_no_other(tmp_path: Path) -> None:
    with reference(tmp_path, "bayse") as venue:
        kill_at(tmp_path, "reports", 200, *STAGING)
        file = tmp_path / "target.toml"
        right = file.read_text()
        for wrong, reported in (
            (right.replace("127.0.0.1", "127.0.0.2", 1), "127.0.0.2"),
            (right.replace("embedded reference", "production"), "production"),
        ):
            file.write_text(wrong)
            refused = clean(tmp_path, "reports")
            assert refused.status == 2
            assert reported in refused.errors
        file.unlink()
        assert clean(tmp_path, "reports").status == 2
        (tmp_path / "other.toml").write_text(right)
        assert clean(tmp_path, "reports", "--target", "other.toml").status == 0
        assert open_orders(venue) == 0


def test_the_next_run_keeps_the_journal_of_what_was_not_given_back(tmp_path: Path) -> None:
    with reference(tmp_path, "bayse") as venue:
        kill_at(tmp_path, "reports", 210, *STAGING)
        left = open_orders(venue)
        done = run_command(tmp_path, "run", "--target", "target.toml", "--clause", "bayse.idempotency.shortest-key")
        assert open_orders(venue) == left
        kept = list((tmp_path / "reports").glob("unsettled-*.jsonl"))
        if left:
            assert len(kept) == 1
            assert "venue-conformance cleanup reports" in done.output
        assert clean(tmp_path, "reports").status == 0
        assert open_orders(venue) == 0
    assert list((tmp_path / "reports").glob("unsettled-*.jsonl")) == []


def test_cleanup_waits_for_no_run_that_still_goes_on(tmp_path: Path) -> None:
    with reference(tmp_path, "bayse") as venue:
        running = start_command(tmp_path, "run", "--target", "target.toml", *STAGING)
        while open_orders(venue) < 1:
            time.sleep(0.001)
        refused = clean(tmp_path, "reports")
        running.kill()
        running.communicate()
    assert refused.status == 2
    assert "is writing here" in refused.errors


def test_without_a_journal_there_is_nothing_to_go_by(tmp_path: Path) -> None:
    for command in ("cleanup", "report"):
        done = run_command(tmp_path, command, "nowhere")
        assert (done.status, done.output) == (2, "")
        assert done.errors == ("error: nowhere: there is no such folder; give the report folder of a run\n")


def test_an_embedded_reference_ended_with_its_run(tmp_path: Path) -> None:
    run_command(tmp_path, "run", "bayse", "--clause", "bayse.limits.one-accepted")
    done = clean(tmp_path, "reports")
    assert (done.status, done.errors) == (0, "")


@pytest.mark.proof
def test_a_run_in_worker_processes_leaves_nothing_open_either(tmp_path: Path) -> None:
    pytest.importorskip("xdist")
    with reference(tmp_path, "bayse") as venue:
        clause = ("--clause", "bayse.isolation.foreign-not-found")
        done = run_command(tmp_path, "run", "--target", "target.toml", *clause, "--", "-n", "2")
        assert done.status == 0, done.output + done.errors
        assert len(venue.book._orders) > 2
        assert open_orders(venue) == 0
    assert {record["state"] for record in setups(tmp_path / "reports") if "state" in record} >= {"caller", "orders"}
    assert read_journal(tmp_path / "reports" / JOURNAL).finished
