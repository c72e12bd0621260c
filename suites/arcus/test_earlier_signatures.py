"""A signature is of use to the request it was made for, and to no later one (batch-cancel page, X-Timestamp)."""

from __future__ import annotations

import pytest

from suites.arcus.test_signatures import Tamper, named, naming
from venue_conformance.client.orders import Orders
from venue_conformance.errors import Presupposed
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus.caller import ArcusCaller, IdKind
from venue_conformance.venues.arcus.envelope import TIME_HEADER
from venue_conformance.venues.arcus.sentinels import Sentinels


def accepted_time(caller: ArcusCaller, orders: Orders) -> int:
    """The X-Timestamp of a batch that was accepted just now. Raises Presupposed when it was not."""
    answer = caller.cancel_batch(orders.open(2))
    if not answer.accepted:
        raise Presupposed("arcus.signature.single-cancel-bytes", f"a valid batch was answered {answer!r}")
    return int(dict(answer.exchange.request.headers)[TIME_HEADER])


@pytest.mark.clause("arcus.signature.other-timestamp")
@pytest.mark.deepens
@pytest.mark.parametrize("by", ["orderId", "clientId"])
def test_element_signed_for_earlier_request_cancels_nothing(
    caller: ArcusCaller, sentinels: Sentinels, orders: Orders, by: IdKind
) -> None:
    """An element signed over the X-Timestamp of an earlier accepted request does not cancel its order."""
    earlier = accepted_time(caller, orders)
    signed_then: dict[str, Tamper] = {
        "the time of now": lambda element: element.but(signed={"ct": earlier}),
        "the time of then": lambda element: element.but(signed={"ct": earlier}, members={"timestamp": earlier}),
        "no time": lambda element: element.but(signed={"ct": earlier}, timestamp="absent"),
    }
    named_orders = [
        order for order in sentinels.place(len(signed_then), **naming(by)) if isinstance(order, ProvisionedOrder)
    ]
    for order, tampering in zip(named_orders, signed_then.values(), strict=False):
        caller.cancel_batch([tampering(caller.element(order, by))])

    touched = sentinels.touched()

    assert named(signed_then, named_orders, touched) == {}, "order-touched"
