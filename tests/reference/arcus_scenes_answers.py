"""Scenes about answers: what 202 and 200 mean, rows, the rate-limit snapshot, refusals."""

from __future__ import annotations

from typing import Any

from .arcus_client import Order
from .arcus_desk import Answer, Desk, DeskCaller
from .arcus_scenes import promise

ENDS = {"CANCELED", "MARGIN_CANCELED", "FILLED", "REJECTED", "CANCELLED", "EXPIRED"}
STATUSES = {
    "PENDING",
    "OPEN",
    "PARTIALLY_FILLED",
    "FILLED",
    "CANCELED",
    "MARGIN_CANCELED",
    "REJECTED",
    "ACK",
    "CANCEL_ACKNOWLEDGED",
    "ERROR",
}


async def _assorted(desk: Desk, me: DeskCaller) -> list[Order]:
    """Orders in every status, and one that does not exist."""
    found = [desk.unknown()]
    for status in ("open", "partially_filled", "filled", "cancelled"):
        found += await me.orders(1, status)
    return found


def _unknown(orders: list[Order]) -> set[str]:
    """The ids among them of which there is no order: that there is none is no end of an order."""
    return {order["orderId"] for order in orders if order.get("clientId", "").startswith("no-such-")}


async def _both_ways(desk: Desk) -> list[tuple[list[Order], Answer]]:
    """Assorted orders, cancelled by a caller with answers as they come, and by one with definitive answers."""
    played = []
    for definitive in (False, True):
        me = await desk.caller()
        if definitive:
            await me.definitive()
        orders = await _assorted(desk, me)
        played.append((orders, await me.cancel(orders)))
        several = await me.orders(3)
        played.append((several, await me.cancel(several)))
    return played


@promise("arcus.async.success-status")
async def success_status(desk: Desk) -> None:
    assert all(answer.accepted for _, answer in await _both_ways(desk))


@promise("arcus.async.acknowledgement-is-no-end-state")
async def no_end_state(desk: Desk) -> None:
    for orders, answer in await _both_ways(desk):
        existing = [row for row in answer.rows if row["orderId"] not in _unknown(orders)]
        if answer.status == 202:
            assert not {row.get("status") for row in existing} & ENDS
    me = await desk.caller()
    answer = await me.cancel(await me.orders(2, client_ids=True), "clientId")
    if answer.status == 202:
        assert not {row.get("status") for row in answer.rows} & ENDS


async def _definitive(desk: Desk) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
    """By order id: how the orders stand after the cancel, and the rows of 200 answers."""
    me = await desk.caller()
    await me.definitive()
    orders = [*(await _assorted(desk, me)), *(await me.orders(2))]
    answer = await me.cancel(orders)
    statuses = dict(zip((order["orderId"] for order in orders), await me.statuses(orders), strict=True))
    rows = answer.rows if answer.status == 200 else []
    return statuses, {row["orderId"]: row for row in rows}


@promise("arcus.async.cancelled-rows-are-true")
async def cancelled_rows_are_true(desk: Desk) -> None:
    statuses, rows = await _definitive(desk)
    assert all(statuses[order_id] == "cancelled" for order_id, row in rows.items() if row["status"] == "CANCELED")
    me = await desk.caller()
    await me.definitive()
    for count, by in ((100, "orderId"), (3, "clientId")):
        orders = await me.orders(count, client_ids=True)
        answer = await me.cancel(orders, by)
        if answer.status == 200 and {row["status"] for row in answer.rows} == {"CANCELED"}:
            assert await me.statuses(orders) == ["cancelled"] * count


@promise("arcus.async.cancelled-orders-are-told")
async def cancelled_orders_are_told(desk: Desk) -> None:
    me = await desk.caller()
    await me.definitive()
    for status in ("open", "partially_filled"):
        for by in ("orderId", "clientId"):
            answer = await me.cancel(await me.orders(3, status, client_ids=True), by)
            if answer.status == 200:
                assert not {row.get("status") for row in answer.rows} & (ENDS - {"CANCELED"})


@promise("arcus.async.definitive-rows")
async def definitive_rows(desk: Desk) -> None:
    me = await desk.caller()
    await me.definitive()
    for by in ("orderId", "clientId"):
        answer = await me.cancel(await me.orders(2, client_ids=True), by)
        if answer.status == 200:
            assert all(row["status"] and "ACK" not in row["status"] for row in answer.rows)


@promise("arcus.async.acknowledged-status")
async def acknowledged_status(desk: Desk) -> None:
    for _, answer in await _both_ways(desk):
        if answer.status == 202:
            assert {row.get("status", "CANCEL_ACKNOWLEDGED") for row in answer.rows} == {"CANCEL_ACKNOWLEDGED"}


@promise("arcus.async.definitive-status")
async def definitive_status(desk: Desk) -> None:
    _, rows = await _definitive(desk)
    assert {row["status"] for row in rows.values()} <= {"CANCELED", "FILLED", "REJECTED"}


@promise("arcus.rows.responses-array")
async def responses_array(desk: Desk) -> None:
    for _, answer in await _both_ways(desk):
        assert isinstance(answer.json, dict)
        assert isinstance(answer.json["responses"], list)


@promise("arcus.rows.one-per-order")
async def one_per_element(desk: Desk) -> None:
    for definitive in (False, True):
        me = await desk.caller()
        if definitive:
            await me.definitive()
        orders = (await me.orders(5))[:3]
        rows = (await me.cancel(orders)).rows
        assert sorted(row["orderId"] for row in rows) == sorted(order["orderId"] for order in orders)


@promise("arcus.rows.unmatched-element")
async def unmatched_element(desk: Desk) -> None:
    for orders, answer in await _both_ways(desk):
        assert sorted(row["orderId"] for row in answer.rows) == sorted(order["orderId"] for order in orders)
    me = await desk.caller()
    unknown = desk.unknown()
    assert [row["clientId"] for row in (await me.cancel([unknown], "clientId")).rows] == [unknown["clientId"]]


@promise("arcus.rows.echo-order-id")
async def echo_order_id(desk: Desk) -> None:
    me = await desk.caller()
    for orders in (await me.orders(3), await me.orders(3, client_ids=True)):
        rows = (await me.cancel(orders)).rows
        assert {row.get("orderId") for row in rows} == {order["orderId"] for order in orders}


@promise("arcus.rows.echo-client-id")
async def echo_client_id(desk: Desk) -> None:
    me = await desk.caller()
    orders = await me.orders(3, client_ids=True)
    rows = (await me.cancel(orders, "clientId")).rows
    assert {row.get("clientId") for row in rows} == {order["clientId"] for order in orders}


@promise("arcus.rows.documented-fields")
async def documented_fields(desk: Desk) -> None:
    wanted = {"address", "accountIndex", "marketId", "marketDisplayName", "status", "updateTime"}
    for _, answer in await _both_ways(desk):
        assert all(set(row) >= wanted for row in answer.rows)


@promise("arcus.rows.market-and-account-echo")
async def market_and_account(desk: Desk) -> None:
    for orders, answer in await _both_ways(desk):
        asked = {order["orderId"]: (order["marketId"], order["accountIndex"]) for order in orders}
        for row in answer.rows:
            own = asked[row["orderId"]]
            assert (row.get("marketId", own[0]), row.get("accountIndex", own[1])) == own


@promise("arcus.rows.status-vocabulary")
async def status_vocabulary(desk: Desk) -> None:
    for _, answer in await _both_ways(desk):
        assert {row.get("status", "ACK") for row in answer.rows} <= STATUSES


@promise("arcus.rows.update-time")
async def update_time(desk: Desk) -> None:
    for _, answer in await _both_ways(desk):
        now = desk.clock.nanoseconds() // 1000
        assert all(abs(row.get("updateTime", now) - now) < 60 * 10**6 for row in answer.rows)


@promise("arcus.rows.sizes-when-final")
async def sizes_when_final(desk: Desk) -> None:
    for _, answer in await _both_ways(desk):
        sizes = [row[name] for row in answer.rows for name in ("remainingSize", "filledSize") if name in row]
        assert all(isinstance(size, str) for size in sizes)
        assert answer.status == 200 or not sizes


@promise("arcus.rows.rejection-reason")
async def rejection_reason(desk: Desk) -> None:
    for _, answer in await _both_ways(desk):
        rejected = [row.get("status") == "REJECTED" and answer.status == 200 for row in answer.rows]
        assert not any("rejectionReason" in row and not may for row, may in zip(answer.rows, rejected, strict=True))


@promise("arcus.rate-limit.one-snapshot")
async def one_snapshot(desk: Desk) -> None:
    for _, answer in await _both_ways(desk):
        if "rateLimit" in answer.json:
            assert answer.json["rateLimit"]["remaining"] % 1 == 0
        else:
            assert not any("rateLimit" in row for row in answer.rows)


@promise("arcus.rate-limit.omitted")
async def omitted(desk: Desk) -> None:
    for _, answer in await _both_ways(desk):
        assert answer.json.get("rateLimit", "left out") not in (None, {}, [], "")


async def _remaining(me: DeskCaller, count: int) -> int | None:
    answer = await me.cancel(await me.orders(count))
    found = answer.json.get("rateLimit", {}).get("remaining")
    return None if found == -1 else found


@promise("arcus.rate-limit.after-charging")
async def after_charging(desk: Desk) -> None:
    me = await desk.caller()
    left = [await _remaining(me, count) for count in (1, 1, 1, 40, 1)]
    if None not in left:
        before, one, two, big, small = (each for each in left if each is not None)
        assert big < two
        assert big - small <= max(before - one, one - two)


@promise("arcus.rate-limit.per-subaccount")
async def per_subaccount(desk: Desk) -> None:
    me, other = await desk.caller(), await desk.caller()
    first, before = await _remaining(me, 1), await _remaining(me, 1)
    await _remaining(other, 40)
    after = await _remaining(me, 1)
    if first is not None and before is not None and after is not None:
        assert before - after <= first - before


@promise("arcus.rate-limit.pool")
async def pool(desk: Desk) -> None:
    for _, answer in await _both_ways(desk):
        assert answer.json.get("rateLimit", {"pool": "cancel"})["pool"] == "cancel"


async def _refusals(desk: Desk) -> list[Answer]:
    me = await desk.caller()
    bodies = (b"", b"{", b"[]", b"null", b"5", b'{"cancels": 5}', b"[" * 50_000)
    answers = [await me.post([], me.next_timestamp(), body=body) for body in bodies]
    answers.append(await me.post([], me.next_timestamp(), X_API_Key=None))
    answers.append(await me.post([], me.next_timestamp(), "0x" + "ab" * 20))
    return answers


@promise("arcus.robustness.no-server-error")
async def never_5xx(desk: Desk) -> None:
    assert all(answer.status < 500 for answer in await _refusals(desk))


@promise("arcus.robustness.error-body")
async def error_body(desk: Desk) -> None:
    for answer in await _refusals(desk):
        assert isinstance(answer.json["error"], str)
        assert answer.json["error"]
