"""What counts as an accepted Arcus batch, as an element that was denied, and as an order that is to stay open."""

from __future__ import annotations

import json
from typing import Any

import pytest

from venue_conformance.errors import NeverExercised
from venue_conformance.venues.arcus.answer import BatchAnswer
from venue_conformance.venues.arcus.elements import Element
from venue_conformance.wire.exchange import Exchange, Request

ONE, TWO = Element("one"), Element("two")
DONE, DENIED = {"orderId": "one", "status": "CANCEL_ACKNOWLEDGED"}, {"status": "ERROR"}


def answered(status: int, body: Any) -> BatchAnswer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return BatchAnswer(Exchange(Request("POST", "/", ()), "", 0, 1, "", status, (), raw), [ONE, TWO])


def with_rows(*rows: dict[str, Any], status: int = 202) -> BatchAnswer:
    return answered(status, {"responses": rows})


@pytest.mark.parametrize(
    "unread", [answered(200, b"<html>"), answered(200, None), answered(202, {"rows": []}), answered(401, {})]
)
def test_a_batch_is_accepted_when_its_rows_can_be_read(unread: BatchAnswer) -> None:
    assert with_rows(DONE).accepted
    assert not unread.accepted
    with pytest.raises(NeverExercised, match="a batch was not accepted"):
        unread.require_accepted("a batch")


def test_an_element_without_an_id_is_denied_by_a_row_that_is_nobody_elses() -> None:
    assert with_rows(DENIED).denies_all_but([])
    assert with_rows(DONE, DENIED).denies_all_but([ONE])
    assert with_rows(DONE, {"orderId": None, "status": "REJECTED"}).denies_all_but([ONE])
    assert with_rows(DONE, {"status": "CANCELED", "error": "no id"}).denies_all_but([ONE])
    assert not with_rows(DONE).denies_all_but([ONE])
    assert not with_rows().denies_all
    assert not with_rows(DONE, {"status": "CANCEL_ACKNOWLEDGED"}).denies_all_but([ONE])


def test_an_order_stays_open_that_was_refused_or_denied() -> None:
    assert answered(400, {"error": "no"}).leaves_open(ONE)
    assert with_rows({"orderId": "one", "status": "ERROR"}).leaves_open(ONE)
    assert not with_rows(DONE, DENIED).leaves_open(ONE)
    assert not answered(200, b"<html>").leaves_open(ONE)
