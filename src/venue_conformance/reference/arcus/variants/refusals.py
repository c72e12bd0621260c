"""Freedoms in what refuses a batch as a whole, and with which number."""

from __future__ import annotations

from ..cancels import Batch, Element
from ..desk import Refusal
from ..venue import ArcusVenue


class ForbidsForeignOrders(ArcusVenue):
    """How a batch of nothing but another account's orders is answered is not documented; here with 403."""

    concerns = ("arcus.isolation.foreign-order-id", "arcus.signature.single-cancel-bytes")

    def judge(self, batch: Batch) -> dict[int, str]:
        objections = super().judge(batch)
        if not objections and all(self._is_foreign(batch, element) for element in batch.elements):
            raise Refusal(403, "order belongs to another account")
        return objections

    def _is_foreign(self, batch: Batch, element: Element) -> bool:
        order = self.order_named(batch.caller.account, element)
        return order is not None and not self.owns(batch.caller.account, order)
