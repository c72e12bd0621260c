"""Faults in ids that differ from an order's in a single character."""

from __future__ import annotations

from ..cancels import Element
from ..orders import Account, Order
from ..venue import ArcusVenue


class ForgetsTheLastDigitOfOrderIds(ArcusVenue):
    """Keeps order ids in a column that is one character too short."""

    caught_by = "arcus.isolation.unnamed-untouched"

    def order_named(self, account: Account, element: Element) -> Order | None:
        named = super().order_named(account, element)
        if named is not None or element.order_id is None:
            return named
        return next((own for own in self.book.of(account.address) if own.id[:-1] == element.order_id[:-1]), None)


class FindsTheBeginningOfClientIds(ArcusVenue):
    """Finds an order by any beginning of its client id, or by more than all of it."""

    caught_by = "arcus.isolation.unnamed-untouched"

    def order_named(self, account: Account, element: Element) -> Order | None:
        named, asked = super().order_named(account, element), element.client_id
        if named is not None or asked is None:
            return named
        own = ((order, order.client_id) for order in self.book.of(account.address) if order.client_id)
        return next((order for order, known in own if known.startswith(asked) or asked.startswith(known)), None)
