"""The outcome of an order, by its status when a batch names it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pytest

from venue_conformance.client.caller import Caller
from venue_conformance.client.orders import Orders
from venue_conformance.errors import NeverExercised, Presupposed
from venue_conformance.target.state_values import ProvisionedOrder


class Fates:
    """Live orders are cancelled and terminal ones are unchanged, according to the read-back."""

    clauses: ClassVar[Mapping[str, str]]

    @pytest.mark.smoke
    def test_open_order_is_cancelled(self, caller: Caller[Any], orders: Orders) -> None:
        """An open order is cancelled."""
        [order] = orders.open(1)

        caller.cancel_batch([order])

        assert orders.poll_until([order]) == {order.order_id: "cancelled"}, "not-cancelled"

    def test_partially_filled_order_is_cancelled(self, caller: Caller[Any], orders: Orders) -> None:
        """A partially filled order is cancelled."""
        [order] = orders.make(1, "partially_filled")

        caller.cancel_batch([order])

        assert orders.poll_until([order]) == {order.order_id: "cancelled"}, "not-cancelled"

    @pytest.mark.smoke
    def test_filled_order_stays_filled(self, caller: Caller[Any], orders: Orders) -> None:
        """A filled order is not cancelled."""
        self._stays(caller, orders, "filled")

    def test_expired_order_stays_expired(self, caller: Caller[Any], orders: Orders) -> None:
        """An expired order is not cancelled."""
        self._stays(caller, orders, "expired")

    def test_rejected_order_stays_rejected(self, caller: Caller[Any], orders: Orders) -> None:
        """A rejected order is not cancelled."""
        self._stays(caller, orders, "rejected")

    def test_cancelled_order_stays_cancelled(self, caller: Caller[Any], orders: Orders) -> None:
        """An order that is already cancelled is not cancelled again."""
        self._stays(caller, orders, "cancelled")

    def _stays(self, caller: Caller[Any], orders: Orders, status: str) -> None:
        [order] = orders.make(1, status)
        [control] = orders.open(1)

        caller.cancel_batch([order])

        caller.cancel_batch([control])
        assert orders.after(control, [order]) == {order.order_id: status}, "order-changed"


class Lifecycle(Fates):
    """The same, where the response reports each order as well."""

    def test_open_order_is_cancelled(self, caller: Caller[Any], orders: Orders) -> None:
        """An open order is reported as cancelled."""
        [order] = orders.open(1)

        answer = caller.cancel_batch([order])

        assert answer.cancelled(order.order_id) is True, "reported-as-failed"

    def test_cancelled_order_reads_back_as_cancelled(self, caller: Caller[Any], orders: Orders) -> None:
        """An order that is reported as cancelled reads back as cancelled."""
        [order] = orders.open(1)

        answer = caller.cancel_batch([order])

        if not answer.cancelled(order.order_id):
            clause = self.clauses["test_open_order_is_cancelled"]
            raise Presupposed(clause, f"a batch of one open order was answered {answer!r}")
        assert orders.poll_until([order]) == {order.order_id: "cancelled"}, "not-cancelled"

    def test_partially_filled_order_is_cancelled(self, caller: Caller[Any], orders: Orders) -> None:
        """A partially filled order is reported as cancelled and reads back as cancelled."""
        [order] = orders.make(1, "partially_filled")

        answer = caller.cancel_batch([order])

        assert answer.cancelled(order.order_id) is True, "reported-as-failed"
        assert orders.poll_until([order]) == {order.order_id: "cancelled"}, "not-cancelled"

    @pytest.mark.smoke
    def test_order_is_not_cancelled_twice(self, caller: Caller[Any], orders: Orders) -> None:
        """An order that an earlier batch cancelled is not cancelled by a later one."""
        [order] = orders.open(1)
        first = caller.cancel_batch([order])
        if not first.cancelled(order.order_id):
            clause = self.clauses["test_open_order_is_cancelled"]
            raise Presupposed(clause, f"a batch of one open order was answered {first!r}")

        again = [caller.cancel_batch([order]) for _ in range(2)]

        assert [answer.cancelled(order.order_id) for answer in again] == [False, False], "reported-as-cancelled"

    def _stays(self, caller: Caller[Any], orders: Orders, status: str) -> None:
        [order] = orders.make(1, status)
        [control] = orders.open(1)

        answer = caller.cancel_batch([order, control])

        assert answer.cancelled(order.order_id) is False, "reported-as-cancelled"
        assert orders.after(control, [order]) == {order.order_id: status}, "order-changed"


def left_open(
    orders: Orders, control: ProvisionedOrder, named: Sequence[ProvisionedOrder], answers: Sequence[Any]
) -> list[ProvisionedOrder]:
    """The orders that rejected requests have named, and that are still open.

    ``answers`` has the answer to the request of each order. Raises NeverExercised where there is no such order.
    """
    read = orders.after(control, named)
    left = [
        order for order, answer in zip(named, answers, strict=True) if answer.refused and read[order.order_id] == "open"
    ]
    if not left:
        raise NeverExercised(f"requests that were to be rejected and to cancel nothing were answered {answers!r}")
    return left
