"""What properties and state machines have in common: attempts, the smallest failing one, and when to stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import reject
from hypothesis.errors import Flaky, Unsatisfiable

from venue_conformance.errors import EnvironmentFault, Violation
from venue_conformance.fuzz.breaches import Breaches
from venue_conformance.fuzz.profiles import NIGHTLY_ROUNDS, NIGHTLY_SECONDS, SHRINKING_SECONDS, TRYING_SECONDS
from venue_conformance.wire.recorder import Recorder, Remark, Step


@dataclass
class Failure:
    """An attempt that failed: what was done, what it raised, and the steps that show it."""

    done: tuple[str, ...]
    error: Exception
    steps: list[Step]


@dataclass
class Attempts:
    """Watches the attempts of one property or machine, which begin within ``seconds``.

    An attempt names each thing that it does before it does it. Once an attempt has failed, others are made for
    SHRINKING_SECONDS, in search of a smaller one; from then on only what is known to fail is done again. One that
    ends in a breach counts as none that failed. ``tell`` says what an attempt did.
    """

    recorder: Recorder
    breaches: Breaches
    tell: Callable[[tuple[str, ...]], str]
    clock: Callable[[], float] = time.monotonic
    made: int = 0
    done: int = 0
    smallest: Failure | None = None
    fault: EnvironmentFault | None = None
    seconds: float = TRYING_SECONDS
    _began: float | None = None
    _deadline: float | None = None
    _mark: int = 0
    _done: list[str] = field(default_factory=list)
    _failing: set[tuple[str, ...]] = field(default_factory=set)

    def begin(self) -> None:
        """Begin an attempt, unless the time for attempts is over."""
        now = self.clock()
        self._began = now if self._began is None else self._began
        if self.smallest is None and now - self._began > self.seconds:
            reject()
        self.made += 1
        self._mark = len(self.recorder.steps)
        self._done = []

    def doing(self, what: str) -> None:
        """Say what is done next; ends the attempt when it is not worth doing."""
        self._done.append(what)
        self.done += 1
        if self.fault is not None or (self._overdue and not self._known):
            reject()

    @property
    def _overdue(self) -> bool:
        return self._deadline is not None and self.clock() > self._deadline

    @property
    def _known(self) -> bool:
        so_far = tuple(self._done)
        return any(failing[: len(so_far)] == so_far for failing in self._failing)

    def failed(self, error: Exception) -> None:
        """Note what ended an attempt, unless a smaller one is known. Raises nothing for a fault of the venue's."""
        if isinstance(error, EnvironmentFault):
            self.fault = error
            reject()
        failure = Failure(tuple(self._done), error, self.recorder.since(self._mark))
        if self.breaches.note(error, failure.steps):
            error.add_note(self.tell(failure.done))
            reject()
        if self._deadline is None:
            self._deadline = self.clock() + SHRINKING_SECONDS
        self._failing.add(failure.done)
        if self.smallest is None or len(failure.done) <= len(self.smallest.done):
            self.smallest = failure

    def run(self, rounds: Callable[[int | None], Any], profile: str, chosen_seed: int | None, run_seed: int) -> None:
        """Run what makes the attempts, and raise what the smallest failing one raised.

        ``rounds`` is called with the seed to draw from, None to draw as in every run. The nightly profile calls it
        again with other seeds until its time is over.
        """
        self.seconds = NIGHTLY_SECONDS if profile == "nightly" else TRYING_SECONDS
        ends = self.clock() + NIGHTLY_SECONDS
        first = chosen_seed if chosen_seed is not None else run_seed if profile == "nightly" else None
        for number in range(NIGHTLY_ROUNDS if profile == "nightly" else 1):
            try:
                rounds(None if first is None else first + number)
            except (Violation, AssertionError, Flaky, Unsatisfiable, EnvironmentFault) as error:
                # A target that answers the same sequence in two ways breaks no promise by that alone, and that nothing
                # new is begun when the time is over is meant.
                passing = isinstance(error, Flaky) or (isinstance(error, Unsatisfiable) and self.made > 0)
                if self.fault is None and self.smallest is None and not passing:
                    raise
                if isinstance(error, Flaky) and self.smallest is not None and self.fault is None:
                    self.smallest.error.add_note("(it did not happen again when the same was done once more)")
            if self.fault is not None or self.smallest is not None or self.clock() > ends:
                break
        if self.smallest is not None:
            self.recorder.told = self.smallest.steps
            self.smallest.error.add_note(self.tell(self.smallest.done))
            raise self.smallest.error
        if self.fault is not None:
            raise self.fault
        # Of what was tried in vain only the extent is told; the exchanges are all there.
        extent = f"{self.made} attempts of {self.done / max(1, self.made):.0f} steps on average, none of which failed"
        self.recorder.told = [Remark(extent)]


def seeded(test: Callable[[], None], number: int | None) -> Callable[[], None]:
    """The test, drawing from this seed; None leaves it as it is.

    Hypothesis' own ``seed`` does the same, and forgets about the example database besides.
    """
    if number is not None:
        test._hypothesis_internal_use_seed = number  # type: ignore[attr-defined]
    return test
