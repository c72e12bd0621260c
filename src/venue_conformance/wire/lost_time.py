"""Time that a run loses to its counterpart, summed up, so that a run ends however slow the other side is."""

from __future__ import annotations

import bisect
import threading

#: How much a run may lose, in seconds, unless it was given a time of its own.
RUN_SECONDS = 120.0
#: How much a look at a target (``check``) may lose.
LOOK_SECONDS = 20.0
#: What an exchange may take before its time counts as lost.
UNHURRIED_SECONDS = 1.0


class LostTime:
    """Seconds lost to time-outs, to slow answers and to waiting for limits; what overlaps counts once.

    ``budget`` is how many a run may lose, None for any number. One per run; safe to use from many threads.
    """

    def __init__(self, budget: float | None = RUN_SECONDS) -> None:
        self.budget = budget
        self.seconds = 0.0
        # Disjoint, in order.
        self._spans: list[tuple[float, float]] = []
        self._lock = threading.Lock()

    def exchange(self, started: float, finished: float) -> None:
        """Take note of an exchange, by moments of the monotonic clock."""
        self.span(started + UNHURRIED_SECONDS, finished)

    def span(self, begin: float, end: float) -> None:
        """Take note of seconds that were lost from one moment of the monotonic clock to another."""
        if end <= begin:
            return
        with self._lock:
            first = bisect.bisect_left(self._spans, begin, key=lambda span: span[1])
            last = bisect.bisect_right(self._spans, end, key=lambda span: span[0])
            overlapping = self._spans[first:last]
            if overlapping:
                begin, end = min(begin, overlapping[0][0]), max(end, overlapping[-1][1])
            self._spans[first:last] = [(begin, end)]
            self.seconds += end - begin - sum(until - since for since, until in overlapping)

    @property
    def used_up(self) -> str | None:
        """A sentence for the report once more was lost than may be; None before that."""
        if self.budget is None or self.seconds <= self.budget:
            return None
        return (
            f"{self.seconds:.0f} s were lost to time-outs, slow answers and rate limits, more than the "
            f"{self.budget:g} s that may be lost; nothing more is asked. With --max-minutes N the run takes the time "
            "that it is given"
        )
