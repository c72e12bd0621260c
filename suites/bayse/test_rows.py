"""What a processed batch answers (page 004, response)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from venue_conformance.target.state_values import StagedOrder
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.venues.orders import Orders
from venue_conformance.venues.session import Session

Batch = list[StagedOrder | str]


@pytest.fixture
def mixed(orders: Orders, session: Session) -> Batch:
    """Open and filled orders and unknown ids, in no order that sorting or grouping would give."""
    batch: Batch = [*orders.open(4), *orders.make(2, "filled"), *orders.unknown(4)]
    session.random.shuffle(batch)
    return batch


def ids_of(batch: Batch) -> list[str]:
    """The ids of a batch, in its order."""
    return [order if isinstance(order, str) else order.order_id for order in batch]


def failures(answer: BatchAnswer) -> list[bool]:
    """Per row whether it says that its order failed."""
    return [row.get("success") is not True for row in answer.rows]


@pytest.mark.clause("bayse.rows.status-200")
def test_a_batch_that_succeeds_answers_200(caller: BayseCaller, orders: Orders) -> None:
    """A batch whose orders are all cancelled answers 200."""
    answer = caller.cancel_batch(orders.open(2))

    assert answer.status == 200


@pytest.mark.clause("bayse.rows.status-200")
def test_a_batch_that_fails_in_part_answers_200(caller: BayseCaller, mixed: Batch) -> None:
    """A batch of which some orders fail answers 200 all the same."""
    answer = caller.cancel_batch(mixed)

    assert answer.status == 200


@pytest.mark.clause("bayse.rows.all-failed-status")
def test_the_status_of_a_batch_that_fails_wholly(
    caller: BayseCaller, orders: Orders, observe: Callable[[str], None]
) -> None:
    """Which status does a batch have of which no order could be cancelled?"""
    answer = caller.cancel_batch(orders.unknown(2))

    observe(f"two unknown ids: {answer.status}")


@pytest.mark.clause("bayse.rows.one-per-id")
@pytest.mark.smoke
def test_every_id_has_one_row(caller: BayseCaller, mixed: Batch) -> None:
    """There is one row for each id, and none for anything else."""
    answer = caller.cancel_batch(mixed)

    assert sorted(row_id.lower() for row_id in answer.ids) == sorted(order_id.lower() for order_id in ids_of(mixed))


@pytest.mark.clause("bayse.rows.one-per-id")
def test_every_id_of_a_hundred_has_one_row(caller: BayseCaller, orders: Orders) -> None:
    """A batch of one hundred ids has one hundred rows."""
    ids = orders.unknown(100)

    answer = caller.cancel_batch(ids)

    assert sorted(row_id.lower() for row_id in answer.ids) == sorted(ids)


@pytest.mark.clause("bayse.rows.request-order")
@pytest.mark.smoke
def test_rows_are_in_request_order(caller: BayseCaller, mixed: Batch) -> None:
    """Rows come in the order of the request, whatever their outcome."""
    answer = caller.cancel_batch(mixed)

    assert [row_id.lower() for row_id in answer.ids] == [order_id.lower() for order_id in ids_of(mixed)]


@pytest.mark.clause("bayse.rows.request-order")
def test_rows_of_many_orders_are_in_request_order(caller: BayseCaller, orders: Orders, session: Session) -> None:
    """Rows of a big batch come in the order of the request, too."""
    batch: Batch = [*orders.open(20), *orders.unknown(80)]
    session.random.shuffle(batch)

    answer = caller.cancel_batch(batch)

    assert [row_id.lower() for row_id in answer.ids] == [order_id.lower() for order_id in ids_of(batch)]


@pytest.mark.clause("bayse.rows.echo")
def test_rows_echo_the_order_id(caller: BayseCaller, mixed: Batch) -> None:
    """Each row carries the id of its order as the request wrote it."""
    answer = caller.cancel_batch(mixed)

    assert set(answer.ids) == set(ids_of(mixed))


@pytest.mark.clause("bayse.rows.success-flag")
def test_rows_say_whether_their_order_was_cancelled(caller: BayseCaller, mixed: Batch) -> None:
    """Success is true where the order was open and false where it was not to be cancelled."""
    answer = caller.cancel_batch(mixed)

    expected = {order if isinstance(order, str) else order.order_id: _is_open(order) for order in mixed}
    assert {str(row.get("orderId")): row.get("success") for row in answer.rows} == expected


def _is_open(order: StagedOrder | str) -> bool:
    return not isinstance(order, str) and order.status == "open"


@pytest.mark.clause("bayse.rows.success-flag")
@pytest.mark.smoke
def test_what_a_row_says_is_so(caller: BayseCaller, orders: Orders, mixed: Batch) -> None:
    """Orders whose rows say success, and no others, read as cancelled afterwards."""
    answer = caller.cancel_batch(mixed)

    own = [order for order in mixed if isinstance(order, StagedOrder)]
    told = {order.order_id for order in own if answer.cancelled(order.order_id)}
    opened = [order for order in own if order.status == "open"]
    orders.settle(opened)
    read = {order_id for order_id, status in orders.statuses(own).items() if status == "cancelled"}
    assert read == told


@pytest.mark.clause("bayse.rows.error-on-failure")
def test_rows_that_failed_have_an_error_and_no_others(caller: BayseCaller, mixed: Batch) -> None:
    """A failed row has an error with a code and a message, a row that succeeded has none."""
    answer = caller.cancel_batch(mixed)

    wrong = [row for row in answer.rows if not _error_fits(row)]
    assert wrong == []


def _error_fits(row: dict[str, object]) -> bool:
    error = row.get("error")
    if row.get("success") is True:
        return error is None
    return isinstance(error, dict) and all(
        isinstance(error.get(key), str) and error[key] for key in ("code", "message")
    )


@pytest.mark.clause("bayse.rows.summary")
@pytest.mark.parametrize("kind", ["cancelled", "failed", "mixed"])
@pytest.mark.smoke
def test_the_summary_counts_the_rows(
    request: pytest.FixtureRequest, caller: BayseCaller, orders: Orders, kind: str
) -> None:
    """Total is the number of rows, succeeded and failed are those that say so."""
    batch = orders.open(3) if kind == "cancelled" else orders.unknown(3)
    if kind == "mixed":
        batch = request.getfixturevalue("mixed")

    answer = caller.cancel_batch(batch)

    failed = failures(answer)
    counted = {"total": len(failed), "succeeded": failed.count(False), "failed": failed.count(True)}
    assert {name: answer.summary.get(name) for name in counted} == counted


@pytest.mark.clause("bayse.rows.summary")
def test_the_summary_counts_amm_orders(caller: BayseCaller, orders: Orders) -> None:
    """Rows of AMM orders count as failed."""
    batch = [*orders.make(1, "filled", engine="AMM"), *orders.open(1)]

    answer = caller.cancel_batch(batch)

    assert {name: answer.summary.get(name) for name in ("total", "succeeded", "failed")} == {
        "total": 2,
        "succeeded": 1,
        "failed": 1,
    }


@pytest.mark.clause("bayse.rows.engine")
@pytest.mark.parametrize("kind", ["cancelled", "failed"])
def test_the_engine_is_named(caller: BayseCaller, orders: Orders, kind: str) -> None:
    """The engine of a batch is CLOB, whatever came of its orders."""
    answer = caller.cancel_batch(orders.open(1) if kind == "cancelled" else orders.unknown(1))

    assert answer.processed.get("engine") == "CLOB"


@pytest.mark.clause("bayse.rows.engine")
def test_the_engine_is_clob_for_amm_orders_too(caller: BayseCaller, orders: Orders) -> None:
    """The engine of a batch is CLOB, even when it names an AMM order."""
    answer = caller.cancel_batch(orders.make(1, "filled", engine="AMM"))

    assert answer.processed.get("engine") == "CLOB"


@pytest.mark.clause("bayse.rows.duplicates")
def test_an_id_named_twice(caller: BayseCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """An id named twice: one row, or one per occurrence, and with which outcome?"""
    first, second = orders.open(2)

    answer = caller.cancel_batch([first, second, first])

    if answer.refused:
        observe(f"a batch with a repeated id: refused with {answer.status}")
    else:
        rows = answer.rows_of(first.order_id)
        told = ", ".join("cancelled" if row.get("success") is True else f"failed {row.get('error')}" for row in rows)
        observe(f"a repeated id: {len(rows)} row(s), {told}")


@pytest.mark.clause("bayse.rows.duplicates-consistent")
def test_an_id_named_twice_is_counted_as_it_is_told(caller: BayseCaller, orders: Orders) -> None:
    """With a repeated id the summary still counts the rows, and the orders are cancelled."""
    first, second = orders.open(2)

    answer = caller.cancel_batch([first, second, first])

    if answer.refused:
        return
    failed = failures(answer)
    counted = {"total": len(failed), "succeeded": failed.count(False), "failed": failed.count(True)}
    assert {name: answer.summary.get(name) for name in counted} == counted
    assert {order.order_id for order in (first, second)} == set(answer.ids)
    assert set(orders.settle([first, second]).values()) == {"cancelled"}


@pytest.mark.clause("bayse.rows.extra-fields")
def test_fields_beyond_the_documented_ones(caller: BayseCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """Which fields does an answer have that the page does not name?"""
    answer = caller.cancel_batch([*orders.open(1), *orders.unknown(1)])

    top = sorted(answer.processed.keys() - {"engine", "results", "summary"})
    rows = sorted({key for row in answer.rows for key in row} - {"orderId", "success", "error"})
    observe(f"top: {', '.join(top) or 'none'}; rows: {', '.join(rows) or 'none'}")
