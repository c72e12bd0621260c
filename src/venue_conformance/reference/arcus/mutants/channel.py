"""Faults in the orders channel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from ...http import Request, Response
from ..base import Refusal, normal_address
from ..cancels import Batch, Element, Outcome
from ..channel import Frame, Subscriber, Topic
from ..orders import Order, Status
from ..venue import BATCH_PATH, ArcusVenue


class PublishesNothing(ArcusVenue):
    """Cancels orders without telling anybody."""

    caught_by = "arcus.channel.event-per-cancelled-order"

    def publish_order(self, order: Order) -> None:
        if order.status is not Status.CANCELED:
            super().publish_order(order)


class PublishesTheFirstOfABatch(ArcusVenue):
    """Tells of the first order that a batch cancels, not of the others."""

    caught_by = "arcus.channel.event-per-cancelled-order"
    reported = False

    def match(self, batch: Batch, elements: tuple[Element, ...]) -> list[Outcome]:
        self.reported = False
        return super().match(batch, elements)

    def publish_order(self, order: Order) -> None:
        if order.status is not Status.CANCELED or not self.reported:
            super().publish_order(order)
        self.reported = self.reported or order.status is Status.CANCELED


class PublishesCancelsByOrderIdOnly(ArcusVenue):
    """Does not tell of orders that were cancelled by their clientId."""

    caught_by = "arcus.channel.event-per-cancelled-order"
    by_client_id = False

    def match_one(self, batch: Batch, element: Element, order: Order | None) -> Outcome:
        self.by_client_id = element.client_id is not None
        return super().match_one(batch, element, order)

    def publish_order(self, order: Order) -> None:
        if order.status is not Status.CANCELED or not self.by_client_id:
            super().publish_order(order)


class PublishesPartlyFilledOrdersAsFilled(ArcusVenue):
    """Tells of a cancelled order that was filled in part as FILLED."""

    caught_by = "arcus.channel.event-per-cancelled-order"

    def order_event(self, order: Order) -> Frame:
        event = super().order_event(order)
        partly = order.status is Status.CANCELED and order.filled > 0
        return {**event, "status": "FILLED"} if partly else event


class WritesCancelledWithTwoLsInEvents(ArcusVenue):
    """Says CANCELLED in events."""

    caught_by = "arcus.channel.event-per-cancelled-order"

    def order_event(self, order: Order) -> Frame:
        event = super().order_event(order)
        return {**event, "status": "CANCELLED"} if order.status is Status.CANCELED else event


class LeavesTheOrderIdOutOfEvents(ArcusVenue):
    """Gives no orderId in events about cancelled orders."""

    caught_by = "arcus.channel.event-order-id"

    def order_event(self, order: Order) -> Frame:
        return _without(super().order_event(order), "orderId" if order.status is Status.CANCELED else None)


class CallsTheOrderIdId(ArcusVenue):
    """Gives the orderId of an event in a member called id."""

    caught_by = "arcus.channel.event-order-id"

    def order_event(self, order: Order) -> Frame:
        event = super().order_event(order)
        return {"id": event.pop("orderId"), **event}


class LeavesTheClientIdOutOfEvents(ArcusVenue):
    """Gives no clientId in events about cancelled orders."""

    caught_by = "arcus.channel.event-client-id"

    def order_event(self, order: Order) -> Frame:
        return _without(super().order_event(order), "clientId" if order.status is Status.CANCELED else None)


class GivesTheIdsOfTheRequestOnly(ArcusVenue):
    """Gives the clientId of a cancelled order only if the request named the order by it."""

    caught_by = "arcus.channel.event-client-id-unasked"
    by_order_id = False

    def match_one(self, batch: Batch, element: Element, order: Order | None) -> Outcome:
        self.by_order_id = element.order_id is not None
        return super().match_one(batch, element, order)

    def order_event(self, order: Order) -> Frame:
        hidden = order.status is Status.CANCELED and self.by_order_id
        return _without(super().order_event(order), "clientId" if hidden else None)


class TellsEverySubscriber(ArcusVenue):
    """Sends events to whoever subscribed to any account's orders."""

    caught_by = "arcus.channel.owner-only"

    def audience(self, topic: Topic) -> Iterator[Subscriber]:
        return (connection for connection in self.connections if connection.topics)


class PublishesCancelledForEveryTarget(ArcusVenue):
    """Tells of every target that matches no live order as CANCELED."""

    caught_by = "arcus.channel.no-false-cancelled"

    def publish(self, topic: Topic, market: str, contents: Frame) -> None:
        rejected = contents.get("rejectionReason") == "ORDER_NOT_FOUND"
        super().publish(topic, market, {**contents, "status": "CANCELED"} if rejected else contents)


class PublishesCancelledForFilledTargets(ArcusVenue):
    """Tells of a filled order as CANCELED when somebody wants it cancelled."""

    caught_by = "arcus.channel.no-false-cancelled"
    ended: ClassVar[Status] = Status.FILLED

    def publish_rejection(self, batch: Batch, element: Element, order: Order | None) -> None:
        if order is None or order.status is not self.ended:
            super().publish_rejection(batch, element, order)
            return
        topic = Topic(order.address, order.account_index)
        self.publish(topic, order.market.name, order.describe(Status.CANCELED))


class PublishesCancelledForExpiredTargets(PublishesCancelledForFilledTargets):
    """Tells of an expired order as CANCELED when somebody wants it cancelled."""

    caught_by = "arcus.channel.no-false-cancelled"
    ended = Status.EXPIRED


class PublishesCancelledForRejectedTargets(PublishesCancelledForFilledTargets):
    """Tells of a rejected order as CANCELED when somebody wants it cancelled."""

    caught_by = "arcus.channel.no-false-cancelled"
    ended = Status.REJECTED


class PublishesCancelledForForeignClientIds(ArcusVenue):
    """Tells the caller of another account's order as CANCELED when it is named by its clientId."""

    caught_by = "arcus.channel.no-false-cancelled"

    def publish_rejection(self, batch: Batch, element: Element, order: Order | None) -> None:
        named = [each for each in self.book.all() if order is None and each.client_id == element.client_id]
        if element.client_id is None or not named:
            super().publish_rejection(batch, element, order)
            return
        topic = Topic(batch.caller.address, element.account_index)
        self.publish(topic, named[0].market.name, named[0].describe(Status.CANCELED))


class PublishesCancelledForForeignTargets(ArcusVenue):
    """Tells the caller of another account's order as CANCELED, though it was left alone."""

    caught_by = "arcus.channel.no-false-cancelled"

    def publish_rejection(self, batch: Batch, element: Element, order: Order | None) -> None:
        foreign = self.book.get(element.order_id or "")
        if foreign is None or self.owns(batch.caller.account, foreign):
            super().publish_rejection(batch, element, order)
            return
        topic = Topic(batch.caller.address, element.account_index)
        self.publish(topic, foreign.market.name, foreign.describe(Status.CANCELED))


class PublishesCancelledForDeniedElements(ArcusVenue):
    """Tells of an order as CANCELED whose element was denied for its signature, and leaves the order open."""

    caught_by = "arcus.channel.no-false-cancelled"

    def judge(self, batch: Batch) -> dict[int, str]:
        objections = super().judge(batch)
        for element in batch.elements:
            order = self.find_target(batch.caller.account, element)
            if element.position in objections and order is not None and order.is_live:
                topic = Topic(order.address, order.account_index)
                self.publish(topic, order.market.name, order.describe(Status.CANCELED))
        return objections


class PublishesRefusals(ArcusVenue):
    """Tells of the orders that a refused request named, as REJECTED."""

    caught_by = "arcus.channel.refused-request-is-silent"

    def refused(self, request: Request, refusal: Refusal) -> Response:
        for order in _named_orders(self, request):
            topic = Topic(order.address, order.account_index)
            self.publish(topic, order.market.name, order.describe(Status.REJECTED))
        return super().refused(request, refusal)


class PublishesBeforeItRefuses(ArcusVenue):
    """Tells of the orders that a refused request named as still open."""

    caught_by = "arcus.channel.refused-request-is-silent"

    def refused(self, request: Request, refusal: Refusal) -> Response:
        for order in _named_orders(self, request):
            self.publish_order(order)
        return super().refused(request, refusal)


class PublishesALateOpen(ArcusVenue):
    """Tells of a cancelled order as OPEN once more, after it was told of as CANCELED."""

    caught_by = "arcus.channel.consistent"

    def cancel(self, order: Order) -> None:
        before = order.describe(order.status)
        super().cancel(order)
        self.publish(Topic(order.address, order.account_index), order.market.name, before)


class PublishesALateFill(ArcusVenue):
    """Tells of a cancelled order as FILLED after it was told of as CANCELED."""

    caught_by = "arcus.channel.consistent"

    def cancel(self, order: Order) -> None:
        super().cancel(order)
        self.publish(Topic(order.address, order.account_index), order.market.name, order.describe(Status.FILLED))


class RowsContradictTheChannel(ArcusVenue):
    """Says FILLED in the 200 row of an order that the channel calls CANCELED."""

    caught_by = "arcus.channel.consistent"

    def final_status(self, outcome: Outcome) -> str:
        return "FILLED" if outcome.status is Status.CANCELED else super().final_status(outcome)


class PublishesFilledTargetsAsOpen(ArcusVenue):
    """Tells of a filled order as OPEN once more when it turns down the cancel that came too late."""

    caught_by = "arcus.channel.filled-instead"

    def publish_rejection(self, batch: Batch, element: Element, order: Order | None) -> None:
        super().publish_rejection(batch, element, order)
        if order is not None and order.status is Status.FILLED:
            topic = Topic(order.address, order.account_index)
            self.publish(topic, order.market.name, order.describe(Status.OPEN))


class ListsCancelledOrdersAsOpen(ArcusVenue):
    """Lists orders that were cancelled among the open ones of a new subscription."""

    caught_by = "arcus.channel.snapshot-is-current"

    def snapshot(self, topic: Topic, closed_wanted: Any) -> Frame:
        snapshot = super().snapshot(topic, closed_wanted)
        gone = [order for order in self.book.of(*topic) if order.status is Status.CANCELED]
        return {**snapshot, "openOrders": [*snapshot["openOrders"], *(order.describe(Status.OPEN) for order in gone)]}


class WantsAuthenticationOnTheChannel(ArcusVenue):
    """Subscribes nobody who has not authenticated first."""

    caught_by = "arcus.channel.without-authentication"

    def subscribe(self, connection: Subscriber, message: Frame) -> None:
        raise Refusal(401, "authenticate first")


def _without(event: Frame, name: str | None) -> Frame:
    return {member: value for member, value in event.items() if member != name}


def _named_orders(venue: ArcusVenue, request: Request) -> list[Order]:
    """The orders that the body of a batch names, if it can be read at all."""
    if request.path != BATCH_PATH:
        return []
    try:
        cancels = venue.read_json(request.body)["cancels"]
    except (Refusal, LookupError, TypeError):
        return []
    items = [item for item in cancels if isinstance(item, dict)] if isinstance(cancels, list) else []
    return [order for item in items if (order := _named_order(venue, item)) is not None]


def _named_order(venue: ArcusVenue, item: dict[str, Any]) -> Order | None:
    order_id, client_id, address = (item.get(name) for name in ("orderId", "clientId", "address"))
    if isinstance(order_id, str) and (order := venue.book.get(order_id)) is not None:
        return order
    if not isinstance(client_id, str) or not isinstance(address, str) or not isinstance(item.get("accountIndex"), int):
        return None
    return venue.book.named(normal_address(address) or "", item["accountIndex"], client_id)
