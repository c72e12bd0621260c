"""Freedoms in what refuses a batch as a whole, and with which number."""

from __future__ import annotations

from typing import Unpack

from ...venue import VenueOptions
from ..cancels import Batch, Caller, Element
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


class RefusesWhatIsBeingCancelled(ArcusVenue):
    """How a batch is answered that names orders which another is just cancelling is not documented; here with 409."""

    concerns = ("arcus.async.success-status", "arcus.lifecycle.open-cancelled")

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._being_cancelled: set[str] = set()

    def judge(self, batch: Batch) -> dict[int, str]:
        objections = super().judge(batch)
        if self._ids(batch, batch.elements) & self._being_cancelled:
            raise Refusal(409, "a cancel of this order is under way")
        return objections

    async def _match_later(self, batch: Batch, elements: tuple[Element, ...]) -> None:
        mine = self._ids(batch, elements)
        self._being_cancelled |= mine
        await super()._match_later(batch, elements)
        self._being_cancelled -= mine

    def _ids(self, batch: Batch, elements: tuple[Element, ...]) -> set[str]:
        found = (self.find_target(batch.caller.account, element) for element in elements)
        return {order.id for order in found if order is not None}


class TimesMustGrowElseConflict(ArcusVenue):
    """Whether a key may send a lower X-Timestamp after a higher one, and what refuses it, is not documented."""

    concerns = ("arcus.timestamp.going-back", "arcus.async.success-status")

    def use_timestamp(self, caller: Caller) -> None:
        used = self.used_timestamps[caller.key.public_key]
        if used and caller.timestamp <= max(used):
            raise Refusal(409, "X-Timestamp must be higher than the last")
        used.clear()
        used.add(caller.timestamp)
