"""A wallet may cancel whatever its owner's identity or deposits (batch-cancel page, description)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from venue_conformance.client.orders import Orders
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller
from venue_conformance.venues.predictstreet.keys import MULTI_WALLET, SINGLE_WALLET


@pytest.mark.clause("predictstreet.access.no-gate")
@pytest.mark.deepens
@pytest.mark.parametrize("kind", [SINGLE_WALLET, MULTI_WALLET])
def test_wallet_without_identity_check_may_cancel(
    unchecked: Callable[[str], PredictStreetCaller], orders: Orders, kind: str
) -> None:
    """A wallet whose owner has passed no identity check cancels its order like any other."""
    newcomer = unchecked(kind)
    [order] = orders.make(1, owner=newcomer)

    answer = newcomer.cancel_batch([order])

    assert answer.outcome(order.order_id) == "cancelled", "not-reported-cancelled"
