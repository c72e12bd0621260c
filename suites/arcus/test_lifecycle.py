"""What becomes of an order, by the status it is in (batch-cancel page, description and response behavior)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import pytest

from fixtures.states import Arm
from suites.shared.lifecycle import Fates
from venue_conformance.target.state_values import StagedOrder
from venue_conformance.venues.arcus.answer import BatchAnswer
from venue_conformance.venues.arcus.caller import ArcusCaller
from venue_conformance.venues.arcus.ids import require_shape
from venue_conformance.venues.caller import Caller, require_armed
from venue_conformance.venues.orders import Orders

deepens = pytest.mark.deepens


class TestLifecycle(Fates):
    clauses = {
        "test_an_open_order_is_cancelled": "arcus.lifecycle.open-cancelled",
        "test_a_partially_filled_order_is_cancelled": "arcus.lifecycle.partially-filled-cancelled",
        "test_a_filled_order_stays_filled": "arcus.lifecycle.terminal-unchanged",
        "test_an_expired_order_stays_expired": "arcus.lifecycle.terminal-unchanged",
        "test_a_rejected_order_stays_rejected": "arcus.lifecycle.terminal-unchanged",
        "test_a_cancelled_order_stays_cancelled": "arcus.lifecycle.terminal-unchanged",
    }
    deepens = (
        "test_an_expired_order_stays_expired",
        "test_a_rejected_order_stays_rejected",
    )

    @pytest.mark.smoke
    def test_a_partially_filled_order_is_cancelled(self, caller: Caller[Any], orders: Orders) -> None:
        """A partially filled order is cancelled."""
        super().test_a_partially_filled_order_is_cancelled(caller, orders)


@pytest.mark.clause("arcus.lifecycle.open-cancelled")
@pytest.mark.smoke
def test_all_open_orders_of_a_batch_are_cancelled(caller: ArcusCaller, orders: Orders) -> None:
    """Every open order of a batch is cancelled, the first as well as the last."""
    batch = orders.open(5)

    answer = caller.cancel_batch(batch)

    assert answer.accepted, "not-accepted"
    assert set(orders.settle(batch).values()) == {"cancelled"}, "not-cancelled"


def not_carried_out(caller: ArcusCaller, orders: Orders, answer: BatchAnswer, named: list[StagedOrder]) -> list[str]:
    """The ids of those that the answer neither denies nor that come to read as cancelled."""
    owed = [order for order in named if not answer.denies(caller.element(order))]
    return [order_id for order_id, status in orders.settle(owed).items() if status != "cancelled"]


@pytest.mark.clause("arcus.lifecycle.open-cancelled")
@deepens
@pytest.mark.parametrize("position", [0, 1, 2])
def test_what_is_accepted_beside_a_wrong_signature_is_cancelled(
    caller: ArcusCaller, orders: Orders, position: int
) -> None:
    """In an accepted batch with one wrong signature, valid elements are denied in their rows or carried out."""
    wrong, *valid = orders.open(3)
    batch = [caller.element(order) for order in valid]
    batch.insert(position, caller.element(wrong).but(private_key=secrets.token_hex(32)))

    answer = caller.cancel_batch(batch)

    answer.require_accepted("a batch with one wrong signature")
    assert not_carried_out(caller, orders, answer, valid) == [], "not-carried-out"


@pytest.mark.clause("arcus.lifecycle.open-cancelled")
@deepens
def test_what_is_accepted_beside_an_order_named_twice_is_cancelled(caller: ArcusCaller, orders: Orders) -> None:
    """In an accepted batch that names an order twice, the others are denied in their rows or carried out."""
    twice, first, *rest = orders.open(4)

    answer = caller.cancel_batch([first, twice, twice, *rest])

    answer.require_accepted("a batch that names an order twice")
    assert not_carried_out(caller, orders, answer, [first, *rest]) == [], "not-carried-out"


@pytest.mark.clause("arcus.lifecycle.open-cancelled")
@deepens
def test_what_is_accepted_after_a_failure_is_cancelled(
    caller: ArcusCaller, orders: Orders, failing_response: Arm
) -> None:
    """A batch that failed without effect cancels its orders when it is accepted at the second try."""
    batch = orders.open(2)
    failing_response(caller, 503)
    require_armed(caller.cancel_batch(batch), 503)

    answer = caller.cancel_batch(batch)

    answer.require_accepted("the batch that failed before")
    assert not_carried_out(caller, orders, answer, batch) == [], "not-carried-out"


@pytest.mark.clause("arcus.lifecycle.terminal-unchanged")
@deepens
def test_an_order_filled_just_now_stays_filled(caller: ArcusCaller, orders: Orders, fill: Callable[..., None]) -> None:
    """An order that is matched before the batch arrives stays filled."""
    order, control = orders.open(2)
    fill(order)

    caller.cancel_batch([order])

    caller.cancel_batch([control])
    orders.after(control, [order])
    # A fill may take longer to show than the cancel of another order.
    assert orders.settle([order], "filled") == {order.order_id: "filled"}, "filled-order-changed"


@pytest.mark.clause("arcus.lifecycle.partially-filled-cancelled")
@deepens
def test_an_order_filled_in_part_just_now_is_cancelled(
    caller: ArcusCaller, orders: Orders, fill: Callable[..., None]
) -> None:
    """An order that is matched in part before the batch arrives is cancelled with what is left of it."""
    [order] = orders.open(1)
    fill(order, part=True)

    answer = caller.cancel_batch([order])

    assert answer.accepted, "not-accepted"
    assert orders.settle([order]) == {order.order_id: "cancelled"}, "not-cancelled"


@pytest.mark.clause("arcus.lifecycle.partially-filled-cancelled")
@deepens
def test_an_order_filled_in_part_is_cancelled_by_client_id(caller: ArcusCaller, orders: Orders) -> None:
    """A partially filled order that is named by its client id is cancelled."""
    [order] = orders.make(1, "partially_filled", client_ids=True)

    answer = caller.cancel_batch([order], by="clientId")

    assert answer.accepted, "not-accepted"
    assert orders.settle([order]) == {order.order_id: "cancelled"}, "not-cancelled"


def lost_order(orders: Orders, kind: str) -> StagedOrder | str:
    """An order that no cancel can match, for the reason that ``kind`` names."""
    if kind == "unknown":
        return orders.unknown(1)[0]
    return orders.foreign(1)[0] if kind == "foreign" else orders.make(1, kind)[0]


@pytest.mark.clause("arcus.lifecycle.unknown-is-no-http-error")
@pytest.mark.parametrize("kind", ["unknown", *(pytest.param(each, marks=deepens) for each in ("filled", "cancelled"))])
def test_what_matches_no_live_order_is_answered_in_its_row(caller: ArcusCaller, orders: Orders, kind: str) -> None:
    """A batch whose only order is not live answers 202 or 200."""
    caller.require_accepted()

    answer = caller.cancel_batch([lost_order(orders, kind)])

    if kind == "unknown" and answer.refused and caller.session.sample:
        require_shape(caller.session.sample.order_id)
    assert answer.status in (200, 202), "other-status"


@pytest.mark.clause("arcus.lifecycle.unknown-is-no-http-error")
@deepens
def test_a_client_id_that_matches_no_order_is_answered_in_its_row(caller: ArcusCaller) -> None:
    """The same for a client id that no order has."""
    caller.require_accepted()

    answer = caller.cancel_batch(caller.unknown_client_ids(1), by="clientId")

    assert answer.status in (200, 202), "other-status"


@pytest.mark.clause("arcus.independence.bad-id-spoils-nothing")
@pytest.mark.parametrize("position", [pytest.param(0, marks=deepens), 2, pytest.param(4, marks=deepens)])
def test_what_matches_no_live_order_spoils_no_other(caller: ArcusCaller, orders: Orders, position: int) -> None:
    """The other orders of the batch are cancelled, wherever the one stands that is not live."""
    good = orders.open(4)
    batch: list[StagedOrder | str] = [*good]
    batch[position:position] = orders.unknown(1)

    answer = caller.cancel_batch(batch)

    if answer.refused and caller.session.sample:
        require_shape(caller.session.sample.order_id)
    assert set(orders.settle(good).values()) == {"cancelled"}, "not-cancelled"
