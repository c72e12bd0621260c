"""What the answers of a race say happened to each order (page 004, response and Idempotency-Key)."""

from __future__ import annotations

from collections.abc import Sequence

from venue_conformance.errors import Violation
from venue_conformance.histories import Operation
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.races import CANCELS, REFUSES, Blame

BLAME = Blame(
    twice="bayse.lifecycle.cancelled-refused",
    filled="bayse.lifecycle.filled-refused",
    kept_open="bayse.lifecycle.open-cancels",
    told="bayse.rows.success-flag",
)
ONCE = "bayse.idempotency.carried-out-once"
CHANGED_BODY = "bayse.idempotency.changed-body"


def events(answer: BatchAnswer, order_ids: Sequence[str]) -> dict[str, str]:
    """Per order what the answer to a batch without a key says; nothing for a 429. Raises Violation."""
    if answer.status == 429:
        return {}
    if not answer.succeeded:
        raise Violation("the batch to be processed (2xx)", repr(answer), "bayse.lifecycle.open-cancels")
    if sorted(answer.ids) != sorted(order_ids):
        raise Violation(f"one row for each of {len(order_ids)} ids", repr(answer), "bayse.rows.one-per-id")
    return {order_id: CANCELS if answer.cancelled(order_id) else REFUSES for order_id in order_ids}


def keyed(answers: Sequence[tuple[str, BatchAnswer, float, float]], order_ids: Sequence[str]) -> list[Operation]:
    """What requests under one key, all for the same batch, say together: the batch is carried out once.

    Each is given by name, answer, start and end. The others replay its answer, or answer 409 without effect. Raises
    Violation.
    """
    refused = [answer for _, answer, _, _ in answers if not answer.succeeded and answer.status not in (409, 429)]
    if refused:
        raise Violation(
            "each request under the key to be carried out, replayed or refused with 409", repr(refused), ONCE
        )
    done = [(name, answer, start, end) for name, answer, start, end in answers if answer.succeeded]
    if not done:
        if all(answer.status == 409 for _, answer, _, _ in answers):
            raise Violation("one of the requests under the key to be carried out", repr(answers[0][1]), ONCE)
        return []
    bodies = [answer.json for _, answer, _, _ in done]
    if any(body != bodies[0] for body in bodies):
        raise Violation(f"one answer for all requests under the key: {bodies[0]}", f"{bodies}", ONCE)
    # Which of them it was that was carried out nobody tells: it began with the first, and its answer is the last's too.
    start, end = min(start for _, _, start, _ in answers), min(end for _, _, _, end in done)
    return [Operation("keyed", start, end, events(done[0][1], order_ids))]
