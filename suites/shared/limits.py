"""How many orders a batch may name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from venue_conformance.errors import NeverExercised, RateLimited
from venue_conformance.venues.caller import Caller
from venue_conformance.venues.orders import Orders


class SizeLimits:
    """Up to one hundred orders in a batch, and nothing cancelled by a batch outside of that, says the read-back."""

    clauses: ClassVar[Mapping[str, str]]

    def accepts(self, answer: Any) -> bool:
        """Whether an answer says that its batch was processed."""
        return bool(answer.succeeded)

    @pytest.mark.many_orders
    @pytest.mark.deepens
    def test_a_hundred_open_orders_are_cancelled(self, caller: Caller[Any], orders: Orders) -> None:
        """All orders of a batch of one hundred are cancelled, the first as well as the last."""
        hundred = orders.open(100)

        answer = caller.cancel_batch(hundred)

        assert self.accepts(answer)
        kept = [order_id for order_id, status in orders.settle(hundred).items() if status != "cancelled"]
        assert kept == []

    @pytest.mark.smoke
    @pytest.mark.disposable
    def test_an_empty_batch_is_refused(self, caller: Caller[Any]) -> None:
        """A batch that names no order is refused."""
        caller.require_accepted()

        answer = caller.cancel_batch([])

        assert answer.refused

    @pytest.mark.disposable
    def test_an_empty_batch_cancels_nothing(self, caller: Caller[Any], orders: Orders) -> None:
        """A batch that names no order leaves the caller's orders open."""
        order, control = orders.open(2)
        caller.cancel_batch([])

        caller.cancel_batch([control])

        assert orders.after(control, [order]) == {order.order_id: "open"}

    def test_a_batch_over_the_limit_cancels_nothing(self, caller: Caller[Any], orders: Orders) -> None:
        """A refused batch of one hundred and one orders cancels none of them, wherever they stand in it."""
        first, middle, last, control = orders.open(4)
        others = orders.unknown(98)
        batch = [first, *others[:49], middle, *others[49:], last]

        if not self._refuses(caller, batch):
            raise NeverExercised("a batch over the limit was not refused, so that no refused one could be looked at")

        caller.cancel_batch([control])
        assert set(orders.after(control, [first, middle, last]).values()) == {"open"}

    def _refuses(self, caller: Caller[Any], batch: list[Any]) -> bool:
        """Whether a batch is refused as a whole; a 429 that does not go away is a refusal as well as any other 4xx.

        A budget of one hundred tokens never pays for one hundred and one.
        """
        try:
            return bool(caller.cancel_batch(batch).refused)
        except RateLimited:
            return True


class BatchSize(SizeLimits):
    """From one to one hundred orders in a batch, whether or not they exist."""

    def test_one_order_is_processed(self, caller: Caller[Any], orders: Orders) -> None:
        """A batch of one order is processed."""
        answer = caller.cancel_batch(orders.unknown(1))

        assert self.accepts(answer)

    @pytest.mark.smoke
    def test_a_hundred_orders_are_processed(self, caller: Caller[Any], orders: Orders) -> None:
        """A batch of one hundred orders is processed."""
        answer = caller.cancel_batch(orders.unknown(100))

        assert self.accepts(answer)

    @pytest.mark.smoke
    def test_a_hundred_and_one_orders_are_refused(self, caller: Caller[Any], orders: Orders) -> None:
        """A batch of one hundred and one different orders is refused."""
        caller.require_accepted()

        refused = self._refuses(caller, orders.unknown(101))

        assert refused
