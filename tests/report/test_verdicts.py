"""Every rule by which outcomes become verdicts and an exit status."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venue_conformance.report.records import OUTCOMES, ObservationRecord
from venue_conformance.report.verdicts import exit_status, judge, run_verdict, settle, status_of, unfinished

ONE, TWO = "bayse.limits.one", "bayse.limits.two"


def verdicts(clauses: list[Any], checks: list[Any], **more: Any) -> list[str]:
    return [judgement.verdict for judgement in judge(clauses, settle(checks), **more)]


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
def test_the_worst_check_decides_on_a_clause_whatever_its_level(make, level, outcomes, verdict) -> None:
    checks = [make.check(outcome, ONE, id=str(number)) for number, outcome in enumerate(outcomes)]
    (judgement,) = judge([make.clause(ONE, level)], settle(checks))
    assert judgement.verdict == verdict
    assert judgement.checks == tuple(check.id for check in checks)


@pytest.mark.parametrize(
    ("outcomes", "verdict"),
    [
        (["passed"], "observed"),
        (["failed"], "observed"),
        (["passed", "not-tested"], "observed"),
        (["not-tested"], "not-tested"),
        (["inconclusive"], "not-tested"),
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


def test_a_check_of_several_violates_only_the_clause_that_broke(make) -> None:
    failed = make.check("failed", ONE, TWO, broken=TWO)
    one, two = judge([make.clause(ONE), make.clause(TWO)], settle([failed]))
    assert (one.verdict, one.reason) == ("not-tested", f"ended early because {TWO} broke")
    assert two.verdict == "violates"


def test_another_failed_check_outweighs_an_early_end(make) -> None:
    checks = [make.check("failed", ONE, TWO, broken=TWO), make.check("failed", ONE)]
    assert verdicts([make.clause(ONE)], checks) == ["violates"]


@pytest.mark.parametrize("broken", [None, "bayse.limits.other"])
def test_a_failure_of_several_that_names_none_of_them_is_the_fault_of_the_suite(make, broken) -> None:
    checks = settle([make.check("failed", ONE, TWO, broken=broken, expected="a", actual="b")])
    assert [check.outcome for check in checks] == ["error"]
    assert "without saying which" in str(checks[0].reason)
    assert verdicts([make.clause(ONE), make.clause(TWO)], checks) == ["not-tested", "not-tested"]


def test_a_check_of_one_clause_needs_not_name_it(make) -> None:
    assert verdicts([make.clause(ONE)], [make.check("failed", ONE, broken=None)]) == ["violates"]


@pytest.mark.parametrize("outcome", ["passed", "inconclusive", "not-tested", "error"])
def test_other_ends_of_a_check_of_several_concern_all_its_clauses(make, outcome) -> None:
    one, two = verdicts([make.clause(ONE), make.clause(TWO)], [make.check(outcome, ONE, TWO)])
    assert one == two


def test_a_clause_without_a_check_is_not_tested_with_the_reason_given(make) -> None:
    (judgement,) = judge([make.clause(ONE)], [], unchecked="not selected")
    assert (judgement.verdict, judgement.reason) == ("not-tested", "not selected")


def test_a_check_of_a_clause_out_of_scope_changes_nothing(make) -> None:
    assert verdicts([make.clause(ONE)], [make.check("passed", ONE), make.check("failed", TWO)]) == ["conforms"]


class TestRefusedCredentials:
    """A right request under the target file's own credentials was refused."""

    @pytest.mark.parametrize(
        ("difference", "told"),
        [
            (None, "told no time"),
            (0.4, "the clocks agree"),
            (310.0, "310 s ahead of"),
            (-310.0, "310 s behind"),
        ],
    )
    def test_without_any_accepted_request_nobody_can_say_whose_fault_it_is(self, make, difference, told) -> None:
        checks = [
            make.check(
                "inconclusive",
                ONE,
                reason="a right request was refused with 401",
                credentials_refused=True,
                clock_difference=difference,
            )
        ]
        (judgement,) = judge([make.clause(ONE)], settle(checks))
        assert judgement.verdict == "inconclusive"
        assert str(judgement.reason).startswith("credentials, clock or signing: a right request was refused with 401")
        assert told in str(judgement.reason)

    def test_with_one_accepted_request_it_is_a_violation(self, make) -> None:
        refused = make.check("inconclusive", ONE, reason="refused with 403", credentials_refused=True)
        one, two = judge(
            [make.clause(ONE), make.clause(TWO)], settle([refused, make.check("passed", TWO, accepted=True)])
        )
        assert (one.verdict, two.verdict) == ("violates", "conforms")
        assert "got refused with 403" in str(one.reason)

    def test_a_failed_one_becomes_inconclusive_too(self, make) -> None:
        assert verdicts([make.clause(ONE)], [make.check("failed", ONE, credentials_refused=True)]) == ["inconclusive"]

    def test_of_several_clauses_the_first_is_blamed(self, make) -> None:
        refused = make.check("inconclusive", ONE, TWO, credentials_refused=True, accepted=True)
        assert verdicts([make.clause(ONE), make.clause(TWO)], [refused]) == ["violates", "not-tested"]

    @pytest.mark.parametrize(
        ("shut_out", "accepted", "verdict"),
        [(True, False, "inconclusive"), (False, False, "violates"), (True, True, "violates")],
    )
    def test_other_checks_that_were_shut_out_say_no_more(self, make, shut_out, accepted, verdict) -> None:
        """Unless some right request was accepted, or the check itself got another answer."""
        refused = make.check("failed", ONE, credentials_refused=True, actual="refused with 401", accepted=accepted)
        other = make.check("failed", TWO, expected="400", actual="401", shut_out=shut_out)
        _, two = judge([make.clause(ONE), make.clause(TWO)], settle([refused, other]))
        assert two.verdict == verdict

    def test_without_a_right_request_what_was_shut_out_counts(self, make) -> None:
        assert verdicts([make.clause(ONE)], [make.check("failed", ONE, shut_out=True)]) == ["violates"]

    @pytest.mark.parametrize("outcome", ["passed", "error"])
    def test_checks_that_ended_otherwise_keep_their_outcome(self, make, outcome) -> None:
        (settled,) = settle([make.check(outcome, ONE, credentials_refused=True, accepted=True)])
        assert settled.outcome == outcome


def test_a_planned_check_that_left_no_record_was_not_tested(make) -> None:
    ended = make.check("passed", ONE, id="a")
    missing = unfinished({"a": [ONE], "b": [ONE, TWO]}, [ended])
    assert [(check.id, check.clauses, check.outcome) for check in missing] == [("b", [ONE, TWO], "not-tested")]
    assert verdicts([make.clause(ONE)], [ended, *missing]) == ["not-tested"]


@pytest.mark.parametrize(
    ("must", "should", "lax", "strict"),
    [
        (["conforms"], ["conforms"], "conforms", "conforms"),
        (["conforms"], ["violates"], "conforms", "violates"),
        (["conforms"], ["inconclusive"], "conforms", "inconclusive"),
        (["conforms"], ["not-tested"], "conforms", "partial"),
        (["violates", "inconclusive", "not-tested"], [], "violates", "violates"),
        (["inconclusive", "not-tested"], ["violates"], "inconclusive", "violates"),
        (["not-tested", "conforms"], ["inconclusive"], "partial", "inconclusive"),
        (["excluded", "conforms"], [], "conforms", "conforms"),
        (["excluded"], ["violates"], "violates", "violates"),
        ([], ["conforms"], "conforms", "conforms"),
        ([], ["not-tested", "conforms"], "partial", "partial"),
        (["excluded"], [], "partial", "partial"),
        ([], [], "partial", "partial"),
    ],
)
def test_the_run_is_judged_by_must_clauses_or_by_what_there_is(make, must, should, lax, strict) -> None:
    outcomes = {"conforms": "passed", "violates": "failed"}
    clauses, checks = [], []
    for level, wanted in [("must", must), ("should", should)]:
        for number, verdict in enumerate(wanted):
            name = f"bayse.{level}.n{number}"
            clauses.append(make.clause(name, level, excluded="x" if verdict == "excluded" else None))
            checks.append(make.check(outcomes.get(verdict, verdict if verdict != "excluded" else "passed"), name))
    judgements = judge(clauses, checks)
    assert run_verdict(judgements) == lax
    assert run_verdict(judgements, strict=True) == strict


@pytest.mark.parametrize("strict", [False, True])
def test_open_clauses_count_only_where_there_is_nothing_else(make, strict) -> None:
    opened = make.clause(TWO, "open")
    seen, unseen = judge([opened], [make.check("passed", TWO)]), judge([opened], [])
    must = judge([make.clause(ONE)], [make.check("passed", ONE)])
    assert run_verdict([*must, *unseen], strict=strict) == "conforms"
    assert run_verdict(seen, strict=strict) == "conforms"
    assert run_verdict(unseen, strict=strict) == "partial"


@pytest.mark.parametrize(
    ("verdict", "status", "status_with_untested_allowed"),
    [("conforms", 0, 0), ("violates", 1, 1), ("inconclusive", 3, 3), ("partial", 3, 0)],
)
def test_the_exit_status_follows_from_the_verdict(verdict, status, status_with_untested_allowed) -> None:
    assert exit_status(verdict) == status
    assert exit_status(verdict, allow_untested=True) == status_with_untested_allowed
    assert exit_status(verdict, True, False, ["broken"]) == 4
    assert exit_status(verdict, True, True, ["broken"]) == 130


@pytest.mark.parametrize(
    ("run", "checks", "status"),
    [
        ({}, ["passed"], 0),
        ({}, ["failed"], 1),
        ({}, ["failed", "error"], 4),
        ({"errors": ["collection"]}, ["passed"], 4),
        ({"interrupted": True}, ["failed"], 130),
    ],
)
def test_a_report_knows_its_exit_status(make, run, checks, status) -> None:
    document = make.document(checks=[make.check(outcome) for outcome in checks], of_run=make.run(**run))
    assert status_of(document) == status


@given(st.data())
def test_more_bad_checks_never_make_a_verdict_better(make, data) -> None:
    order = ["conforms", "not-tested", "inconclusive", "violates"]
    some = data.draw(st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=4))
    more = data.draw(st.lists(st.sampled_from(OUTCOMES), max_size=3))
    (before,) = verdicts([make.clause(ONE)], [make.check(outcome, ONE) for outcome in some])
    (after,) = verdicts([make.clause(ONE)], [make.check(outcome, ONE) for outcome in some + more])
    assert order.index(after) >= order.index(before)
