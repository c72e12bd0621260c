"""A run can be repeated exactly, and be shared out among processes without another verdict."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.command import report_of, run_command

#: What is as random as the machine can, whatever the seed: ids, what makes texts and numbers name no order.
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{20,}|[0-9a-f]{16}")
#: What is drawn: sequences, mixes, bodies. Races and limits are about time, which does not repeat.
DRAWN = "test_machine or test_mixed or test_fuzz or test_errors"


def requests_of(report: dict[str, Any]) -> dict[str, list[str]]:
    """Per check its requests, with ids numbered as they appear, without keys, times and signatures."""
    exchanges = {each["id"]: each for each in report["exchanges"]}
    found: dict[str, list[str]] = {}
    for check in report["checks"]:
        numbers: dict[str, str] = {}

        def number(match: re.Match[str], numbers: dict[str, str] = numbers) -> str:
            return numbers.setdefault(match[0], f"id{len(numbers)}")

        sent = [exchanges[each] for each in check["exchanges"]]
        found[check["id"]] = [
            _ID.sub(
                number,
                f"{each['method']} {each['url'].split('/', 3)[3]} "
                f"{'Idempotency-Key' in each['request_headers']} {each['request_body']}",
            )
            for each in sent
        ]
    return found


def run(folder: Path, *arguments: str) -> dict[str, Any]:
    folder.mkdir()
    done = run_command(
        folder, "run", "--venue", "bayse", "--report-dir", "out", "--keep-bodies", *arguments, seconds=600
    )
    assert done.status in (0, 3), done.output + done.errors
    return report_of(folder / "out")


@pytest.mark.proof
@pytest.mark.parametrize("arguments", [("--seed", "7"), ("--seed", "7", "--profile", "smoke")])
def test_a_run_repeats_its_requests(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    rest = [] if "smoke" in arguments else ["--", "-k", DRAWN]
    first = requests_of(run(tmp_path / "first", *arguments, *rest))
    second = requests_of(run(tmp_path / "second", *arguments, *rest))
    assert sum(map(len, first.values())) > (40 if "smoke" in arguments else 400)
    assert first.keys() == second.keys()
    assert [check for check in first if first[check] != second[check]] == []


@pytest.mark.proof
def test_another_seed_draws_something_else(tmp_path: Path) -> None:
    rest = ("--", "-k", "test_any_sequence_is_answered_as_documented")
    first, second = (requests_of(run(tmp_path / seed, "--seed", seed, *rest)) for seed in ("1", "2"))
    assert json.dumps(first) != json.dumps(second)


@pytest.mark.proof
def test_a_shared_out_run_says_the_same(tmp_path: Path) -> None:
    pytest.importorskip("xdist")
    one, two = run(tmp_path / "one"), run(tmp_path / "two", "--", "-n", "2")
    for part, name in (("clauses", "verdict"), ("checks", "outcome")):
        # References of worker processes have ended when everything would be looked at again.
        said = [
            {each["id"]: each[name] for each in report[part] if each["id"] != "at the end of the run"}
            for report in (one, two)
        ]
        assert said[0] == said[1]
    assert one["run"]["verdict"] == two["run"]["verdict"] == "conforms"
