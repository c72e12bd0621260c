"""Faults in the status in one of the occasions that it is documented for."""

from __future__ import annotations

import re

from ...http import Request
from ..base import Refusal
from ..orders import Account, ApiKey
from ..venue import ArcusVenue

_DAY_NS = 86_400 * 10**9
_AS_A_NUMBER = re.compile(r"0[xX][0-9a-fA-F_]{40}", re.ASCII)


class MeasuresDriftIn32Bits(ArcusVenue):
    """Counts how far a time is off in milliseconds of 32 bits, which begin anew after 49 days."""

    caught_by = "arcus.timestamp.too-old"

    def is_current(self, nanoseconds: int) -> bool:
        off = (self.clock.nanoseconds() - nanoseconds) // 10**6 % 2**32
        return min(off, 2**32 - off) <= 30_000


class AnswersTimesOfAnotherDayWith400(ArcusVenue):
    """Refuses a time that is more than a day ahead with 400."""

    caught_by = "arcus.timestamp.too-far-ahead"

    def check_window(self, nanoseconds: int) -> None:
        if nanoseconds - self.clock.nanoseconds() > _DAY_NS - 10**9:
            raise Refusal(400, "X-Timestamp is not a time of today")
        super().check_window(nanoseconds)


class ReadsAddressesAsNumbers(ArcusVenue):
    """Reads an address as a number in which underscores may stand, and so takes a wrong one for another's."""

    caught_by = "arcus.address.invalid-hex"

    def read_address(self, text: str) -> str:
        if _AS_A_NUMBER.fullmatch(text):
            return f"0x{int(text, 16):040x}"
        return super().read_address(text)


class AnswersOtherAddressesWithoutAPrefixWith400(ArcusVenue):
    """Refuses another account's address with 400 when it is written without 0x."""

    caught_by = "arcus.address.other-account"

    def account_of(self, request: Request, key: ApiKey) -> Account:
        prefixed = self.written_address(request, key)[:2] in ("0x", "0X")
        try:
            return super().account_of(request, key)
        except Refusal as refusal:
            raise Refusal(refusal.status if prefixed else 400, "invalid address") from None


class AnswersBothIdsOfNoOrderWith404(ArcusVenue):
    """Refuses an element with both ids with 404 when its orderId names no order."""

    caught_by = "arcus.target.both-ids"

    def resolve_both_ids(self, position: int, order_id: str, client_id: str) -> tuple[str | None, str | None]:
        if self.book.get(order_id) is None:
            raise Refusal(404, "order not found")
        return super().resolve_both_ids(position, order_id, client_id)
