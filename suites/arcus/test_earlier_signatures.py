"""A signature is of use to the request it was made for, and to no later one (batch-cancel page, X-Timestamp)."""

from __future__ import annotations

import json

import pytest

from suites.arcus.test_signatures import Tamper, named, naming
from venue_conformance.client.orders import Orders
from venue_conformance.errors import Presupposed
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus.caller import ArcusCaller, IdKind
from venue_conformance.venues.arcus.envelope import TIME_HEADER
from venue_conformance.venues.arcus.sentinels import Sentinels


def accepted_before(caller: ArcusCaller, orders: Orders) -> tuple[int, str]:
    """The X-Timestamp of a batch that was accepted just now, and its first signature. Raises Presupposed otherwise."""
    answer = caller.cancel_batch(orders.open(2))
    if not answer.accepted:
        raise Presupposed("arcus.signature.single-cancel-bytes", f"a valid batch was answered {answer!r}")
    sent = answer.exchange.request
    return int(dict(sent.headers)[TIME_HEADER]), json.loads(sent.body or b"")["cancels"][0]["signature"]


@pytest.mark.clause("arcus.signature.other-timestamp")
@pytest.mark.deepens
@pytest.mark.parametrize("by", ["orderId", "clientId"])
def test_element_signed_for_earlier_request_cancels_nothing(
    caller: ArcusCaller, sentinels: Sentinels, orders: Orders, by: IdKind
) -> None:
    """An element signed over the X-Timestamp of an earlier accepted request does not cancel its order.

    Nor does one that carries the very signature of an element of that request.
    """
    earlier, signature = accepted_before(caller, orders)
    signed_then: dict[str, Tamper] = {
        "the time of now": lambda element: element.but(signed={"ct": earlier}),
        "the time of then": lambda element: element.but(signed={"ct": earlier}, members={"timestamp": earlier}),
        "no time": lambda element: element.but(signed={"ct": earlier}, timestamp="absent"),
        "its own time, with a signature of then": lambda element: element.but(members={"signature": signature}),
    }
    named_orders = [
        order for order in sentinels.place(len(signed_then), **naming(by)) if isinstance(order, ProvisionedOrder)
    ]
    for order, tampering in zip(named_orders, signed_then.values(), strict=False):
        caller.cancel_batch([tampering(caller.element(order, by))])

    touched = sentinels.touched()

    assert named(signed_then, named_orders, touched) == {}, "order-touched"
