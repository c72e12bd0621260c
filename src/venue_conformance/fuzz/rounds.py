"""Rounds of examples: how many there are, what ends them, and what is said of all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis.errors import Flaky, Unsatisfiable

from venue_conformance.errors import DISPOSABLE, EnvironmentFault, OutOfTime, Violation
from venue_conformance.fuzz.breaches import Draw
from venue_conformance.fuzz.profiles import NIGHTLY_ROUNDS, NIGHTLY_SECONDS
from venue_conformance.fuzz.tracker import ExampleTracker, Stop
from venue_conformance.wire.recorder import Remark

#: Each newly found breach ends a round, and so does a target that answers the same in two ways.
_MOST_ROUNDS = 60
_NOT_AGAIN = "(it did not happen again when the same was done once more)"

#: Makes the examples of a round, given a seed and how many; a seed of None draws as in every run.
MakeExamples = Callable[[int | None, int], Any]


class Rounds:
    """The rounds of one exploration: a new one after each breach that is found, which is known from then on.

    They go on until at least as many examples have come after the first breach as before.
    """

    def __init__(self, tracker: ExampleTracker, make: MakeExamples) -> None:
        self._tracker, self._make = tracker, make
        self._breaches = tracker.around.breaches
        self._drawn: set[Draw] = set()

    def run(self, examples: int, profile: str, chosen_seed: int | None, run_seed: int) -> None:
        """Run them. The nightly profile draws again with other seeds until its time is over.

        Raises what ended it, if that is no breach that was noted.
        """
        tracker, nightly = self._tracker, profile == "nightly"
        tracker.seconds = NIGHTLY_SECONDS if nightly else tracker.seconds
        planned = examples * (NIGHTLY_ROUNDS if nightly else 1)
        first = chosen_seed if chosen_seed is not None else run_seed if nightly else None
        for number in range(_MOST_ROUNDS):
            seed = first if not number else (first or 0) + number
            left = max(planned, 2 * (tracker.first_breach or 0)) - tracker.made
            if left <= 0:
                break
            made, wanted = tracker.made, min(left, examples) if nightly else left
            again = self._round(seed, wanted)
            if self._ended or tracker.cut or tracker.nearly_all_unsafe:
                break
            if not again and tracker.made - made < wanted:
                break  # there is nothing more to be drawn
        self._seek_accepted()
        conclude(tracker, planned)

    @property
    def _ended(self) -> bool:
        return self._tracker.fault is not None or self._tracker.ended_by_assertion

    def _seek_accepted(self) -> None:
        """Draw once more what showed an accepted breach that was not met, lest it be taken for mended."""
        tracker, breaches = self._tracker, self._breaches
        for draw in dict.fromkeys(each for draws in breaches.missed().values() for each in draws):
            waiting = [clause for clause, draws in breaches.missed().items() if draw in draws]
            if not waiting or draw in self._drawn:
                continue
            cut, tracker.cut = tracker.cut, False
            tracker.begin_time()  # it has time of its own
            if not self._ended:
                self._round(draw.seed, draw.examples)
            if tracker.cut or self._ended:
                breaches.unsought.update(clause for clause in waiting if clause in breaches.missed())
            tracker.cut = cut

    def _round(self, seed: int | None, examples: int) -> bool:
        """Whether another round is to follow, for this one was broken off."""
        tracker, broken_off = self._tracker, False
        self._breaches.drawing = Draw(seed, examples)
        self._drawn.add(Draw(seed, examples))
        try:
            self._make(seed, examples)
        except Stop:
            broken_off = True
        except Flaky:
            # A target that answers the same sequence in two ways breaks no promise by that alone.
            broken_off = True
            self._say_not_again()
        except Unsatisfiable:
            pass
        except (Violation, AssertionError):
            if not tracker.shrinking.on:
                raise
            broken_off = True
        except EnvironmentFault as fault:
            tracker.fault = fault
        finally:
            self._breaches.drawing = None
        if tracker.shrinking.on:
            broken_off = True
            tracker.stop_shrinking()
        return broken_off

    def _say_not_again(self) -> None:
        """Say that a breach was not met again: only after a repetition that ran to its end and passed."""
        tracker = self._tracker
        if not tracker.shrinking.passed_again:
            return
        if tracker.shrinking.clause is not None:
            self._breaches.found[tracker.shrinking.clause].violation.add_note(_NOT_AGAIN)
        elif tracker.unnamed is not None:
            tracker.unnamed[0].add_note(_NOT_AGAIN)


def conclude(tracker: ExampleTracker, planned: int) -> None:
    """Say how much was tried; raises what ended it, if that is no breach that was noted."""
    recorder, breaches = tracker.around.recorder, tracker.around.breaches
    breaches.conclude()
    if tracker.unnamed is not None and (tracker.ended_by_assertion or not breaches.found):
        error, recorder.trace = tracker.unnamed
        raise error
    if tracker.fault is not None:
        raise tracker.fault
    if tracker.last_drop is not None and not breaches.examples:
        raise tracker.last_drop
    if tracker.cut and not breaches.examples:
        raise OutOfTime("the time was over before the first example")
    # Of what was tried in vain only the extent is told; the exchanges are all there.
    recorder.trace = [*(recorder.trace or []), Remark(_extent(tracker, planned))]
    if tracker.doubt is not None:
        raise tracker.doubt


def _extent(tracker: ExampleTracker, planned: int) -> str:
    made = tracker.made
    found = "none of which failed" if tracker.first_breach is None else "some of which broke a clause"
    cut = f", cut short: {made} of {planned} examples ran before the time was over" if tracker.cut else ""
    faulty = tracker.dropped - tracker.unsafe
    dropped = f"; {faulty} more were dropped for faults of the way" if faulty else ""
    unsafe = f"; {tracker.unsafe} more were not sent: they need {DISPOSABLE}" if tracker.unsafe else ""
    average = tracker.done / max(1, made)
    return f"{made} examples of {average:.0f} steps on average, {found}{cut}{dropped}{unsafe}"
