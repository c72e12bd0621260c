"""What a Bayse target makes of an Idempotency-Key that is none by the page: whether it takes it for one."""

from __future__ import annotations

from venue_conformance.client.orders import Orders
from venue_conformance.errors import Presupposed
from venue_conformance.venues.bayse.caller import BayseCaller


def taken_for_a_key(caller: BayseCaller, orders: Orders, key: str) -> str | None:
    """How a malformed key was taken for a key, in words; None where it was refused, or of no effect.

    What accepts it is sent an order of its own twice under it: like without a key, the first request cancels the order
    and the second finds it cancelled.
    """
    answer = caller.cancel_batch(orders.unknown(1), idempotency_key=key)
    if answer.refused:
        return None
    order, other = orders.open(2)
    first, second = (caller.cancel_batch([order], idempotency_key=key) for _ in range(2))
    if answer.replayed or first.replayed or second.replayed:
        return "a request under it was answered with a replay"
    if first.refused or second.refused:
        reported = (first if first.refused else second).status
        return f"one batch under it was carried out, and another one refused with {reported}"
    if first.cancelled(order.order_id) and second.cancelled(order.order_id):
        if caller.cancel_batch([other, order]).cancelled(order.order_id):
            raise Presupposed("lifecycle.cancelled-is-final", "whatever names a cancelled order is told success")
        return "a second request under it got the first one's answer again"
    return None
