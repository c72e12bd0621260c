"""What stands around the batch cancel of the PredictStreet venue: placing, reads, other cancels, the matcher."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from venue_conformance.reference.server import RunningServer

from .predictstreet import Partner, served


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[RunningServer, Partner]]:
    with served(seed=7) as both:
        yield both


@pytest.fixture
def single(running: tuple[RunningServer, Partner]) -> Partner:
    return running[1].other("single_wallet")


@pytest.fixture
def multi(running: tuple[RunningServer, Partner]) -> Partner:
    return running[1].other("multi_wallet")


def test_orders_are_placed_read_and_cancelled_around_it(single: Partner, multi: Partner) -> None:
    terms = {"marketId": "7", "side": "sell", "outcome": "0", "price": "0.45", "quantity": "3.5", "clientOrderId": "a"}
    placed = single.post("/api/orders/place", terms)
    assert placed.status_code == 201
    order_id = placed.json()["orderId"]
    assert placed.json() == {
        "orderId": order_id,
        "status": "OPEN",
        "filledQty": "0",
        "remainingQty": "3.5",
        "trades": [],
    }
    assert single.post("/api/orders/place", terms).json()["orderId"] == order_id
    for wrong, code in (
        ({"price": "1"}, "validation_failed"),
        ({"price": "0.455"}, "validation_failed"),
        ({"quantity": "0.0000001"}, "validation_failed"),
        ({"quantity": "NaN"}, "validation_failed"),
        ({"type": "market", "timeInForce": "gtc"}, "invalid_tif"),
        ({"more": 1}, "validation_failed"),
    ):
        answer = single.post("/api/orders/place", {**terms, **wrong})
        assert (answer.status_code, answer.json()["code"]) == (400, code), wrong

    single.state("fill", orderId=order_id, part=True)
    shown = single.get(f"/api/orders/{order_id}").json()
    assert (shown["status"], shown["filledQty"], shown["remainingQty"]) == ("PARTIAL", "1.75", "1.75")
    assert (shown["userWallet"], shown["marketId"], shown["clientOrderId"]) == (single.wallet, "7", "a")
    assert single.get(f"/api/orders/{order_id}/fills").json()["trades"] == [{"price": "0.45", "quantity": "1.75"}]
    assert multi.get(f"/api/orders/{order_id}").json()["code"] == "order_not_found"
    assert multi.get(f"/api/orders/{order_id}/fills").json() == {"orderId": order_id, "trades": []}

    others = single.orders(3)
    (listed,) = single.get("/api/orders/open?marketId=7").json()["orders"]
    assert (listed["id"], listed["status"]) == (order_id, "OPEN")
    page = single.get("/api/orders/open?limit=3").json()
    assert [order["id"] for order in page["orders"]] == others[::-1]
    rest = single.get(f"/api/orders/open?limit=3&cursor={page['nextCursor']}").json()
    assert [order["id"] for order in rest["orders"]] == [order_id]
    assert rest["nextCursor"] is None
    assert single.get("/api/orders/open?limit=0").json()["code"] == "invalid_limit"

    single_cancel = single.post("/api/orders/cancel", {"orderId": others[0]})
    assert (single_cancel.status_code, single_cancel.json()["status"]) == (200, "cancelled")
    assert single.post("/api/orders/cancel", {"orderId": others[0]}).json()["status"] == "not_found"
    assert multi.post("/api/orders/cancel", {"orderId": others[1]}).json()["status"] == "not_found"
    everything = single.post("/api/orders/cancel-all", {"marketId": "1"}).json()
    assert everything == {"cancelled": others[1:], "notCancelled": {}, "marketId": "1"}
    assert single.post("/api/orders/cancel-all", b"").status_code == 429
    assert single.statuses([order_id]) == ["partially_filled"]
    history = single.get("/api/orders/history?status=CANCELLED").json()["orders"]
    assert [order["id"] for order in history] == others[::-1]
    assert single.get("/api/orders/history?status=GONE").json()["code"] == "bad_request"


def test_the_matcher_is_told_after_the_answer(running: tuple[RunningServer, Partner], single: Partner) -> None:
    (order,) = single.orders(1)
    (ended,) = single.orders(1, "filled")
    assert single.cancel([order, ended]).status_code == 200
    deadline = time.monotonic() + 2
    notified = running[0].venue.matcher.notified  # type: ignore[attr-defined]
    while order not in notified and time.monotonic() < deadline:
        time.sleep(0.005)
    assert order in notified
    assert ended not in notified
