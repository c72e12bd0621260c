"""What a race may tell: two batches that overlap may both succeed where no transaction is promised, others may not."""

from __future__ import annotations

import json

import pytest

from venue_conformance.client.assessment import Assessment
from venue_conformance.client.races import CANCELS, FILLS, REFUSES, Blame, judge_history
from venue_conformance.histories import Operation
from venue_conformance.venues.bayse import history as bayse
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.predictstreet import history as predictstreet
from venue_conformance.wire.exchange import Exchange, Request


def judged(blame: Blame, *operations: Operation) -> tuple[list[str], list[str]]:
    """The clauses that broke, and those under which something was observed."""
    broken: list[str] = []
    observed: list[str] = []
    assess = Assessment(lambda violation: broken.append(violation.clause or ""))
    judge_history(operations, blame, assess, labels={}, observe=lambda clause, _: observed.append(clause))
    return broken, observed


def reported(name: str, start: float, end: float, event: str) -> Operation:
    return Operation(name, start, end, {"order": event})


def test_overlapping_batches_may_both_succeed_at_bayse() -> None:
    both = [reported("one", 0, 2, CANCELS), reported("other", 1, 3, CANCELS), reported("late", 4, 5, REFUSES)]
    assert judged(bayse.BLAME, *both) == ([], ["bayse.lifecycle.overlap-both-succeed"])


def test_one_after_the_other_may_not() -> None:
    both = [reported("one", 0, 1, CANCELS), reported("other", 2, 3, CANCELS)]
    assert judged(bayse.BLAME, *both) == ([bayse.BLAME.twice], [])


def test_of_three_two_of_which_did_not_overlap_they_may_not() -> None:
    three = [reported("one", 0, 2, CANCELS), reported("middle", 1, 4, CANCELS), reported("last", 3, 5, CANCELS)]
    assert judged(bayse.BLAME, *three) == ([bayse.BLAME.twice], [])


@pytest.mark.parametrize("cancels", [1, 2])
def test_cancelled_and_filled_is_never_permitted(cancels: int) -> None:
    operations = [reported(f"batch{number}", 0, 2, CANCELS) for number in range(cancels)]
    assert judged(bayse.BLAME, *operations, reported("fill", 1, 3, FILLS)) == ([bayse.BLAME.filled], [])


def test_one_transaction_cancels_once() -> None:
    both = [reported("one", 0, 2, CANCELS), reported("other", 1, 3, CANCELS)]
    assert judged(predictstreet.BLAME, *both) == ([predictstreet.BLAME.twice], [])


def test_every_order_that_is_not_linearizable_is_reported() -> None:
    broken, _ = judged(
        bayse.BLAME,
        Operation("one", 0, 1, {"a": CANCELS, "b": REFUSES, "c": CANCELS}),
        Operation("other", 2, 3, {"a": CANCELS, "b": REFUSES, "c": REFUSES}),
    )
    assert broken == [bayse.BLAME.twice, bayse.BLAME.kept_open]


def test_answers_under_one_key_that_differ_tell_of_one_cancel_of_an_order() -> None:
    """A replay rightly repeats that an order was cancelled; that the answers differ is another clause's breach."""

    def answered(cancelled: bool) -> BatchAnswer:
        rows = [{"orderId": "order", "success": True}, {"orderId": "beside", "success": cancelled}]
        body = json.dumps({"results": rows}).encode()
        return BatchAnswer(Exchange(Request("DELETE", "/", ()), "", 0, 1, "", 200, (), body))

    broken: list[str | None] = []
    assess = Assessment(lambda violation: broken.append(violation.clause))
    answers = [("first", answered(True), 0.0, 1.0), ("again", answered(False), 2.0, 3.0), ("and", answered(True), 4, 5)]
    told = bayse.keyed(answers, ["order", "beside"], assess)
    assert broken == [bayse.ONCE]
    assert judged(bayse.BLAME, *told) == ([], [])
    assert judged(bayse.BLAME, *told, reported("other", 6, 7, CANCELS)) == ([bayse.BLAME.twice], [])
