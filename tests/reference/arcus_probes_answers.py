"""Probes about answers: what 202 and 200 mean, rows, the rate-limit snapshot, refusals."""

from __future__ import annotations

from typing import Any

from .arcus_client import Order
from .arcus_harness import Harness, HarnessAnswer, HarnessCaller
from .arcus_probes import promise

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


async def _assorted(harness: Harness, me: HarnessCaller) -> list[Order]:
    """Orders in every status, and one that does not exist."""
    found = [harness.unknown()]
    for status in ("open", "partially_filled", "filled", "cancelled"):
        found += await me.orders(1, status)
    return found


def _unknown(orders: list[Order]) -> set[str]:
    """The ids among them of which there is no order: that there is none is no end of an order."""
    return {order["orderId"] for order in orders if order.get("clientId", "").startswith("no-such-")}


async def _both_ways(harness: Harness) -> list[tuple[list[Order], HarnessAnswer]]:
    """Assorted orders, cancelled by a caller with answers as they come, and by one with definitive answers."""
    played = []
    for definitive in (False, True):
        me = await harness.caller()
        if definitive:
            await me.definitive()
        orders = await _assorted(harness, me)
        played.append((orders, await me.cancel(orders)))
        several = await me.orders(3)
        played.append((several, await me.cancel(several)))
    return played


@promise("arcus.async.success-status")
async def success_status(harness: Harness) -> None:
    assert all(answer.accepted for _, answer in await _both_ways(harness))


@promise("arcus.async.acknowledgement-is-no-end-state")
async def no_end_state(harness: Harness) -> None:
    for orders, answer in await _both_ways(harness):
        existing = [row for row in answer.rows if row["orderId"] not in _unknown(orders)]
        if answer.status == 202:
            assert not {row.get("status") for row in existing} & ENDS
    me = await harness.caller()
    answer = await me.cancel(await me.orders(2, client_ids=True), "clientId")
    if answer.status == 202:
        assert not {row.get("status") for row in answer.rows} & ENDS


async def _definitive(harness: Harness) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
    """By order id: how the orders stand after the cancel, and the rows of 200 answers."""
    me = await harness.caller()
    await me.definitive()
    orders = [*(await _assorted(harness, me)), *(await me.orders(2))]
    answer = await me.cancel(orders)
    statuses = dict(zip((order["orderId"] for order in orders), await me.statuses(orders), strict=True))
    rows = answer.rows if answer.status == 200 else []
    return statuses, {row["orderId"]: row for row in rows}


@promise("arcus.async.cancelled-rows-are-true")
async def cancelled_rows_are_true(harness: Harness) -> None:
    statuses, rows = await _definitive(harness)
    assert all(statuses[order_id] == "cancelled" for order_id, row in rows.items() if row["status"] == "CANCELED")
    me = await harness.caller()
    await me.definitive()
    for count, by in ((100, "orderId"), (3, "clientId")):
        orders = await me.orders(count, client_ids=True)
        answer = await me.cancel(orders, by)
        if answer.status == 200 and {row["status"] for row in answer.rows} == {"CANCELED"}:
            assert await me.statuses(orders) == ["cancelled"] * count


@promise("arcus.async.cancelled-orders-are-published")
async def cancelled_orders_are_told(harness: Harness) -> None:
    me = await harness.caller()
    await me.definitive()
    for status in ("open", "partially_filled"):
        for by in ("orderId", "clientId"):
            answer = await me.cancel(await me.orders(3, status, client_ids=True), by)
            if answer.status == 200:
                assert not {row.get("status") for row in answer.rows} & (ENDS - {"CANCELED"})


@promise("arcus.async.definitive-rows")
async def definitive_rows(harness: Harness) -> None:
    me = await harness.caller()
    await me.definitive()
    for by in ("orderId", "clientId"):
        answer = await me.cancel(await me.orders(2, client_ids=True), by)
        if answer.status == 200:
            assert all(row["status"] and "ACK" not in row["status"] for row in answer.rows)


@promise("arcus.async.acknowledged-status")
async def acknowledged_status(harness: Harness) -> None:
    for _, answer in await _both_ways(harness):
        if answer.status == 202:
            assert {row.get("status", "CANCEL_ACKNOWLEDGED") for row in answer.rows} == {"CANCEL_ACKNOWLEDGED"}


@promise("arcus.async.definitive-status")
async def definitive_status(harness: Harness) -> None:
    _, rows = await _definitive(harness)
    assert {row["status"] for row in rows.values()} <= {"CANCELED", "FILLED", "REJECTED"}


@promise("arcus.rows.responses-array")
async def responses_array(harness: Harness) -> None:
    for _, answer in await _both_ways(harness):
        assert isinstance(answer.json, dict)
        assert isinstance(answer.json["responses"], list)


@promise("arcus.rows.one-per-order")
async def one_per_element(harness: Harness) -> None:
    for definitive in (False, True):
        me = await harness.caller()
        if definitive:
            await me.definitive()
        orders = (await me.orders(5))[:3]
        rows = (await me.cancel(orders)).rows
        assert sorted(row["orderId"] for row in rows) == sorted(order["orderId"] for order in orders)


@promise("arcus.rows.unmatched-element")
async def unmatched_element(harness: Harness) -> None:
    for orders, answer in await _both_ways(harness):
        assert sorted(row["orderId"] for row in answer.rows) == sorted(order["orderId"] for order in orders)
    me = await harness.caller()
    unknown = harness.unknown()
    assert [row["clientId"] for row in (await me.cancel([unknown], "clientId")).rows] == [unknown["clientId"]]


@promise("arcus.rows.echo-order-id")
async def echo_order_id(harness: Harness) -> None:
    me = await harness.caller()
    for orders in (await me.orders(3), await me.orders(3, client_ids=True)):
        rows = (await me.cancel(orders)).rows
        assert {row.get("orderId") for row in rows} == {order["orderId"] for order in orders}


@promise("arcus.rows.echo-client-id")
async def echo_client_id(harness: Harness) -> None:
    me = await harness.caller()
    orders = await me.orders(3, client_ids=True)
    rows = (await me.cancel(orders, "clientId")).rows
    assert {row.get("clientId") for row in rows} == {order["clientId"] for order in orders}


@promise("arcus.rows.documented-fields")
async def documented_fields(harness: Harness) -> None:
    wanted = {"address", "accountIndex", "marketId", "marketDisplayName", "status", "updateTime"}
    for _, answer in await _both_ways(harness):
        assert all(set(row) >= wanted for row in answer.rows)


@promise("arcus.rows.market-and-account-echo")
async def market_and_account(harness: Harness) -> None:
    for orders, answer in await _both_ways(harness):
        asked = {order["orderId"]: (order["marketId"], order["accountIndex"]) for order in orders}
        for row in answer.rows:
            own = asked[row["orderId"]]
            assert (row.get("marketId", own[0]), row.get("accountIndex", own[1])) == own


@promise("arcus.rows.status-vocabulary")
async def status_vocabulary(harness: Harness) -> None:
    for _, answer in await _both_ways(harness):
        assert {row.get("status", "ACK") for row in answer.rows} <= STATUSES


@promise("arcus.rows.update-time")
async def update_time(harness: Harness) -> None:
    for _, answer in await _both_ways(harness):
        now = harness.clock.nanoseconds() // 1000
        assert all(abs(row.get("updateTime", now) - now) < 60 * 10**6 for row in answer.rows)


@promise("arcus.rows.sizes-when-final")
async def sizes_when_final(harness: Harness) -> None:
    for _, answer in await _both_ways(harness):
        sizes = [row[name] for row in answer.rows for name in ("remainingSize", "filledSize") if name in row]
        assert all(isinstance(size, str) for size in sizes)
        assert answer.status == 200 or not sizes


@promise("arcus.rows.rejection-reason")
async def rejection_reason(harness: Harness) -> None:
    for _, answer in await _both_ways(harness):
        rejected = [row.get("status") == "REJECTED" and answer.status == 200 for row in answer.rows]
        assert not any("rejectionReason" in row and not may for row, may in zip(answer.rows, rejected, strict=True))


@promise("arcus.rate-limit.one-snapshot")
async def one_snapshot(harness: Harness) -> None:
    for _, answer in await _both_ways(harness):
        if "rateLimit" in answer.json:
            assert answer.json["rateLimit"]["remaining"] % 1 == 0
        else:
            assert not any("rateLimit" in row for row in answer.rows)


@promise("arcus.rate-limit.omitted")
async def omitted(harness: Harness) -> None:
    for _, answer in await _both_ways(harness):
        assert answer.json.get("rateLimit", "left out") not in (None, {}, [], "")


async def _remaining(me: HarnessCaller, count: int) -> int | None:
    answer = await me.cancel(await me.orders(count))
    found = answer.json.get("rateLimit", {}).get("remaining")
    return None if found == -1 else found


@promise("arcus.rate-limit.after-charging")
async def after_charging(harness: Harness) -> None:
    me = await harness.caller()
    left = [await _remaining(me, count) for count in (1, 1, 1, 40, 1)]
    if None not in left:
        before, one, two, big, small = (each for each in left if each is not None)
        assert big < two
        assert big - small <= max(before - one, one - two)


@promise("arcus.rate-limit.per-subaccount")
async def per_subaccount(harness: Harness) -> None:
    me, other = await harness.caller(), await harness.caller()
    first, before = await _remaining(me, 1), await _remaining(me, 1)
    await _remaining(other, 40)
    after = await _remaining(me, 1)
    if first is not None and before is not None and after is not None:
        assert before - after <= first - before


@promise("arcus.rate-limit.pool")
async def pool(harness: Harness) -> None:
    for _, answer in await _both_ways(harness):
        assert answer.json.get("rateLimit", {"pool": "cancel"})["pool"] == "cancel"


async def _refusals(harness: Harness) -> list[HarnessAnswer]:
    me = await harness.caller()
    bodies = (b"", b"{", b"[]", b"null", b"5", b'{"cancels": 5}', b"[" * 50_000)
    answers = [await me.post([], me.next_timestamp(), body=body) for body in bodies]
    answers.append(await me.post([], me.next_timestamp(), X_API_Key=None))
    answers.append(await me.post([], me.next_timestamp(), "0x" + "ab" * 20))
    return answers


@promise("arcus.robustness.no-server-error")
async def never_5xx(harness: Harness) -> None:
    assert all(answer.status < 500 for answer in await _refusals(harness))


@promise("arcus.robustness.error-body")
async def error_body(harness: Harness) -> None:
    for answer in await _refusals(harness):
        assert isinstance(answer.json["error"], str)
        assert answer.json["error"]
