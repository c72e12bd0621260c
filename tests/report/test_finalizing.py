"""What only the end of a run tells: credentials that let nobody in, and server errors over the whole run."""

from __future__ import annotations

from typing import Any

import pytest

from venue_conformance.report.finalizing import SERVER_ERRORS, finalize, server_errors
from venue_conformance.report.verdicts import judge

ONE, TWO = "bayse.limits.one", "bayse.limits.two"


def verdicts(clauses: list[Any], checks: list[Any]) -> list[str]:
    return [judgement.verdict for judgement in judge(clauses, finalize(checks))]


class TestNothingAccepted:
    """No valid request of the run was accepted, so that refusals say nothing."""

    @pytest.mark.parametrize(
        ("difference", "reported"),
        [(None, "told no time"), (0.4, "the clocks agree"), (310.0, "310 s ahead of"), (-310.0, "310 s behind")],
    )
    def test_refused_credentials_of_the_file_say_nobody_whose_fault_it_is(self, make, difference, reported) -> None:
        refused = make.check(
            "failed",
            ONE,
            broken=(),
            reason="a valid request was rejected with 401",
            credentials_refused=True,
            clock_difference=difference,
            accepted=False,
            exchanges=[1],
            statuses=[401],
        )
        (judgement,) = judge([make.clause(ONE)], finalize([refused]))
        assert (judgement.verdict, judgement.cause) == ("inconclusive", "way")
        assert str(judgement.reason).startswith("credentials, clock or signing: a valid request was rejected with 401")
        assert reported in str(judgement.reason)

    def test_nothing_passes(self, make) -> None:
        passed = make.check("passed", ONE, accepted=False, exchanges=[1], statuses=[401])
        (judgement,) = judge([make.clause(ONE)], finalize([passed]))
        assert (judgement.verdict, judgement.cause) == ("not-tested", "presupposed")

    @pytest.mark.parametrize(
        ("fields", "verdict"),
        [
            ({"statuses": [200]}, "inconclusive"),  # the same status for every request
            ({"statuses": [200, 400], "answers_json": False}, "inconclusive"),
            ({"statuses": [401, 403], "file_account": True}, "inconclusive"),
            ({"statuses": [401, 503], "file_account": True}, "inconclusive"),
            ({"statuses": [400, 401], "file_account": True}, "violates"),
            ({"statuses": [401, 403]}, "violates"),  # an account that the target made, requests told apart, JSON
        ],
    )
    def test_a_failure_counts_where_the_target_tells_requests_of_its_own_account_apart(
        self, make, fields, verdict
    ) -> None:
        failed = make.check("failed", ONE, accepted=False, exchanges=[1], **fields)
        assert verdicts([make.clause(ONE)], [failed]) == [verdict]

    def test_a_check_that_sent_nothing_keeps_its_outcome(self, make) -> None:
        assert verdicts([make.clause(ONE)], [make.check("passed", ONE, accepted=False)]) == ["conforms"]

    def test_the_accepted_request_of_the_probe_counts(self, make) -> None:
        passed = make.check("passed", ONE, accepted=False, exchanges=[1], statuses=[401])
        assert [check.outcome for check in finalize([passed], accepted=True)] == ["passed"]


class TestSomethingAccepted:
    """Valid requests of the run were accepted."""

    def test_refused_credentials_are_a_violation_then(self, make) -> None:
        refused = make.check("failed", ONE, broken=(), actual="refused with 403", credentials_refused=True)
        one, two = judge([make.clause(ONE), make.clause(TWO)], finalize([refused, make.check("passed", TWO)]))
        assert (one.verdict, two.verdict) == ("violates", "conforms")
        assert "got refused with 403" in str(one.reason)

    def test_of_several_clauses_the_first_is_blamed(self, make) -> None:
        refused = make.check("failed", ONE, TWO, broken=(), credentials_refused=True)
        assert verdicts([make.clause(ONE), make.clause(TWO)], [refused]) == ["violates", "not-tested"]

    @pytest.mark.parametrize("outcome", ["passed", "error"])
    def test_checks_that_ended_otherwise_keep_their_outcome(self, make, outcome) -> None:
        (finalized,) = finalize([make.check(outcome, ONE, credentials_refused=True)])
        assert finalized.outcome == outcome


class TestServerErrors:
    """Every 5xx that nobody provoked is counted over the run."""

    def record(self, make: Any, statuses: list[int], requests: int) -> Any:
        exchanges = {number: make.exchange(number, status=status) for number, status in enumerate(statuses, 1)}
        checks = [make.check("passed", ONE, server_errors=list(exchanges))]
        return server_errors("bayse", checks, exchanges, requests)

    def test_without_any_there_is_nothing_to_tell(self, make) -> None:
        assert self.record(make, [], 100) is None

    @pytest.mark.parametrize(
        ("statuses", "requests", "outcome"),
        [
            ([500], 1000, "failed"),
            ([501], 1000, "failed"),
            ([503], 1000, "passed"),
            ([502] * 20, 100, "passed"),
            ([503] * 21, 100, "failed"),
            ([504] * 21, 421, "passed"),
            ([503] * 21 + [500], 10_000, "failed"),
        ],
    )
    def test_one_500_breaks_the_clause_and_so_do_many_gateway_errors(self, make, statuses, requests, outcome) -> None:
        record = self.record(make, statuses, requests)
        assert (record.id, record.outcome) == (SERVER_ERRORS, outcome)
        assert len(record.exchanges) == len(statuses)

    def test_what_a_check_met_in_every_try_has_not_passed(self, make) -> None:
        exchanges = {number: make.exchange(number, status=502) for number in (1, 2, 3)}
        met = make.check("inconclusive", ONE, id="a", cause="way", server_errors=[1, 2])
        passed = make.check("passed", ONE, id="b", server_errors=[3])
        record = server_errors("bayse", [met, passed], exchanges, 5)
        assert (record.outcome, record.cause) == ("not-tested", "way")
        assert record.reason == "502 ×3 in 5 requests, 1 check could not be judged for them"
        clause = make.clause("bayse.robustness.no-server-error", "should")
        assert verdicts([clause], [met, passed, record]) == ["not-tested"]

    def test_the_breach_names_the_clause_and_counts(self, make) -> None:
        record = self.record(make, [500, 503, 503], 100)
        assert record.broken == ("bayse.robustness.no-server-error",)
        assert "500 ×1, 503 ×2 in 100 requests" in record.actual
