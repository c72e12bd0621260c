"""What a PredictStreet batch must answer, by what its ids name (batch-cancel page, description and response)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from venue_conformance.client.assessment import Assessment
from venue_conformance.client.wording import listed
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
    "unknown": "predictstreet.isolation.unknown-not-found",
    **{f"foreign {status}": "predictstreet.isolation.foreign-not-found" for status in LIVE},
    **{f"foreign {status}": "predictstreet.isolation.foreign-terminal" for status in TERMINAL},
    "own open": "predictstreet.lifecycle.open-cancelled",
    "own partially_filled": "predictstreet.lifecycle.partially-filled-cancelled",
    **{f"own {status}": f"predictstreet.lifecycle.{status}-is-final" for status in TERMINAL},
}
MIXED, ONCE = "predictstreet.independence.bad-id-affects-no-other", "predictstreet.outcomes.once"
EVERY_ID, REASONS_CLAUSE = "predictstreet.outcomes.every-id", "predictstreet.outcomes.reasons"
COLLAPSED = "predictstreet.duplicates.collapsed"
BATCH_CLAUSES = (
    SHAPE,
    "predictstreet.request.example",
    MIXED,
    "predictstreet.outcomes.none-cancelled",
    "predictstreet.duplicates.any-spread",
    ONCE,
    EVERY_ID,
    REASONS_CLAUSE,
    COLLAPSED,
)


@dataclass(frozen=True)
class BatchId:
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


def judge(batch: Sequence[BatchId], answer: BatchAnswer, assess: Assessment | None = None) -> None:
    """Hold the answer to a batch against the page, each id once: what is wrong with it in itself, or else its outcome.

    What is wrong is reported to ``assess``; without it the first is raised. Raises Violation for what cannot be read.
    """
    assess = assess or Assessment()
    refused_by = _clause_of_refusal(batch)
    if not assess.expect(
        answer.succeeded, "a batch that is carried out (2xx)", answer, refused_by, kind="not-processed"
    ):
        return
    _ = answer.processed
    assess.exercised.add(SHAPE)
    reported = judge_ids(batch, answer, assess)
    what = {named.order_id: named for named in batch}
    for named in what.values():
        if named.order_id in reported:
            continue
        outcome = answer.outcome(named.order_id)
        # Not cancelled among ids that cannot be: alone it might have been.
        affected = named.expected == CANCELLED and any(other.expected != CANCELLED for other in batch)
        clause = MIXED if affected else CLAUSES[named.what]
        wanted = f"{named.expected} for {named.order_id} ({named.what})"
        assess.expect(outcome == named.expected, wanted, f"{outcome} in {answer!r}", clause, kind="other-outcome")


def judge_ids(batch: Sequence[BatchId], answer: BatchAnswer, assess: Assessment) -> set[str]:
    """Judge which ids are reported, how often and with which reasons; those with which something is wrong."""
    asked = Counter(named.order_id for named in batch)
    twice = {order_id for order_id, count in Counter(answer.cancelled_ids).items() if count > 1}
    twice |= {order_id for order_id in answer.cancelled_ids if order_id in answer.reasons}
    for repeated, clause in ((False, ONCE), (True, COLLAPSED)):
        reported = sorted(order_id for order_id in twice if (asked[order_id] > 1) is repeated)
        if reported or any((count > 1) is repeated for count in asked.values()):
            wanted, actual = f"one outcome for {', '.join(reported)}", f"more than one in {answer!r}"
            assess.expect(not reported, wanted, actual, clause, kind="not-reported-once")
    odd = answer.reported ^ asked.keys()
    lost = [f"{each} is {'missing' if each in asked else 'reported, but was not sent'}" for each in sorted(odd)]
    wanted = "an outcome for each id sent and for no other"
    assess.expect(not lost, wanted, f"{'; '.join(lost)} in {answer!r}", EVERY_ID, kind="id-missing")
    undocumented = {order_id: reason for order_id, reason in answer.reasons.items() if reason not in REASONS}
    if answer.reasons:
        wanted = f"one of the four reasons for {', '.join(undocumented)}"
        assess.expect(
            not undocumented,
            wanted,
            f"{listed(undocumented.values())} in {answer!r}",
            REASONS_CLAUSE,
            kind="other-reason",
        )
    return twice | odd | undocumented.keys()


def _clause_of_refusal(batch: Sequence[BatchId]) -> str:
    """Which promise a refused batch breaks, by what is unusual about it."""
    if len({named.order_id for named in batch}) < len(batch):
        return "predictstreet.duplicates.any-spread"
    expected = {named.expected for named in batch}
    if CANCELLED not in expected:
        return "predictstreet.outcomes.none-cancelled"
    return "predictstreet.request.example" if expected == {CANCELLED} else MIXED


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
