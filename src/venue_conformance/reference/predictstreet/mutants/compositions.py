"""Faults that need a batch, or the past of an order, to be composed in a certain way to show."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Unpack

from ...http import Request, Response
from ...venue import STATES_PATH
from ..base import PredictStreetOptions
from ..orders import Caller, Order, Status
from ..outcomes import ALREADY_TERMINAL, Outcomes
from ..venue import PredictStreetVenue


class SaysInAHeaderThatALaterOrderIsForeign(PredictStreetVenue):
    """Says in a header that an id of the batch, unless it is the first, is that of another wallet's order."""

    caught_by = "predictstreet.isolation.indistinguishable"
    _foreign: frozenset[str] = frozenset()

    def decide(self, caller: Caller, order_ids: Sequence[str], found: Mapping[str, Order]) -> Outcomes:
        self._foreign = frozenset(order.id for order in found.values() if order.wallet != caller.wallet)
        return super().decide(caller, order_ids, found)

    def success(self, order_ids: Sequence[str], outcomes: Outcomes) -> Response:
        answer = super().success(order_ids, outcomes)
        return answer.with_header("x-owner", "other") if self._foreign.intersection(order_ids[1:]) else answer


class ReportsWhatWasFilledInPartsAsCancelled(PredictStreetVenue):
    """Reports an order that was filled in part, and then wholly, as cancelled just now."""

    caught_by = "predictstreet.lifecycle.filled-is-final"

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._filled_in_part: set[str] = set()

    async def handle(self, request: Request) -> Response:
        if request.path == STATES_PATH:
            asked = json.loads(request.body)
            if asked.get("state") == "fill" and asked["params"].get("part"):
                self._filled_in_part.add(asked["params"]["orderId"])
        return await super().handle(request)

    def objection(self, caller: Caller, order: Order | None) -> str | None:
        reason = super().objection(caller, order)
        in_parts = order is not None and order.status is Status.FILLED and order.id in self._filled_in_part
        return None if in_parts and reason == ALREADY_TERMINAL else reason

    def cancelled(self, order: Order) -> Order:
        return order if order.status is Status.FILLED else super().cancelled(order)
