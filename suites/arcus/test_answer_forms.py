"""The two forms of answer: 202 without end states, 200 with them (batch-cancel page, response behavior)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress

import pytest

from fixtures.arcus_orders import Definitive, Forms
from venue_conformance.client.orders import Orders
from venue_conformance.client.session import Session
from venue_conformance.errors import NeverExercised, NotTested, Presupposed
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus.answer import (
    ACKNOWLEDGED,
    CANCELED,
    END_STATES,
    FILLED,
    READS_AS,
    REJECTED,
    BatchAnswer,
    reports_an_end,
    says_how_it_stands,
)
from venue_conformance.venues.arcus.caller import ArcusCaller, IdKind

Batch = list[ProvisionedOrder | str]
#: What a row may say of an order that was cancelled where it should say CANCELED.
ENDS_OTHERWISE = END_STATES | {REJECTED}
deepens = pytest.mark.deepens


@pytest.fixture
def mixed(orders: Orders, session: Session) -> Batch:
    """Live and finished orders and unknown ids, in no order that sorting or grouping would give."""
    batch: Batch = [*orders.open(3), *orders.make(2, "filled"), *orders.unknown(2)]
    for status in ("partially_filled", "cancelled"):
        batch += orders.make(1, status)
    session.random.shuffle(batch)
    return batch


def definitive_answer(answer: BatchAnswer) -> BatchAnswer:
    """A 200 whose rows can be read. Raises NeverExercised for anything else.

    Whether a batch is accepted that names orders which are not live is a question of its own.
    """
    answer.require_accepted("the batch")
    if answer.status != 200:
        raise NeverExercised(f"the target answered {answer.status}, although it was set to give definitive answers")
    return answer


def acknowledged(caller: ArcusCaller, definitive: Definitive, batch: Batch, by: IdKind = "orderId") -> BatchAnswer:
    """A 202 whose rows can be read, where the target can be made to give one. Raises NeverExercised."""
    with suppress(NotTested):
        definitive(caller, False)
    answer = caller.cancel_batch(batch, by=by)
    answer.require_accepted("the batch")
    if answer.status != 202:
        raise NeverExercised(f"the target answered {answer.status}, never 202")
    return answer


@pytest.mark.clause("arcus.async.success-status")
@pytest.mark.parametrize("by", ["orderId", pytest.param("clientId", marks=deepens)])
def test_valid_request_returns_202_or_200(caller: ArcusCaller, orders: Orders, forms: Forms, by: str) -> None:
    """A valid request is answered with 202 or 200 and with no other success status."""
    for _ in forms(caller):
        if by == "clientId":
            answer = caller.cancel_batch(orders.open(2, client_ids=True), by="clientId")
        else:
            answer = caller.cancel_batch(orders.open(2))
        assert answer.status in (200, 202), "other-status"


@pytest.mark.clause("arcus.async.acknowledgement-is-no-end-state")
@pytest.mark.smoke
def test_202_reports_no_final_status(caller: ArcusCaller, definitive: Definitive, orders: Orders) -> None:
    """No row of a 202 response reports a final order status."""
    answer = acknowledged(caller, definitive, [*orders.open(3)])

    assert [row["status"] for row in answer.rows if reports_an_end(row)] == [], "final-status-reported"


@pytest.mark.clause("arcus.async.acknowledgement-is-no-end-state")
@deepens
def test_202_reports_no_final_status_of_mixed_batch(caller: ArcusCaller, definitive: Definitive, mixed: Batch) -> None:
    """No row of a 202 response reports a final status for a mix of live orders, finished orders and unknown ids."""
    answer = acknowledged(caller, definitive, mixed)

    assert [row["status"] for row in answer.rows if reports_an_end(row)] == [], "final-status-reported"


@pytest.mark.clause("arcus.async.acknowledgement-is-no-end-state")
@deepens
def test_202_reports_no_final_status_by_client_id(caller: ArcusCaller, definitive: Definitive, orders: Orders) -> None:
    """No row of a 202 response reports a final status for orders named by clientId."""
    batch: Batch = [*orders.open(2, client_ids=True), *caller.unknown_client_ids(1)]

    answer = acknowledged(caller, definitive, batch, "clientId")

    assert [row["status"] for row in answer.rows if reports_an_end(row)] == [], "final-status-reported"


@pytest.mark.clause("arcus.async.acknowledgement-is-no-end-state")
@deepens
@pytest.mark.many_orders
def test_202_reports_no_final_status_of_full_batch(caller: ArcusCaller, definitive: Definitive, orders: Orders) -> None:
    """No row of a 202 response reports a final status for any order of a full batch."""
    answer = acknowledged(caller, definitive, [*orders.open(100)])

    assert [row["status"] for row in answer.rows if reports_an_end(row)] == [], "final-status-reported"


@pytest.mark.clause("arcus.async.acknowledgement-is-no-end-state")
@deepens
def test_202_reports_no_final_status_of_order_named_twice(
    caller: ArcusCaller, definitive: Definitive, orders: Orders
) -> None:
    """No row of a 202 response reports a final status for an order that two elements name."""
    first, second = orders.open(2)

    answer = acknowledged(caller, definitive, [first, second, first])

    assert [row["status"] for row in answer.rows if reports_an_end(row)] == [], "final-status-reported"


@pytest.mark.clause("arcus.async.acknowledged-status")
def test_202_row_status_is_an_acknowledgement(caller: ArcusCaller, definitive: Definitive, orders: Orders) -> None:
    """A row of a 202 response that has a status says CANCEL_ACKNOWLEDGED."""
    answer = acknowledged(caller, definitive, [*orders.open(2)])

    reported = [row["status"] for row in answer.rows if row.get("status") is not None]
    if not reported:
        raise NeverExercised("no row of a 202 has a status")
    assert [status for status in reported if status != ACKNOWLEDGED] == [], "other-row-status"


def called_cancelled(
    answer: BatchAnswer, caller: ArcusCaller, orders: Sequence[ProvisionedOrder | str], by: IdKind = "orderId"
) -> Batch:
    """Those orders that the rows of a 200 call CANCELED. Raises NotTested when there is none."""
    reported = {order: statuses_reported(answer, caller, order, by) for order in orders}
    found = [order for order, statuses in reported.items() if CANCELED in statuses]
    if not found:
        ends = sorted(
            {str(status) for statuses in reported.values() for status in statuses if status in ENDS_OTHERWISE}
        )
        if ends:
            raise Presupposed("async.no-other-final-status", f"the rows of a 200 say {', '.join(ends)} of all orders")
        raise NeverExercised("no row of a 200 says CANCELED")
    return found


def not_cancelled(orders: Orders, called: Batch) -> dict[str, str]:
    """Those of the orders that do not come to read as cancelled, with what they read as; unknown ids as absent."""
    read = orders.poll_until([order for order in called if isinstance(order, ProvisionedOrder)])
    absent = {order: "absent" for order in called if isinstance(order, str)}
    return {order_id: status for order_id, status in {**read, **absent}.items() if status != "cancelled"}


@pytest.mark.clause("arcus.async.cancelled-rows-are-true")
@pytest.mark.smoke
def test_order_reported_canceled_by_200_is_cancelled(
    caller: ArcusCaller, orders: Orders, definitive: Definitive
) -> None:
    """An order that a 200 response reports as CANCELED reads back as cancelled."""
    batch = orders.open(3)
    definitive(caller)

    answer = definitive_answer(caller.cancel_batch(batch))

    assert not_cancelled(orders, called_cancelled(answer, caller, batch)) == {}, "reported-cancelled-but-is-not"


@pytest.mark.clause("arcus.async.cancelled-rows-are-true")
@deepens
def test_200_reports_only_cancelled_orders_of_mixed_batch_as_canceled(
    caller: ArcusCaller, orders: Orders, definitive: Definitive, mixed: Batch
) -> None:
    """Each order that a 200 response reports as CANCELED in a mix of live, finished and unknown ones is cancelled."""
    definitive(caller)

    answer = definitive_answer(caller.cancel_batch(mixed))

    assert not_cancelled(orders, called_cancelled(answer, caller, mixed)) == {}, "reported-cancelled-but-is-not"


@pytest.mark.clause("arcus.async.cancelled-rows-are-true")
@deepens
@pytest.mark.many_orders
def test_200_reports_only_cancelled_orders_of_full_batch_as_canceled(
    caller: ArcusCaller, orders: Orders, definitive: Definitive
) -> None:
    """Each order that a 200 response reports as CANCELED in a batch of 100 reads back as cancelled."""
    hundred = orders.open(100)
    definitive(caller)

    answer = definitive_answer(caller.cancel_batch(hundred))

    assert not_cancelled(orders, called_cancelled(answer, caller, hundred)) == {}, "reported-cancelled-but-is-not"


@pytest.mark.clause("arcus.async.cancelled-rows-are-true")
@deepens
def test_200_does_not_report_other_accounts_order_as_canceled(
    caller: ArcusCaller, orders: Orders, definitive: Definitive
) -> None:
    """A 200 response does not report another account's open order as CANCELED."""
    foreign = orders.foreign(1)
    definitive(caller)

    answer = definitive_answer(caller.cancel_batch([*foreign, *orders.open(1)]))

    assert CANCELED not in statuses_reported(answer, caller, foreign[0]), "foreign-order-reported-cancelled"


@pytest.mark.clause("arcus.async.no-other-final-status")
@pytest.mark.smoke
def test_200_reports_no_other_final_status_of_cancelled_orders(
    caller: ArcusCaller, orders: Orders, definitive: Definitive
) -> None:
    """A 200 response reports no other final status for open orders that the request cancelled."""
    batch = orders.open(3)
    definitive(caller)

    answer = definitive_answer(caller.cancel_batch(batch))

    reported = {order.order_id: statuses_reported(answer, caller, order) for order in batch}
    assert not_so(reported, orders.poll_until(batch)) == {}, "other-final-status-reported"


@pytest.mark.clause("arcus.async.cancelled-rows-are-true")
@deepens
def test_200_does_not_report_order_of_invalid_element_as_canceled(
    caller: ArcusCaller, orders: Orders, definitive: Definitive
) -> None:
    """An order that a 200 response reports as CANCELED is cancelled, even if its element has an invalid signature."""
    wrong, *valid = orders.open(3)
    definitive(caller)

    answer = definitive_answer(
        caller.cancel_batch([caller.element(wrong).but(private_key=secrets.token_hex(32)), *map(caller.element, valid)])
    )

    called: Batch = [order for order in (wrong, *valid) if CANCELED in statuses_reported(answer, caller, order)]
    assert not_cancelled(orders, called) == {}, "reported-cancelled-but-is-not"


@pytest.fixture
def named(orders: Orders) -> list[ProvisionedOrder]:
    """Live orders that have client ids."""
    return [*orders.open(2, client_ids=True), *orders.make(1, "partially_filled", client_ids=True)]


@pytest.mark.clause("arcus.async.cancelled-rows-are-true")
@deepens
def test_order_reported_canceled_by_client_id_is_cancelled(
    caller: ArcusCaller, orders: Orders, definitive: Definitive, named: list[ProvisionedOrder]
) -> None:
    """An order that is named by clientId and that a 200 response reports as CANCELED reads back as cancelled."""
    definitive(caller)

    answer = definitive_answer(caller.cancel_batch(named, by="clientId"))

    assert not_cancelled(orders, called_cancelled(answer, caller, named, "clientId")) == {}, (
        "reported-cancelled-but-is-not"
    )


@pytest.mark.clause("arcus.async.no-other-final-status")
@deepens
def test_200_reports_no_other_final_status_by_client_id(
    caller: ArcusCaller, orders: Orders, definitive: Definitive, named: list[ProvisionedOrder]
) -> None:
    """A 200 response reports no other final status for orders that were named by clientId and cancelled."""
    definitive(caller)

    answer = definitive_answer(caller.cancel_batch(named, by="clientId"))

    reported = {order.order_id: statuses_reported(answer, caller, order, "clientId") for order in named}
    assert not_so(reported, orders.poll_until(named)) == {}, "other-final-status-reported"


def not_so(reported: dict[str, list[object]], read: dict[str, str]) -> dict[str, object]:
    """What was told of orders that read as cancelled, where it is another end. Raises Presupposed without such orders.

    That they come to read as cancelled is a promise of its own.
    """
    if "cancelled" not in read.values():
        raise Presupposed("arcus.lifecycle.open-cancelled", "no order of the batch came to read as cancelled")
    others = (END_STATES | {REJECTED}) - {CANCELED}
    return {
        order_id: status
        for order_id, statuses in reported.items()
        for status in statuses
        if read[order_id] == "cancelled" and str(status) in others
    }


def without_a_standing(
    answer: BatchAnswer, caller: ArcusCaller, batch: Sequence[ProvisionedOrder], by: IdKind = "orderId"
) -> dict[str, object]:
    """Those of the orders of which a row says nothing, or nothing but that something was taken, with its status.

    Raises NeverExercised when no row repeats any of their ids.
    """
    rows = {order.order_id: answer.rows_of(caller.element(order, by)) for order in batch}
    if not any(rows.values()):
        raise NeverExercised("no row of a 200 repeats the id of an order that the batch named")
    return {
        order_id: row.get("status") for order_id, found in rows.items() for row in found if not says_how_it_stands(row)
    }


@pytest.mark.clause("arcus.async.definitive-rows")
@pytest.mark.smoke
def test_200_row_of_open_order_states_its_status(caller: ArcusCaller, orders: Orders, definitive: Definitive) -> None:
    """Each row of a 200 response for an open order has a status that is not an acknowledgement."""
    batch = orders.open(3)
    definitive(caller)

    answer = definitive_answer(caller.cancel_batch(batch))

    assert without_a_standing(answer, caller, batch) == {}, "no-status-reported"


@pytest.mark.clause("arcus.async.definitive-rows")
@deepens
def test_200_row_states_status_of_order_named_by_client_id(
    caller: ArcusCaller, definitive: Definitive, named: list[ProvisionedOrder]
) -> None:
    """Each 200 row for a live order named by clientId, one partially filled, has a status, not an acknowledgement."""
    definitive(caller)

    answer = definitive_answer(caller.cancel_batch(named, by="clientId"))

    assert without_a_standing(answer, caller, named, "clientId") == {}, "no-status-reported"


@pytest.mark.clause("arcus.async.definitive-status")
def test_200_row_status_is_definitive(caller: ArcusCaller, orders: Orders, definitive: Definitive) -> None:
    """Each row of a 200 response for an open order says CANCELED, FILLED or REJECTED."""
    definitive(caller)

    answer = definitive_answer(caller.cancel_batch(orders.open(2)))

    assert [row.get("status") for row in answer.rows if row.get("status") not in (CANCELED, FILLED, REJECTED)] == [], (
        "other-row-status"
    )


def statuses_reported(
    answer: BatchAnswer, caller: ArcusCaller, order: ProvisionedOrder | str, by: IdKind = "orderId"
) -> list[object]:
    """What the rows of an order say of it."""
    return [row.get("status") for row in answer.rows_of(caller.element(order, by))]


@pytest.mark.clause("arcus.async.cancelled-rows-are-true")
@deepens
@pytest.mark.parametrize("by", ["orderId", "clientId"])
def test_200_does_not_report_filled_order_as_canceled(
    caller: ArcusCaller, orders: Orders, definitive: Definitive, by: IdKind
) -> None:
    """A 200 response does not report an already filled order as CANCELED."""
    [order] = orders.make(1, "filled", client_ids=True) if by == "clientId" else orders.make(1, "filled")
    definitive(caller)

    answer = definitive_answer(caller.cancel_batch([order], by=by))

    reported = statuses_reported(answer, caller, order, by)
    read = orders.status_of(order)
    assert [status for status in reported if READS_AS.get(str(status), read) != read] == [], (
        "reported-cancelled-but-is-not"
    )


@pytest.mark.clause("arcus.async.filled-row")
def test_row_of_already_filled_order(
    caller: ArcusCaller, orders: Orders, definitive: Definitive, observe: Callable[[str], None]
) -> None:
    """Does a 200 response say FILLED for an already filled order, or does it reject the cancel?"""
    [filled] = orders.make(1, "filled")
    definitive(caller)

    answer = caller.cancel_batch([filled])

    answer.require_accepted("a batch of a filled order")
    row = answer.row(caller.element(filled))
    observe(f"an order filled before: {answer.status}, {row.get('status')} {row.get('rejectionReason', '')}".rstrip())


@pytest.mark.clause("arcus.async.which-success")
def test_which_success_status_is_returned_by_default(
    caller: ArcusCaller, orders: Orders, observe: Callable[[str], None]
) -> None:
    """Is a batch answered with 202 or with 200 if the target is asked for neither?"""
    kinds: dict[str, Batch] = {
        "open": [*orders.open(1)],
        "filled": [*orders.make(1, "filled")],
        "unknown": [*orders.unknown(1)],
    }

    answers = {kind: caller.cancel_batch(batch).status for kind, batch in kinds.items()}

    observe(", ".join(f"{kind}: {status}" for kind, status in answers.items()))
