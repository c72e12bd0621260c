"""Freedoms in what refuses a batch as a whole, and with which number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Unpack

from ...venue import VenueOptions
from ..base import Refusal
from ..cancels import Batch, Caller, Element
from ..orders import ApiKey
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


class ForbidsUnknownKeys(ArcusVenue):
    """Which status refuses a missing, malformed or unregistered key is not said of this operation; here 403."""

    concerns = ("arcus.authentication.key-refusal-status", "arcus.authentication.key-required")
    key_refusal = 403


class AnswersAnUnregisteredKeyWith404(ArcusVenue):
    """Which status refuses a key that nobody registered is not said of this operation; here 404."""

    concerns = ("arcus.authentication.key-refusal-status", "arcus.authentication.unknown-key-refused")

    def registered(self, public_key: str) -> ApiKey:
        if public_key not in self.keys:
            raise Refusal(404, "no such API key")
        return super().registered(public_key)


class AnswersAMissingAddressWith422(ArcusVenue):
    """Which status refuses a batch without address in the query is not said of this operation; here 422."""

    concerns = ("arcus.address.missing-status", "arcus.address.missing")
    address_missing_refusal = 422


class AnswersFaultsOfFormWith422(ArcusVenue):
    """Which status refuses a body of the wrong form is not said of this operation; here 422."""

    concerns = ("arcus.limits.refusal-status", "arcus.limits.empty-refused", "arcus.limits.wrong-type-refused")
    form_refusal = 422


class AnswersTooManyWith413(ArcusVenue):
    """Which status refuses a batch of 101 cancels is not said of this operation; here 413."""

    concerns = ("arcus.limits.refusal-status", "arcus.limits.over-hundred-refused")

    def check_count(self, cancels: Sequence[Any]) -> None:
        if len(cancels) > 100:
            raise Refusal(413, "too many cancels")
        super().check_count(cancels)


class RefusesElementMillisecondsWith400(ArcusVenue):
    """Which status refuses an element's own timestamp in the wrong unit is not said of this operation; here 400."""

    concerns = ("arcus.timestamp.element-not-nanoseconds",)

    def check_element_time(self, caller: Caller, nanoseconds: int) -> None:
        if nanoseconds < 10**17:
            raise Refusal(400, "timestamp must be Unix nanoseconds")


class ReadsLeadingDigits(ArcusVenue):
    """What becomes of an X-Timestamp with text behind its digits is not documented; here the digits count."""

    concerns = ("arcus.timestamp.trailing-text", "arcus.timestamp.not-a-number")

    def nanoseconds_in(self, text: str) -> int:
        found = re.match("[0-9]{1,19}", text)
        return super().nanoseconds_in(found[0] if found else text)
