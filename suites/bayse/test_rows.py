"""The response to a processed batch (batch-cancel page, response)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fixtures.bayse import Require
from venue_conformance.client.caller import ids_of
from venue_conformance.client.orders import Orders
from venue_conformance.client.session import Session
from venue_conformance.client.wording import as_json, listed
from venue_conformance.errors import NeverExercised, Violation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.bayse.caller import BayseCaller

Batch = list[ProvisionedOrder | str]


@pytest.fixture
def mixed(caller: BayseCaller, orders: Orders, session: Session) -> Batch:
    """Open orders, one that was cancelled before, and unknown ids, in no order that sorting or grouping would give."""
    *opened, done = orders.open(5)
    caller.cancel_batch([done])
    batch: Batch = [*opened, done, *orders.unknown(4)]
    session.random.shuffle(batch)
    while batch[-1] is done:  # what comes after a finished order is of interest, too
        session.random.shuffle(batch)
    return batch


@pytest.mark.clause(
    "bayse.rows.status-200",
    "bayse.rows.one-per-order",
    "bayse.rows.request-order",
    "bayse.rows.echo-order-id",
    "bayse.rows.success-flag",
    "bayse.rows.error-on-failure",
    "bayse.rows.summary",
    "bayse.rows.engine",
)
@pytest.mark.smoke
def test_mixed_batch_is_answered_row_by_row(
    caller: BayseCaller, mixed: Batch, breach: Callable[[Violation], None]
) -> None:
    """The response to a batch in which some orders fail has every documented part."""
    ids = ids_of(mixed)
    named = [order_id.lower() for order_id in ids]
    answer = caller.cancel_batch(mixed).require_processed()
    reported = [order_id.lower() for order_id in answer.ids]
    flags = [row.get("success") for row in answer.rows]

    if answer.status != 200:
        breach(
            Violation(
                "200 for a batch of which some orders fail",
                f"{answer.status}",
                "bayse.rows.status-200",
                kind="other-status",
            )
        )
    # As many rows as ids, some for what nobody named: then it is the ids that are not those of the request.
    misnamed = len(reported) == len(named) and set(reported) - set(named)
    if not misnamed and sorted(reported) != sorted(named):
        breach(
            Violation(
                f"one row for each of {len(ids)} ids",
                f"rows for {listed(answer.ids)}",
                "bayse.rows.one-per-order",
                kind="row-count",
            )
        )
    elif not misnamed and reported != named:
        breach(
            Violation(
                f"rows in the order {listed(ids)}", listed(answer.ids), "bayse.rows.request-order", kind="other-order"
            )
        )
    if set(answer.ids) - set(ids) and len(reported) == len(named):
        breach(
            Violation(
                f"rows with the ids as sent: {listed(ids)}",
                listed(answer.ids),
                "bayse.rows.echo-order-id",
                kind="id-not-repeated",
            )
        )
    if not all(isinstance(flag, bool) for flag in flags):
        breach(
            Violation(
                "success to be true or false in each row", as_json(flags), "bayse.rows.success-flag", kind="no-flag"
            )
        )
    else:
        wrong = [row for row in answer.rows if not _error_fits(row)]
        if wrong:
            said = "an error with a code and a message, both text, in each row that failed and in no other"
            breach(Violation(said, as_json(wrong), "bayse.rows.error-on-failure", kind="no-error"))
        summary = answer.processed.get("summary")
        numbers = {name: summary.get(name) for name in answer.counted} if isinstance(summary, dict) else summary
        if numbers != answer.counted:
            breach(
                Violation(
                    f"a summary of {as_json(answer.counted)}",
                    as_json(summary),
                    "bayse.rows.summary",
                    kind="other-counts",
                )
            )
    if answer.processed.get("engine") != "CLOB":
        breach(
            Violation(
                "engine to be CLOB", as_json(answer.processed.get("engine")), "bayse.rows.engine", kind="other-engine"
            )
        )


def _error_fits(row: dict[str, object]) -> bool:
    error = row.get("error")
    if row.get("success") is True:
        return error is None
    if not isinstance(error, dict):
        return False
    # The words of a message are free: there may be none.
    code, message = error.get("code"), error.get("message")
    return isinstance(code, str) and code != "" and isinstance(message, str)


@pytest.mark.clause("bayse.rows.status-200")
def test_successful_batch_is_answered_with_200(caller: BayseCaller, orders: Orders) -> None:
    """A batch whose orders are all cancelled is answered with 200."""
    answer = caller.cancel_batch(orders.open(2))

    assert answer.status == 200, "other-status"


@pytest.mark.clause("bayse.rows.all-failed-status")
def test_status_of_a_fully_failed_batch(caller: BayseCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """Which status does a batch get when none of its orders can be cancelled?"""
    answer = caller.cancel_batch(orders.unknown(2))

    observe(f"two unknown ids: {answer.status}")


@pytest.mark.clause("bayse.rows.one-per-order")
@pytest.mark.deepens
def test_every_id_of_full_batch_has_one_row(caller: BayseCaller, orders: Orders) -> None:
    """A batch of 100 ids has one row for each."""
    ids = orders.unknown(100)

    answer = caller.cancel_batch(ids)

    assert sorted(row_id.lower() for row_id in answer.ids) == sorted(ids), "row-count"


@pytest.mark.clause("bayse.rows.request-order")
@pytest.mark.deepens
def test_rows_of_full_batch_are_in_request_order(caller: BayseCaller, orders: Orders, session: Session) -> None:
    """The rows of a batch of 100 orders are in the order of the request."""
    batch: Batch = [*orders.open(20), *orders.unknown(80)]
    session.random.shuffle(batch)

    answer = caller.cancel_batch(batch)

    assert [row_id.lower() for row_id in answer.ids] == [order_id.lower() for order_id in ids_of(batch)], "other-order"


@pytest.mark.clause("bayse.rows.success-flag")
@pytest.mark.deepens
def test_success_of_a_row_matches_the_order(caller: BayseCaller, orders: Orders) -> None:
    """Orders whose rows report success, and no others, read back as cancelled."""
    opened, filled = orders.open(3), orders.make(2, "filled")
    own = [opened[0], filled[0], *opened[1:], filled[1]]
    answer = caller.cancel_batch(own)

    reported = {order.order_id for order in own if answer.cancelled(order.order_id)}
    statuses = orders.poll_until(opened, beside=filled)
    read = {order_id for order_id, status in statuses.items() if status == "cancelled"}
    assert read == reported, "report-differs-from-read-back"


@pytest.mark.clause("bayse.rows.summary")
@pytest.mark.parametrize("kind", ["cancelled", "failed"])
def test_summary_counts_the_rows(caller: BayseCaller, orders: Orders, kind: str) -> None:
    """Total is the number of rows; succeeded and failed count the rows that report it."""
    answer = caller.cancel_batch(orders.open(3) if kind == "cancelled" else orders.unknown(3))

    assert {name: answer.summary.get(name) for name in answer.counted} == answer.counted, "other-counts"


@pytest.mark.clause("bayse.rows.summary")
@pytest.mark.deepens
def test_summary_counts_amm_orders(caller: BayseCaller, orders: Orders) -> None:
    """Rows of AMM orders count as failed."""
    batch = [*orders.make(1, "filled", engine="AMM"), *orders.open(1)]

    answer = caller.cancel_batch(batch)

    assert {name: answer.summary.get(name) for name in ("total", "succeeded", "failed")} == {
        "total": 2,
        "succeeded": 1,
        "failed": 1,
    }, "other-counts"


@pytest.mark.clause("bayse.rows.engine")
@pytest.mark.parametrize("kind", ["cancelled", "failed"])
def test_engine_is_clob(caller: BayseCaller, orders: Orders, kind: str) -> None:
    """The engine of a batch is CLOB, whether its orders were cancelled or failed."""
    answer = caller.cancel_batch(orders.open(1) if kind == "cancelled" else orders.unknown(1))

    assert answer.processed.get("engine") == "CLOB", "other-engine"


@pytest.mark.clause("bayse.rows.engine")
@pytest.mark.deepens
def test_engine_is_clob_for_amm_orders(caller: BayseCaller, orders: Orders) -> None:
    """The engine of a batch is CLOB, even when it names an AMM order."""
    answer = caller.cancel_batch(orders.make(1, "filled", engine="AMM"))

    assert answer.processed.get("engine") == "CLOB", "other-engine"


@pytest.mark.clause("bayse.rows.duplicates")
def test_id_named_twice(caller: BayseCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """Does an id named twice get one row or one per occurrence, and with which outcome?"""
    first, second = orders.open(2)

    answer = caller.cancel_batch([first, second, first])

    if answer.refused:
        observe(f"a batch with a repeated id: refused with {answer.status}")
    else:
        rows = answer.rows_of(first.order_id)
        reported = ", ".join(
            "cancelled" if row.get("success") is True else f"failed {row.get('error')}" for row in rows
        )
        observe(f"a repeated id: {len(rows)} row(s), {reported}")


@pytest.mark.clause("bayse.rows.duplicates-consistent")
@pytest.mark.smoke
def test_summary_counts_the_rows_of_an_id_named_twice(
    caller: BayseCaller, orders: Orders, require_cancel: Require
) -> None:
    """With a duplicate id the summary still counts the rows, and the orders are cancelled."""
    first, second = orders.open(2)
    require_cancel()

    answer = caller.cancel_batch([first, second, first])

    if answer.refused:
        raise NeverExercised(f"a batch that names an id twice was refused with {answer.status}")
    assert {name: answer.summary.get(name) for name in answer.counted} == answer.counted, "other-counts"
    assert {order.order_id for order in (first, second)} == set(answer.ids), "row-missing"
    assert set(orders.poll_until([first, second]).values()) == {"cancelled"}, "not-cancelled"


@pytest.mark.clause("bayse.rows.extra-fields")
def test_undocumented_fields(caller: BayseCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """Which fields does a response have that the page does not name?"""
    answer = caller.cancel_batch([*orders.open(1), *orders.unknown(1)])

    top = sorted(answer.processed.keys() - {"engine", "results", "summary"})
    rows = sorted({key for row in answer.rows for key in row} - {"orderId", "success", "error"})
    observe(f"top: {', '.join(top) or 'none'}; rows: {', '.join(rows) or 'none'}")
