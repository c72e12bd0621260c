"""Faults that only show where the engine is waited for (200): what is looked at otherwise is left out there."""

from __future__ import annotations

from typing import Any

from ..cancels import Batch, Element, Outcome
from ..orders import Order, Status
from ..venue import ArcusVenue


class TrustsElementsBehindARightOneIn200(ArcusVenue):
    """Looks no further than to the first right signature of a batch that is answered with 200."""

    caught_by = "arcus.signature.wrong-key"

    def judge(self, batch: Batch) -> dict[int, str]:
        objections = super().judge(batch)
        return {} if self.is_definitive(batch) and 0 not in objections else objections


class CancelsTheNewestTooIn200(ArcusVenue):
    """Cancels the caller's newest open order, too, with a batch of several client ids that is answered with 200."""

    caught_by = "arcus.isolation.unnamed-untouched"

    def match(self, batch: Batch, elements: tuple[Element, ...]) -> list[Outcome]:
        outcomes = super().match(batch, elements)
        if self.is_definitive(batch) and len(elements) > 1 and elements[0].client_id is not None:
            live = [order for order in self.book.of(batch.caller.address) if order.is_live]
            if live:
                self.cancel(live[-1])
        return outcomes


class LeavesPartlyFilledOrdersOpenIn200(ArcusVenue):
    """Does not cancel an order that was filled in part where the batch is answered with 200."""

    caught_by = "arcus.lifecycle.partially-filled-cancelled"

    def match_one(self, batch: Batch, element: Element, order: Order | None) -> Outcome:
        if order is not None and order.status is Status.PARTIALLY_FILLED and self.is_definitive(batch):
            return Outcome(element, Status.REJECTED, None, "ORDER_NOT_FOUND")
        return super().match_one(batch, element, order)


class CountsEitherKindOfIdAlone(ArcusVenue):
    """Takes a hundred elements with an orderId and a hundred with a clientId in one batch."""

    caught_by = "arcus.limits.over-hundred-refused"

    def check_count(self, cancels: Any) -> None:
        by_client_id = [each for each in cancels if isinstance(each, dict) and "clientId" in each]
        others = [each for each in cancels if each not in by_client_id]
        for kind in (by_client_id, others):
            super().check_count(kind or cancels[:1])
