"""Two batches of one account that are inside the venue at the same time (batch-cancel page, response behavior)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from fixtures.in_flight import Overlap
from venue_conformance.client.orders import Orders
from venue_conformance.errors import NeverExercised
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus.answer import BatchAnswer
from venue_conformance.venues.arcus.caller import ArcusCaller

AnsweredBatch = tuple[BatchAnswer, list[ProvisionedOrder]]


@pytest.fixture
def both(caller: ArcusCaller, orders: Orders, overlapping: Overlap) -> list[AnsweredBatch]:
    """Two overlapping batches that have no order in common: the answers that accept, each with its orders."""
    batches: list[list[ProvisionedOrder]] = []

    def make_pair() -> tuple[Callable[[], BatchAnswer], Callable[[], BatchAnswer]]:
        batches[:] = [orders.open(2), orders.open(2)]
        return partial(caller.cancel_batch, batches[0]), partial(caller.cancel_batch, batches[1])

    answers = overlapping(caller, make_pair)
    accepted = [(answer, batch) for answer, batch in zip(answers, batches, strict=True) if answer.accepted]
    if not accepted:
        raise NeverExercised("neither of two batches that overlapped was accepted")
    return accepted


@pytest.mark.deepens
@pytest.mark.clause("arcus.lifecycle.open-cancelled")
def test_overlapping_batches_are_both_carried_out(
    caller: ArcusCaller, orders: Orders, both: list[AnsweredBatch]
) -> None:
    """The orders of an accepted batch are cancelled even if another batch of the account overlaps with it."""
    owed = [order for answer, batch in both for order in batch if not answer.denies(caller.element(order))]

    assert [order_id for order_id, status in orders.poll_until(owed).items() if status != "cancelled"] == [], (
        "not-cancelled"
    )


@pytest.mark.deepens
@pytest.mark.clause("arcus.rows.echo-order-id")
def test_overlapping_batches_return_their_own_rows(caller: ArcusCaller, both: list[AnsweredBatch]) -> None:
    """The responses to overlapping batches each have the rows of their own orders."""
    assert [
        order.order_id for answer, batch in both for order in batch if not answer.rows_of(caller.element(order))
    ] == [], "id-not-repeated"
