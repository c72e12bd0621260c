"""What a sequence of batch cancels must be answered with, and what it makes of orders (batch-cancel page)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from venue_conformance.client.assessment import Assessment
from venue_conformance.client.expected import CANCELLED, LIVE, ExpectedOrder
from venue_conformance.errors import Violation
from venue_conformance.venues.predictstreet import oracle
from venue_conformance.venues.predictstreet.answer import ALREADY_TERMINAL, LOCK_INVARIANT, MISSING, BatchAnswer

RECANCEL = "predictstreet.lifecycle.re-cancel"
READ_BACK = "predictstreet.lifecycle.read-back"
UNCHANGED = "predictstreet.lifecycle.terminal-unchanged"
UNNAMED = "predictstreet.isolation.unnamed-untouched"
UNTOUCHED = "predictstreet.isolation.foreign-untouched"
LOCK, LOCK_REST = "predictstreet.outcomes.lock-invariant", "predictstreet.outcomes.lock-invariant-rest"
STAYS_OPEN, ONE_FAILED = "predictstreet.outcomes.failed-stays-open", "predictstreet.atomicity.failed-batch"

#: Every clause that a sequence may find violated.
CLAUSES = tuple(
    dict.fromkeys(
        (
            *oracle.BATCH_CLAUSES,
            *oracle.CLAUSES.values(),
            *(RECANCEL, READ_BACK, UNCHANGED, UNNAMED, UNTOUCHED, LOCK, LOCK_REST, STAYS_OPEN, ONE_FAILED),
        )
    )
)


def carried_out(
    answer: BatchAnswer, actor: str, batch: Sequence[ExpectedOrder], tripped: set[str], assess: Assessment
) -> None:
    """Judge the answer to a batch, and make of the orders what it makes of them.

    ``tripped`` are the ids whose next cancel is to end as lock_invariant; they are used up. Raises Violation where the
    answer says too little to go on from.
    """
    caught = [each for each in batch if each.order_id in tripped and each.owner == actor and each.live is not False]
    for each in dict.fromkeys(caught):
        tripped.discard(each.order_id)
        if answer.succeeded:
            locked = answer.outcome(each.order_id) == LOCK_INVARIANT
            assess.expect(locked, f"lock_invariant for {each.label}", answer, LOCK, kind="other-reason")
        each.stays(STAYS_OPEN)
    if caught:
        others = [each for each in batch if each not in caught]
        _unaffected(answer, actor, others, assess)
        _others(answer, actor, others, assess)
        return
    _others(answer, actor, batch, assess, whole=True)


def _unaffected(answer: BatchAnswer, actor: str, others: Sequence[ExpectedOrder], assess: Assessment) -> None:
    """Beside what trips, orders that can be cancelled are; other ids beside them might affect a batch."""
    if answer.succeeded and all(each.owner == actor and each.live for each in others):
        for each in others:
            cancelled = answer.cancelled(each.order_id)
            assess.expect(
                cancelled,
                f"{each.label} to be cancelled beside a lock_invariant",
                answer,
                LOCK_REST,
                kind="not-reported-cancelled",
            )


def _others(
    answer: BatchAnswer, actor: str, batch: Sequence[ExpectedOrder], assess: Assessment, *, whole: bool = False
) -> None:
    named = [oracle.BatchId(each.order_id, _what(actor, each, answer)) for each in batch]
    if answer.succeeded and _again(batch, actor):
        assess.exercised.add(RECANCEL)
    if whole:
        oracle.judge(named, answer, Assessment(_of_repeats(batch, actor, assess), assess.exercised))
    for each in dict.fromkeys(batch):
        if each.owner != actor:
            each.stays(UNTOUCHED if each.owner else each.clause)
        elif each.live is not False:
            _follow(answer, each, whole=whole)
        else:
            each.stays(UNCHANGED)


def _follow(answer: BatchAnswer, each: ExpectedOrder, *, whole: bool) -> None:
    """Make of an order that may be live what the answer makes of it, whether that is right or known to be wrong."""
    if not answer.succeeded:
        if whole:
            each.may_become(CANCELLED)  # it had to be carried out, and whether it was nobody knows
        return
    outcome, unsure = answer.outcome(each.order_id), each.live is None
    if outcome == CANCELLED or (whole and unsure and outcome == ALREADY_TERMINAL):
        each.becomes(CANCELLED, READ_BACK)
    elif whole and outcome in (ALREADY_TERMINAL, MISSING):
        each.may_become(CANCELLED)


def _of_repeats(batch: Sequence[ExpectedOrder], actor: str, assess: Assessment) -> Callable[[Violation], None]:
    """Tells what is wrong with orders that an earlier batch cancelled by the clause of cancelling again."""

    def report(violation: Violation) -> None:
        if violation.clause == oracle.CLAUSES["own cancelled"] and _again(batch, actor):
            violation.clause = RECANCEL
        assess.report(violation)

    return report


def _again(batch: Sequence[ExpectedOrder], actor: str) -> bool:
    return any(each.owner == actor and LIVE & each.past and each.possible == {CANCELLED} for each in batch)


def _what(actor: str, each: ExpectedOrder, answer: BatchAnswer) -> str:
    if not each.owner:
        return "unknown"
    status = next(iter(sorted(each.possible)))
    if each.live is None and each.owner == actor:  # it may have been cancelled by a batch that failed
        reported = answer.succeeded and answer.outcome(each.order_id) == CANCELLED
        status = next(iter(each.possible & LIVE)) if reported else CANCELLED
    return f"{'own' if each.owner == actor else 'foreign'} {status}"
