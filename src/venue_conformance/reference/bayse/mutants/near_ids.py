"""Faults in ids that differ from an order's in a single character."""

from __future__ import annotations

from ..orders import Account, Order
from ..rows import Row
from ..venue import BayseVenue


class _LooksAtAPart(BayseVenue):
    """Finds a caller's order by a part of its id, where no order has the whole of it."""

    part = slice(None)

    def nearest(self, account: Account, order_id: str) -> Order | None:
        """The caller's first order that has this part of the id."""
        if self.book.get(order_id) is not None:
            return None
        return next((own for own in self.book.of(account.public_key) if own.id[self.part] == order_id[self.part]), None)

    def cancel_one(self, account: Account, order_id: str) -> Row:
        order = self.nearest(account, order_id)
        row = super().cancel_one(account, order_id if order is None else order.id)
        return {**row, "orderId": order_id}


class ForgetsTheLastDigitOfIds(_LooksAtAPart):
    """Keeps order ids in a column that is one character too short."""

    caught_by = "bayse.isolation.unnamed-untouched"
    part = slice(0, 35)


class KnowsOrdersByTheirLastDigits(_LooksAtAPart):
    """Finds orders by the last twelve digits of their ids."""

    caught_by = "bayse.isolation.unnamed-untouched"
    part = slice(-12, None)


class TakesNearIdsForFinishedOrders(_LooksAtAPart):
    """Says of an id that begins like an order's that the order is no longer open."""

    caught_by = "bayse.isolation.unknown-not-found"
    part = slice(0, 13)

    def cancel_one(self, account: Account, order_id: str) -> Row:
        order = self.nearest(account, order_id)
        if order is None:
            return super().cancel_one(account, order_id)
        return self.failure_row(order_id, self.finished(order))
