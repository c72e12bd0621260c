"""Every rule by which outcomes become verdicts on clauses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venue_conformance.errors import CAUSES
from venue_conformance.report.finalizing import finalize
from venue_conformance.report.records import OUTCOMES, ObservationRecord, PlannedCheck
from venue_conformance.report.verdicts import judge, unfinished

ONE, TWO = "bayse.limits.one", "bayse.limits.two"


def verdicts(clauses: list[Any], checks: list[Any], **more: Any) -> list[str]:
    return [judgement.verdict for judgement in judge(clauses, finalize(checks), **more)]


@pytest.mark.parametrize("level", ["must", "should"])
@pytest.mark.parametrize(
    ("outcomes", "verdict"),
    [
        (["passed"], "conforms"),
        (["passed", "passed"], "conforms"),
        (["failed"], "violates"),
        (["passed", "failed"], "violates"),
        (["failed", "inconclusive", "not-tested", "error"], "violates"),
        (["inconclusive"], "inconclusive"),
        (["passed", "inconclusive", "not-tested"], "inconclusive"),
        (["not-tested"], "not-tested"),
        (["passed", "not-tested"], "not-tested"),
        (["error"], "not-tested"),
        (["passed", "error"], "not-tested"),
        ([], "not-tested"),
    ],
)
def test_the_worst_required_check_decides_whatever_the_level(make, level, outcomes, verdict) -> None:
    checks = [make.check(outcome, ONE, id=str(number)) for number, outcome in enumerate(outcomes)]
    (judgement,) = judge([make.clause(ONE, level)], finalize(checks))
    assert judgement.verdict == verdict
    assert judgement.checks == tuple(check.id for check in checks)


class TestDeepening:
    """Further examples and explorations can break a clause; when they end early they leave its verdict."""

    @pytest.mark.parametrize("outcome", ["inconclusive", "not-tested", "error"])
    def test_one_that_ended_early_leaves_the_verdict_and_is_counted_beside_it(self, make, outcome) -> None:
        deepening = make.check(outcome, ONE, id="b", role="deepens", reason="orders cannot be made")
        (judgement,) = judge([make.clause(ONE)], [make.check("passed", ONE), deepening])
        assert judgement.verdict == "conforms"
        assert judgement.passed == 1
        assert str(judgement.note).startswith("1 of 2 checks; deepening check not run to its end: ")
        assert "orders cannot be made" in str(judgement.note)

    def test_one_that_failed_breaks_the_clause(self, make) -> None:
        checks = [make.check("passed", ONE), make.check("failed", ONE, role="deepens")]
        assert verdicts([make.clause(ONE)], checks) == ["violates"]

    def test_an_exploration_that_ended_at_the_breach_of_another_clause_leaves_the_verdict(self, make) -> None:
        exploring = make.check("failed", TWO, ONE, role="deepens", explores=True)
        (one,) = judge([make.clause(ONE)], [make.check("passed", ONE), exploring])
        assert one.verdict == "conforms"
        assert one.note == f"1 of 2 checks; exploration not run to its end: ended early because {TWO} broke"

    def test_one_request_that_fails_every_time_makes_its_clauses_inconclusive(self, make) -> None:
        exploring = make.check("inconclusive", ONE, role="deepens", same_request_fails=True, reason="reset ×5")
        (judgement,) = judge([make.clause(ONE)], [make.check("passed", ONE), exploring])
        assert (judgement.verdict, judgement.reason, judgement.cause) == ("inconclusive", "reset ×5", "way")

    def test_without_a_required_check_one_exploration_has_to_exercise_the_clause(self, make) -> None:
        clauses = [make.clause(ONE), make.clause(TWO)]
        exploring = make.check("passed", ONE, TWO, role="deepens", explores=True, exercised=[ONE])
        ended = make.check("not-tested", ONE, TWO, role="deepens", explores=True, reason="no orders", cause="state")
        one, two = judge(clauses, [exploring, ended])
        assert (one.verdict, two.verdict, two.cause) == ("conforms", "not-tested", "state")
        assert "never exercised" in str(two.reason)

    def test_all_checks_passed_needs_no_note(self, make) -> None:
        (judgement,) = judge([make.clause(ONE)], [make.check("passed", ONE)])
        assert judgement.note is None


class TestSelection:
    """A narrowed run judges a clause by what was selected of its checks."""

    def test_a_clause_is_judged_by_the_selected_ones_of_its_checks(self, make) -> None:
        left = make.check("not-tested", ONE, id="b", cause="not-selected", reason="not selected")
        (judgement,) = judge([make.clause(ONE)], [make.check("passed", ONE), left])
        assert (judgement.verdict, judgement.note) == ("conforms", "1 of 2 checks, selected")

    def test_without_a_selected_required_check_it_is_not_selected(self, make) -> None:
        left = make.check("not-tested", ONE, id="b", cause="not-selected", reason="not selected")
        further = make.check("passed", ONE, role="deepens")
        (judgement,) = judge([make.clause(ONE)], [left, further])
        assert (judgement.verdict, judgement.cause, judgement.selected) == ("not-tested", "not-selected", False)

    def test_a_clause_without_a_check_is_not_selected(self, make) -> None:
        (judgement,) = judge([make.clause(ONE)], [])
        assert (judgement.verdict, judgement.cause) == ("not-tested", "not-selected")


@pytest.mark.parametrize("first", range(7))
def test_the_cause_of_a_clause_is_the_first_of_its_checks_causes(make, first) -> None:
    ordered = [
        "way",
        "target-silent",
        "rate-limited",
        "interrupted",
        "out-of-time",
        "state",
        "condition",
        "presupposed",
    ]
    assert list(CAUSES[:8]) == ordered
    checks = [make.check("not-tested", ONE, id=cause, cause=cause, reason=cause) for cause in reversed(ordered[first:])]
    (judgement,) = judge([make.clause(ONE)], checks)
    assert judgement.cause == ordered[first]


@pytest.mark.parametrize(
    ("outcomes", "verdict"),
    [
        (["passed"], "observed"),
        (["failed"], "observed"),
        (["passed", "not-tested"], "observed"),
        (["not-tested"], "not-tested"),
        (["inconclusive"], "inconclusive"),
        (["error"], "not-tested"),
        ([], "not-tested"),
    ],
)
def test_an_open_clause_is_observed_once_a_check_of_it_ran(make, outcomes, verdict) -> None:
    checks = [make.check(outcome, ONE) for outcome in outcomes]
    assert verdicts([make.clause(ONE, "open")], checks) == [verdict]


def test_an_observation_counts_even_when_its_check_did_not_end(make) -> None:
    seen = [ObservationRecord(ONE, "two rows", "x")]
    checks = [make.check("not-tested", ONE)]
    assert verdicts([make.clause(ONE, "open")], checks, observations=seen) == ["observed"]


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("level", ["must", "should", "open"])
def test_an_exclusion_stands_with_its_reason_whatever_ran(make, level, outcome) -> None:
    (judgement,) = judge([make.clause(ONE, level, excluded="not visible")], [make.check(outcome, ONE)])
    assert (judgement.verdict, judgement.reason) == ("excluded", "not visible")


def test_reasons_and_needs_are_told_once_each(make) -> None:
    checks = [
        make.check("not-tested", ONE, reason="no hold", needs="held request"),
        make.check("not-tested", ONE, reason="no hold", needs="held request"),
        make.check("not-tested", ONE, reason="rate limited"),
    ]
    (judgement,) = judge([make.clause(ONE)], checks)
    assert judgement.reason == "no hold; rate limited"
    assert judgement.needs == ("held request",)


def test_a_violation_says_what_was_expected_and_what_came(make) -> None:
    (judgement,) = judge([make.clause(ONE)], [make.check("failed", ONE, expected="422", actual="200")])
    assert judgement.reason == "expected 422, got 200"


def test_a_check_of_several_violates_every_clause_that_broke_and_no_other(make) -> None:
    three = "bayse.limits.three"
    failed = make.check("failed", ONE, TWO, three, broken=(TWO, three))
    one, two, last = judge([make.clause(ONE), make.clause(TWO), make.clause(three)], finalize([failed]))
    assert (one.verdict, one.cause) == ("not-tested", "presupposed")
    assert (two.verdict, last.verdict) == ("violates", "violates")


def test_a_check_of_several_upholds_what_it_judged_to_its_end(make) -> None:
    failed = make.check("failed", ONE, TWO, broken=(TWO,), kept=[ONE])
    assert verdicts([make.clause(ONE), make.clause(TWO)], [failed]) == ["conforms", "violates"]


def test_another_failed_check_outweighs_an_early_end(make) -> None:
    checks = [make.check("failed", ONE, TWO, broken=(TWO,)), make.check("failed", ONE)]
    assert verdicts([make.clause(ONE)], checks) == ["violates"]


def test_a_failure_of_several_that_names_none_of_them_is_the_fault_of_the_suite(make) -> None:
    checks = finalize([make.check("failed", ONE, TWO, broken=(), expected="a", actual="b")])
    assert [check.outcome for check in checks] == ["error"]
    assert "without saying which" in str(checks[0].reason)
    assert verdicts([make.clause(ONE), make.clause(TWO)], checks) == ["not-tested", "not-tested"]


@pytest.mark.parametrize("outcome", ["passed", "inconclusive", "not-tested", "error"])
def test_other_ends_of_a_check_of_several_concern_all_its_clauses(make, outcome) -> None:
    one, two = verdicts([make.clause(ONE), make.clause(TWO)], [make.check(outcome, ONE, TWO)])
    assert one == two


def test_a_check_of_a_clause_out_of_scope_changes_nothing(make) -> None:
    assert verdicts([make.clause(ONE)], [make.check("passed", ONE), make.check("failed", TWO)]) == ["conforms"]


def test_a_planned_check_that_left_no_record_was_not_tested(make) -> None:
    ended = make.check("passed", ONE, id="a")
    planned = {
        "a": PlannedCheck("a", [ONE]),
        "b": PlannedCheck("b", [ONE, TWO]),
        "c": PlannedCheck("c", [TWO], "deepens", explores=True, selected=False),
    }
    b, c = unfinished(planned, [ended], ended="stopped", cause="interrupted", unselected="not part of smoke")
    assert (b.id, b.clauses, b.outcome, b.cause, b.reason) == ("b", [ONE, TWO], "not-tested", "interrupted", "stopped")
    assert (c.role, c.explores, c.cause, c.reason) == ("deepens", True, "not-selected", "not part of smoke")
    assert verdicts([make.clause(ONE)], [ended, b]) == ["not-tested"]


@given(st.data())
def test_more_bad_checks_never_make_a_verdict_better(make, data) -> None:
    order = ["conforms", "not-tested", "inconclusive", "violates"]
    some = data.draw(st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=4))
    more = data.draw(st.lists(st.sampled_from(OUTCOMES), max_size=3))
    (before,) = verdicts([make.clause(ONE)], [make.check(outcome, ONE) for outcome in some])
    (after,) = verdicts([make.clause(ONE)], [make.check(outcome, ONE) for outcome in some + more])
    assert order.index(after) >= order.index(before)
