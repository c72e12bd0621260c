"""The response to a batch (batch-cancel page, response)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from venue_conformance.client.orders import Orders
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller

Observe = Callable[[str], None]


@pytest.mark.clause("predictstreet.response.shape")
@pytest.mark.parametrize(
    "kind",
    [
        "all cancelled",
        pytest.param("none cancelled", marks=pytest.mark.smoke),
        pytest.param("both", marks=pytest.mark.deepens),
    ],
)
def test_response_has_both_fields(caller: PredictStreetCaller, orders: Orders, kind: str) -> None:
    """The array of strings and the object of strings are always present, even if one is empty."""
    batch: list[ProvisionedOrder | str] = []
    if kind != "none cancelled":
        batch += orders.open(2)
    if kind != "all cancelled":
        batch += orders.unknown(2)

    answer = caller.cancel_batch(batch)

    assert answer.shape_faults == [], "other-shape"


@pytest.mark.clause("predictstreet.response.status")
@pytest.mark.parametrize("kind", ["cancelled", "not cancelled"])
def test_status_of_a_success(caller: PredictStreetCaller, orders: Orders, observe: Observe, kind: str) -> None:
    """Which 2xx status does a batch get that is carried out?"""
    answer = caller.cancel_batch(orders.open(1) if kind == "cancelled" else orders.unknown(1))

    observe(f"{kind}: {answer.status}")


@pytest.mark.clause("predictstreet.response.extra-fields")
def test_undocumented_fields(caller: PredictStreetCaller, orders: Orders, observe: Observe) -> None:
    """Which fields does a response have that the page does not name?"""
    answer = caller.cancel_batch([*orders.open(1), *orders.unknown(1)])

    further = sorted(answer.processed.keys() - {"cancelled", "notCancelled"})
    observe(", ".join(further) or "none")


@pytest.mark.clause("predictstreet.response.order")
def test_order_of_ids(caller: PredictStreetCaller, orders: Orders, observe: Observe) -> None:
    """In which order are the ids returned?"""
    opened, unknown = orders.open(8), orders.unknown(8)

    answer = caller.cancel_batch([*opened, *unknown])

    for name, sent, given in (
        ("cancelled", [order.order_id for order in opened], answer.cancelled_ids),
        ("notCancelled", unknown, list(answer.reasons)),
    ):
        found = "as sent" if given == sent else "sorted" if given == sorted(sent) else "some other order"
        observe(f"{name}: {found}")
