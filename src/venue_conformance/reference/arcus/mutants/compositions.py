"""Faults that need a batch of a certain composition to show."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..base import Refusal
from ..cancels import Batch, Caller, Element
from ..rows import Row
from ..venue import ArcusVenue


class GivesTheClientIdOfALaterForeignOrder(ArcusVenue):
    """Gives the clientId of another account's order in its row, unless it is the first of its batch."""

    caught_by = "arcus.isolation.foreign-not-shown"

    def echo(self, element: Element) -> Row:
        order, echo = self.book.get(element.order_id or ""), super().echo(element)
        foreign = order is not None and order.address != element.address and element.position > 0
        return {**echo, "clientId": order.client_id} if order is not None and foreign else echo


class TakesBothIdsBesideClientIds(ArcusVenue):
    """Cancels by orderId when an element has both ids and all others of the batch name theirs by clientId."""

    caught_by = "arcus.target.both-ids-any-position"

    def resolve_both_ids(self, position: int, order_id: str, client_id: str) -> tuple[str | None, str | None]:
        return order_id, client_id

    def check_kind(self, item: dict[str, Any], kind: str) -> None:
        if not ("orderId" in item and "clientId" in item):
            super().check_kind(item, kind)

    def signature_fits(self, batch: Batch, element: Element, signature: str) -> bool:
        fits = super().signature_fits
        by_order = replace(element, client_id=None) if element.order_id is not None else element
        return fits(batch, element, signature) or fits(batch, by_order, signature)

    def read_batch(self, request: Any, caller: Caller) -> Batch:
        batch = super().read_batch(request, caller)
        both = [each for each in batch.elements if each.order_id is not None and each.client_id is not None]
        others = [each for each in batch.elements if each not in both]
        if both and not (others and all(each.order_id is None for each in others)):
            raise Refusal(400, "exactly one of orderId and clientId is allowed")
        return batch
