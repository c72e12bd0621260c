"""Faults in how many ids a batch may have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...http import Request, Response
from ..base import Refusal
from ..batch import MAX_ORDER_IDS
from ..orders import Caller
from ..outcomes import UNKNOWN, Outcomes
from ..venue import PredictStreetVenue


class WantsTwoIds(PredictStreetVenue):
    """Refuses a batch of one: there is an endpoint for that."""

    caught_by = "predictstreet.limits.one-accepted"

    def check_count(self, order_ids: Sequence[Any]) -> None:
        super().check_count(order_ids)
        if len(order_ids) == 1:
            raise self.invalid("use cancel for a single order")


class EndsAtNinetyNine(PredictStreetVenue):
    """Refuses the hundredth id."""

    caught_by = "predictstreet.limits.hundred-accepted"

    def check_count(self, order_ids: Sequence[Any]) -> None:
        super().check_count(order_ids)
        if len(order_ids) >= MAX_ORDER_IDS:
            raise self.invalid("orderIds must contain fewer than 100 elements")


class CarriesOutTheFirstSixtyFour(PredictStreetVenue):
    """Accepts one hundred ids, carries out the first 64 and calls the rest unknown."""

    caught_by = "predictstreet.limits.hundred-accepted"

    async def run_batch(self, caller: Caller, order_ids: Sequence[str]) -> Outcomes:
        outcomes = await super().run_batch(caller, order_ids[:64])
        return {**outcomes, **dict.fromkeys(order_ids[64:], UNKNOWN)}


class TakesAnEmptyBatch(PredictStreetVenue):
    """Answers a batch of no ids with a success."""

    caught_by = "predictstreet.limits.empty-refused"

    def check_count(self, order_ids: Sequence[Any]) -> None:
        if order_ids:
            super().check_count(order_ids)


class TakesAHundredAndOne(PredictStreetVenue):
    """Counts from zero and takes one id too many."""

    caught_by = "predictstreet.limits.over-hundred-refused"

    def check_count(self, order_ids: Sequence[Any]) -> None:
        # A repeat keeps the bound here, so that only the number of different ids is lied about.
        distinct = len({order_id for order_id in order_ids if isinstance(order_id, str)})
        if not (distinct == len(order_ids) == MAX_ORDER_IDS + 1):
            super().check_count(order_ids)


class CutsTheBatchAtAHundred(PredictStreetVenue):
    """Drops the ids beyond the hundredth and carries out the others."""

    caught_by = "predictstreet.limits.over-hundred-refused"

    def order_ids_in(self, document: dict[str, Any]) -> list[Any]:
        return super().order_ids_in(document)[:MAX_ORDER_IDS]


class CountsDifferentIds(PredictStreetVenue):
    """Counts the ids when the repeats are gone."""

    caught_by = "predictstreet.limits.repeat-counts"

    def check_count(self, order_ids: Sequence[Any]) -> None:
        texts = {order_id for order_id in order_ids if isinstance(order_id, str)}
        others = [order_id for order_id in order_ids if not isinstance(order_id, str)]
        super().check_count([*texts, *others])


class CancelsTheFirstHundredOfTooMany(PredictStreetVenue):
    """Cancels the first hundred before it refuses the batch for the one too many."""

    caught_by = "predictstreet.limits.refused-cancels-nothing"

    async def carry_out(self, caller: Caller, request: Request) -> Response:
        try:
            return await super().carry_out(caller, request)
        except Refusal:
            await _cancel_texts(self, caller, self.order_ids_in(self.read_object(request))[:MAX_ORDER_IDS])
            raise


class CancelsUpToTheFirstBadElement(PredictStreetVenue):
    """Cancels ids as it reads them, until it meets one that is no string and refuses the batch."""

    caught_by = "predictstreet.limits.refused-cancels-nothing"

    async def carry_out(self, caller: Caller, request: Request) -> Response:
        try:
            return await super().carry_out(caller, request)
        except Refusal:
            elements = self.order_ids_in(self.read_object(request))
            bad = next((place for place, element in enumerate(elements) if not isinstance(element, str)), 0)
            await _cancel_texts(self, caller, elements[:bad])
            raise


async def _cancel_texts(venue: PredictStreetVenue, caller: Caller, elements: Sequence[Any]) -> None:
    order_ids = [element for element in elements if isinstance(element, str)]
    if len(order_ids) == len(elements) > 0:
        await venue.run_batch(caller, venue.distinct(order_ids))


class CountsIdsInOneByte(PredictStreetVenue):
    """Keeps the number of ids in one byte, so that 257 of them are one."""

    caught_by = "predictstreet.limits.over-hundred-refused"

    def check_count(self, order_ids: Sequence[Any]) -> None:
        super().check_count(range(len(order_ids) % 256))


class WantsFewIdsOrHundred(PredictStreetVenue):
    """Takes forty ids or fewer at once, or a hundred, and refuses what lies between."""

    caught_by = "predictstreet.limits.hundred-accepted"

    def check_count(self, order_ids: Sequence[Any]) -> None:
        super().check_count(order_ids)
        if 40 < len(order_ids) < MAX_ORDER_IDS:
            raise self.invalid("orderIds must contain 1 to 40 elements, or 100")
