"""What becomes of an order, by the status it is in (batch-cancel page, description and response behavior)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import pytest

from fixtures.arcus_orders import Forms
from fixtures.states import Arm
from suites.shared.lifecycle import Fates
from venue_conformance.client.caller import Caller, require_armed
from venue_conformance.client.orders import Orders
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus.answer import BatchAnswer
from venue_conformance.venues.arcus.caller import ArcusCaller
from venue_conformance.venues.arcus.envelope import Envelope
from venue_conformance.venues.arcus.ids import require_shape

deepens = pytest.mark.deepens


class TestLifecycle(Fates):
    clauses = {
        "test_open_order_is_cancelled": "arcus.lifecycle.open-cancelled",
        "test_partially_filled_order_is_cancelled": "arcus.lifecycle.partially-filled-cancelled",
        "test_filled_order_stays_filled": "arcus.lifecycle.terminal-unchanged",
        "test_expired_order_stays_expired": "arcus.lifecycle.terminal-unchanged",
        "test_rejected_order_stays_rejected": "arcus.lifecycle.terminal-unchanged",
        "test_cancelled_order_stays_cancelled": "arcus.lifecycle.terminal-unchanged",
    }
    deepens = (
        "test_expired_order_stays_expired",
        "test_rejected_order_stays_rejected",
    )

    @pytest.mark.smoke
    def test_partially_filled_order_is_cancelled(self, caller: Caller[Any], orders: Orders) -> None:
        """A partially filled order is cancelled."""
        super().test_partially_filled_order_is_cancelled(caller, orders)


@pytest.mark.clause("arcus.lifecycle.open-cancelled")
@pytest.mark.smoke
def test_all_open_orders_of_batch_are_cancelled(caller: ArcusCaller, orders: Orders) -> None:
    """Every open order of a batch is cancelled, from the first to the last."""
    batch = orders.open(5)

    answer = caller.cancel_batch(batch)

    assert answer.accepted, "not-accepted"
    assert set(orders.poll_until(batch).values()) == {"cancelled"}, "not-cancelled"


def not_carried_out(
    caller: ArcusCaller, orders: Orders, answer: BatchAnswer, named: list[ProvisionedOrder]
) -> list[str]:
    """The ids of those that the answer neither denies nor that come to read as cancelled."""
    owed = [order for order in named if not answer.denies(caller.element(order))]
    return [order_id for order_id, status in orders.poll_until(owed).items() if status != "cancelled"]


@pytest.mark.clause("arcus.lifecycle.open-cancelled")
@deepens
@pytest.mark.parametrize("position", [0, 1, 2])
def test_elements_accepted_beside_invalid_signature_are_cancelled(
    caller: ArcusCaller, orders: Orders, position: int
) -> None:
    """In an accepted batch with one invalid signature, each valid element is rejected in its row or carried out."""
    wrong, *valid = orders.open(3)
    batch = [caller.element(order) for order in valid]
    batch.insert(position, caller.element(wrong).but(private_key=secrets.token_hex(32)))

    answer = caller.cancel_batch(batch)

    answer.require_accepted("a batch with one invalid signature")
    assert not_carried_out(caller, orders, answer, valid) == [], "not-carried-out"


@pytest.mark.clause("arcus.lifecycle.open-cancelled")
@deepens
def test_elements_accepted_beside_duplicate_are_cancelled(caller: ArcusCaller, orders: Orders) -> None:
    """In an accepted batch that names an order twice, each other element is rejected in its row or carried out."""
    twice, first, *rest = orders.open(4)

    answer = caller.cancel_batch([first, twice, twice, *rest])

    answer.require_accepted("a batch that names an order twice")
    assert not_carried_out(caller, orders, answer, [first, *rest]) == [], "not-carried-out"


@pytest.mark.clause("arcus.lifecycle.open-cancelled")
@deepens
def test_batch_accepted_after_server_error_is_carried_out(
    caller: ArcusCaller, orders: Orders, failing_response: Arm
) -> None:
    """A batch that failed with 503 and without effect cancels its orders if it is accepted on the second attempt."""
    batch = orders.open(2)
    failing_response(caller, 503)
    require_armed(caller.cancel_batch(batch), 503)

    answer = caller.cancel_batch(batch)

    answer.require_accepted("the batch that failed before")
    assert not_carried_out(caller, orders, answer, batch) == [], "not-carried-out"


@pytest.mark.clause("arcus.lifecycle.terminal-unchanged")
@deepens
def test_order_filled_just_before_stays_filled(caller: ArcusCaller, orders: Orders, fill: Callable[..., None]) -> None:
    """An order that fills before the batch arrives stays filled."""
    order, control = orders.open(2)
    fill(order)

    caller.cancel_batch([order])

    caller.cancel_batch([control])
    orders.after(control, [order])
    # A fill may take longer to show than the cancel of another order.
    assert orders.poll_until([order], "filled") == {order.order_id: "filled"}, "filled-order-changed"


@pytest.mark.clause("arcus.lifecycle.partially-filled-cancelled")
@deepens
def test_order_partially_filled_just_before_is_cancelled(
    caller: ArcusCaller, orders: Orders, fill: Callable[..., None], forms: Forms
) -> None:
    """An order that is partially filled before the batch arrives is cancelled, whether it is answered 202 or 200."""
    for _ in forms(caller):
        [order] = orders.open(1)
        fill(order, part=True)

        answer = caller.cancel_batch([order])

        assert answer.accepted, "not-accepted"
        assert orders.poll_until([order]) == {order.order_id: "cancelled"}, "not-cancelled"


@pytest.mark.clause("arcus.lifecycle.partially-filled-cancelled")
@deepens
def test_partially_filled_order_is_cancelled_by_client_id(caller: ArcusCaller, orders: Orders) -> None:
    """A partially filled order that is named by clientId is cancelled."""
    [order] = orders.make(1, "partially_filled", client_ids=True)

    answer = caller.cancel_batch([order], by="clientId")

    assert answer.accepted, "not-accepted"
    assert orders.poll_until([order]) == {order.order_id: "cancelled"}, "not-cancelled"


@pytest.mark.clause("arcus.lifecycle.terminal-unchanged")
@deepens
@pytest.mark.parametrize("status", ["filled", "expired"])
def test_finished_order_named_by_client_id_is_unchanged(caller: ArcusCaller, orders: Orders, status: str) -> None:
    """A filled or expired order that a batch names by clientId keeps its status."""
    [order], [control] = orders.make(1, status, client_ids=True), orders.open(1)

    caller.cancel_batch([order], by="clientId")

    caller.cancel_batch([control])
    assert orders.after(control, [order]) == {order.order_id: status}, "order-changed"


@pytest.mark.clause("arcus.lifecycle.open-cancelled")
@deepens
def test_order_of_rejected_requests_is_cancelled_by_valid_one(caller: ArcusCaller, orders: Orders) -> None:
    """An order that was named with an invalid signature, or in a rejected request, is cancelled by a valid batch."""
    wrong, both, late = batch = orders.open(3)
    [client_id] = caller.unknown_client_ids(1)
    caller.cancel_batch([caller.element(wrong).but(private_key=secrets.token_hex(32))])
    caller.cancel_batch([caller.element(both).but(members={"clientId": client_id})])
    caller.cancel_batch([late], envelope=Envelope(unit="milliseconds"))
    read = orders.statuses(batch)
    left = [order for order in batch if read[order.order_id] == "open"]

    answer = caller.cancel_batch(left)

    answer.require_accepted("a batch of orders that rejected requests named")
    assert not_carried_out(caller, orders, answer, left) == [], "not-carried-out"


def lost_order(orders: Orders, kind: str) -> ProvisionedOrder | str:
    """An order that no cancel can match, for the reason that ``kind`` names."""
    if kind == "unknown":
        return orders.unknown(1)[0]
    return orders.foreign(1)[0] if kind == "foreign" else orders.make(1, kind)[0]


@pytest.mark.clause("arcus.lifecycle.unknown-is-no-http-error")
@pytest.mark.parametrize("kind", ["unknown", *(pytest.param(each, marks=deepens) for each in ("filled", "cancelled"))])
def test_batch_of_order_that_is_not_live_is_no_http_error(caller: ArcusCaller, orders: Orders, kind: str) -> None:
    """A batch whose only order is not live is answered with 202 or 200."""
    caller.require_accepted()

    answer = caller.cancel_batch([lost_order(orders, kind)])

    if kind == "unknown" and answer.refused and caller.session.sample:
        require_shape(caller.session.sample.order_id)
    assert answer.status in (200, 202), "other-status"


@pytest.mark.clause("arcus.lifecycle.unknown-is-no-http-error")
@deepens
def test_batch_of_unknown_client_id_is_no_http_error(caller: ArcusCaller) -> None:
    """A batch whose only element names a clientId that no order has is answered with 202 or 200."""
    caller.require_accepted()

    answer = caller.cancel_batch(caller.unknown_client_ids(1), by="clientId")

    assert answer.status in (200, 202), "other-status"


@pytest.mark.clause("arcus.independence.bad-id-affects-no-other")
@pytest.mark.parametrize("position", [pytest.param(0, marks=deepens), 2, pytest.param(4, marks=deepens)])
def test_element_that_matches_no_live_order_does_not_affect_others(
    caller: ArcusCaller, orders: Orders, position: int
) -> None:
    """An element that matches no live order, at any position, does not stop the other orders from being cancelled."""
    good = orders.open(4)
    batch: list[ProvisionedOrder | str] = [*good]
    batch[position:position] = orders.unknown(1)

    answer = caller.cancel_batch(batch)

    if answer.refused and caller.session.sample:
        require_shape(caller.session.sample.order_id)
    assert set(orders.poll_until(good).values()) == {"cancelled"}, "not-cancelled"
