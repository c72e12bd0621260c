"""Orders of somebody else: told like orders that do not exist, and left alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from venue_conformance.venues.alike import differences
from venue_conformance.venues.caller import Caller
from venue_conformance.venues.orders import Orders

#: A live order and a finished one say what is promised of all; the others are further examples.
STATUSES = (
    *("open", "filled"),
    *(
        pytest.param(status, marks=pytest.mark.deepens)
        for status in ("partially_filled", "cancelled", "expired", "rejected")
    ),
)


class ForeignOrders:
    """Orders of somebody else are left alone: what the read-back says."""

    clauses: ClassVar[Mapping[str, str]]

    @pytest.mark.parametrize(
        "status",
        [pytest.param("open", marks=pytest.mark.smoke), pytest.param("partially_filled", marks=pytest.mark.deepens)],
    )
    def test_a_foreign_order_is_left_alone(self, caller: Caller[Any], orders: Orders, status: str) -> None:
        """Another account's order stays as it was, alone in a batch and among own orders."""
        alone, among = orders.foreign(2, status)
        first, last, control = orders.open(3)
        caller.cancel_batch([alone])
        caller.cancel_batch([first, among, last])

        caller.cancel_batch([control])

        assert orders.after(control, [alone, among]) == {alone.order_id: status, among.order_id: status}


class Isolation(ForeignOrders):
    """The same, where rows tell. ``not_found`` is the venue's word for an order that does not exist."""

    not_found: ClassVar[str]

    @pytest.mark.smoke
    def test_an_unknown_order_is_not_found(self, caller: Caller[Any], orders: Orders) -> None:
        """An id that names no order is told as not found, wherever in the batch it stands."""
        ids = orders.unknown(3)

        answer = caller.cancel_batch(ids)

        assert [answer.reason(order_id) for order_id in ids] == [self.not_found] * 3

    @pytest.mark.parametrize("status", STATUSES)
    def test_a_foreign_order_is_not_found(self, caller: Caller[Any], orders: Orders, status: str) -> None:
        """Another account's order is told as not found, whatever its status."""
        [foreign] = orders.foreign(1, status)

        answer = caller.cancel_batch([foreign])

        assert answer.reason(foreign.order_id) == self.not_found

    @pytest.mark.parametrize("status", STATUSES)
    def test_a_foreign_order_looks_like_an_unknown_one(self, caller: Caller[Any], orders: Orders, status: str) -> None:
        """Nothing in the answer tells another account's order from one that does not exist."""
        [foreign] = orders.foreign(1, status)

        found = differences(caller.cancel_batch, foreign.order_id, lambda: orders.unknown(1)[0])

        assert found == {}
