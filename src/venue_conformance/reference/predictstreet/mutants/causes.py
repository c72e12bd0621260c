"""Faults in a batch in which orders of one status cannot be cancelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..orders import Caller, Order, Status
from ..outcomes import UNKNOWN, Outcomes
from ..venue import PredictStreetVenue


class StopsAtExpiredOrders(PredictStreetVenue):
    """Cancels nothing more once an order of the batch has expired, and calls the others unknown."""

    caught_by = "predictstreet.independence.bad-id-affects-no-other"

    def decide(self, caller: Caller, order_ids: Sequence[str], found: Mapping[str, Order]) -> Outcomes:
        stopped = False
        outcomes: Outcomes = {}
        for order_id, reason in super().decide(caller, order_ids, found).items():
            outcomes[order_id] = UNKNOWN if stopped and reason is None else reason
            order = found.get(order_id)
            stopped = stopped or (order is not None and order.status is Status.EXPIRED)
        return outcomes


class RollsBackWhenTheLastWasRejected(PredictStreetVenue):
    """Reports the others of a batch as cancelled, and has rolled them back, when the last one was rejected before."""

    caught_by = "predictstreet.independence.bad-id-affects-no-other"

    def cancelled_versions(self, found: Mapping[str, Order], outcomes: Outcomes) -> list[Order]:
        last = found.get([*outcomes][-1])
        rolled_back = last is not None and last.status is Status.REJECTED
        return [] if rolled_back else super().cancelled_versions(found, outcomes)
