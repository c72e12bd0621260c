"""The recipe for provider states: what the documentation tells a team to write is enough to be judged."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import report_of, run_command, verdicts
from venue_conformance.reference import load
from venue_conformance.reference.server import serve_in_thread

RECIPE = Path(__file__).parent.parent / "docs" / "recipes" / "states.py"
#: The functions that a team writes: here their system is a reference, which knows how to place, read and cancel orders.
MY_VENUE = """
import json, urllib.request
from my_address import STATES

def _ask(state, params, action="setup", **more):
    body = json.dumps({"action": action, "state": state, "params": params, **more}).encode()
    asked = urllib.request.Request(STATES, body, {"Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(asked))

PLACED = {}

def place_open_order(account):
    asked = {"caller": account, "count": 1, "status": "open", "engine": "CLOB"}
    values = _ask("orders", asked)
    order_id = values["orders"][0]["orderId"]
    PLACED[order_id] = (asked, values)
    return order_id

def cancel_order(order_id):
    asked, values = PLACED[order_id]
    _ask("orders", asked, "teardown", values=values)

def status_of(order_id):
    return _ask("order statuses", {"orderIds": [order_id]})["statuses"][order_id]
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Iterator[Path]:
    """A folder with a target file whose states are the recipe's."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with serve_in_thread(load("bayse").venue_class()) as server:
        (tmp_path / "my_address.py").write_text(f"STATES = '{server.base_url}/_states'\n")
        (tmp_path / "my_venue.py").write_text(MY_VENUE)
        (tmp_path / "states.py").write_text(RECIPE.read_text())
        without_states = server.target_file.partition("[states]")[0]
        (tmp_path / "staging.toml").write_text(f'{without_states}[states]\nurl = "http://127.0.0.1:{port}"\n')
        states = subprocess.Popen(
            [sys.executable, "states.py", str(port)], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _wait_until_it_listens(port, states)
            yield tmp_path
        finally:
            states.terminate()
            states.wait()


def _wait_until_it_listens(port: int, states: subprocess.Popen[bytes]) -> None:
    for _ in range(500):
        assert states.poll() is None, "the recipe's server ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("the recipe's server does not listen")


def test_check_finds_what_the_recipe_offers(recipe: Path) -> None:
    done = run_command(recipe, "check", "staging.toml")
    assert done.status == 3, done.output + done.errors
    assert "credentials: accepted with 200" in done.output
    offered = [line for line in done.output.splitlines() if "offered" in line and "not offered" not in line]
    assert any("order statuses" in line for line in offered), done.output
    assert any("orders" in line and "open" in line for line in offered), done.output


def test_a_run_judges_by_the_recipe(recipe: Path) -> None:
    done = run_command(recipe, "run", "--target", "staging.toml", "--", "-k", "test_lifecycle or first_response_is_not")
    assert done.status == 3, done.output + done.errors
    document = report_of(recipe / "reports")
    outcomes = {check["id"].split("::")[-1]: check["outcome"] for check in document["checks"]}
    assert outcomes["test_cancelled_order_reads_back_as_cancelled"] == "passed"
    assert outcomes["test_replay_is_marked_and_first_response_is_not"] == "passed"
    assert outcomes["test_filled_order_stays_filled"] == "not-tested"
    assert "violates" not in verdicts(document).values()
    assert document["run"]["left_open"] == []
