"""The matching engine as far as a cancel goes: it is told of every cancelled order, after the answer has gone out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ..clock import Clock

_TRIP_SECONDS = 0.002


class Matcher:
    """Takes notice of cancels. The orders of the store are what counts, so nothing waits for it."""

    def __init__(self, clock: Clock) -> None:
        self.notified: set[str] = set()
        """Every order that the matcher knows to be cancelled."""
        self._clock = clock
        self._notices: set[asyncio.Task[None]] = set()

    def notify(self, order_ids: Sequence[str]) -> None:
        """Have the matcher told soon, off the path of the answer."""
        if not order_ids:
            return
        notice = asyncio.get_running_loop().create_task(self.deliver(order_ids))
        self._notices.add(notice)  # the loop itself keeps no hold of its tasks
        notice.add_done_callback(self._notices.discard)

    async def deliver(self, order_ids: Sequence[str]) -> None:
        """Tell the matcher and wait for its word."""
        await self._clock.sleep(_TRIP_SECONDS)
        self.notified.update(order_ids)
