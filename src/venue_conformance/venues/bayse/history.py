"""What the answers of a race say happened to each order (batch-cancel page, response and Idempotency-Key)."""

from __future__ import annotations

from collections.abc import Sequence

from venue_conformance.client.assessment import Assessment
from venue_conformance.client.races import CANCELS, REFUSES, Blame
from venue_conformance.client.wording import as_json
from venue_conformance.histories import Operation
from venue_conformance.venues.bayse.answer import FLAG, BatchAnswer

BLAME = Blame(
    twice="bayse.lifecycle.cancelled-is-final",
    filled="bayse.lifecycle.filled-is-final",
    kept_open="bayse.lifecycle.open-cancelled",
    reported=FLAG,
    overlapping="bayse.lifecycle.overlap-both-succeed",
)
ONCE = "bayse.idempotency.carried-out-once"
CHANGED_BODY = "bayse.idempotency.changed-body"


def events(answer: BatchAnswer, order_ids: Sequence[str], assess: Assessment) -> dict[str, str]:
    """Per order what the answer to a batch without a key says; nothing for a 429, nor for a batch not processed.

    Raises Violation for a row that says neither yes nor no: what became of its order nobody knows.
    """
    if answer.status == 429:
        return {}
    processed = answer.succeeded
    if not assess.expect(
        processed, "the batch to be processed (2xx)", answer, "bayse.lifecycle.open-cancelled", kind="not-processed"
    ):
        return {}
    reported = answer.ids
    complete = sorted(reported) == sorted(order_ids)
    assess.expect(
        complete, f"one row for each of {len(order_ids)} ids", answer, "bayse.rows.one-per-order", kind="row-count"
    )
    found = {}
    for order_id in set(order_ids) & set(reported):
        found[order_id] = CANCELS if answer.cancelled(order_id) else REFUSES
    return found


def keyed(
    answers: Sequence[tuple[str, BatchAnswer, float, float]], order_ids: Sequence[str], assess: Assessment
) -> list[Operation]:
    """What requests under one key, all for the same batch, say together: the batch is carried out once.

    Each is given by name, answer, start and end. The others replay its answer, or answer 409 without effect.
    """
    refused = [answer for _, answer, _, _ in answers if not answer.succeeded and answer.status not in (409, 429)]
    wanted = "each request under the key to be carried out, replayed or refused with 409"
    assess.expect(not refused, wanted, refused, ONCE, kind="refused-under-the-key")
    done = [(name, answer, start, end) for name, answer, start, end in answers if answer.succeeded]
    if not done:
        unserved = all(answer.status == 409 for _, answer, _, _ in answers)
        assess.expect(
            not unserved,
            "one of the requests under the key to be carried out",
            answers[0][1],
            ONCE,
            kind="none-carried-out",
        )
        return []
    bodies = [answer.json for _, answer, _, _ in done]
    identical = all(body == bodies[0] for body in bodies)
    if not assess.expect(
        identical,
        f"one answer for all requests under the key: {as_json(bodies[0])}",
        as_json(bodies),
        ONCE,
        kind="other-answer",
    ):
        told = [Operation(name, start, end, events(answer, order_ids, assess)) for name, answer, start, end in done]
        return _with_one_cancel_each(told, min(start for _, _, start, _ in answers))
    # Which of them it was that was carried out nobody tells: it began with the first, and its answer is the last's too.
    start, end = min(start for _, _, start, _ in answers), min(end for _, _, _, end in done)
    return [Operation("keyed", start, end, events(done[0][1], order_ids, assess))]


def _with_one_cancel_each(told: Sequence[Operation], start: float) -> list[Operation]:
    """Operations by which an order is cancelled once, though several answers under the key, which differ, tell of it.

    Each may have been carried out by itself and speaks for itself, but a replay rightly repeats what an earlier one
    said. Nobody tells which of the requests, the first of them sent at ``start``, it was that cancelled the order.
    """
    ends: dict[str, float] = {}
    for operation in told:
        for order_id in (order for order, step in operation.steps.items() if step == CANCELS):
            ends[order_id] = min(operation.end, ends.get(order_id, operation.end))
    cancels = [Operation("keyed", start, end, {order_id: CANCELS}) for order_id, end in ends.items()]
    others = [
        Operation(
            each.name, each.start, each.end, {order: step for order, step in each.steps.items() if step != CANCELS}
        )
        for each in told
    ]
    return [*cancels, *others]
