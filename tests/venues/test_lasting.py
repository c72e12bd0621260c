"""What a run has read of its orders, and reads once more at its end."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from tests.tiny_server import TinyServer
from venue_conformance.client.lasting import Lasting
from venue_conformance.client.orders import Orders
from venue_conformance.client.session import Session
from venue_conformance.plugin.looking_again import CHECK, Found, look_again
from venue_conformance.report.records import CheckRecord
from venue_conformance.target.state_values import ASKED_AT_ONCE, ProvisionedOrder
from venue_conformance.wire.recorder import Recorder

from .conftest import Recruit, serve

CLAUSE, CANCELS = "bayse.authentication.refused-cancels-nothing", "bayse.lifecycle.open-cancelled"


class Book:
    """Provider states whose orders change when a test says so."""

    def __init__(self, server: TinyServer) -> None:
        self.statuses: dict[str, str] = {}
        self.asked: list[int] = []
        self._numbers = itertools.count(1)
        serve(server, orders=self._orders, order_statuses=self._statuses)

    def _orders(self, params: dict[str, Any]) -> dict[str, Any]:
        ids = [f"order-{next(self._numbers)}" for _ in range(params["count"])]
        self.statuses.update(dict.fromkeys(ids, params["status"]))
        return {"orders": [{"orderId": order_id} for order_id in ids]}

    def _statuses(self, params: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(len(params["orderIds"]))
        return {"statuses": {order_id: self.statuses.get(order_id, "absent") for order_id in params["orderIds"]}}


@pytest.fixture
def book(server: TinyServer) -> Book:
    return Book(server)


@pytest.fixture
def orders(session: Session, recorder: Recorder, recruit: Recruit) -> Orders:
    def nobody() -> Any:
        raise AssertionError("nobody asked for a stranger")

    return Orders(session, recorder, recruit(), stranger=nobody, sleep=lambda _: None, clause=CLAUSE)


@pytest.fixture
def read(book: Book, orders: Orders, session: Session) -> Callable[[], tuple[ProvisionedOrder, ProvisionedOrder]]:
    """A check in whose course one order was cancelled and one stayed open."""

    def course() -> tuple[ProvisionedOrder, ProvisionedOrder]:
        control_order, staying = orders.open(2)
        book.statuses[control_order.order_id] = "cancelled"
        orders.after(control_order, [staying])
        return control_order, staying

    return course


def looked(session: Session, *clauses: str) -> CheckRecord | None:
    found = Found()
    found.add("suites/x.py::a_check", [each.to_dict() for each in session.remembered.hand_over()])
    return look_again(session, found, clauses or (CLAUSE, CANCELS), 0.0, sleep=lambda _: None)


def test_what_lasts_breaks_nothing(read: Callable[[], object], session: Session) -> None:
    read()
    record = looked(session)
    assert record is not None
    assert (record.id, record.outcome, record.role) == (CHECK, "passed", "deepens")
    assert record.clauses == sorted((CLAUSE, CANCELS))


def test_a_cancelled_order_that_comes_back_breaks_the_clause_that_cancels(
    book: Book, read: Callable[[], tuple[ProvisionedOrder, ProvisionedOrder]], session: Session
) -> None:
    control_order, _ = read()
    book.statuses[control_order.order_id] = "open"
    record = looked(session)
    assert record is not None
    assert record.outcome == "failed"
    assert [breach["clause"] for breach in record.breaches] == [CANCELS]
    assert record.kept == [CLAUSE]
    assert record.actual == "it reads as open at the end of the run; seen before in suites/x.py::a_check"


def test_an_order_that_is_cancelled_after_all_breaks_the_clause_of_the_check(
    book: Book, read: Callable[[], tuple[ProvisionedOrder, ProvisionedOrder]], session: Session
) -> None:
    _, staying = read()
    book.statuses[staying.order_id] = "cancelled"
    record = looked(session)
    assert record is not None
    assert [breach["clause"] for breach in record.breaches] == [CLAUSE]


@pytest.mark.parametrize("status", ["filled", "expired", "absent"])
def test_what_else_becomes_of_an_open_order_breaks_nothing(
    book: Book, read: Callable[[], tuple[ProvisionedOrder, ProvisionedOrder]], session: Session, status: str
) -> None:
    control_order, staying = read()
    book.statuses |= {staying.order_id: status, control_order.order_id: "absent" if status == "absent" else "cancelled"}
    record = looked(session)
    assert record is not None
    assert record.outcome == "passed"


def test_a_target_that_cancels_orders_by_itself_is_not_accused(
    book: Book, read: Callable[[], object], session: Session
) -> None:
    read()
    book.statuses = dict.fromkeys(book.statuses, "cancelled")
    record = looked(session, CLAUSE)
    assert record is not None
    assert (record.outcome, record.cause) == ("not-tested", "condition")
    assert record.reason == "an order that no request named was cancelled as well"


def test_what_a_later_request_names_need_not_last(
    book: Book, read: Callable[[], tuple[ProvisionedOrder, ProvisionedOrder]], session: Session
) -> None:
    _, staying = read()
    session.remembered.named_in("/batch", f'{{"orderIds": ["{staying.order_id}"]}}'.encode())
    book.statuses[staying.order_id] = "cancelled"
    assert looked(session, CLAUSE) is None


def test_what_has_to_stay_is_given_back_by_the_end_of_the_run_only(
    read: Callable[[], object], orders: Orders, session: Session
) -> None:
    read()
    [other] = orders.open(1)
    orders.close()
    left = [setup.values for setup in session.setups.all if setup.known == "answered"]
    given_back = [order["orderId"] for values in left if values for order in values["orders"]]
    assert other.order_id not in given_back
    assert len(given_back) == 3  # two of the check, and the one that nobody names


def test_five_hundred_orders_are_asked_after_at_a_time(book: Book, session: Session) -> None:
    found = Found()
    found.add("a", [Lasting(f"order-{number}", "cancelled", CANCELS).to_dict() for number in range(ASKED_AT_ONCE + 1)])
    record = look_again(session, found, [CANCELS], 0.0, sleep=lambda _: None)
    assert book.asked == [ASKED_AT_ONCE, 1]
    assert record is not None
    assert record.outcome == "passed"  # all are absent by now


def test_without_a_read_back_nothing_is_judged(
    server: TinyServer, read: Callable[[], object], session: Session
) -> None:
    read()
    serve(server)
    record = looked(session)
    assert record is not None
    assert (record.outcome, record.cause) == ("not-tested", "state")
