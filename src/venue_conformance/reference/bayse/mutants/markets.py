"""Faults in orders of other markets, and about orders that nobody named."""

from __future__ import annotations

from collections.abc import Sequence

from ..orders import CANCELLABLE, Account, Order, Status
from ..rows import Row
from ..venue import BayseVenue


class StaysInOneMarket(BayseVenue):
    """Fails every order that lies in another market than the first one it found."""

    caught_by = "bayse.independence.markets"

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        market: str | None = None
        rows: list[Row] = []
        for order_id in order_ids:
            order = self.book.get(order_id)
            own = order if order is not None and self.owns(account, order) else None
            if own is not None and market not in (None, own.terms.market_id):
                rows.append(self.failure_row(order_id, self.row_error("BAD_REQUEST", "Order is in another market")))
                continue
            market = market or (own.terms.market_id if own is not None else None)
            rows.append(self.cancel_one(account, order_id))
        return rows


class StaysInOneEvent(BayseVenue):
    """Fails every order that lies in another event than the first one it found, whatever its market."""

    caught_by = "bayse.independence.markets"

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        event: str | None = None
        rows: list[Row] = []
        for order_id in order_ids:
            order = self.book.get(order_id)
            own = order if order is not None and self.owns(account, order) else None
            if own is not None and event not in (None, own.terms.event_id):
                rows.append(self.failure_row(order_id, self.row_error("BAD_REQUEST", "Order is of another event")))
                continue
            event = event or (own.terms.event_id if own is not None else None)
            rows.append(self.cancel_one(account, order_id))
        return rows


class CancelsTheRestOfAPosition(BayseVenue):
    """Cancels another open order of the caller's in the same market when it cancels one that was partially filled."""

    caught_by = "bayse.isolation.unnamed-untouched"

    def cancel(self, order: Order) -> None:
        partly = order.status is Status.PARTIALLY_FILLED
        super().cancel(order)
        others = (each for each in self.book.of(order.owner) if each.status is Status.OPEN)
        same_market = [each for each in others if each.terms.market_id == order.terms.market_id]
        if partly and same_market:
            self.move(same_market[-1], Status.CANCELLED)


class CancelsEverythingInABigBatch(BayseVenue):
    """Cancels all orders of a caller's who cancels three or more of them at once."""

    caught_by = "bayse.isolation.unnamed-untouched"

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        rows = await super().cancel_all(account, order_ids)
        if sum(1 for row in rows if row.get("success") is True) >= 3:
            for order in self.book.of(account.public_key):
                if order.status in CANCELLABLE:
                    self.move(order, Status.CANCELLED)
        return rows
