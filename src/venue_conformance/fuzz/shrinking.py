"""The search for a smaller example of what one has broken, within seconds of its own: it costs the target requests."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from venue_conformance.fuzz.profiles import SHRINKING_SECONDS, SHRINKING_SECONDS_IN_ALL


@dataclass
class Shrinking:
    """Whether examples are being made smaller, of which breach, and until when.

    ``seconds`` is what is left for that in one exploration; at 0 every new breach is just noted. ``clause`` is the one
    whose breach is made smaller, None for a failed assertion. ``failing`` is the smallest example so far, as what was
    done in it, and ``passed_again`` whether that very example has passed since.
    """

    clock: Callable[[], float] = time.monotonic
    seconds: float = SHRINKING_SECONDS_IN_ALL
    on: bool = False
    clause: str | None = None
    failing: tuple[str, ...] = ()
    passed_again: bool = False
    _began: float = 0.0
    _deadline: float = 0.0

    def begin(self, clause: str | None, failing: tuple[str, ...]) -> None:
        """Begin to make an example smaller."""
        self.on, self.clause, self.failing, self.passed_again = True, clause, failing, False
        self._began = self.clock()
        self._deadline = self._began + min(SHRINKING_SECONDS, self.seconds)

    def passed(self, done: tuple[str, ...]) -> None:
        """Note that an example ran to its end and passed."""
        self.passed_again |= self.on and done == self.failing

    @property
    def out_of_time(self) -> bool:
        """Whether examples are being made smaller for too long."""
        return self.on and self.clock() > self._deadline

    def end(self) -> float:
        """End it; the seconds that it took."""
        took = self.clock() - self._began
        self.seconds -= took
        self.on, self.clause, self.failing = False, None, ()
        return took
