"""Faults in a batch in which some elements match no live order, for one cause only."""

from __future__ import annotations

from collections.abc import Mapping

from ..cancels import Batch, Element
from ..orders import Status
from ..venue import ArcusVenue


class StopsAtExpiredOrders(ArcusVenue):
    """Hands on the elements of a batch up to the first whose order has expired."""

    caught_by = "arcus.independence.bad-id-affects-no-other"

    def unopposed(self, batch: Batch, objections: Mapping[int, str]) -> tuple[Element, ...]:
        elements = super().unopposed(batch, objections)
        for place, element in enumerate(elements):
            order = self.find_target(batch.caller.account, element)
            if order is not None and order.status is Status.EXPIRED:
                return elements[: place + 1]
        return elements


class HandsNothingOnWhenTheLastWasRejected(ArcusVenue):
    """Hands nothing of a batch on when its last element names an order that was rejected."""

    caught_by = "arcus.independence.bad-id-affects-no-other"

    def unopposed(self, batch: Batch, objections: Mapping[int, str]) -> tuple[Element, ...]:
        elements = super().unopposed(batch, objections)
        last = self.find_target(batch.caller.account, elements[-1]) if len(elements) > 1 else None
        return () if last is not None and last.status is Status.REJECTED else elements


class StopsAtUnknownClientIds(ArcusVenue):
    """Hands on the elements of a batch up to the first whose client id no order has."""

    caught_by = "arcus.independence.bad-id-affects-no-other"

    def unopposed(self, batch: Batch, objections: Mapping[int, str]) -> tuple[Element, ...]:
        elements = super().unopposed(batch, objections)
        for place, element in enumerate(elements):
            if element.client_id is not None and self.find_target(batch.caller.account, element) is None:
                return elements[:place]
        return elements
