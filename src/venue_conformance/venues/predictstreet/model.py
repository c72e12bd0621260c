"""What a story of batch cancels must be answered with, and what it makes of orders (page 000)."""

from __future__ import annotations

from collections.abc import Sequence

from venue_conformance.errors import Violation
from venue_conformance.venues.expected import CANCELLED, LIVE, ExpectedOrder
from venue_conformance.venues.predictstreet import oracle
from venue_conformance.venues.predictstreet.answer import LOCK_INVARIANT, BatchAnswer

RECANCEL = "predictstreet.lifecycle.re-cancel"
READ_BACK = "predictstreet.lifecycle.read-back"
UNCHANGED = "predictstreet.lifecycle.terminal-unchanged"
UNNAMED = "predictstreet.lifecycle.unnamed-untouched"
UNTOUCHED = "predictstreet.isolation.foreign-untouched"
LOCK, LOCK_REST = "predictstreet.outcomes.lock-invariant", "predictstreet.outcomes.lock-invariant-rest"
STAYS_OPEN, ONE_FAILED = "predictstreet.outcomes.failed-stays-open", "predictstreet.atomicity.failed-batch"

#: Every clause that a story may find violated.
CLAUSES = tuple(
    dict.fromkeys(
        (
            *oracle.BATCH_CLAUSES,
            *oracle.CLAUSES.values(),
            *(RECANCEL, READ_BACK, UNCHANGED, UNNAMED, UNTOUCHED, LOCK, LOCK_REST, STAYS_OPEN, ONE_FAILED),
        )
    )
)


def carried_out(answer: BatchAnswer, actor: str, batch: Sequence[ExpectedOrder], tripped: set[str]) -> None:
    """Judge the answer to a batch, and make of the orders what it makes of them. Raises Violation.

    ``tripped`` are the ids whose next cancel is to end as lock_invariant; they are used up.
    """
    caught = [each for each in batch if each.order_id in tripped and each.owner == actor and each.live is not False]
    for each in dict.fromkeys(caught):
        tripped.discard(each.order_id)
        if answer.succeeded and answer.outcome(each.order_id) != LOCK_INVARIANT:
            raise Violation(f"lock_invariant for {each.label}", repr(answer), LOCK)
        each.clause = STAYS_OPEN
    if caught:
        others = [each for each in batch if each not in caught]
        _unaffected(answer, actor, others)
        _others(answer, actor, others)
        return
    _others(answer, actor, batch, whole=True)


def _unaffected(answer: BatchAnswer, actor: str, others: Sequence[ExpectedOrder]) -> None:
    """Beside what trips, orders that can be cancelled are; where other ids stand as well, those might spoil a batch."""
    if answer.succeeded and all(each.owner == actor and each.live for each in others):
        for each in others:
            if not answer.cancelled(each.order_id):
                raise Violation(f"{each.label} to be cancelled beside a lock_invariant", repr(answer), LOCK_REST)


def _others(answer: BatchAnswer, actor: str, batch: Sequence[ExpectedOrder], *, whole: bool = False) -> None:
    unsure = [each for each in batch if each.live is None]
    named = [oracle.Named(each.order_id, _what(actor, each, answer)) for each in batch]
    if whole:
        try:
            oracle.judge(named, answer)
        except Violation as violation:
            if violation.clause == oracle.CLAUSES["own cancelled"] and _again(batch, actor):
                violation.clause = RECANCEL
            raise
    for each in dict.fromkeys(batch):
        if each.owner != actor:
            each.clause = UNTOUCHED if each.owner else each.clause
        elif each.live is not False or each in unsure:
            if answer.succeeded and (whole or answer.cancelled(each.order_id)):
                each.becomes(CANCELLED, READ_BACK)
        else:
            each.clause = UNCHANGED


def _again(batch: Sequence[ExpectedOrder], actor: str) -> bool:
    return any(each.owner == actor and LIVE & each.past and each.possible == {CANCELLED} for each in batch)


def _what(actor: str, each: ExpectedOrder, answer: BatchAnswer) -> str:
    if not each.owner:
        return "unknown"
    status = next(iter(sorted(each.possible)))
    if each.live is None and each.owner == actor:  # it may have been cancelled by a batch that failed
        told = answer.succeeded and answer.outcome(each.order_id) == CANCELLED
        status = next(iter(each.possible & LIVE)) if told else CANCELLED
    return f"{'own' if each.owner == actor else 'foreign'} {status}"
