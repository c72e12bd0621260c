"""Breaches that count for less than what else a check judges: noted, told at the end, and nothing else is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import strategies as st

from venue_conformance.contract.clauses import Clause
from venue_conformance.errors import Violation
from venue_conformance.fuzz.breaches import Breaches
from venue_conformance.fuzz.explore import Explore
from venue_conformance.fuzz.profiles import register_profiles
from venue_conformance.plugin.check import Check
from venue_conformance.plugin.ending import add_breaches
from venue_conformance.report.records import CheckRecord
from venue_conformance.report.verdicts import judge, run_verdict
from venue_conformance.wire.recorder import Recorder

MUST, SHOULD, OTHER = "bayse.rows.summary", "bayse.errors.envelope", "bayse.robustness.no-server-error"


@pytest.fixture
def breaches() -> Breaches:
    return Breaches({SHOULD, OTHER})


@pytest.fixture
def exploring(tmp_path: Path, breaches: Breaches) -> Explore:
    register_profiles(tmp_path, remembering=False)
    return Explore("ci", None, run_seed=1, recorder=Recorder(), breaches=breaches, name="check")


def test_what_counts_for_less_does_not_end_the_search(exploring: Explore, breaches: Breaches) -> None:
    tried: list[int] = []

    def holds(n: int) -> None:
        tried.append(n)
        raise Violation("an envelope", f"none for {n}", SHOULD)

    exploring(holds, n=st.integers(0, 10**6), examples=20)

    assert len(tried) >= 20
    assert list(breaches.found) == [SHOULD]
    assert breaches.found[SHOULD].violation.__notes__[0].startswith("with n=")


def test_what_counts_is_raised_though_something_lapsed_before(exploring: Explore, breaches: Breaches) -> None:
    tried: list[int] = []

    def holds(n: int) -> None:
        tried.append(n)
        raise Violation("right", "wrong", SHOULD if len(tried) < 5 else MUST)

    with pytest.raises(Violation) as raised:
        exploring(holds, n=st.integers(0, 10**6), examples=20)
    assert raised.value.clause == MUST
    assert list(breaches.found) == [SHOULD]


def test_of_several_faults_the_one_that_counts_is_blamed(breaches: Breaches) -> None:
    faults = [Violation("a", "b", clause) for clause in (SHOULD, MUST, OTHER)]
    assert breaches.first_that_counts(faults) is faults[1]
    assert breaches.first_that_counts(faults[::2]) is faults[0]
    assert breaches.first_that_counts([]) is None


def check_with(breaches: Breaches, **changes: object) -> Check:
    check = Check("suites/bayse/test_fuzz.py::test_x", "X.", (MUST, SHOULD, OTHER), breaches=breaches)
    for name, value in changes.items():
        setattr(check, name, value)
    return check


def test_a_check_fails_for_what_lapsed_and_upholds_the_rest(breaches: Breaches) -> None:
    check = check_with(breaches)
    breaches.note(Violation("an envelope", "none", SHOULD), [])

    add_breaches(check)

    assert (check.outcome, check.broken, check.expected, check.actual) == ("failed", SHOULD, "an envelope", "none")
    assert check.upheld == (MUST, OTHER)


def test_a_check_that_did_not_come_to_its_end_upholds_nothing(breaches: Breaches) -> None:
    check = check_with(breaches, outcome="not-tested", reason="rate limited")
    breaches.note(Violation("an envelope", "none", SHOULD), [])

    add_breaches(check)

    assert (check.outcome, check.broken, check.reason, check.upheld) == ("failed", SHOULD, None, ())


@pytest.mark.parametrize(("outcome", "broken"), [("failed", MUST), ("error", None)])
def test_a_check_that_failed_for_what_counts_says_so(breaches: Breaches, outcome: str, broken: str | None) -> None:
    check = check_with(breaches, outcome=outcome, broken=broken)
    breaches.note(Violation("an envelope", "none", SHOULD), [])

    assert not add_breaches(check)

    assert (check.outcome, check.broken) == (outcome, broken)


def test_a_target_may_conform_in_spite_of_what_lapsed() -> None:
    clauses = [Clause(MUST, "p", "must", "high", "page"), Clause(SHOULD, "p", "should", "low", "docs")]
    record = CheckRecord(
        "c", "C.", [MUST, SHOULD], "failed", 0.1, broken=SHOULD, upheld=[MUST], expected="a", actual="b"
    )

    judged = judge(clauses, [record])

    assert [each.verdict for each in judged] == ["conforms", "violates"]
    assert run_verdict(judged) == "conforms"
    assert run_verdict(judged, strict=True) == "violates"
