"""Faults in what the two sorts of id name: looked up in one another's place, or in one index for all accounts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from ..cancels import Batch, Element, Outcome
from ..channel import Topic
from ..orders import Account, Market, Order, Status
from ..venue import ArcusVenue


class KeepsOneIndexOfClientIds(ArcusVenue):
    """Knows only the order, of all accounts', that was the last to be given a client id, and cancels its owner's."""

    caught_by = "arcus.target.client-id-alone"

    def __init__(self, **options: Any) -> None:
        self._latest: dict[str | None, Order] = {}
        super().__init__(**options)

    def make_order(self, owner: Account, market: Market, **terms: Any) -> Order:
        order = self._latest[terms.get("client_id")] = super().make_order(owner, market, **terms)
        return order

    def order_named(self, account: Account, element: Element) -> Order | None:
        if element.client_id is not None:
            return self._latest.get(element.client_id)
        return super().order_named(account, element)


class LooksForAnIdInBothColumns(ArcusVenue):
    """Finds the account's oldest live order that has the id that was named, as its order id or its client id."""

    caught_by = "arcus.isolation.unnamed-untouched"

    def order_named(self, account: Account, element: Element) -> Order | None:
        named = element.order_id or element.client_id
        found = (
            order for order in self.book.of(account.address) if order.is_live and named in (order.id, order.client_id)
        )
        return next(found, None) or super().order_named(account, element)


class TriesTheOtherKindOfId(ArcusVenue):
    """Looks an id that it does not find up among those of the other kind."""

    caught_by = "arcus.isolation.unnamed-untouched"

    def order_named(self, account: Account, element: Element) -> Order | None:
        found = super().order_named(account, element)
        if found is not None:
            return found
        if element.order_id is not None:
            return self.book.named(account.address, element.account_index, element.order_id)
        return self.book.get(element.client_id or "")


class TakesTheOrderIdOfTwoWithoutKind(ArcusVenue):
    """Takes the orderId of an element that has both ids when it has no kind."""

    caught_by = "arcus.target.both-ids"

    def read_ids(self, position: int, item: dict[str, Any]) -> tuple[str | None, str | None]:
        if "kind" not in item and "orderId" in item:
            item = {name: value for name, value in item.items() if name != "clientId"}
        return super().read_ids(position, item)


class TakesNullForAnId(ArcusVenue):
    """Acknowledges an element whose orderId is null, as one of an order that does not exist."""

    caught_by = "arcus.target.neither-id"

    def read_ids(self, position: int, item: dict[str, Any]) -> tuple[str | None, str | None]:
        if item.get("orderId", "") is None:
            return "null", None
        return super().read_ids(position, item)

    def is_signed(self, batch: Batch, element: Element) -> bool:
        return element.order_id == "null" or super().is_signed(batch, element)


class CountsDistinctOrders(ArcusVenue):
    """Counts an order once that several elements of a batch name."""

    caught_by = "arcus.limits.over-hundred-refused"

    def check_count(self, cancels: Sequence[Any]) -> None:
        named = [each if isinstance(each, dict) else {} for each in cancels]
        super().check_count([*{str((each.get("orderId"), each.get("clientId"))) for each in named}])


class StopsAtUnknownClientIdsAmongClientIds(ArcusVenue):
    """Carries out the elements that name a clientId, which it looks up first, to the first that no order has."""

    caught_by = "arcus.independence.bad-id-affects-no-other"

    def forward(self, batch: Batch, elements: tuple[Element, ...]) -> None:
        by_client_id = [element for element in elements if element.client_id is not None]
        known = takewhile(lambda each: self.find_target(batch.caller.account, each) is not None, by_client_id)
        by_order_id = [element for element in elements if element.client_id is None]
        super().forward(batch, (*known, *by_order_id))


class CancelsFilledOrdersByClientId(ArcusVenue):
    """Cancels a filled order when it is named by its client id."""

    caught_by = "arcus.lifecycle.terminal-unchanged"

    def match_one(self, batch: Batch, element: Element, order: Order | None) -> Outcome:
        if order is not None and order.status is Status.FILLED and element.client_id is not None:
            self.cancel(order)
            return Outcome(element, Status.CANCELED, order)
        return super().match_one(batch, element, order)


class PublishesCancelledForFilledClientIds(ArcusVenue):
    """Tells of a filled order as CANCELED when somebody wants it cancelled by its client id."""

    caught_by = "arcus.channel.no-false-cancelled"

    def match_one(self, batch: Batch, element: Element, order: Order | None) -> Outcome:
        if order is not None and order.status is Status.FILLED and element.client_id is not None:
            topic = Topic(order.address, order.account_index)
            self.publish(topic, order.market.name, order.describe(Status.CANCELED))
        return super().match_one(batch, element, order)


class LeavesTheOrderIdOutOfEventsByClientId(ArcusVenue):
    """Gives no orderId in the event of an order that was cancelled by its client id."""

    caught_by = "arcus.channel.event-order-id"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._by_client_id = False

    def match_one(self, batch: Batch, element: Element, order: Order | None) -> Outcome:
        self._by_client_id = element.client_id is not None
        return super().match_one(batch, element, order)

    def order_event(self, order: Order) -> dict[str, Any]:
        event = super().order_event(order)
        if self._by_client_id and order.status is Status.CANCELED:
            del event["orderId"]
        return event
