"""Faults in which orders a batch cancels, and about what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence

from ..orders import Account, Order, Status
from ..rows import Row, RowError
from ..venue import BayseVenue


class LeavesOpenOrdersOpen(BayseVenue):
    """Says that an open order was cancelled, and leaves it open."""

    caught_by = "bayse.lifecycle.open-cancelled"

    def cancel(self, order: Order) -> None:
        if order.status is not Status.OPEN:
            super().cancel(order)


class CancelsTheFirstFifty(BayseVenue):
    """Says that all orders of a batch were cancelled, and cancels the first fifty."""

    caught_by = "bayse.limits.hundred-accepted"

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        rows = await super().cancel_all(account, order_ids[:50])
        for order_id in order_ids[50:]:
            error = self.objection(account, self.book.get(order_id))
            rows.append(self.success_row(order_id) if error is None else self.failure_row(order_id, error))
        return rows


class LetsCancelledOrdersExpire(BayseVenue):
    """Ends an open order as expired instead of cancelled."""

    caught_by = "bayse.lifecycle.open-cancelled"

    def cancel(self, order: Order) -> None:
        if order.status is Status.OPEN:
            self.move(order, Status.EXPIRED)
        else:
            super().cancel(order)


class RefusesPartiallyFilledOrders(BayseVenue):
    """Takes a partially filled order for one that can no longer be cancelled."""

    caught_by = "bayse.lifecycle.partially-filled-cancelled"

    def is_cancellable(self, order: Order) -> bool:
        return order.status is Status.OPEN


class LeavesTheRestOfPartialFills(BayseVenue):
    """Says that a partially filled order was cancelled, and leaves what is open of it."""

    caught_by = "bayse.lifecycle.partially-filled-cancelled"

    def cancel(self, order: Order) -> None:
        if order.status is not Status.PARTIALLY_FILLED:
            super().cancel(order)


class FillsWhatItShouldCancel(BayseVenue):
    """Ends a partially filled order as filled."""

    caught_by = "bayse.lifecycle.partially-filled-cancelled"

    def cancel(self, order: Order) -> None:
        if order.status is Status.PARTIALLY_FILLED:
            self.move(order, Status.FILLED)
        else:
            super().cancel(order)


class CancelsFilledOrders(BayseVenue):
    """Cancels an order that is filled."""

    caught_by = "bayse.lifecycle.filled-is-final"

    def is_cancellable(self, order: Order) -> bool:
        return order.status is Status.FILLED or super().is_cancellable(order)


class SaysFilledOrdersWereCancelled(BayseVenue):
    """Says success for a filled order, which stays filled."""

    caught_by = "bayse.lifecycle.filled-is-final"

    def cancel_one(self, account: Account, order_id: str) -> Row:
        order = self.book.get(order_id)
        if order is not None and self.owns(account, order) and self.is_supported(order):
            was_filled = order.status is Status.FILLED
            return self.success_row(order_id) if was_filled else super().cancel_one(account, order_id)
        return super().cancel_one(account, order_id)


class UnfillsBehindARefusal(BayseVenue):
    """Refuses to cancel a filled order, and marks it as cancelled all the same."""

    caught_by = "bayse.lifecycle.filled-is-final"

    def finished(self, order: Order) -> RowError:
        if order.status is Status.FILLED:
            self.move(order, Status.CANCELLED)
        return super().finished(order)


class CancelsTwice(BayseVenue):
    """Says success again for an order that was cancelled before."""

    caught_by = "bayse.lifecycle.cancelled-is-final"

    def is_cancellable(self, order: Order) -> bool:
        return order.status is Status.CANCELLED or super().is_cancellable(order)


class CancelsExpiredOrders(BayseVenue):
    """Cancels an order that has expired."""

    caught_by = "bayse.lifecycle.expired-is-final"

    def is_cancellable(self, order: Order) -> bool:
        return order.status is Status.EXPIRED or super().is_cancellable(order)


class RewritesExpiredOrders(BayseVenue):
    """Refuses to cancel an expired order, and marks it as cancelled all the same."""

    caught_by = "bayse.lifecycle.expired-is-final"

    def finished(self, order: Order) -> RowError:
        if order.status is Status.EXPIRED:
            self.move(order, Status.CANCELLED)
        return super().finished(order)


class CancelsRejectedOrders(BayseVenue):
    """Cancels an order that was rejected."""

    caught_by = "bayse.lifecycle.rejected-is-final"

    def is_cancellable(self, order: Order) -> bool:
        return order.status is Status.REJECTED or super().is_cancellable(order)


class RewritesRejectedOrders(BayseVenue):
    """Refuses to cancel a rejected order, and marks it as cancelled all the same."""

    caught_by = "bayse.lifecycle.rejected-is-final"

    def finished(self, order: Order) -> RowError:
        if order.status is Status.REJECTED:
            self.move(order, Status.CANCELLED)
        return super().finished(order)
