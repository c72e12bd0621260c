"""What a PredictStreet batch must answer, by what its ids name (page 000, description and response)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from venue_conformance.errors import Violation
from venue_conformance.histories import LifeCycle, Operation
from venue_conformance.venues.predictstreet.answer import (
    ALREADY_TERMINAL,
    CANCELLED,
    LOCK_INVARIANT,
    NOT_FOUND,
    REASONS,
    SHAPE,
    UNKNOWN,
    BatchAnswer,
)

LIVE = ("open", "partially_filled")
TERMINAL = ("filled", "cancelled", "rejected", "expired")

#: Whose an order is and what it is, or ``unknown`` for an id that names none, with the clause that says its outcome.
CLAUSES: Mapping[str, str] = {
    "unknown": "predictstreet.isolation.unknown",
    **{f"foreign {status}": "predictstreet.isolation.foreign" for status in LIVE},
    **{f"foreign {status}": "predictstreet.isolation.foreign-terminal" for status in TERMINAL},
    "own open": "predictstreet.lifecycle.open",
    "own partially_filled": "predictstreet.lifecycle.partially-filled",
    **{f"own {status}": f"predictstreet.lifecycle.{status}" for status in TERMINAL},
}
BATCH_CLAUSES = (
    SHAPE,
    "predictstreet.request.example",
    "predictstreet.outcomes.mixed-batch",
    "predictstreet.outcomes.none-cancelled",
    "predictstreet.duplicates.any-spread",
    "predictstreet.outcomes.once",
    "predictstreet.outcomes.every-id",
    "predictstreet.outcomes.reasons",
    "predictstreet.duplicates.collapsed",
)


@dataclass(frozen=True)
class Named:
    """An id of a batch, and what it names: one of the keys of ``CLAUSES``."""

    order_id: str
    what: str

    @property
    def expected(self) -> str:
        """The outcome that the documentation promises."""
        whose, _, status = self.what.partition(" ")
        if whose != "own":
            return NOT_FOUND
        return CANCELLED if status in LIVE else ALREADY_TERMINAL


def judge(batch: Sequence[Named], answer: BatchAnswer) -> None:
    """Raise Violation, with its clause, for the first thing in the answer that is not as promised."""
    if not answer.succeeded:
        raise Violation("a batch that is carried out (2xx)", repr(answer), _clause_of_refusal(batch))
    for clause, expected, actual in _failings(batch, answer):
        raise Violation(expected, f"{actual} in {answer!r}", clause)


def _clause_of_refusal(batch: Sequence[Named]) -> str:
    """Which promise a refused batch breaks, by what is unusual about it."""
    if len({named.order_id for named in batch}) < len(batch):
        return "predictstreet.duplicates.any-spread"
    expected = {named.expected for named in batch}
    if CANCELLED not in expected:
        return "predictstreet.outcomes.none-cancelled"
    return "predictstreet.request.example" if expected == {CANCELLED} else "predictstreet.outcomes.mixed-batch"


def _failings(batch: Sequence[Named], answer: BatchAnswer) -> Iterator[tuple[str, str, str]]:
    asked = Counter(named.order_id for named in batch)
    what = {named.order_id: named for named in batch}
    twice = [order_id for order_id, count in Counter(answer.cancelled_ids).items() if count > 1]
    both = [order_id for order_id in answer.cancelled_ids if order_id in answer.reasons]
    for order_id in (*twice, *both):
        clause = "duplicates.collapsed" if asked[order_id] > 1 else "outcomes.once"
        yield f"predictstreet.{clause}", f"one outcome for {order_id}", "more than one"
    for order_id in answer.reported ^ asked.keys():
        actual = f"{order_id} is {'missing' if order_id in asked else 'reported, but was not sent'}"
        yield "predictstreet.outcomes.every-id", "an outcome for each id sent and for no other", actual
    for order_id, reason in answer.reasons.items():
        if reason not in REASONS:
            yield "predictstreet.outcomes.reasons", f"one of the four reasons for {order_id}", reason
    for named in what.values():
        outcome = answer.outcome(named.order_id)
        if outcome != named.expected:
            # Not cancelled among ids that cannot be: alone it might have been.
            spoilt = named.expected == CANCELLED and any(other.expected != CANCELLED for other in batch)
            clause = "predictstreet.outcomes.mixed-batch" if spoilt else CLAUSES[named.what]
            yield clause, f"{named.expected} for {named.order_id} ({named.what})", outcome


#: What the answers to batches tell about one open order, for histories. Which reason a finished order gets is a matter
#: of other clauses; a cancel that failed leaves an order as it is, whatever it is.
LIFE_CYCLE = LifeCycle(
    "open",
    {
        ("open", "cancelled"): "cancelled",
        ("cancelled", "finished"): "cancelled",
        ("open", "failed"): "open",
        ("cancelled", "failed"): "cancelled",
    },
)
_EVENTS = {
    CANCELLED: "cancelled",
    ALREADY_TERMINAL: "finished",
    NOT_FOUND: "finished",
    LOCK_INVARIANT: "failed",
    UNKNOWN: "failed",
}


def operation(name: str, order_ids: Sequence[str], answer: BatchAnswer) -> Operation:
    """A batch as an operation of a history: one that was refused has no steps."""
    outcomes = {order_id: answer.outcome(order_id) for order_id in order_ids} if answer.succeeded else {}
    steps = {order_id: _EVENTS[outcome] for order_id, outcome in outcomes.items() if outcome in _EVENTS}
    return Operation(name, answer.exchange.started, answer.exchange.finished, steps)
