"""Faults in whose orders a batch can touch, and which."""

from __future__ import annotations

from typing import Any

from ..cancels import Batch, Caller, Element, Outcome
from ..orders import Account, Order, Status
from ..rows import Row
from ..venue import ArcusVenue


class CancelsAnybodysOrderById(ArcusVenue):
    """Cancels another account's order when it is named by its orderId."""

    caught_by = "arcus.isolation.foreign-order-id"

    def is_right(self, account: Account, element: Element, order: Order) -> bool:
        return order.market.id == element.market_id


class CancelsAnybodysOrderWhateverTheMarket(ArcusVenue):
    """Cancels another account's order by its orderId, for ownership was checked with the market alone."""

    caught_by = "arcus.isolation.foreign-order-id"

    def is_right(self, account: Account, element: Element, order: Order) -> bool:
        return not self.owns(account, order) or super().is_right(account, element, order)


class RemembersWhatItDidNotFind(ArcusVenue):
    """Keeps for every account that there is no such order, once an account has named it that does not own it."""

    caught_by = "arcus.lifecycle.open-cancelled"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._not_found: set[str] = set()

    def is_right(self, account: Account, element: Element, order: Order) -> bool:
        if not self.owns(account, order):
            self._not_found.add(order.id)
        return order.id not in self._not_found and super().is_right(account, element, order)


class ChecksTheOwnerOfTheFirstElement(ArcusVenue):
    """Cancels another account's order when it is not the first that a batch names."""

    caught_by = "arcus.isolation.foreign-order-id"

    def is_right(self, account: Account, element: Element, order: Order) -> bool:
        if element.position > 0 and order.market.id == element.market_id:
            return True
        return super().is_right(account, element, order)


class CancelsAnybodysOrderByClientId(ArcusVenue):
    """Cancels another account's order when it is named by its clientId."""

    caught_by = "arcus.isolation.foreign-client-id"

    def find_target(self, account: Account, element: Element) -> Order | None:
        own = super().find_target(account, element)
        if own is not None or element.client_id is None:
            return own
        return next((order for order in self.book.all() if order.client_id == element.client_id), None)


class GivesTheClientIdOfAForeignOrder(ArcusVenue):
    """Gives the clientId of another account's order in the row of an element that named it by its orderId."""

    caught_by = "arcus.isolation.foreign-not-shown"

    def echo(self, element: Element) -> Row:
        order = self.book.get(element.order_id or "")
        echo = super().echo(element)
        foreign = order is not None and order.address != element.address
        return {**echo, "clientId": order.client_id} if order is not None and foreign else echo


class TellsHowForeignOrdersEnded(ArcusVenue):
    """Says in the 200 row of another account's order how that order ended, CANCELED of one that is open."""

    caught_by = "arcus.isolation.foreign-not-shown"

    def final_status(self, outcome: Outcome) -> str:
        order = self.book.get(outcome.element.order_id or "")
        if order is None or order.address == outcome.element.address:
            return super().final_status(outcome)
        return str(Status.FILLED if order.status is Status.FILLED else Status.CANCELED)


class RepeatsToOthersWhatTheOwnerWasTold(ArcusVenue):
    """Keeps the final status in the 200 row of an order for the next batch that names it, whoever sends that."""

    caught_by = "arcus.isolation.foreign-not-shown"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._told: dict[str, str] = {}

    def final_status(self, outcome: Outcome) -> str:
        order = self.book.get(outcome.element.order_id or "")
        status = super().final_status(outcome)
        if order is None:
            return status
        if order.address == outcome.element.address and order.status in (Status.FILLED, Status.CANCELED):
            self._told[order.id] = str(order.status)
        return self._told.get(order.id, status) if order.address != outcome.element.address else status


class _ActsForTheAddressOfAnElement(ArcusVenue):
    """Holds the query's address against the key, and looks for some orders under the address of their elements."""

    def check_element(self, caller: Caller, element: Element) -> None:
        if element.address not in self.accounts:
            super().check_element(caller, element)

    def find_target(self, account: Account, element: Element) -> Order | None:
        named = self.accounts.get(element.address) if self.is_concerned(element) else None
        return super().find_target(named or account, element)

    def is_concerned(self, element: Element) -> bool:
        """Whether the order of the element is looked for like that."""
        raise NotImplementedError


class FindsAnOrderIdUnderAnElementsAddress(_ActsForTheAddressOfAnElement):
    """Cancels the order of an orderId for the account whose address its element gives, whoever has signed it."""

    caught_by = "arcus.isolation.foreign-order-id"

    def is_concerned(self, element: Element) -> bool:
        return element.order_id is not None


class FindsAClientIdUnderAnElementsAddress(_ActsForTheAddressOfAnElement):
    """Cancels the order of a clientId for the account whose address its element gives, whoever has signed it."""

    caught_by = "arcus.isolation.foreign-client-id"

    def is_concerned(self, element: Element) -> bool:
        return element.client_id is not None


class CancelsTheWholeMarket(ArcusVenue):
    """Cancels every order that the caller has in the market of an order that was named."""

    caught_by = "arcus.isolation.unnamed-untouched"

    def cancel(self, order: Order) -> None:
        super().cancel(order)
        for other in self.book.of(order.address, order.account_index):
            if other.is_live and other.market.id == order.market.id:
                super().cancel(other)


class CancelsAllForAnUnknownOrder(ArcusVenue):
    """Cancels every order of the caller's when an element names one that does not exist."""

    caught_by = "arcus.isolation.unnamed-untouched"

    def match_one(self, batch: Batch, element: Element, order: Order | None) -> Outcome:
        if order is None:
            for other in self.book.of(batch.caller.address):
                if other.is_live:
                    self.cancel(other)
        return super().match_one(batch, element, order)


class CancelsAnotherOrderInstead(ArcusVenue):
    """Cancels the caller's newest open order in the place of one that does not exist."""

    caught_by = "arcus.isolation.unnamed-untouched"

    def find_target(self, account: Account, element: Element) -> Order | None:
        found = super().find_target(account, element)
        if found is not None:
            return found
        return next((order for order in reversed(self.book.of(account.address)) if order.is_live), None)


class CancelsTheNewestToo(ArcusVenue):
    """Cancels the caller's newest open order along with every order that was named."""

    caught_by = "arcus.isolation.unnamed-untouched"

    def cancel(self, order: Order) -> None:
        super().cancel(order)
        newest = next((other for other in reversed(self.book.of(order.address)) if other.is_live), None)
        if newest is not None:
            super().cancel(newest)


class CancelsTheNewestWithManyToo(ArcusVenue):
    """Cancels the caller's newest open order along with a batch of fifty or more."""

    caught_by = "arcus.isolation.unnamed-untouched"

    def match(self, batch: Batch, elements: tuple[Element, ...]) -> list[Outcome]:
        outcomes = super().match(batch, elements)
        live = [order for order in self.book.of(batch.caller.address) if order.is_live]
        if live and self.takes_another(elements):
            self.cancel(live[-1])
        return outcomes

    def takes_another(self, elements: tuple[Element, ...]) -> bool:
        """Whether a batch of these elements cancels the newest order, too."""
        return len(elements) >= 50


class CancelsTheNewestByClientIdToo(CancelsTheNewestWithManyToo):
    """Cancels the caller's newest open order along with one that is named, alone in its batch, by its client id."""

    caught_by = "arcus.isolation.unnamed-untouched"

    def takes_another(self, elements: tuple[Element, ...]) -> bool:
        return len(elements) == 1 and elements[0].client_id is not None
