"""The time that an effect may take to show."""

from __future__ import annotations

import time
from collections.abc import Callable

_FIRST_PAUSE, _LONGEST_PAUSE = 0.005, 0.25


class Polling:
    """Waits between one look and the next, a little longer each time, and says when there are to be no more.

    The last look begins when the time is over: one that began before may have come back much later, on a busy machine,
    with what was true at its beginning. ``seconds`` 0 means that an effect shows at once, so that one look is enough.
    """

    def __init__(
        self,
        seconds: float,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sleep, self._clock = sleep, clock
        self._ends, self._pause = clock() + seconds, _FIRST_PAUSE
        self._last = seconds <= 0

    def wait(self) -> bool:
        """Wait until the next look is due; False when the one before was the last."""
        if self._last:
            return False
        left = self._ends - self._clock()
        self._last = left <= self._pause
        self._sleep(max(0.0, min(left, self._pause)))
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        return True
