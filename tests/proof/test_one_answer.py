"""A target that answers one and the same thing: nothing conforms, and nobody is accused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import report_of, run_command
from tests.proof.targets import ONE_ANSWER, one_answer

#: Tried at every change; all of them, with all checks, take their time.
ALWAYS = [("bayse", "a 401 page"), ("arcus", "503"), ("predictstreet", "null")]


@pytest.mark.parametrize(
    ("venue", "said", "profile"),
    [
        *((venue, said, "smoke") for venue, said in ALWAYS),
        *(
            pytest.param(venue, said, "ci", marks=pytest.mark.proof)
            for venue in ("arcus", "bayse", "predictstreet")
            for said in ONE_ANSWER
        ),
    ],
)
def test_no_clause_conforms_and_none_is_violated(tmp_path: Path, venue: str, said: str, profile: str) -> None:
    with one_answer(venue, ONE_ANSWER[said]) as target:
        (tmp_path / "target.toml").write_text(target)
        command = ["run", "--target", "target.toml", "--allow-untested", "--profile", profile]
        done = run_command(tmp_path, *command, seconds=300)
    report = report_of(tmp_path / "reports")
    found = {clause["id"]: clause["verdict"] for clause in report["clauses"] if clause["level"] != "open"}
    assert [clause for clause, verdict in found.items() if verdict == "conforms"] == []
    broken = [clause for clause, verdict in found.items() if verdict == "violates"]
    # A 503 to every valid request is told as what it is, and as nothing else.
    assert broken == ([f"{venue}.robustness.no-server-error"] if said == "503" else [])
    assert done.status == 3
