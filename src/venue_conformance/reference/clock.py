"""The venue's sense of time, in one object that tests replace."""

from __future__ import annotations

import asyncio
import time


class Clock:
    """The real time, plus a retention time that runs ahead of it by what the state `time passed` added.

    Two times are kept apart on purpose: request timestamps are judged by the real clock, while whatever a venue
    retains for a while (idempotency keys, rate-limit windows) ages on the retention clock.
    """

    def __init__(self) -> None:
        self._passed = 0.0

    def nanoseconds(self) -> int:
        """Nanoseconds since 1970 by the real clock."""
        return time.time_ns()

    def seconds(self) -> float:
        """Seconds since 1970 by the real clock."""
        return self.nanoseconds() / 1e9

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never set back, never moved by `pass_time`."""
        return time.monotonic()

    def retention(self) -> float:
        """Seconds since some fixed moment, moved ahead by `pass_time`: what ages kept things."""
        return self.monotonic() + self._passed

    def pass_time(self, seconds: float) -> None:
        """Make everything the venue retains older by so many seconds. Never undone."""
        if seconds < 0:
            raise ValueError("time passes forwards only")
        self._passed += seconds

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds of real time while other requests are served."""
        await asyncio.sleep(seconds)
