"""``[limits] requests_per_second`` as the target sees it: probe, checks, races, sequences and the channel together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.command import report_of, run_command
from tests.gateways import prefix_gateway
from venue_conformance.reference import load
from venue_conformance.reference.server import serve_in_thread

#: What a noisy machine may add to a window: requests that waited for a processor arrive with those behind them.
TOLERANCE = 3


@pytest.mark.parametrize(
    ("venue", "rate", "checks"),
    [
        ("bayse", 25, "test_race and fill or test_authentication_headers or test_rows"),
        pytest.param("arcus", 25, "test_race and fill or test_channel or test_a_channel", marks=pytest.mark.proof),
        pytest.param(
            "predictstreet", 25, "test_race and fill or test_authentication or test_outcomes", marks=pytest.mark.proof
        ),
    ],
)
def test_no_seconds_hold_more_requests_than_the_ceiling(tmp_path: Path, venue: str, rate: int, checks: str) -> None:
    """In no window of N whole seconds come more than N times the rate, and one."""
    with (
        serve_in_thread(load(venue).venue_class(seed=3)) as server,
        prefix_gateway(server.base_url, "/gate") as gateway,
    ):
        text = server.target_file.replace(f'base_url = "{server.base_url}"', f'base_url = "{gateway.url}/gate"')
        text = re.sub(r"ws://127\.0\.0\.1:\d+/", f"ws://127.0.0.1:{gateway.port}/gate/", text)
        (tmp_path / "target.toml").write_text(f"{text}\n[limits]\nrequests_per_second = {rate}\nsettle_seconds = 1\n")
        minutes = "0.15" if venue == "bayse" else "0.5"
        done = run_command(tmp_path, "run", "--target", "target.toml", "--max-minutes", minutes, "--", "-k", checks)
    assert done.status in (0, 3), done.output + done.errors
    report = report_of(tmp_path / "reports")
    assert any("race" in check["id"] and check["outcome"] == "passed" for check in report["checks"])
    times = sorted(gateway.times)
    assert len(times) > 2 * rate
    for seconds in range(1, 6):
        most = max(sum(at - start < seconds for at in times[first:]) for first, start in enumerate(times))
        assert most <= seconds * rate + 1 + TOLERANCE, f"{most} requests within {seconds} s"
