"""Faults that come out a while after the answer: what was read as it must be changes once more."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Unpack

from ..base import PredictStreetOptions
from ..orders import Order, Status
from ..outcomes import NOT_FOUND, Outcomes
from ..venue import PredictStreetVenue

LATER_SECONDS = 0.3
"""Long after whoever sent a batch has looked at its orders."""


class _ChangesItsMind(PredictStreetVenue):
    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._under_way: set[asyncio.Task[None]] = set()

    def write_later(self, orders: Sequence[Order]) -> None:
        """Put these versions in the place of what is there, a while later."""
        task = asyncio.get_running_loop().create_task(self._write(orders))
        self._under_way.add(task)  # the loop itself holds tasks weakly
        task.add_done_callback(self._under_way.discard)

    async def _write(self, orders: Sequence[Order]) -> None:
        await asyncio.sleep(LATER_SECONDS)
        async with self.store.transaction() as transaction:
            await transaction.write(orders)


class ReopensCancelledOrders(_ChangesItsMind):
    """Puts a cancelled order back into the book a while later, as a restart from an old snapshot would."""

    caught_by = "predictstreet.lifecycle.read-back"

    def cancelled_versions(self, found: Mapping[str, Order], outcomes: Outcomes) -> list[Order]:
        versions = super().cancelled_versions(found, outcomes)
        self.write_later([replace(order, status=Status.OPEN) for order in versions])
        return versions


class CancelsForeignOrdersLater(_ChangesItsMind):
    """Cancels another wallet's order a while after it said that there is none."""

    caught_by = "predictstreet.isolation.foreign-untouched"

    def cancelled_versions(self, found: Mapping[str, Order], outcomes: Outcomes) -> list[Order]:
        foreign = [found[each] for each, reason in outcomes.items() if reason == NOT_FOUND and each in found]
        self.write_later([self.cancelled(order) for order in foreign if order.is_cancellable])
        return super().cancelled_versions(found, outcomes)
