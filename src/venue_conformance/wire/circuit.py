"""A circuit breaker: whoever has failed several times in a row is left alone, and asked again now and then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from venue_conformance.errors import TargetSilent
from venue_conformance.wire.lost_time import LostTime

#: So many faults in a row, at any time of a run and whoever meets them, open the circuit.
FAULTS_IN_A_ROW = 5
#: How long an open circuit waits before it lets one request through.
ASK_AGAIN_SECONDS = 30.0
#: What is waited before a request when so many faults came in a row just before: a counterpart that restarts is given
#: a moment, and a single fault costs nothing.
_PAUSES = (0.0, 0.0, 0.25, 1.0, 2.0)


class CircuitBreaker:
    """Guards one counterpart, which ``what`` names in sentences. Safe to use from many threads.

    It is open for good once ``lost`` says that the run has lost more time than it may.
    """

    def __init__(
        self,
        what: str,
        lost: LostTime | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._what, self.lost = what, lost or LostTime(None)
        self._clock, self._sleep = clock, sleep
        self._faults, self._last = 0, ""
        self._ask_at = 0.0
        self._lock = threading.Lock()

    def admit(self) -> None:
        """Let a request through, after a pause where the ones before it failed. Raises TargetSilent."""
        if used_up := self.lost.used_up:
            raise TargetSilent(used_up)
        with self._lock:
            pause = 0.0
            if self._faults < FAULTS_IN_A_ROW:
                pause = _PAUSES[self._faults]
            elif self._clock() >= self._ask_at:
                self._ask_at = self._clock() + ASK_AGAIN_SECONDS
            else:
                raise TargetSilent(
                    f"{self._what} failed {self._faults} times in a row, at last so: {self._last}; it is asked again "
                    f"every {ASK_AGAIN_SECONDS:g} s"
                )
        if pause:
            began = self._clock()
            self._sleep(pause)
            self.lost.span(began, self._clock())

    def note(self, fault: str | None, started: float, finished: float) -> None:
        """Take note of how a request ended: None for an answer, else a sentence about the fault."""
        self.lost.exchange(started, finished)
        with self._lock:
            if fault is None:
                self._faults = 0
                return
            self._faults += 1
            self._last = fault
            if self._faults >= FAULTS_IN_A_ROW:
                self._ask_at = self._clock() + ASK_AGAIN_SECONDS
