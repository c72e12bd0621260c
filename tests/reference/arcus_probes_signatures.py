"""Probes about element signatures."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .arcus_client import Element, Order
from .arcus_harness import Harness, HarnessCaller
from .arcus_probes import Probe, carried_out, promise


@promise("arcus.signature.single-cancel-bytes")
async def single_cancel_bytes(harness: Harness) -> None:
    me = await harness.caller()
    for by in ("orderId", "clientId"):
        orders = await me.orders(2, client_ids=True)
        await carried_out(me, orders, await me.cancel(orders, by))
        for write in (_on_many_lines, _without_spaces, _backwards, _with_escapes):
            orders, timestamp = await me.orders(2, client_ids=True), me.next_timestamp()
            elements = [me.element(order, timestamp, by) for order in orders]
            await carried_out(me, orders, await me.post(elements, timestamp, body=write(elements).encode()))


def _on_many_lines(elements: list[Element]) -> str:
    return json.dumps({"cancels": elements}, indent=1)


def _without_spaces(elements: list[Element]) -> str:
    return json.dumps({"cancels": elements}, separators=(",", ":"))


def _backwards(elements: list[Element]) -> str:
    return json.dumps({"cancels": [dict(reversed(element.items())) for element in elements]})


def _with_escapes(elements: list[Element]) -> str:
    return json.dumps({"cancels": elements}).replace("Id", "\\u0049d")


Wrong = Callable[[HarnessCaller, Order, int, dict[str, Any]], dict[str, Any]]


def _never_cancels(*wrongs: Wrong) -> Probe:
    async def probe(harness: Harness) -> None:
        for wrong in wrongs:
            for by in ("orderId", "clientId"):
                me, other = await harness.caller(), await harness.caller()
                for before in (0, 1, 2):
                    accepted = me.next_timestamp()
                    await me.post([me.element(order, accepted) for order in await me.orders()], accepted)
                    orders, timestamp = await me.orders(3, client_ids=True), me.next_timestamp()
                    given = {"other": other, "orders": orders, "by": by, "accepted": accepted}
                    elements = [me.element(order, timestamp, by) for order in orders]
                    elements[before] = wrong(me, orders[before], timestamp, given)
                    headers = {"X_Signature": me.element(orders[before], timestamp, by)["signature"]}
                    await me.post(elements, timestamp, **headers)
                    assert (await me.statuses(orders))[before] == "open"

    return probe


def _signed(**members: Any) -> Wrong:
    """Signed over other members; a value that is a function is given the caller's order."""

    def wrong(me: HarnessCaller, order: Order, timestamp: int, given: dict[str, Any]) -> dict[str, Any]:
        other = {name: value(order) if callable(value) else value for name, value in members.items()}
        return me.resigned(order, timestamp, given["by"], **other)

    return wrong


def _by_another_key(me: HarnessCaller, order: Order, timestamp: int, given: dict[str, Any]) -> dict[str, Any]:
    other: HarnessCaller = given["other"]
    signature = other.signer.sign(me.payload(order, timestamp, given["by"]))
    return me.element(order, timestamp, given["by"], signature=signature)


def _of_another_element(me: HarnessCaller, order: Order, timestamp: int, given: dict[str, Any]) -> dict[str, Any]:
    neighbour = next(each for each in given["orders"] if each is not order)
    return me.element(
        order, timestamp, given["by"], signature=me.element(neighbour, timestamp, given["by"])["signature"]
    )


def _cut(start: int, end: int | None) -> Wrong:
    def wrong(me: HarnessCaller, order: Order, timestamp: int, given: dict[str, Any]) -> dict[str, Any]:
        element = me.element(order, timestamp, given["by"])
        return {**element, "signature": element["signature"][start:end]}

    return wrong


def _over_body(me: HarnessCaller, order: Order, timestamp: int, given: dict[str, Any]) -> dict[str, Any]:
    elements = [me.element(each, timestamp, given["by"]) for each in given["orders"]]
    unsigned = [{name: value for name, value in each.items() if name != "signature"} for each in elements]
    return me.element(
        order, timestamp, given["by"], signature=me.signer.sign(json.dumps({"cancels": unsigned}).encode())
    )


def _unsigned(me: HarnessCaller, order: Order, timestamp: int, given: dict[str, Any]) -> dict[str, Any]:
    return me.element(order, timestamp, given["by"], signature=None)


def _at(offset: int) -> Wrong:
    def wrong(me: HarnessCaller, order: Order, timestamp: int, given: dict[str, Any]) -> dict[str, Any]:
        return me.resigned(order, timestamp, given["by"], ct=timestamp + offset)

    return wrong


def _at_accepted_time(me: HarnessCaller, order: Order, timestamp: int, given: dict[str, Any]) -> dict[str, Any]:
    return me.resigned(order, timestamp, given["by"], ct=given["accepted"])


promise("arcus.signature.missing")(_never_cancels(_unsigned))
promise("arcus.signature.wrong-key")(_never_cancels(_by_another_key))
promise("arcus.signature.other-timestamp")(_never_cancels(_at(1), _at(-1), _at(-(10**9)), _at_accepted_time))
promise("arcus.signature.other-market")(_never_cancels(_signed(m=lambda order: order["marketId"] % 3 + 1)))
promise("arcus.signature.other-account-index")(_never_cancels(_signed(ai=lambda order: order["accountIndex"] + 1)))
promise("arcus.signature.other-operation")(_never_cancels(_signed(op=1), _signed(op=3)))
promise("arcus.signature.other-version")(_never_cancels(_signed(v=0), _signed(v=2)))
promise("arcus.signature.truncated")(_never_cancels(_cut(0, 126), _cut(0, 64), _cut(0, 127)))
promise("arcus.signature.another-elements")(_never_cancels(_of_another_element))
promise("arcus.signature.over-http-body")(_never_cancels(_over_body))
promise("arcus.signature.every-element")(_never_cancels(_by_another_key))


@promise("arcus.signature.other-order")
async def other_order(harness: Harness) -> None:
    me = await harness.caller()
    for by, member in (("orderId", "id"), ("clientId", "c")):
        orders, timestamp = await me.orders(2, client_ids=True), me.next_timestamp()
        await me.post([me.resigned(orders[0], timestamp, by, **{member: orders[1][by]})], timestamp)
        assert await me.statuses(orders) == ["open", "open"]


@promise("arcus.signature.other-address")
async def other_address(harness: Harness) -> None:
    me, other = await harness.caller(), await harness.caller()
    for address in (other.address, me.address[:-1] + ("0" if me.address[-1] != "0" else "1")):
        orders, timestamp = await me.orders(), me.next_timestamp()
        await me.post([me.resigned(order, timestamp, ad=address) for order in orders], timestamp)
        assert await me.statuses(orders) == ["open"]


@promise("arcus.signature.header-value-ignored")
async def header_value_ignored(harness: Harness) -> None:
    me = await harness.caller()
    orders, timestamp = await me.orders(), me.next_timestamp()
    elements = [me.element(order, timestamp) for order in orders]
    await carried_out(me, orders, await me.post(elements, timestamp, X_Signature="c0" * 64))
