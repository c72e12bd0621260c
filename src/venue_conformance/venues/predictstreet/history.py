"""What the answers of a race say happened to each order (batch-cancel page, response)."""

from __future__ import annotations

from collections.abc import Sequence

from venue_conformance.client.assessment import Assessment
from venue_conformance.client.races import CANCELS, REFUSES, Blame
from venue_conformance.venues.predictstreet.answer import (
    ALREADY_TERMINAL,
    CANCELLED,
    MISSING,
    NOT_FOUND,
    SHAPE,
    BatchAnswer,
)

EVERY_ID, RIGHT_REQUEST = "predictstreet.outcomes.every-id", "predictstreet.request.example"
BLAME = Blame(
    twice="predictstreet.atomicity.cancelled-once",
    filled="predictstreet.lifecycle.filled-is-final",
    kept_open="predictstreet.lifecycle.open-cancelled",
    reported="predictstreet.lifecycle.read-back",
    whole="predictstreet.atomicity.serial",
)
#: Every clause that a race may find violated, but for that of whole batches.
CLAUSES = (BLAME.twice, BLAME.filled, BLAME.kept_open, BLAME.reported, EVERY_ID, RIGHT_REQUEST, SHAPE)


def events(answer: BatchAnswer, order_ids: Sequence[str], assess: Assessment) -> dict[str, str]:
    """Per order what an answer says; nothing for a 429, nor for an order whose cancel failed or that is not there."""
    if answer.status == 429:
        return {}
    if not assess.expect(
        answer.succeeded, "a batch that is carried out (2xx)", answer, RIGHT_REQUEST, kind="not-processed"
    ):
        return {}
    outcomes = {order_id: answer.outcome(order_id) for order_id in order_ids}
    assess.exercised.add(SHAPE)
    assess.expect(MISSING not in outcomes.values(), "an outcome for each id", answer, EVERY_ID, kind="id-missing")
    reported = {CANCELLED: CANCELS, ALREADY_TERMINAL: REFUSES, NOT_FOUND: REFUSES}
    return {order_id: reported[outcome] for order_id, outcome in outcomes.items() if outcome in reported}
