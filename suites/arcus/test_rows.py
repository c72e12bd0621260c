"""One row for each element (batch-cancel page, response)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from fixtures.arcus_orders import Forms
from venue_conformance.client.orders import Orders
from venue_conformance.client.session import Session
from venue_conformance.errors import NeverExercised, Violation
from venue_conformance.venues.arcus.answer import REJECTED, STATUSES, BatchAnswer, is_whole
from venue_conformance.venues.arcus.caller import ArcusCaller
from venue_conformance.venues.arcus.elements import Element

DECIMAL = re.compile(r"\d+(\.\d+)?")
#: How far from ours a time in microseconds may be: it is the unit that is looked at.
A_DAY = 24 * 3600 * 10**6


@pytest.fixture
def unmatched(caller: ArcusCaller, orders: Orders) -> Callable[[], list[Element]]:
    """Makes elements that match no live order of the caller's: unknown ids of either sort."""

    def make() -> list[Element]:
        elements = [caller.element(unknown) for unknown in orders.unknown(2)]
        return [*elements, caller.element(caller.unknown_client_ids(1)[0], "clientId")]

    return make


Make = Callable[[], list[Element]]
deepens = pytest.mark.deepens


def given(answers: Sequence[BatchAnswer], *names: str) -> list[Any]:
    """What the rows have as these members; null stands for one that is left out. Raises NeverExercised without any."""
    rows = [row for answer in answers for row in answer.rows]
    values = [row[name] for row in rows for name in names if row.get(name) is not None]
    if not values:
        statuses = " or the ".join(str(answer.status) for answer in answers)
        raise NeverExercised(f"no row of the {statuses} has {' or '.join(names)}")
    return values


@pytest.mark.clause("arcus.rows.responses-array")
def test_responses_is_an_array_of_objects(caller: ArcusCaller, orders: Orders, forms: Forms) -> None:
    """A 200 or 202 response is a JSON object whose responses member is an array of objects."""
    for _ in forms(caller):
        answer = caller.cancel_batch(orders.open(2))

        body = answer.processed
        assert isinstance(body.get("responses"), list), "no-array"
        assert [row for row in body["responses"] if not isinstance(row, dict)] == [], "no-objects"


@pytest.mark.clause("arcus.rows.one-per-order")
def test_every_open_order_has_one_row(caller: ArcusCaller, orders: Orders, forms: Forms) -> None:
    """Each open order that a batch names has exactly one row, and nothing else has a row."""
    for _ in forms(caller):
        _, *batch = orders.open(4)
        answer = caller.cancel_batch(batch)

        assert len(answer.rows) == len(batch), "row-count"
        rows = {order.order_id: len(answer.rows_of(caller.element(order))) for order in batch}
        assert {order_id: count for order_id, count in rows.items() if count > 1} == {}, "row-repeated"


@pytest.mark.clause("arcus.rows.one-per-order")
@deepens
def test_every_open_order_has_one_row_by_either_id(
    caller: ArcusCaller, orders: Orders, forms: Forms, session: Session
) -> None:
    """Each open order has exactly one row in a shuffled batch that names orders by orderId and by clientId."""
    for _ in forms(caller):
        elements = [caller.element(order) for order in orders.open(3)]
        elements += [caller.element(order, "clientId") for order in orders.open(3, client_ids=True)]
        session.random.shuffle(elements)
        answer = caller.cancel_batch(elements)

        assert len(answer.rows) == len(elements), "row-count"
        rows = {element.target: len(answer.rows_of(element)) for element in elements}
        assert {target: count for target, count in rows.items() if count > 1} == {}, "row-repeated"


@pytest.mark.clause("arcus.rows.one-per-order")
@deepens
@pytest.mark.many_orders
def test_every_order_of_full_batch_has_one_row(caller: ArcusCaller, orders: Orders, forms: Forms) -> None:
    """A batch of 100 orders returns 100 rows, whether the response is a 202 or a 200."""
    for _ in forms(caller):
        hundred = orders.open(100)

        answer = caller.cancel_batch(hundred)

        assert len(answer.rows) == 100, "row-count"
        assert len({str(row.get("orderId")) for row in answer.rows}) in (1, 100), "row-repeated"


@pytest.mark.clause("arcus.rows.unmatched-element")
def test_unknown_order_has_one_row(caller: ArcusCaller, orders: Orders, forms: Forms, unmatched: Make) -> None:
    """An element whose order is unknown has exactly one row, which repeats its id, next to the rows of others."""
    for _ in forms(caller):
        others = unmatched()
        batch = [caller.element(order) for order in orders.open(2)]
        elements = [others[0], batch[0], *others[1:], batch[1]]
        answer = caller.cancel_batch(elements)

        answer.require_accepted("a batch with elements that match no live order")
        rows = {element.target: len(answer.rows_of(element)) for element in others}
        if wrong := {target: count for target, count in rows.items() if count != 1}:
            raise Violation(
                "one row for each element whose order is unknown, with the id that it named",
                ", ".join(f"{count} rows with {target}" for target, count in wrong.items()),
                kind="row-count",
            )


@pytest.mark.clause("arcus.rows.unmatched-element")
@deepens
@pytest.mark.parametrize("kind", ["filled", "cancelled", "expired", "foreign"])
def test_order_that_cannot_be_cancelled_has_one_row(
    caller: ArcusCaller, orders: Orders, forms: Forms, kind: str
) -> None:
    """A finished order or another account's order has exactly one row, which repeats its id."""
    for _ in forms(caller):
        [order] = orders.foreign(1) if kind == "foreign" else orders.make(1, kind)
        answer = caller.cancel_batch([order])

        answer.require_accepted(f"a batch of an order that is {kind}")
        if len(answer.rows_of(caller.element(order))) != 1:
            raise Violation(
                f"one row for an order that is {kind}, with the id {order.order_id}", repr(answer), kind="row-count"
            )


@pytest.mark.clause("arcus.rows.unmatched-element")
@deepens
def test_row_repeats_mixed_case_client_id_unchanged(caller: ArcusCaller, forms: Forms) -> None:
    """The row of an unknown clientId with upper-case and lower-case letters repeats it unchanged."""
    for _ in forms(caller):
        written = f"aB{caller.unknown_client_ids(1)[0].upper()[:32]}"
        answer = caller.cancel_batch([caller.element(written, "clientId")])
        if not answer.accepted:
            # It may be signed in lower case here.
            element = caller.element(written, "clientId").but(signed={"c": written.lower()})
            answer = caller.cancel_batch([element])

        answer.require_accepted("a batch of a client id that no order has")
        if [row.get("clientId") for row in answer.rows] != [written]:
            raise Violation(f"one row with the clientId {written}, as it was sent", repr(answer), kind="row-count")


@pytest.mark.clause("arcus.rows.echo-order-id")
def test_row_repeats_the_order_id(caller: ArcusCaller, orders: Orders, forms: Forms) -> None:
    """Each row repeats the orderId by which its element names the order."""
    for _ in forms(caller):
        batch = orders.open(3)
        answer = caller.cancel_batch(batch)

        assert sorted(str(row.get("orderId")) for row in answer.rows) == sorted(order.order_id for order in batch), (
            "id-not-repeated"
        )


@pytest.mark.clause("arcus.rows.echo-order-id")
@deepens
def test_row_repeats_the_order_id_of_order_with_client_id(caller: ArcusCaller, orders: Orders, forms: Forms) -> None:
    """Each row of an order that also has a clientId repeats the orderId by which its element names it."""
    for _ in forms(caller):
        batch = orders.open(2, client_ids=True)
        answer = caller.cancel_batch(batch)

        assert sorted(str(row.get("orderId")) for row in answer.rows) == sorted(order.order_id for order in batch), (
            "id-not-repeated"
        )


@pytest.mark.clause("arcus.rows.echo-client-id")
@pytest.mark.smoke
def test_row_repeats_the_client_id(caller: ArcusCaller, orders: Orders, forms: Forms) -> None:
    """Each row repeats the clientId by which its element names the order."""
    for _ in forms(caller):
        batch = orders.open(3, client_ids=True)
        answer = caller.cancel_batch(batch, by="clientId")

        assert sorted(str(row.get("clientId")) for row in answer.rows) == sorted(
            str(order.client_id) for order in batch
        ), "id-not-repeated"


@pytest.mark.clause("arcus.rows.documented-fields")
def test_row_has_the_documented_fields(caller: ArcusCaller, orders: Orders, forms: Forms) -> None:
    """A row with more than ids and a status has the documented fields, and in a 200 response also a status."""
    names = {"address", "accountIndex", "marketId", "marketDisplayName", "updateTime"}
    answers = [caller.cancel_batch(orders.open(2)) for _ in forms(caller)]

    full = [(answer.status, row.keys()) for answer in answers for row in answer.rows if row.keys() & names]
    if not full:
        raise NeverExercised("no row has more than ids and a status")
    missing = [(names | {"status"} if status == 200 else names) - keys for status, keys in full]
    assert [sorted(each) for each in missing if each] == [], "member-missing"


def rows_that_differ(answer: BatchAnswer, elements: Sequence[Element]) -> list[dict[str, Any]]:
    """The rows whose marketId or accountIndex, where they have one, is not that of their element."""
    return [
        row
        for element in elements
        for row in answer.rows_of(element)
        if row.get("marketId") not in (None, element.market_id)
        or row.get("accountIndex") not in (None, element.account_index)
    ]


@pytest.mark.clause("arcus.rows.market-and-account-echo")
def test_row_repeats_market_and_account_index(caller: ArcusCaller, orders: Orders, forms: Forms) -> None:
    """A row's marketId and accountIndex, if present, equal those of its element."""
    answers = []
    for _ in forms(caller):
        elements = [caller.element(order) for order in orders.open(4)]
        answers.append(answer := caller.cancel_batch(elements))

        assert rows_that_differ(answer, elements) == [], "member-differs"
    given(answers, "marketId", "accountIndex")


@pytest.mark.clause("arcus.rows.market-and-account-echo")
@deepens
def test_row_repeats_market_and_account_index_of_its_own_element(
    caller: ArcusCaller, orders: Orders, forms: Forms
) -> None:
    """Elements of one batch that differ in market and account index have rows with their own."""
    for _ in forms(caller):
        here, elsewhere, other = (caller.element(unknown) for unknown in orders.unknown(3))
        market = 2 if here.market_id != 2 else 3
        elements = [
            here,
            replace(elsewhere, market_id=market),
            replace(other, account_index=(here.account_index + 1) % 10),
        ]
        answer = caller.send(lambda signed, elements=elements: {"cancels": signed(elements)})  # type: ignore[misc]

        # Whether a batch may name several account indexes, and unknown orders, are questions of their own.
        answer.require_accepted("a batch of two markets and two account indexes")
        assert rows_that_differ(answer, elements) == [], "member-differs"


@pytest.mark.clause("arcus.rows.status-vocabulary")
def test_row_status_is_documented(caller: ArcusCaller, orders: Orders, forms: Forms) -> None:
    """A row's status, if present, is one of the documented order statuses."""
    answers = [caller.cancel_batch(orders.open(2)) for _ in forms(caller)]

    reported = [row["status"] for answer in answers for row in answer.rows if row.get("status") is not None]
    if not reported:
        raise NeverExercised("no row has a status")
    assert [status for status in reported if not (isinstance(status, str) and status in STATUSES)] == [], (
        "other-row-status"
    )


@pytest.mark.clause("arcus.rows.status-vocabulary")
@deepens
def test_row_status_of_element_without_live_order_is_documented(
    caller: ArcusCaller, forms: Forms, unmatched: Make
) -> None:
    """The status in the row of an element that matches no live order is one of the documented order statuses."""
    answers = [caller.cancel_batch(unmatched()) for _ in forms(caller)]

    for answer in answers:
        answer.require_accepted("a batch of elements that match no live order")
    reported = given(answers, "status")
    assert [status for status in reported if not (isinstance(status, str) and status in STATUSES)] == [], (
        "other-row-status"
    )


@pytest.mark.clause("arcus.rows.update-time")
def test_update_time_is_in_microseconds(caller: ArcusCaller, orders: Orders, forms: Forms) -> None:
    """A row's updateTime, if present, is an integer and the current Unix time in microseconds."""
    answers = [caller.cancel_batch(orders.open(2)) for _ in forms(caller)]

    now = time.time_ns() // 1000
    values = given(answers, "updateTime")
    assert [value for value in values if not is_whole(value) or abs(value - now) > A_DAY] == [], "other-time"


@pytest.mark.clause("arcus.rows.sizes-when-final")
def test_sizes_are_decimal_strings_in_200_responses_only(caller: ArcusCaller, orders: Orders, forms: Forms) -> None:
    """The sizes remainingSize and filledSize appear only in 200 responses and only as decimal strings."""
    for _ in forms(caller):
        answer = caller.cancel_batch(orders.open(2))

        sizes = [
            row[name] for row in answer.rows for name in ("remainingSize", "filledSize") if row.get(name) is not None
        ]
        if answer.status == 200:
            assert [size for size in sizes if not (isinstance(size, str) and DECIMAL.fullmatch(size))] == [], (
                "no-decimal-text"
            )
        else:
            assert sizes == [], "sizes-without-final-status"


@pytest.mark.clause("arcus.rows.rejection-reason")
def test_rejection_reason_appears_only_in_rejected_rows(
    caller: ArcusCaller, orders: Orders, forms: Forms, unmatched: Make
) -> None:
    """A rejectionReason appears only in 200 responses, in rows with the status REJECTED."""
    for _ in forms(caller):
        answer = caller.cancel_batch([*unmatched(), *(caller.element(order) for order in orders.open(2))])

        answer.require_accepted("a batch with elements that match no live order")
        reasoned = [row for row in answer.rows if row.get("rejectionReason") not in (None, "")]
        assert [row for row in reasoned if answer.status != 200 or row.get("status") != REJECTED] == [], (
            "reason-without-rejection"
        )


@pytest.mark.clause("arcus.rows.order")
def test_order_of_rows(caller: ArcusCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """Do rows follow the order of the request?"""
    batch = orders.open(8)

    answer = caller.cancel_batch(batch)

    same = [row.get("orderId") for row in answer.rows] == [order.order_id for order in batch]
    observe(f"rows in the order of the request: {'yes' if same else 'no'}")


@pytest.mark.clause("arcus.rows.resolved-order-id")
def test_row_of_client_id_gives_the_order_id(
    caller: ArcusCaller, orders: Orders, forms: Forms, observe: Callable[[str], None]
) -> None:
    """Does the row of an element that names a clientId also give the orderId?"""
    for form in forms(caller):
        answer = caller.cancel_batch(orders.open(1, client_ids=True), by="clientId")

        given_too = "yes" if any(row.get("orderId") for row in answer.rows) else "no"
        observe(f"the orderId beside a clientId, {form}: {given_too}")
