"""What a subscriber to the `orders` channel learns (batch-cancel page, response behavior)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fixtures.arcus_channel import Listen
from fixtures.arcus_orders import Definitive, Forms
from venue_conformance.client.orders import Orders
from venue_conformance.client.wording import as_json
from venue_conformance.errors import NotTested, Presupposed, Violation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus.answer import CANCELED, FILLED, REJECTED
from venue_conformance.venues.arcus.caller import ArcusCaller, IdKind
from venue_conformance.venues.arcus.channel import STANDS, OrdersChannel

Observe = Callable[[str], None]
deepens = pytest.mark.deepens
EVENT = "arcus.channel.event-per-cancelled-order"


def ids(orders: list[ProvisionedOrder]) -> list[str]:
    """The ids of orders."""
    return [order.order_id for order in orders]


def require_events(channel: OrdersChannel, orders: list[ProvisionedOrder]) -> None:
    """Go on once each of these orders has a CANCELED event. Raises Presupposed, for else none can be looked at."""
    if missing := channel.missing(orders):
        raise Presupposed(EVENT, f"no CANCELED event came of {', '.join(ids(missing))}, which a batch cancelled")


@pytest.mark.clause("arcus.channel.event-per-cancelled-order")
@pytest.mark.parametrize(
    "by", [pytest.param("orderId", marks=pytest.mark.smoke), pytest.param("clientId", marks=deepens)]
)
def test_every_cancelled_order_has_an_event(
    caller: ArcusCaller, orders: Orders, listen: Listen, forms: Forms, by: IdKind
) -> None:
    """Every order that a batch cancels has a CANCELED event, whether the response is a 202 or a 200.

    One of the orders is placed after the subscription.
    """
    options = {"client_ids": True} if by == "clientId" else {}
    for _ in forms(caller):
        batch = orders.open(2, **options)
        channel = listen(caller, batch)
        batch += orders.open(1, **options)

        answer = caller.cancel_batch(batch, by=by)

        assert answer.accepted, "not-accepted"
        assert ids(channel.missing(batch)) == [], "event-missing"


@pytest.mark.clause("arcus.channel.event-per-cancelled-order")
@deepens
def test_cancelled_partially_filled_order_has_an_event(caller: ArcusCaller, orders: Orders, listen: Listen) -> None:
    """A partially filled order that is cancelled has a CANCELED event."""
    batch = orders.make(1, "partially_filled")
    channel = listen(caller, batch)

    answer = caller.cancel_batch(batch)

    assert answer.accepted, "not-accepted"
    assert ids(channel.missing(batch)) == [], "event-missing"


@pytest.mark.clause("arcus.channel.event-per-cancelled-order")
@deepens
@pytest.mark.many_orders
def test_every_order_of_full_batch_has_an_event(caller: ArcusCaller, orders: Orders, listen: Listen) -> None:
    """Every order of a batch of 100 has a CANCELED event."""
    hundred = orders.open(100)
    channel = listen(caller, hundred)

    answer = caller.cancel_batch(hundred)

    assert answer.accepted, "not-accepted"
    assert ids(channel.missing(hundred)) == [], "event-missing"


@pytest.mark.clause("arcus.channel.event-per-cancelled-order")
@deepens
def test_every_subscriber_receives_the_event(caller: ArcusCaller, orders: Orders, listen: Listen) -> None:
    """Two subscribers to the same account both receive the CANCELED event; one does when the other has gone."""
    batch, rest = orders.open(1), orders.open(1)
    channels = [listen(caller, batch), listen(caller, batch)]

    answer = caller.cancel_batch(batch)

    assert answer.accepted, "not-accepted"
    assert [ids(channel.missing(batch)) for channel in channels] == [[], []], "event-missing"

    channels[1].wire.close()
    answer = caller.cancel_batch(rest)

    assert answer.accepted, "not-accepted"
    assert ids(channels[0].missing(rest)) == [], "event-missing"


@pytest.mark.clause("arcus.channel.event-order-id")
@deepens
def test_event_of_order_with_client_id_carries_its_order_id(
    caller: ArcusCaller, orders: Orders, listen: Listen
) -> None:
    """The CANCELED event of an order with a clientId carries its orderId, whichever id the batch named."""
    batch = orders.open(2, client_ids=True)
    channel = listen(caller, batch)
    caller.cancel_batch(batch[:1])
    caller.cancel_batch(batch[1:], by="clientId")
    require_events(channel, batch)

    carried = {order.order_id: {event.order_id for event in channel.cancels(order)} for order in batch}
    assert carried == {order.order_id: {order.order_id} for order in batch}, "no-order-id"


@pytest.mark.clause("arcus.channel.event-order-id")
@pytest.mark.smoke
def test_event_carries_the_order_id(caller: ArcusCaller, orders: Orders, listen: Listen) -> None:
    """The CANCELED event of an order carries its orderId."""
    batch = orders.open(1)
    channel = listen(caller, batch)
    caller.cancel_batch(batch)
    channel.missing(batch)

    arrived = [event.order_id for event in channel.events if event.status == CANCELED]
    if not arrived:
        raise Presupposed(EVENT, "no CANCELED event came at all after a batch")
    assert batch[0].order_id in arrived, "no-order-id"


@pytest.mark.parametrize(
    "by",
    [
        pytest.param("clientId", marks=pytest.mark.clause("arcus.channel.event-client-id")),
        pytest.param("orderId", marks=pytest.mark.clause("arcus.channel.event-client-id-unasked")),
    ],
)
def test_event_carries_the_client_id(caller: ArcusCaller, orders: Orders, listen: Listen, by: IdKind) -> None:
    """The CANCELED event of an order with a clientId carries it, whichever id the batch named."""
    batch = orders.open(2, client_ids=True)
    channel = listen(caller, batch)
    caller.cancel_batch(batch, by=by)
    require_events(channel, batch)

    carried = {order.order_id: {event.client_id for event in channel.cancels(order)} for order in batch}
    without = [order_id for order_id, client_ids in carried.items() if client_ids == {None}]
    if carried != {order.order_id: {order.client_id} for order in batch}:
        raise Violation(
            f"CANCELED events of orders that a batch named by {by} to carry their clientId",
            f"no clientId in the events of {', '.join(without)}"
            if without
            else as_json({order_id: sorted(map(str, client_ids)) for order_id, client_ids in carried.items()}),
            kind="no-client-id",
        )


@pytest.mark.clause("arcus.channel.consistent")
@pytest.mark.parametrize("definitively", [False, pytest.param(True, marks=deepens)], ids=["as it comes", "definitive"])
@pytest.mark.parametrize("finished", [False, pytest.param(True, marks=deepens)], ids=["open", "some finished"])
def test_response_channel_and_read_back_agree(
    caller: ArcusCaller, orders: Orders, listen: Listen, definitive: Definitive, definitively: bool, finished: bool
) -> None:
    """A row of a 200 response, the channel's last event and a later read report the same final status of an order."""
    live, filled = orders.open(2), []
    if finished:
        live += orders.make(1, "partially_filled")
        filled = orders.make(1, "filled")
    batch = [*live, *filled]
    channel = listen(caller, batch)
    if definitively:
        definitive(caller)

    answers = [caller.cancel_batch(part) for part in (live, filled) if part]

    channel.missing(live)
    [control] = orders.open(1)
    caller.cancel_batch([control])
    require_events(channel, [control])
    read = orders.poll_until(live, beside=batch)
    disagreements = {}
    for order in batch:
        element = caller.element(order)
        rows = [row.get("status") for answer in answers if answer.status == 200 for row in answer.rows_of(element)]
        reported = channel.last_reported(order)
        ends = {STANDS[str(status)] for status in [*rows, reported] if str(status) in STANDS} | {read[order.order_id]}
        if len(ends) > 1:
            disagreements[order.order_id] = {"rows": rows, "last event": reported, "reads as": read[order.order_id]}
    assert disagreements == {}, "sources-disagree"


def require_fill_events(channel: OrdersChannel, filled: list[ProvisionedOrder]) -> None:
    """Go on once a fill that no cancel followed has its FILLED event. Raises NotTested: else nobody tells of fills."""
    if not channel.last_says(filled, FILLED):
        raise NotTested("the state `fill` causes no FILLED event, so a missing one proves nothing", "fill")


@pytest.mark.clause("arcus.channel.filled-instead")
@pytest.mark.parametrize("by", ["orderId", pytest.param("clientId", marks=deepens)])
def test_order_filled_before_its_cancel_is_reported_as_filled(
    caller: ArcusCaller, orders: Orders, listen: Listen, fill: Callable[..., None], by: IdKind
) -> None:
    """The last event of an order that fills before its accepted cancel arrives says FILLED."""
    uncancelled, control, *filled = orders.open(4, client_ids=True) if by == "clientId" else orders.open(4)
    channel = listen(caller, [uncancelled, control, *filled])
    for order in (uncancelled, *filled):
        fill(order)
    require_fill_events(channel, [uncancelled])

    answer = caller.cancel_batch(filled, by=by)

    answer.require_accepted("a batch of orders that were filled just before")
    # Whatever the cancels cause has come when this one's event has.
    caller.cancel_batch([control])
    require_events(channel, [control])
    channel.last_says(filled, FILLED)
    assert {order.order_id: channel.last_reported(order) for order in filled} == dict.fromkeys(ids(filled), FILLED), (
        "filled-not-reported"
    )


@pytest.mark.clause("arcus.channel.without-authentication")
def test_subscription_needs_no_authentication(caller: ArcusCaller, orders: Orders, listen: Listen) -> None:
    """A subscriber that has not authenticated receives messages from the account's channel."""
    batch = orders.open(1)
    channel = listen(caller, batch)

    answer = caller.cancel_batch(batch)

    if not answer.accepted:
        raise Presupposed("arcus.signature.single-cancel-bytes", f"a valid batch was answered {answer!r}")
    channel.missing(batch)
    heard = [frame for frame in channel.frames if isinstance(frame, dict)]
    assert [frame for frame in heard if frame.get("channel") == "orders" or frame.get("type") == "subscribed"] != [], (
        "nothing-heard"
    )


@pytest.mark.clause("arcus.channel.repeated-events")
def test_number_of_cancelled_events(caller: ArcusCaller, orders: Orders, listen: Listen, observe: Observe) -> None:
    """Does the CANCELED event of an order arrive more than once?"""
    first, second = orders.open(2)
    channel = listen(caller, [first, second])
    caller.cancel_batch([first])
    require_events(channel, [first])

    caller.cancel_batch([second])

    require_events(channel, [second])
    observe(f"CANCELED events of one order: {len(channel.cancels(first))}")


@pytest.mark.clause("arcus.channel.rejected-events")
@pytest.mark.parametrize("kind", ["unknown", "filled"])
def test_rejected_event_of_order_that_is_not_live(
    caller: ArcusCaller, orders: Orders, listen: Listen, observe: Observe, kind: str
) -> None:
    """Does the cancel of an order that is not live cause a REJECTED event?"""
    [order] = orders.unknown(1) if kind == "unknown" else orders.make(1, kind)
    [control] = orders.open(1)
    channel = listen(caller, [control])
    caller.cancel_batch([order])

    caller.cancel_batch([control])

    require_events(channel, [control])
    reported = [str(event.status) for event in channel.about(order)]
    observe(f"{kind}: {'REJECTED' if REJECTED in reported else ', '.join(reported) or 'no event'}")


@pytest.mark.clause("arcus.channel.other-frames")
def test_other_frames_and_fields(caller: ArcusCaller, orders: Orders, listen: Listen, observe: Observe) -> None:
    """Which frames and fields surround the events?"""
    batch = orders.open(1)
    channel = listen(caller, batch)
    caller.cancel_batch(batch)

    require_events(channel, batch)
    frames = dict.fromkeys(
        str(frame.get("type")) if isinstance(frame, dict) else "no object" for frame in channel.frames
    )
    fields = sorted({name for event in channel.about(batch[0]) for name in event.contents})
    observe(f"frames: {', '.join(frames) or 'none'}; fields of an event: {', '.join(fields) or 'none'}")
