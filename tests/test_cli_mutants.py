"""``venue-conformance mutants``: what counts as caught, and what the command says of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.command import run_command
from venue_conformance.cli import main, mutants
from venue_conformance.mutation.mutant_run import MutantRun, MutantRunOutcome
from venue_conformance.mutation.results import MutantResult, VenueResult, _mutant_result, _not_passed, _variant_result
from venue_conformance.reference import load
from venue_conformance.report.records import CheckRecord

BROKEN = "bayse.idempotency.changed-body"
OTHER = "bayse.limits.one-accepted"
MUTANT = "replays-for-any-body"


def outcome(*records: CheckRecord, name: str = MUTANT, kind: Any = "mutant") -> MutantRunOutcome:
    return MutantRunOutcome(MutantRun(kind, name, (BROKEN,), ("a", "b")), records, (), 0.5)


def record(check: str, clauses: list[str], result: Any, **more: Any) -> CheckRecord:
    broken = more.pop("broken", clauses[:1] if result == "failed" else [])
    breaches = [{"clause": clause, "expected": "x", "actual": "y", "times": 1, "steps": []} for clause in broken]
    return CheckRecord(check, "", clauses, result, 0.1, breaches=breaches, **more)


def test_mutants_are_killed_by_their_own_clause_beside_the_reference(tmp_path: Path) -> None:
    chosen = ["--only", "refuses-short-keys", "--only", "refuses-repeated-signatures"]
    done = run_command(tmp_path, "mutants", "bayse", *chosen, "--jobs", "2", "--json", "out.json")
    assert done.status == 0, done.output + done.errors
    assert "2 of 2 mutants killed" in done.output
    [venue] = json.loads((tmp_path / "out.json").read_text())["venues"]
    assert venue["suite_faults"] == []
    by_name = {each["mutant"]: each for each in venue["mutants"]}
    short = by_name["refuses-short-keys"]
    assert short["killed"] is True
    assert short["caught_by"] == "bayse.idempotency.shortest-key"
    assert short["by"] == ["suites/bayse/test_idempotency_key.py::test_key_of_one_character_is_accepted"]
    assert short["docstring"]
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


def test_variants_are_not_accused(tmp_path: Path) -> None:
    done = run_command(tmp_path, "mutants", "bayse", "--variants", "--only", "refuses-the-future", "--jobs", "1")
    assert done.status == 0, done.output + done.errors
    assert "1 of 1 variants without a violation" in done.output


class TestMutantResult:
    def test_a_failed_check_of_the_clause_kills(self) -> None:
        result = _mutant_result(
            outcome(record("a", [BROKEN], "passed"), record("b", [BROKEN], "failed")), load("bayse")
        )
        assert result.as_it_should_be
        assert result.by == ["b"]

    @pytest.mark.parametrize(
        "records",
        [
            (),
            (record("a", [BROKEN], "passed"),),
            (record("a", [BROKEN], "inconclusive", reason="gone"),),
            (record("a", [BROKEN], "error", reason="TypeError"),),
            (record("a", [BROKEN, OTHER], "failed", broken=[]),),
        ],
        ids=["no check", "passed", "inconclusive", "error", "failed, naming nobody"],
    )
    def test_nothing_else_does(self, records: tuple[CheckRecord, ...]) -> None:
        assert not _mutant_result(outcome(*records), load("bayse")).as_it_should_be

    def test_what_another_clause_says_does_not_count(self) -> None:
        result = _mutant_result(outcome(record("a", [BROKEN, OTHER], "failed", broken=[OTHER])), load("bayse"))
        assert not result.as_it_should_be
        assert result.others_accused == [OTHER]


def test_a_check_that_the_reference_does_not_pass_is_told() -> None:
    [fault] = _not_passed(outcome(record("a", [BROKEN], "failed", expected="x", actual="y"), name="", kind="reference"))
    assert "a: failed: expected x, got y" in fault


def test_a_variant_is_wrong_when_any_clause_is_violated() -> None:
    result = _variant_result(outcome(record("a", [OTHER], "failed"), name="refuses-the-future"), load("bayse"))
    assert not result.as_it_should_be
    assert result.others_accused == [OTHER]


@pytest.mark.parametrize(
    ("killed", "faults", "status"), [(True, [], 0), (False, [], 1), (True, ["it fails"], 4), (False, ["it fails"], 4)]
)
def test_exit_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], killed: bool, faults: list[str], status: int
) -> None:
    each = MutantResult(MUTANT, "A lie.", (BROKEN,), "violates" if killed else "conforms", ["a"], [], 0.1, killed)
    result = VenueResult("bayse", "mutant", [each], faults)
    monkeypatch.setattr(mutants, "try_mutants", lambda *_, **__: result)
    assert main(["mutants", "bayse"]) == status
    output = capsys.readouterr().out
    assert ("Survivors" in output) is not killed
    assert all(fault in output for fault in faults)
