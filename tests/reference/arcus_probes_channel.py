"""Probes about the orders channel."""

from __future__ import annotations

from .arcus_harness import Harness
from .arcus_probes import Probe, promise, refused_and_open


@promise("arcus.channel.event-per-cancelled-order")
async def event_per_cancelled_order(harness: Harness) -> None:
    me = await harness.caller()
    socket = await me.subscribe()
    for status in ("open", "partially_filled"):
        for by in ("orderId", "clientId"):
            orders = await me.orders(3, status, client_ids=True)
            assert (await me.cancel(orders, by)).accepted
            reported = [event for event in await socket.events() if event["status"] == "CANCELED"]
            ids = {event.get("orderId") for event in reported} | {event.get("clientId") for event in reported}
            assert all(ids & {order["orderId"], order["clientId"]} for order in orders)


@promise("arcus.channel.event-order-id")
async def event_order_id(harness: Harness) -> None:
    me = await harness.caller()
    socket = await me.subscribe()
    for by in ("orderId", "clientId"):
        orders = await me.orders(2, client_ids=True)
        await me.cancel(orders, by)
        reported = {event.get("orderId") for event in await socket.events() if event["status"] == "CANCELED"}
        assert reported >= {order["orderId"] for order in orders}


def _client_ids_told(by: str) -> Probe:
    async def probe(harness: Harness) -> None:
        me = await harness.caller()
        socket = await me.subscribe()
        orders = await me.orders(2, client_ids=True)
        await me.cancel(orders, by)
        reported = {event.get("clientId") for event in await socket.events() if event["status"] == "CANCELED"}
        assert reported >= {order["clientId"] for order in orders}

    return probe


promise("arcus.channel.event-client-id")(_client_ids_told("clientId"))
promise("arcus.channel.event-client-id-unasked")(_client_ids_told("orderId"))


@promise("arcus.channel.owner-only")
async def owner_only(harness: Harness) -> None:
    me, other = await harness.caller(), await harness.caller()
    mine, others = await me.subscribe(), await other.subscribe()
    orders = await me.orders(2)
    await me.cancel(orders)
    assert set(await mine.ended()) == {order["orderId"] for order in orders}
    assert await others.ended() == {}


@promise("arcus.channel.no-false-cancelled")
async def no_false_cancelled(harness: Harness) -> None:
    me, other = await harness.caller(), await harness.caller()
    mine, others = await me.subscribe(), await other.subscribe()
    named = [harness.unknown(), *await other.orders(1)]
    for status in ("filled", "expired", "rejected"):
        named += await me.orders(1, status)
    for order in named:
        await me.cancel([order])
    await me.cancel(await other.orders(1, client_ids=True), "clientId")
    denied, control_order = await me.orders(1), await me.orders(1)
    timestamp = me.next_timestamp()
    await me.post([{**me.element(denied[0], timestamp), "signature": "c0" * 64}], timestamp)
    await me.cancel(named)
    await me.cancel(control_order)
    reported = await mine.ended()
    assert {order_id for order_id, statuses in reported.items() if "CANCELED" in statuses} == {
        control_order[0]["orderId"]
    }
    assert await others.ended() == {}
    owner = await harness.caller()
    own = await owner.subscribe()
    left, batch, also_left = await owner.orders(1), await owner.orders(2), await owner.orders(1)
    await owner.cancel(batch)
    reported = await own.ended()
    assert not {order["orderId"] for order in [*left, *also_left]} & set(reported)


@promise("arcus.channel.refused-request-is-silent")
async def refused_request_is_silent(harness: Harness) -> None:
    me = await harness.caller()
    orders = await me.orders(2)
    await harness.let_effects_show()  # the news that they are open may come late, too
    socket = await me.subscribe()
    timestamp = me.next_timestamp()
    elements = [me.element(order, timestamp) for order in orders]
    await refused_and_open(me, orders, await me.post(elements, timestamp, "0x" + "ab" * 20))
    await refused_and_open(me, orders, await me.post(elements, timestamp, body=b'{"cancels": {}}'))
    await refused_and_open(me, orders, await me.post(elements, timestamp, X_Timestamp=str(timestamp - 60 * 10**9)))
    named = {order["orderId"] for order in orders}
    assert not [event for event in await socket.events() if event.get("orderId") in named]


@promise("arcus.channel.consistent")
async def one_story(harness: Harness) -> None:
    for definitive in (False, True):
        me = await harness.caller()
        if definitive:
            await me.definitive()
        socket = await me.subscribe()
        orders = await me.orders(2)
        answer = await me.cancel(orders)
        statuses = await me.statuses(orders)
        for order, status in zip(orders, statuses, strict=True):
            events = [event["status"] for event in await socket.events() if event["orderId"] == order["orderId"]]
            last = [each for each in events if each != "REJECTED"][-1]
            assert {"cancelled": "CANCELED"}[status] == last
            for row in answer.rows if answer.status == 200 else []:
                assert row.get("orderId") != order["orderId"] or row["status"] == last


@promise("arcus.channel.filled-instead")
async def filled_instead(harness: Harness) -> None:
    me = await harness.caller()
    socket = await me.subscribe()
    [order] = await me.orders(1)
    await harness.state("fill", {"orderId": order["orderId"], "part": False})
    await me.cancel([order])
    reported = [event["status"] for event in await socket.events() if event.get("orderId") == order["orderId"]]
    assert [each for each in reported if each != "REJECTED"][-1] == "FILLED"


@promise("arcus.channel.without-authentication")
async def without_authentication(harness: Harness) -> None:
    me = await harness.caller()
    socket = await me.subscribe()
    orders = await me.orders(1)
    await me.cancel(orders)
    assert await socket.ended()
