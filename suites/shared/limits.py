"""How many orders a batch may name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from venue_conformance.venues.caller import Caller
from venue_conformance.venues.orders import Orders


class BatchSize:
    """From one to one hundred orders in a batch, and nothing cancelled by a batch outside of that."""

    clauses: ClassVar[Mapping[str, str]]

    def test_one_order_is_processed(self, caller: Caller[Any], orders: Orders) -> None:
        """A batch of one order is processed."""
        answer = caller.cancel_batch(orders.unknown(1))

        assert answer.succeeded

    def test_a_hundred_orders_are_processed(self, caller: Caller[Any], orders: Orders) -> None:
        """A batch of one hundred orders is processed."""
        answer = caller.cancel_batch(orders.unknown(100))

        assert answer.succeeded

    def test_a_hundred_open_orders_are_cancelled(self, caller: Caller[Any], orders: Orders) -> None:
        """All orders of a batch of one hundred are cancelled, the first as well as the last."""
        hundred = orders.open(100)

        answer = caller.cancel_batch(hundred)

        assert answer.succeeded
        kept = [order_id for order_id, status in orders.settle(hundred).items() if status != "cancelled"]
        assert kept == []

    def test_an_empty_batch_is_refused(self, caller: Caller[Any]) -> None:
        """A batch that names no order is refused."""
        answer = caller.cancel_batch([])

        assert answer.refused

    def test_a_hundred_and_one_orders_are_refused(self, caller: Caller[Any], orders: Orders) -> None:
        """A batch of one hundred and one different orders is refused."""
        answer = caller.cancel_batch(orders.unknown(101))

        assert answer.refused

    @pytest.mark.parametrize("own_at", [0, 50, 100])
    def test_a_batch_over_the_limit_cancels_nothing(self, caller: Caller[Any], orders: Orders, own_at: int) -> None:
        """A refused batch of one hundred and one orders cancels none of them."""
        order, witness = orders.open(2)
        batch: list[Any] = orders.unknown(100)
        batch.insert(own_at, order)

        caller.cancel_batch(batch)

        caller.cancel_batch([witness])
        assert orders.after(witness, [order]) == {order.order_id: "open"}
