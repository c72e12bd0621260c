"""How many orders a batch may name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import pytest

from venue_conformance.client.caller import Caller, answered
from venue_conformance.client.orders import Orders
from venue_conformance.errors import NeverExercised, NotTested, RateLimited, Violation

#: The most ids that a batch may name.
LARGEST = 100


class SizeLimits:
    """A batch may name 1 to 100 orders; one outside these limits cancels nothing, according to the read-back.

    The clauses of batches over the limit, and of what one that is rejected leaves as it was, are named.
    """

    clauses: ClassVar[Mapping[str, str | tuple[str, ...]]]
    too_many: ClassVar[str]
    untouched: ClassVar[str]

    def accepts(self, answer: Any) -> bool:
        """Whether an answer says that its batch was processed."""
        return bool(answer.succeeded)

    @pytest.mark.many_orders
    @pytest.mark.deepens
    def test_hundred_open_orders_are_cancelled(self, caller: Caller[Any], orders: Orders) -> None:
        """All orders of a batch of 100 are cancelled, from the first to the last."""
        hundred = orders.open(100)

        answer = caller.cancel_batch(hundred)

        assert self.accepts(answer), "not-accepted"
        kept = [order_id for order_id, status in orders.poll_until(hundred).items() if status != "cancelled"]
        assert kept == [], "not-cancelled"

    @pytest.mark.smoke
    @pytest.mark.disposable
    def test_empty_batch_is_rejected(self, caller: Caller[Any]) -> None:
        """A batch that names no order is rejected."""
        caller.require_accepted()

        answer = caller.cancel_batch([])

        assert answer.refused, "not-refused"

    @pytest.mark.disposable
    def test_empty_batch_cancels_nothing(self, caller: Caller[Any], orders: Orders) -> None:
        """A batch that names no order leaves the caller's orders open."""
        order, control = orders.open(2)
        caller.cancel_batch([])

        caller.cancel_batch([control])

        assert orders.after(control, [order]) == {order.order_id: "open"}, "order-touched"

    def test_batch_over_the_limit_cancels_nothing(self, caller: Caller[Any], orders: Orders) -> None:
        """A rejected batch of 101 orders cancels none of them, wherever they are in it."""
        first, middle, last, control = orders.open(4)
        others = orders.unknown(98)
        batch = [first, *others[:49], middle, *others[49:], last]

        if not self._refuses(caller, batch):
            raise NeverExercised(
                "no batch over the limit was refused, so what a refused one leaves behind was not seen"
            )

        caller.cancel_batch([control])
        assert set(orders.after(control, [first, middle, last]).values()) == {"open"}, "order-touched"

    @pytest.mark.parametrize("size", [257, 1000])
    @pytest.mark.deepens
    def test_batch_far_over_the_limit_is_rejected(
        self, caller: Caller[Any], orders: Orders, breach: Callable[[Violation], None], size: int
    ) -> None:
        """Batches of 257 and 1000 different orders are rejected and cancel nothing: no counter overflows."""
        if size > 3 * LARGEST and caller.account.origin != "state":
            raise NotTested(
                f"a batch of {size} ids is sent by a fresh account only, and the target makes none", "caller"
            )
        first, middle, last, control = orders.open(4)
        ids = orders.unknown(size - 3)
        caller.require_accepted()

        answer = provoked(caller, [first, *ids[: size // 2], middle, *ids[size // 2 :], last])

        if not answer.refused:
            breach(
                Violation(
                    f"a batch of {size} different ids to be refused", repr(answer), self.too_many, kind="not-refused"
                )
            )
        caller.cancel_batch([control])
        read = orders.after(control, [first, middle, last])
        if answer.refused and set(read.values()) != {"open"}:
            said = f"the orders of a batch of {size} ids that was refused to stay open"
            breach(Violation(said, f"they read as {', '.join(read.values())}", self.untouched, kind="order-touched"))

    def _refuses(self, caller: Caller[Any], batch: list[Any]) -> bool:
        """Whether a batch is rejected as a whole; a 429 that persists is a rejection like any other 4xx.

        A budget of one hundred tokens never pays for one hundred and one.
        """
        try:
            return bool(caller.cancel_batch(batch).refused)
        except RateLimited:
            return True


class BatchSize(SizeLimits):
    """From one to one hundred orders in a batch, whether or not they exist.

    The clauses of the sizes within the limits, and of none, are named for what judges several.
    """

    one: ClassVar[str]
    up_to_hundred: ClassVar[str]
    none: ClassVar[str]

    def test_batch_of_one_is_accepted(self, caller: Caller[Any], orders: Orders) -> None:
        """A batch of one order is accepted."""
        answer = caller.cancel_batch(orders.unknown(1))

        assert self.accepts(answer), "not-accepted"

    @pytest.mark.smoke
    def test_batch_of_100_is_accepted(self, caller: Caller[Any], orders: Orders) -> None:
        """A batch of 100 orders is accepted."""
        answer = caller.cancel_batch(orders.unknown(100))

        assert self.accepts(answer), "not-accepted"

    @pytest.mark.smoke
    def test_batch_of_101_is_rejected(self, caller: Caller[Any], orders: Orders) -> None:
        """A batch of 101 different orders is rejected."""
        caller.require_accepted()

        refused = self._refuses(caller, orders.unknown(101))

        assert refused, "not-refused"


def provoked(caller: Any, batch: list[Any]) -> Any:
    """The answer to a batch that is too big: a 429 is one, too, and a budget has to pay for no more than a request.

    Raises WayFault for a 5xx, which says nothing of the limit.
    """
    caller.session.pacer.spend(caller.name, 1)
    return answered(caller.cancel_batch(batch, limit_asked=True))
