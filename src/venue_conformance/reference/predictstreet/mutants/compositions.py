"""Lies that need a batch of a certain composition to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...http import Response
from ..orders import Caller, Order
from ..outcomes import Outcomes
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
