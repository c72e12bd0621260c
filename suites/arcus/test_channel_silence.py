"""What must never arrive on the `orders` channel. A later cancel's event is the control: it could have."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest

from fixtures.arcus_channel import Listen
from venue_conformance.client.orders import Orders
from venue_conformance.errors import NeverExercised, Presupposed, Violation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus.answer import BatchAnswer
from venue_conformance.venues.arcus.caller import ArcusCaller
from venue_conformance.venues.arcus.channel import STANDS, OrdersChannel
from venue_conformance.venues.arcus.elements import Element
from venue_conformance.venues.arcus.envelope import KEY_HEADER, Envelope

deepens = pytest.mark.deepens


def heard(channel: OrdersChannel, caller: ArcusCaller, control: ProvisionedOrder) -> None:
    """Cancel the control order and wait for its event. Raises Presupposed when that does not come."""
    caller.cancel_batch([control])
    if channel.missing([control]):
        raise Presupposed("arcus.channel.event-per-cancelled-order", "the event of a valid cancel never arrived")


@pytest.mark.clause("arcus.channel.no-false-cancelled")
@pytest.mark.parametrize(
    "kind", ["unknown", *(pytest.param(kind, marks=deepens) for kind in ("filled", "expired", "rejected", "foreign"))]
)
def test_no_cancelled_event_for_order_that_was_not_cancelled(
    caller: ArcusCaller, orders: Orders, listen: Listen, kind: str
) -> None:
    """No CANCELED event arrives for an unknown, filled, expired or rejected order or for another account's order."""
    [control] = orders.open(1)
    if kind == "unknown":
        named: list[ProvisionedOrder | str] = [*orders.unknown(2)]
    else:
        named = [*(orders.foreign(2) if kind == "foreign" else orders.make(2, kind))]
    channel = listen(caller, [control])
    for order in named:
        caller.cancel_batch([order])

    heard(channel, caller, control)

    assert [channel.about(order) for order in named if channel.cancelled(order)] == [], "false-cancelled-event"


@pytest.mark.clause("arcus.channel.no-false-cancelled")
@deepens
def test_no_cancelled_event_for_other_accounts_client_id(caller: ArcusCaller, orders: Orders, listen: Listen) -> None:
    """No CANCELED event arrives for another account's order that a batch names by clientId."""
    [foreign], [control] = orders.foreign(1, client_ids=True), orders.open(1)
    channel = listen(caller, [control, foreign])
    caller.cancel_batch([foreign], by="clientId")

    heard(channel, caller, control)

    assert not channel.cancelled(foreign), "false-cancelled-event"


@pytest.mark.clause("arcus.channel.no-false-cancelled")
@deepens
def test_no_cancelled_event_for_unknown_client_id(caller: ArcusCaller, orders: Orders, listen: Listen) -> None:
    """No CANCELED event arrives for a clientId that no order has."""
    [control], [unknown] = orders.open(1), caller.unknown_client_ids(1)
    channel = listen(caller, [control])
    caller.cancel_batch([unknown], by="clientId")

    heard(channel, caller, control)

    assert not channel.cancelled(unknown), "false-cancelled-event"


@pytest.mark.clause("arcus.channel.no-false-cancelled")
@deepens
def test_no_cancelled_event_for_filled_order_named_by_client_id(
    caller: ArcusCaller, orders: Orders, listen: Listen
) -> None:
    """No CANCELED event arrives for a filled order that a batch names by clientId."""
    [control], named = orders.open(1), orders.make(1, "filled", client_ids=True)
    channel = listen(caller, [control])
    caller.cancel_batch(named, by="clientId")

    heard(channel, caller, control)

    assert [channel.about(order) for order in named if channel.cancelled(order)] == [], "false-cancelled-event"


@pytest.mark.clause("arcus.channel.no-false-cancelled")
def test_no_cancelled_event_for_unnamed_order(caller: ArcusCaller, orders: Orders, listen: Listen) -> None:
    """No CANCELED event arrives for an open order outside the batch, whether older or newer than the batch's orders."""
    older, first, second, control, newer = orders.open(5)
    channel = listen(caller, [older, control])
    caller.cancel_batch([first, second])

    heard(channel, caller, control)

    read = orders.after(control, [older, newer], for_good=False)
    assert [order for order in (older, newer) if channel.cancelled(order) and read[order.order_id] == "open"] == [], (
        "false-cancelled-event"
    )


@pytest.mark.clause("arcus.channel.no-false-cancelled")
@deepens
def test_owner_gets_no_cancelled_event_from_other_accounts_cancel(
    caller: ArcusCaller, stranger: ArcusCaller, orders: Orders, listen: Listen
) -> None:
    """The owner of an order that another account tried to cancel receives no CANCELED event for it."""
    foreign, control = orders.make(2, "open", owner=stranger)
    channel = listen(stranger, [foreign, control])
    caller.cancel_batch([foreign])

    heard(channel, stranger, control)

    assert not channel.cancelled(foreign), "event-of-foreign-cancel"


@pytest.mark.clause("arcus.channel.owner-only")
def test_events_arrive_only_on_owners_account(
    caller: ArcusCaller, stranger: ArcusCaller, orders: Orders, listen: Listen
) -> None:
    """A subscriber to another account receives no event about an order that was cancelled."""
    batch = orders.open(2)
    [control] = orders.make(1, "open", owner=stranger)
    channel = listen(stranger, [control, *batch])
    caller.cancel_batch(batch)
    orders.poll_until(batch)

    heard(channel, stranger, control)

    if events := [event for order in batch for event in channel.about(order)]:
        raise Violation(
            "no event of one account's orders on the channel of another account",
            f"{len(events)} events there of {', '.join(order.order_id for order in batch)}: "
            f"{', '.join(str(event.status) for event in events)}",
            kind="event-on-foreign-channel",
        )


@pytest.mark.clause("arcus.channel.owner-only")
@deepens
def test_cancel_of_other_accounts_order_reveals_nothing_on_channel(
    caller: ArcusCaller, orders: Orders, listen: Listen
) -> None:
    """A caller that names another account's order receives no event with its clientId or with how it stands."""
    [foreign] = orders.foreign(1, client_ids=True)
    [control] = orders.open(1)
    channel = listen(caller, [control, foreign])
    caller.cancel_batch([foreign])

    heard(channel, caller, control)

    if stood := [event for event in channel.about(foreign) if event.status in STANDS]:
        raise Violation(
            "whoever names another account's order to hear at most that the cancel was rejected",
            f"{stood[0]} on the caller's own channel",
            kind="event-shows-foreign-order",
        )
    if [event for event in channel.about(foreign) if event.client_id == foreign.client_id]:
        raise Violation(
            "whoever names another account's order by its orderId to hear at most that the cancel was rejected",
            f"an event of {foreign.order_id} that gives its clientId {foreign.client_id}, too",
            kind="event-shows-foreign-order",
        )


def wrongly_signed(_: ArcusCaller, element: Element) -> Element:
    """The element with a signature by a key that nobody registered."""
    return element.but(private_key=secrets.token_hex(32))


def twice_named(caller: ArcusCaller, element: Element) -> Element:
    """The element with a second id, one that no order has."""
    return element.but(members={"clientId": caller.unknown_client_ids(1)[0]})


@pytest.mark.clause("arcus.channel.no-false-cancelled")
@deepens
@pytest.mark.parametrize("tamper", [wrongly_signed, twice_named])
def test_no_cancelled_event_for_rejected_element(
    caller: ArcusCaller, orders: Orders, listen: Listen, tamper: Callable[[ArcusCaller, Element], Element]
) -> None:
    """No CANCELED event arrives for an order that stays open because its element, alone or in a batch, was rejected."""
    alone, beside, adjacent, control = orders.open(4)
    channel = listen(caller, [alone, beside, adjacent, control])
    caller.cancel_batch([tamper(caller, caller.element(alone))])
    caller.cancel_batch([caller.element(adjacent), tamper(caller, caller.element(beside))])

    heard(channel, caller, control)

    # Whether such an element may cancel its order is a question of its own: here only what the channel says of it is.
    cancelled = [order for order in (alone, beside) if channel.cancelled(order)]
    assert {order_id: read for order_id, read in orders.poll_until(cancelled).items() if read != "cancelled"} == {}, (
        "event-without-cancel"
    )


Refuse = Callable[[ArcusCaller, list[Element]], BatchAnswer]
REFUSED: dict[str, Refuse] = {
    "milliseconds": lambda caller, batch: caller.cancel_batch(batch, envelope=Envelope(unit="milliseconds")),
    "ten minutes old": lambda caller, batch: caller.cancel_batch(batch, envelope=Envelope(age=600)),
    "no key": lambda caller, batch: caller.cancel_batch(batch, envelope=Envelope(omit=frozenset({KEY_HEADER}))),
    "nobody's address": lambda caller, batch: caller.cancel_batch(batch, envelope=Envelope(address="0x" + "12" * 20)),
    "one element with both ids": lambda caller, batch: caller.cancel_batch(
        [*batch[:-1], twice_named(caller, batch[-1])]
    ),
    "101 elements": lambda caller, batch: caller.cancel_batch([*batch, *batch[:1] * 99]),
}
#: Those of which the contract page says that the whole request is refused, one for each of its parts.
FEWEST = ("milliseconds", "one element with both ids")


@pytest.mark.clause("arcus.channel.refused-request-is-silent")
@pytest.mark.parametrize(
    "refuse",
    [pytest.param(REFUSED[name], id=name, marks=() if name in FEWEST else deepens) for name in REFUSED],
)
def test_rejected_request_causes_no_event(caller: ArcusCaller, orders: Orders, listen: Listen, refuse: Refuse) -> None:
    """A request that is rejected as a whole causes no event about any order it names."""
    first, second, unnamed, before, after = orders.open(5)
    channel = listen(caller, [first, second])
    # So that no event of the orders' own beginnings is still on its way.
    heard(channel, caller, before)
    earlier = len(channel.events)

    answer = refuse(caller, [caller.element(order) for order in (first, second)])

    heard(channel, caller, after)
    later = channel.events[earlier:]
    if not answer.refused:
        raise NeverExercised(f"the request was not refused, but answered {answer!r}")
    # What comes of an order that nobody named, too, was not caused by the request.
    if any(event.about(unnamed) for event in later):
        raise NeverExercised("an order that no request named had events, too, so events prove nothing here")
    assert [event for event in later if event.about(first) or event.about(second)] == [], "event-after-refusal"
