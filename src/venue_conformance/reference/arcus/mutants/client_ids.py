"""Lies about client ids at their edges."""

from __future__ import annotations

from ..cancels import Element
from ..orders import Account, Order
from ..venue import ArcusVenue


class _FindsByClientIdOtherwise(ArcusVenue):
    def order_named(self, account: Account, element: Element) -> Order | None:
        if element.order_id is not None or element.client_id is None:
            return super().order_named(account, element)
        own = [order for order in self.book.of(account.address, element.account_index) if order.client_id is not None]
        return self.choose(own, element.client_id)

    def choose(self, own: list[Order], client_id: str) -> Order | None:
        """The one of a subaccount's orders that have a client id that is meant by this one."""
        raise NotImplementedError


class FindsTheFirstOrderOfAClientId(_FindsByClientIdOtherwise):
    """Finds the oldest order that ever had a client id, live or not."""

    caught_by = "arcus.target.client-id-alone"

    def choose(self, own: list[Order], client_id: str) -> Order | None:
        return next((order for order in own if order.client_id == client_id), None)


class KeepsClientIdsIn35Characters(_FindsByClientIdOtherwise):
    """Keeps the first 35 characters of a client id, and finds no order by more."""

    caught_by = "arcus.target.client-id-alone"

    def choose(self, own: list[Order], client_id: str) -> Order | None:
        return next((order for order in reversed(own) if (order.client_id or "")[:35] == client_id), None)


class ReadsClientIdsOfDigitsAsDoubles(_FindsByClientIdOtherwise):
    """Takes client ids that are numbers for one another when no double tells them apart."""

    caught_by = "arcus.isolation.unnamed-orders"

    def choose(self, own: list[Order], client_id: str) -> Order | None:
        return next((order for order in reversed(own) if _same(order.client_id or "", client_id)), None)


def _same(one: str, other: str) -> bool:
    if one.isdecimal() and other.isdecimal():
        return float(one) == float(other)
    return one == other
