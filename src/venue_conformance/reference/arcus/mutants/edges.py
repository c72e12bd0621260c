"""Faults that come out at the edges of what a value may be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..cancels import Batch, Element
from ..channel import Topic
from ..orders import Account, Order
from ..venue import ArcusVenue

_SECOND = 10**9


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

    caught_by = "arcus.isolation.unnamed-untouched"

    def choose(self, own: list[Order], client_id: str) -> Order | None:
        return next((order for order in reversed(own) if _same(order.client_id or "", client_id)), None)


class FindsClientIdsInAnyLetterCase(_FindsByClientIdOtherwise):
    """Finds the oldest live order whose client id is the named one when letter case is left out of account."""

    caught_by = "arcus.isolation.unnamed-untouched"

    def choose(self, own: list[Order], client_id: str) -> Order | None:
        same = [order for order in own if (order.client_id or "").lower() == client_id.lower()]
        return next((order for order in same if order.is_live), same[-1] if same else None)


class DropsLeadingZerosOfSignatures(ArcusVenue):
    """Reads a signature as a number, and finds one too short that begins with a byte of 0."""

    caught_by = "arcus.signature.single-cancel-bytes"

    def signature_fits(self, batch: Batch, element: Element, signature: str) -> bool:
        return not signature.startswith("00") and super().signature_fits(batch, element, signature)


class EndsSignaturesAtAZero(ArcusVenue):
    """Keeps the bytes of a signature as text, which ends at a last byte of 0."""

    caught_by = "arcus.signature.single-cancel-bytes"

    def signature_fits(self, batch: Batch, element: Element, signature: str) -> bool:
        return not signature.endswith("00") and super().signature_fits(batch, element, signature)


class SharesOnePoolAmongAccountIndexes(ArcusVenue):
    """Counts what all account indexes of an address cancel in one pool."""

    caught_by = "arcus.rate-limit.per-subaccount"

    def pool_owner(self, batch: Batch, account_index: int) -> Topic:
        return Topic(batch.caller.address, 0)


class WaitsFiveSecondsMore(ArcusVenue):
    """Accepts an X-Timestamp up to 35 seconds old."""

    caught_by = "arcus.timestamp.too-old"

    def is_current(self, nanoseconds: int) -> bool:
        return super().is_current(nanoseconds) or 0 < self.clock.nanoseconds() - nanoseconds < 35 * _SECOND


class LooksFiveSecondsMoreAhead(ArcusVenue):
    """Accepts an X-Timestamp up to 35 seconds ahead."""

    caught_by = "arcus.timestamp.too-far-ahead"

    def is_current(self, nanoseconds: int) -> bool:
        return super().is_current(nanoseconds) or 0 < nanoseconds - self.clock.nanoseconds() < 35 * _SECOND


class WindowOf25Seconds(ArcusVenue):
    """Refuses an X-Timestamp that is more than 25 seconds off."""

    caught_by = "arcus.timestamp.within-window"

    def is_current(self, nanoseconds: int) -> bool:
        return abs(self.clock.nanoseconds() - nanoseconds) <= 25 * _SECOND


def _same(one: str, other: str) -> bool:
    if one.isdecimal() and other.isdecimal():
        return float(one) == float(other)
    return one == other


class CountsCancelsInOneByte(ArcusVenue):
    """Keeps the number of cancels in one byte, so that 257 of them are one."""

    caught_by = "arcus.limits.over-hundred-refused"

    def check_count(self, cancels: Sequence[Any]) -> None:
        super().check_count(cancels[: len(cancels) % 256])


class WantsFewCancelsOrHundred(ArcusVenue):
    """Takes forty cancels or fewer at once, or a hundred, and refuses what is between."""

    caught_by = "arcus.limits.hundred-accepted"

    def check_count(self, cancels: Sequence[Any]) -> None:
        super().check_count(cancels)
        if 40 < len(cancels) < 100:
            raise self.malformed("cancels must hold 1 to 40 elements, or 100")
