"""Faults in which request bodies are taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...http import Request, Response
from ..base import Refusal
from ..orders import Account
from ..venue import BayseVenue


class RefusesOneId(BayseVenue):
    """Says that one order is no batch, and refuses it."""

    caught_by = "bayse.limits.one-accepted"

    def check_count(self, order_ids: Sequence[Any]) -> None:
        super().check_count(order_ids)
        if len(order_ids) == 1:
            raise Refusal(400, "bad_request", "orderIds must hold at least 2 ids")


class RefusesTheHundredthId(BayseVenue):
    """Refuses one hundred ids, one fewer than promised."""

    caught_by = "bayse.limits.hundred-accepted"

    def check_count(self, order_ids: Sequence[Any]) -> None:
        super().check_count(order_ids)
        if len(order_ids) >= 100:
            raise Refusal(400, "bad_request", "orderIds must hold fewer than 100 ids")


class FindsHundredIdsTooLarge(BayseVenue):
    """Refuses bodies of more than 3 KiB, which one hundred ids exceed."""

    caught_by = "bayse.limits.hundred-accepted"

    def read_order_ids(self, request: Request) -> list[str]:
        if len(request.body) > 3 * 1024:
            raise Refusal(413, "payload_too_large", "The request body is too large")
        return super().read_order_ids(request)


class AnswersAnEmptyBatch(BayseVenue):
    """Answers an empty list of ids with an empty list of rows."""

    caught_by = "bayse.limits.empty-refused"

    def check_count(self, order_ids: Sequence[Any]) -> None:
        if order_ids:
            super().check_count(order_ids)


class LeavesOutWhatExceedsHundred(BayseVenue):
    """Cancels the first hundred of a longer list and says nothing of the rest."""

    caught_by = "bayse.limits.over-hundred-refused"

    def order_ids_in(self, document: dict[str, Any]) -> list[Any]:
        return super().order_ids_in(document)[:100]


class KnowsNoUpperLimit(BayseVenue):
    """Takes lists of any length, budget permitting."""

    caught_by = "bayse.limits.over-hundred-refused"

    def check_count(self, order_ids: Sequence[Any]) -> None:
        super().check_count(order_ids[:100])

    def price_of(self, account: Account, order_ids: Sequence[str]) -> int:
        return min(100, len(order_ids))


class CancelsHundredThenRefuses(BayseVenue):
    """Refuses one hundred and one ids only when it comes to the last, with the others cancelled."""

    caught_by = "bayse.limits.over-hundred-refused"

    async def carry_out(self, account: Account, request: Request) -> Response:
        document = self.read_json(request)
        order_ids = document.get("orderIds") if isinstance(document, dict) else None
        if isinstance(order_ids, list) and len(order_ids) > 100:
            await self.cancel_all(account, [order_id for order_id in order_ids[:100] if isinstance(order_id, str)])
        return await super().carry_out(account, request)


class TakesAMissingListForAnEmptyOne(BayseVenue):
    """Answers a body without orderIds as a batch of nothing."""

    caught_by = "bayse.limits.list-required"

    def read_order_ids(self, request: Request) -> list[str]:
        document = self.read_json(request)
        if isinstance(document, dict) and "orderIds" not in document:
            return []
        return super().read_order_ids(request)


class TakesAMissingListForAll(BayseVenue):
    """Cancels every open order of the caller when the body has no orderIds."""

    caught_by = "bayse.limits.list-required"

    async def carry_out(self, account: Account, request: Request) -> Response:
        document = self.read_json(request)
        if isinstance(document, dict) and "orderIds" not in document:
            own = [order.id for order in self.book.of(account.public_key) if self.is_cancellable(order)]
            return await self.run_batch(account, own)
        return await super().carry_out(account, request)


class WrapsASingleId(BayseVenue):
    """Takes a bare text in orderIds for a list of one."""

    caught_by = "bayse.limits.wrong-type-refused"

    def order_ids_in(self, document: dict[str, Any]) -> list[Any]:
        if isinstance(document.get("orderIds"), str):
            return [document["orderIds"]]
        return super().order_ids_in(document)


class TakesTheKeysOfAnObject(BayseVenue):
    """Takes an object in orderIds for the list of its keys."""

    caught_by = "bayse.limits.wrong-type-refused"

    def order_ids_in(self, document: dict[str, Any]) -> list[Any]:
        if isinstance(document.get("orderIds"), dict):
            return list(document["orderIds"]) or [""]
        return super().order_ids_in(document)


class CountsIdsInOneByte(BayseVenue):
    """Keeps the number of ids in one byte, so that 257 of them are one."""

    caught_by = "bayse.limits.over-hundred-refused"

    def check_count(self, order_ids: Sequence[Any]) -> None:
        super().check_count(range(len(order_ids) % 256))

    def price_of(self, account: Account, order_ids: Sequence[str]) -> int:
        return len(order_ids) % 256


class WantsFewIdsOrHundred(BayseVenue):
    """Takes forty ids or fewer at once, or a hundred, and refuses what lies between."""

    caught_by = "bayse.limits.hundred-accepted"

    def check_count(self, order_ids: Sequence[Any]) -> None:
        super().check_count(order_ids)
        if 40 < len(order_ids) < 100:
            raise Refusal(400, "bad_request", "orderIds must hold 1 to 40 ids, or 100")
