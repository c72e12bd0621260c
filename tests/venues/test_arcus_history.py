"""Which batches of a race may be refused: the rest of them must be accepted."""

from __future__ import annotations

import json

import pytest

from venue_conformance.client.assessment import Assessment
from venue_conformance.errors import Violation
from venue_conformance.venues.arcus.answer import BatchAnswer
from venue_conformance.venues.arcus.elements import Element
from venue_conformance.venues.arcus.envelope import TIME_HEADER
from venue_conformance.venues.arcus.history import SentBatch, accepted
from venue_conformance.wire.exchange import Exchange, Request


def sent(name: str, status: int, time: int, *order_ids: str, caller: str = "0xab") -> SentBatch:
    body = json.dumps({"responses": [{"orderId": order_id} for order_id in order_ids]}).encode()
    request = Request("POST", "/v1/batchCancelOrders", ((TIME_HEADER, str(time)),), b"{}", caller=caller)
    exchange = Exchange(request, "http://127.0.0.1/", 0.0, 0.1, "2026-01-01T00:00:00Z", status, body=body)
    return SentBatch(name, BatchAnswer(exchange, [Element(order_id) for order_id in order_ids]), order_ids, 0.0, 0.1)


def names(batches: list[SentBatch]) -> list[str]:
    return [each.name for each in batches]


@pytest.mark.parametrize("status", [400, 404, 409, 429])
def test_a_batch_may_be_refused_whose_order_another_has_ended(status: int) -> None:
    assert names(accepted([sent("first", 202, 1, "a", "b"), sent("second", status, 2, "b", "c")], Assessment())) == [
        "first"
    ]
    assert names(accepted([sent("only", status, 1, "b")], Assessment(), ended={"b"})) == []


@pytest.mark.parametrize("status", [400, 401, 403, 409])
def test_a_batch_may_be_refused_whose_time_is_overtaken(status: int) -> None:
    assert names(accepted([sent("first", 202, 2, "a"), sent("second", status, 1, "b")], Assessment())) == ["first"]


@pytest.mark.parametrize(
    "batches",
    [
        [sent("first", 400, 1, "a"), sent("second", 409, 2, "a")],
        [sent("first", 202, 1, "a"), sent("second", 400, 2, "b")],
        [sent("first", 202, 2, "a"), sent("second", 400, 1, "b", caller="0xcd")],
        [sent("first", 202, 1, "a"), sent("second", 500, 2, "a")],
    ],
    ids=["nobody ended it", "another order", "another account's time", "a server error"],
)
def test_others_must_be_accepted(batches: list[SentBatch]) -> None:
    with pytest.raises(Violation) as caught:
        accepted(batches, Assessment())
    assert caught.value.clause == "arcus.async.success-status"
