"""Probes about what is asked: targets and limits; and about what becomes of orders."""

from __future__ import annotations

import json
from typing import Any

from .arcus_client import Order, Signer
from .arcus_harness import Harness, HarnessCaller
from .arcus_probes import Probe, carried_out, denied_and_open, promise, refused_and_open


def _named_by(by: str) -> Probe:
    async def probe(harness: Harness) -> None:
        me = await harness.caller()
        orders = await me.orders(4, client_ids=True)
        answer = await me.cancel(orders[1:3], by)
        assert answer.accepted
        assert await me.statuses(orders) == ["open", "cancelled", "cancelled", "open"]

    return probe


promise("arcus.target.order-id-alone")(_named_by("orderId"))
promise("arcus.target.client-id-alone")(_named_by("clientId"))


async def _both_ids(me: HarnessCaller, count: int, position: int) -> None:
    """Refused with 400, whatever was signed: at least one of three signatures gets that far, and none does harm."""
    orders = await me.orders(count, client_ids=True)
    other = (await me.orders(1, client_ids=True))[0]
    named = [*orders, other]
    statuses = []
    for signed in ({}, {"c": None}, {"id": None}):
        timestamp = me.next_timestamp()
        elements = [me.element(order, timestamp) for order in orders]
        target = orders[position]
        members: dict[str, Any] = {"c": other["clientId"], "id": target["orderId"], **signed}
        elements[position] = me.resigned(target, timestamp, **members) | {"clientId": other["clientId"]}
        answer = await me.post(elements, timestamp)
        assert answer.refused
        statuses.append(answer.status)
    assert 400 in statuses
    assert set(statuses) <= {400, 401}
    assert await me.statuses(named) == ["open"] * len(named)


@promise("arcus.target.both-ids")
async def both_ids(harness: Harness) -> None:
    await _both_ids(await harness.caller(), 1, 0)


@promise("arcus.target.both-ids-any-position")
async def both_ids_any_position(harness: Harness) -> None:
    for count, position in ((3, 0), (3, 1), (3, 2), (100, 99)):
        await _both_ids(await harness.caller(), count, position)


@promise("arcus.target.neither-id")
async def neither_id(harness: Harness) -> None:
    me = await harness.caller()
    orders, timestamp = await me.orders(2), me.next_timestamp()
    elements = [me.element(order, timestamp) for order in orders]
    elements[1] = me.resigned(orders[1], timestamp, id=None)
    del elements[1]["orderId"]
    await denied_and_open(me, orders, await me.post(elements, timestamp), orders[:1])


@promise("arcus.target.mixed-batch")
async def mixed_batch(harness: Harness) -> None:
    me = await harness.caller()
    orders, timestamp = await me.orders(4, client_ids=True), me.next_timestamp()
    elements = [me.element(order, timestamp, ("orderId", "clientId")[index % 2]) for index, order in enumerate(orders)]
    await carried_out(me, orders, await me.post(elements, timestamp))


def _so_many(count: int, taken: bool) -> Probe:
    async def probe(harness: Harness) -> None:
        for definitive in (False, True):
            me = await harness.caller()
            if definitive:
                await me.definitive()
            orders = await me.orders(count) if count else []
            answer = await me.cancel(orders)
            await (carried_out if taken else refused_and_open)(me, orders, answer)

    return probe


promise("arcus.limits.one-accepted")(_so_many(1, taken=True))
promise("arcus.limits.hundred-accepted")(_so_many(100, taken=True))
promise("arcus.limits.empty-refused")(_so_many(0, taken=False))
promise("arcus.limits.over-hundred-refused")(_so_many(101, taken=False))


def _bodies_refused(*bodies: Any) -> Probe:
    """A body is what it is, or a function of the elements that it would have had."""

    async def probe(harness: Harness) -> None:
        for body in bodies:
            me = await harness.caller()
            orders, timestamp = await me.orders(2), me.next_timestamp()
            elements = [me.element(order, timestamp) for order in orders]
            document = body(elements) if callable(body) else body
            sent = document if isinstance(document, bytes) else json.dumps(document).encode()
            answer = await me.post(elements, timestamp, body=sent)
            cancels = document.get("cancels") if isinstance(document, dict) else None
            if isinstance(cancels, list) and elements[0] in cancels:
                await denied_and_open(me, orders, answer, orders)
            else:
                await refused_and_open(me, orders, answer)

    return probe


_NO_CANCELS = ({}, {"cancel": []}, b"", b"cancels", b"{", lambda elements: {"orders": elements})
_WRONG_TYPES = (
    lambda elements: {"cancels": elements[0]},
    lambda elements: {"cancels": {"0": elements[0]}},
    lambda elements: {"cancels": [*elements, None]},
    lambda elements: {"cancels": [*elements, "text"]},
    {"cancels": None},
    {"cancels": "text"},
    {"cancels": 5},
)
_WRONG_FIELDS = tuple(
    (lambda elements, name=name, change=change: {"cancels": [elements[0], {**elements[1], name: change(elements[1])}]})
    for name, change in (
        ("marketId", lambda element: str(element["marketId"])),
        ("accountIndex", lambda element: str(element["accountIndex"])),
        ("orderId", lambda element: [element["orderId"]]),
        ("orderId", lambda element: 12345),
        ("signature", lambda element: 12345),
    )
)
promise("arcus.limits.list-required")(_bodies_refused(*_NO_CANCELS))
promise("arcus.limits.wrong-type-refused")(_bodies_refused(*_WRONG_TYPES))
promise("arcus.limits.field-wrong-type")(_bodies_refused(*_WRONG_FIELDS))


def _ends(status: str, expected: str) -> Probe:
    async def probe(harness: Harness) -> None:
        me = await harness.caller()
        for by in ("orderId", "clientId"):
            orders = await me.orders(3, status, client_ids=True)
            assert (await me.cancel(orders, by)).accepted
            assert await me.statuses(orders) == [expected] * 3

    return probe


@promise("arcus.lifecycle.open-cancelled")
async def open_cancelled(harness: Harness) -> None:
    await _ends("open", "cancelled")(harness)
    me = await harness.caller()
    first, twice, last = orders = await me.orders(3)
    if (await me.cancel([first, twice, twice, last])).accepted:
        assert await me.statuses(orders) == ["cancelled"] * 3


promise("arcus.lifecycle.partially-filled-cancelled")(_ends("partially_filled", "cancelled"))


@promise("arcus.lifecycle.terminal-unchanged")
async def finished_unchanged(harness: Harness) -> None:
    for status in ("filled", "cancelled", "rejected", "expired"):
        await _ends(status, status)(harness)


@promise("arcus.lifecycle.unknown-is-no-http-error")
async def unknown_is_no_http_error(harness: Harness) -> None:
    me = await harness.caller()
    for by in ("orderId", "clientId"):
        assert (await me.cancel([harness.unknown()], by)).accepted


@promise("arcus.independence.bad-id-affects-no-other")
async def unknown_fails_no_adjacent_order(harness: Harness) -> None:
    me = await harness.caller()
    for position in (0, 1, 2):
        orders = await me.orders(2)
        named = [*orders[:position], harness.unknown(), *orders[position:]]
        await carried_out(me, orders, await me.cancel(named))


def _foreign(by: str) -> Probe:
    async def probe(harness: Harness) -> None:
        me, other = await harness.caller(), await harness.caller()
        for definitive in (False, True):
            foreign, own = await other.orders(3, client_ids=True), await me.orders(1, client_ids=True)
            if definitive:
                await me.definitive()
            await me.cancel(foreign, by)
            await me.cancel([*own, *foreign], by)
            timestamp, theirs = me.next_timestamp(), Signer(me.signer.private_key, other.address)
            await me.post([theirs.element(order, timestamp, by) for order in foreign], timestamp)
            assert await other.statuses(foreign) == ["open"] * 3

    return probe


promise("arcus.isolation.foreign-order-id")(_foreign("orderId"))
promise("arcus.isolation.foreign-client-id")(_foreign("clientId"))


@promise("arcus.isolation.foreign-not-shown")
async def foreign_not_shown(harness: Harness) -> None:
    for definitive in (False, True):
        me, other = await harness.caller(), await harness.caller()
        if definitive:
            await me.definitive()
        orders = await other.orders(2, client_ids=True)
        answer = await me.cancel(orders)
        for row in answer.rows if answer.accepted else []:
            assert row.get("clientId") not in {order["clientId"] for order in orders}
            assert row.get("status") not in ("CANCELED", "FILLED")


@promise("arcus.isolation.unnamed-untouched")
async def unnamed_orders(harness: Harness) -> None:
    for named in (1, 0):
        me = await harness.caller()
        orders: list[Order] = await me.orders(8)
        await me.cancel(orders[2:3] if named else [harness.unknown()])
        assert (await me.statuses(orders)).count("open") == 8 - named
    for count, by in ((100, "orderId"), (1, "clientId")):
        me = await harness.caller()
        batch, others = await me.orders(count, client_ids=True), await me.orders(2)
        await me.cancel(batch, by)
        assert await me.statuses(others) == ["open", "open"]
