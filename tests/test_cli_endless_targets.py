"""No counterpart holds a run for ever, nor a look at it, whatever it does once it has begun well."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.command import report_of, run_command, target_file
from tests.hostile import HOSTILE, Turning
from tests.tiny_server import TinyServer


def run(folder: Path, server: TinyServer, *options: str, more: str = "") -> float:
    """The seconds that a run against the server took; its states are the server's, too."""
    target_file(folder, server.url, states=f"{server.url}/_states", more=more)
    began = time.monotonic()
    done = run_command(folder, "run", "--target", "target.toml", *options, seconds=600)
    took = time.monotonic() - began
    assert done.status in (1, 3), done.output + done.errors
    assert "Traceback" not in done.errors
    return took


@pytest.mark.parametrize("states", [False, True], ids=["the venue", "its states too"])
@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.proof
def test_a_whole_run_ends_within_five_minutes(tmp_path: Path, server: TinyServer, kind: str, states: bool) -> None:
    Turning(server, HOSTILE[kind](server), requests=20, states=states)
    assert run(tmp_path, server) < 300


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.proof
def test_a_look_ends_within_a_minute(tmp_path: Path, server: TinyServer, kind: str) -> None:
    for requests in (0, 1):
        Turning(server, HOSTILE[kind](server), requests=requests, states=True)
        target_file(tmp_path, server.url, states=f"{server.url}/_states")
        began = time.monotonic()
        done = run_command(tmp_path, "check", "target.toml", seconds=200)
        assert time.monotonic() - began < 60
        assert done.status in (1, 2, 3)
        server.stopping.clear()


@pytest.mark.parametrize("kind", ["silent", "dripping", "resetting", "paging"])
def test_a_target_that_turns_is_asked_five_times_more(tmp_path: Path, server: TinyServer, kind: str) -> None:
    Turning(server, HOSTILE[kind](server), requests=3)
    run(tmp_path, server, "--clause", "bayse.isolation.*", more="[limits]\ntimeout_seconds = 0.5\nsettle_seconds = 1\n")
    batches = [request for request in server.received if request.path != "/_states"]
    # Those under way when the fifth fault comes are sent all the same.
    assert len(batches) <= 3 + 5 + 5
    causes = [check.get("cause") for check in report_of(tmp_path / "reports")["checks"]]
    assert causes.count("target-silent") >= 1 or all(cause is None for cause in causes)
