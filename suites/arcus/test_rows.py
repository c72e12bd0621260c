"""One row for each element (page 003, response)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from fixtures.arcus_orders import Forms
from venue_conformance.errors import NotTested
from venue_conformance.target.state_values import StagedOrder
from venue_conformance.venues.arcus.answer import REJECTED, STATUSES, BatchAnswer, is_whole
from venue_conformance.venues.arcus.caller import ArcusCaller
from venue_conformance.venues.arcus.elements import Element
from venue_conformance.venues.orders import Orders
from venue_conformance.venues.session import Session

DECIMAL = re.compile(r"\d+(\.\d+)?")
#: How far from ours a time in microseconds may be: it is the unit that is looked at.
A_DAY = 24 * 3600 * 10**6


@pytest.fixture
def mixed(caller: ArcusCaller, orders: Orders, session: Session) -> Callable[[], list[Element]]:
    """Makes batches of live and finished orders and unknown ids, some of them by client id where the target can."""

    def make() -> list[Element]:
        batch: list[StagedOrder | str] = [*orders.open(3), *orders.make(1, "filled"), *orders.unknown(2)]
        elements = [caller.element(order) for order in batch]
        with suppress(NotTested):  # a target without client ids
            elements += [caller.element(order, "clientId") for order in orders.open(2, client_ids=True)]
        elements.append(caller.element(caller.unknown_client_ids(1)[0], "clientId"))
        session.random.shuffle(elements)
        return elements

    return make


Make = Callable[[], list[Element]]


def given(answer: BatchAnswer, *names: str) -> list[Any]:
    """What the rows have as these members; null stands for one that is left out."""
    return [row[name] for row in answer.rows for name in names if row.get(name) is not None]


@pytest.mark.clause("arcus.rows.responses-array")
def test_responses_is_an_array(caller: ArcusCaller, orders: Orders, forms: Forms) -> None:
    """An answer is an object with an array of objects as responses."""
    for _ in forms(caller):
        answer = caller.cancel_batch(orders.open(2))

        body = answer.processed
        assert isinstance(body.get("responses"), list)
        assert [row for row in body["responses"] if not isinstance(row, dict)] == []


@pytest.mark.clause("arcus.rows.one-per-element")
@pytest.mark.smoke
def test_every_element_has_one_row(caller: ArcusCaller, orders: Orders, forms: Forms, mixed: Make) -> None:
    """There is one row for each element, and none for anything else, such as an open order that nobody named."""
    orders.open(1)
    for _ in forms(caller):
        elements = mixed()
        answer = caller.cancel_batch(elements)

        # Whether unknown ids are taken at all is a question of its own.
        if answer.succeeded:
            assert len(answer.rows) == len(elements)
            assert {
                element.target: len(answer.rows_of(element)) for element in elements if len(answer.rows_of(element)) > 1
            } == {}


@pytest.mark.clause("arcus.rows.one-per-element")
def test_every_open_order_has_one_row(caller: ArcusCaller, orders: Orders) -> None:
    """The same for open orders alone, while another one is open that nobody named."""
    batch = orders.open(4)[1:]

    answer = caller.cancel_batch(batch)

    assert len(answer.rows) == len(batch)


@pytest.mark.clause("arcus.rows.one-per-element")
def test_every_element_of_a_hundred_has_one_row(caller: ArcusCaller, orders: Orders) -> None:
    """A batch of one hundred has one hundred rows."""
    hundred = orders.open(100)

    answer = caller.cancel_batch(hundred)

    assert len(answer.rows) == 100
    assert len({str(row.get("orderId")) for row in answer.rows}) in (1, 100)


@pytest.mark.clause("arcus.rows.echo-order-id")
@pytest.mark.smoke
def test_rows_repeat_the_order_id(caller: ArcusCaller, orders: Orders, forms: Forms) -> None:
    """Each row carries the orderId by which its element named the order."""
    for _ in forms(caller):
        batch = orders.open(3)
        answer = caller.cancel_batch(batch)

        assert sorted(str(row.get("orderId")) for row in answer.rows) == sorted(order.order_id for order in batch)


@pytest.mark.clause("arcus.rows.echo-order-id")
def test_rows_repeat_the_order_id_of_orders_with_a_client_id(caller: ArcusCaller, orders: Orders, forms: Forms) -> None:
    """The same for orders that have a clientId as well."""
    for _ in forms(caller):
        batch = orders.open(2, client_ids=True)
        answer = caller.cancel_batch(batch)

        assert sorted(str(row.get("orderId")) for row in answer.rows) == sorted(order.order_id for order in batch)


@pytest.mark.clause("arcus.rows.echo-client-id")
def test_rows_repeat_the_client_id(caller: ArcusCaller, orders: Orders, forms: Forms) -> None:
    """Each row carries the clientId by which its element named the order."""
    for _ in forms(caller):
        batch = orders.open(3, client_ids=True)
        answer = caller.cancel_batch(batch, by="clientId")

        assert sorted(str(row.get("clientId")) for row in answer.rows) == sorted(
            str(order.client_id) for order in batch
        )


@pytest.mark.clause("arcus.rows.echo-client-id")
def test_rows_repeat_a_client_id_of_either_case(caller: ArcusCaller, forms: Forms) -> None:
    """A client id with letters of either case comes back as it was written."""
    for _ in forms(caller):
        written = f"aB{caller.unknown_client_ids(1)[0].upper()[:32]}"
        caller.session.ledger.enter([written])
        answer = caller.cancel_batch([caller.element(written, "clientId")])
        if not answer.succeeded:
            # It may be signed in lower case here.
            element = caller.element(written, "clientId").but(signed={"c": written.lower()})
            answer = caller.cancel_batch([element])

        if answer.succeeded:
            assert [row.get("clientId") for row in answer.rows] == [written]


@pytest.mark.clause("arcus.rows.echo-order-id")
@pytest.mark.parametrize("kind", ["unknown", "filled"])
def test_rows_repeat_the_order_id_of_what_cannot_be_cancelled(
    caller: ArcusCaller, orders: Orders, forms: Forms, kind: str
) -> None:
    """Each row carries the orderId of its element, too, where there was nothing to cancel."""
    for _ in forms(caller):
        [order] = orders.unknown(1) if kind == "unknown" else orders.make(1, kind)
        element = caller.element(order)
        answer = caller.cancel_batch([element])

        if answer.succeeded:
            assert [row for row in answer.rows if row.get("orderId") != element.order_id] == []


@pytest.mark.clause("arcus.rows.documented-fields")
def test_rows_have_the_documented_fields(caller: ArcusCaller, orders: Orders, forms: Forms) -> None:
    """A row with more than ids tells address, account index, market and time, and in a 200 its status."""
    names = {"address", "accountIndex", "marketId", "marketDisplayName", "updateTime"}
    for _ in forms(caller):
        answer = caller.cancel_batch(orders.open(2))

        wanted = names | {"status"} if answer.status == 200 else names
        told = [row.keys() for row in answer.rows if row.keys() & names]
        assert [sorted(wanted - keys) for keys in told if wanted - keys] == []


@pytest.mark.clause("arcus.rows.market-and-account-echo")
def test_rows_repeat_market_and_account_index(caller: ArcusCaller, orders: Orders, forms: Forms) -> None:
    """A row's marketId and accountIndex, where it has them, are those of its element."""
    for _ in forms(caller):
        elements = [caller.element(order) for order in orders.open(4)]
        answer = caller.cancel_batch(elements)

        wrong = [
            row
            for element in elements
            for row in answer.rows_of(element)
            if row.get("marketId") not in (None, element.market_id)
            or row.get("accountIndex") not in (None, element.account_index)
        ]
        assert wrong == []


@pytest.mark.clause("arcus.rows.status-vocabulary")
def test_rows_use_documented_statuses(caller: ArcusCaller, forms: Forms, mixed: Make) -> None:
    """A row's status, where it has one, is one of the documented ones."""
    for _ in forms(caller):
        answer = caller.cancel_batch(mixed())

        if answer.succeeded:
            told = given(answer, "status")
            assert [status for status in told if not (isinstance(status, str) and status in STATUSES)] == []


@pytest.mark.clause("arcus.rows.update-time")
def test_rows_tell_the_time_in_microseconds(caller: ArcusCaller, orders: Orders, forms: Forms) -> None:
    """A row's updateTime, where it has one, is the current Unix time in microseconds."""
    for _ in forms(caller):
        answer = caller.cancel_batch(orders.open(2))

        now = time.time_ns() // 1000
        told = given(answer, "updateTime")
        assert [value for value in told if not is_whole(value) or abs(value - now) > A_DAY] == []


@pytest.mark.clause("arcus.rows.sizes-when-final")
def test_sizes_are_decimal_texts_of_a_200(caller: ArcusCaller, orders: Orders, forms: Forms) -> None:
    """Sizes, remainingSize and filledSize, are in 200 answers only, as decimal texts."""
    for _ in forms(caller):
        answer = caller.cancel_batch([*orders.open(1), *orders.make(1, "partially_filled")])

        told = given(answer, "remainingSize", "filledSize")
        if answer.status == 200:
            assert [size for size in told if not (isinstance(size, str) and DECIMAL.fullmatch(size))] == []
        else:
            assert told == []


@pytest.mark.clause("arcus.rows.rejection-reason")
def test_reasons_belong_to_rejections(caller: ArcusCaller, forms: Forms, mixed: Make) -> None:
    """A rejectionReason is in 200 answers only, in rows that say REJECTED."""
    for _ in forms(caller):
        answer = caller.cancel_batch(mixed())

        if answer.succeeded:
            reasoned = [row for row in answer.rows if row.get("rejectionReason") not in (None, "")]
            assert [row for row in reasoned if answer.status != 200 or row.get("status") != REJECTED] == []


@pytest.mark.clause("arcus.rows.order")
def test_the_order_of_rows(caller: ArcusCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """Do rows come in the order of the request?"""
    batch = orders.open(8)

    answer = caller.cancel_batch(batch)

    same = [row.get("orderId") for row in answer.rows] == [order.order_id for order in batch]
    observe(f"rows in the order of the request: {'yes' if same else 'no'}")


@pytest.mark.clause("arcus.rows.resolved-order-id")
def test_rows_of_client_ids(caller: ArcusCaller, orders: Orders, forms: Forms, observe: Callable[[str], None]) -> None:
    """Does the row of a clientId tell the orderId as well?"""
    for form in forms(caller):
        answer = caller.cancel_batch(orders.open(1, client_ids=True), by="clientId")

        told = "yes" if any(row.get("orderId") for row in answer.rows) else "no"
        observe(f"the orderId beside a clientId, {form}: {told}")
