"""Fuzzing gets past the signature, and says so when it does not."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from venue_conformance.contract.resources import venue_names
from venue_conformance.reference import load
from venue_conformance.reference.bayse.base import Refusal
from venue_conformance.reference.bayse.venue import BayseVenue
from venue_conformance.reference.server import serve_in_thread


def run(target_file: str, folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    """The exit status and the report of a run of the generated requests alone."""
    file = folder / "target.toml"
    file.write_text(target_file, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "venue_conformance",
        "run",
        "-v",
        "--target",
        str(file),
        "--report-dir",
        str(folder),
    ]
    done = subprocess.run([*command, *arguments, "--", "-k", "test_fuzz"], capture_output=True, text=True, check=False)
    assert "generated requests got" in done.stdout, done.stdout + done.stderr
    return done.returncode, json.loads((folder / "conformance.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("venue", venue_names())
def test_on_a_reference_right_signatures_pass_and_right_batches_reach_the_core(venue: str, tmp_path: Path) -> None:
    with serve_in_thread(load(venue).find()(seed=1, rate_limited=False)) as server:
        _, document = run(server.target_file, tmp_path)

    sums: dict[str, Counter[str]] = {}
    for each in document["depth"]:
        sums.setdefault(each["family"], Counter()).update(
            {
                environment: each[environment]
                for environment in ("authentication", "rate_limit", "shape", "core", "failure")
            }
        )
    wrong_body = sums["valid signature, invalid body"]
    right = sums["valid signature and body, wrong in meaning"]
    wrong_signature = sums["invalid signature, valid body"]
    assert wrong_body["authentication"] == right["authentication"] == 0
    assert right["core"] >= 0.6 * right.total() > 0
    assert wrong_signature["authentication"] == wrong_signature.total() > 0
    assert {
        environment: sum(each[environment] for each in sums.values()) for environment in ("rate_limit", "failure")
    } == {
        "rate_limit": 0,
        "failure": 0,
    }
    assert {check["outcome"] for check in document["checks"] if "test_fuzz" in check["id"]} == {"passed"}


class StopsOddBodiesAtTheDoor(BayseVenue):
    """Answers 401 to a validly signed body that is no batch."""

    def read_order_ids(self, request: Any) -> list[str]:
        try:
            return super().read_order_ids(request)
        except Refusal as refusal:
            raise Refusal(401, "unauthorized", "Missing or invalid credentials") from refusal


class LetsNobodyIn(BayseVenue):
    """Answers 401 to every request."""

    async def authenticate(self, request: Any) -> Any:
        raise Refusal(401, "unauthorized", "Missing or invalid credentials")


def test_wrong_bodies_stopped_at_authentication_are_not_tested(tmp_path: Path) -> None:
    with serve_in_thread(StopsOddBodiesAtTheDoor(seed=1)) as server:
        status, document = run(server.target_file, tmp_path, "--clause", "bayse.limits.list-required")

    assert status == 3
    stopped = [check for check in document["checks"] if "stopped at authentication" in str(check["reason"])]
    assert [check["outcome"] for check in stopped] == ["not-tested"]
    assert stopped[0]["exchanges"]


@pytest.mark.parametrize("makes_callers", [True, False])
def test_who_lets_nobody_in_is_not_accused(tmp_path: Path, makes_callers: bool) -> None:
    with serve_in_thread(LetsNobodyIn(seed=1)) as server:
        target = server.target_file if makes_callers else server.target_file.split("[states]")[0]
        command = ["--no-probe", "--clause", "bayse.authentication.signed-request-accepted"]
        status, document = run(target, tmp_path, *command)

    assert status == 3
    ended = [check for check in document["checks"] if check["exchanges"]]
    assert {check["outcome"] for check in ended} == {"inconclusive"}
    assert all("accepted" in check["reason"] or "credentials" in check["reason"] for check in ended)
