"""What answer, channel and read-back say of orders that have just ended (batch-cancel page, response behavior)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fixtures.arcus_channel import Listen
from fixtures.arcus_orders import Forms
from venue_conformance.client.orders import Orders
from venue_conformance.client.polling import Polling
from venue_conformance.client.session import Session
from venue_conformance.errors import NeverExercised, Presupposed, Violation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus.answer import CANCELED, FILLED
from venue_conformance.venues.arcus.caller import ArcusCaller
from venue_conformance.venues.arcus.channel import STANDS, OrdersChannel

Fill = Callable[..., None]
EVENT = "arcus.channel.event-per-cancelled-order"


def filled(_: ArcusCaller, order: ProvisionedOrder, fill: Fill) -> None:
    """Fill an order wholly."""
    fill(order)


def filled_in_parts(_: ArcusCaller, order: ProvisionedOrder, fill: Fill) -> None:
    """Fill an order in part, and then wholly."""
    fill(order, part=True)
    fill(order)


def cancelled(caller: ArcusCaller, order: ProvisionedOrder, fill: Fill) -> None:  # noqa: ARG001 - like the others
    """Cancel an order."""
    answer = caller.cancel_batch([order])
    if not answer.accepted:
        raise Presupposed("arcus.signature.single-cancel-bytes", f"a valid batch was answered {answer!r}")


@pytest.mark.clause("arcus.channel.consistent")
@pytest.mark.deepens
@pytest.mark.parametrize("end", [filled, filled_in_parts, cancelled])
def test_order_that_has_just_ended_keeps_one_final_status(
    caller: ArcusCaller, orders: Orders, listen: Listen, fill: Fill, forms: Forms, end: Callable[..., None]
) -> None:
    """After a cancel of an order that has just ended, response, channel and read-back agree on its final status."""
    ended = "cancelled" if end is cancelled else "filled"
    for _ in forms(caller):
        order, control = orders.open(2)
        channel = listen(caller, [order, control])
        end(caller, order, fill)

        answer = caller.cancel_batch([order])

        caller.cancel_batch([control])
        if channel.missing([control]):
            raise Presupposed(EVENT, "the event of a valid cancel never arrived")
        read = orders.poll_until([order], ended)[order.order_id]
        reported = [row.get("status") for row in answer.rows_of(caller.element(order))] if answer.status == 200 else []
        events = [event.status for event in channel.about(order) if event.status in STANDS]
        if end is not cancelled:  # that the state `fill` causes an event is promised nowhere
            events = [status for status in events if status != "OPEN"]
        ends = {STANDS[str(status)] for status in [*reported, *events[-1:]] if str(status) in STANDS} | {read}
        late = FILLED in events and CANCELED in events[events.index(FILLED) :]
        if len(ends) > 1 or late:
            raise Violation(
                f"one end of an order that was {ended}, and then named in a batch",
                f"rows: {reported}, events: {events}, read as {read}",
                kind="more-than-one-end",
            )


@pytest.mark.clause("arcus.channel.snapshot-is-current")
def test_new_subscription_does_not_list_cancelled_order_as_open(
    caller: ArcusCaller, orders: Orders, listen: Listen, session: Session
) -> None:
    """A new subscription does not list a cancelled order among the open ones, although an earlier one could."""
    gone, still_open = orders.open(2)
    listen(caller, [gone, still_open])
    caller.cancel_batch([gone])
    if orders.poll_until([gone])[gone.order_id] != "cancelled":
        raise Presupposed("arcus.lifecycle.open-cancelled", "an open order did not come to read as cancelled")
    polling = Polling(session.settle_seconds)

    while listed_as_open(listen(caller, [gone, still_open]), gone, still_open):
        if not polling.wait():
            expected = "a subscription to list a cancelled order no longer among the open ones"
            raise Violation(
                expected, f"{gone.order_id} beside {still_open.order_id}, which is open", kind="reported-as-open"
            )


def listed_as_open(channel: OrdersChannel, gone: ProvisionedOrder, still_open: ProvisionedOrder) -> bool:
    """Whether an order stands in a list with one that is open, and not as one that has ended.

    Raises NeverExercised where no list has the one that is open.
    """
    lists = [
        {each["orderId"]: each for each in listed}
        for listed in channel.listed()
        if any(each["orderId"] == still_open.order_id for each in listed)
    ]
    if not lists:
        raise NeverExercised("the reply to the subscription lists no open order")
    found = [listed[gone.order_id] for listed in lists if gone.order_id in listed]
    control = {name: lists[0][still_open.order_id].get(name) for name in ("status", "state")}
    return any(all(each.get(name) == said for name, said in control.items()) for each in found)
