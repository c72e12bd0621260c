"""Runs a property over inputs that Hypothesis draws, within what a target may be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from hypothesis import given
from hypothesis.errors import UnsatisfiedAssumption
from hypothesis.strategies import SearchStrategy

from venue_conformance.client.assessment import Assessment
from venue_conformance.client.wording import drawn as in_words
from venue_conformance.errors import Inconclusive, Violation
from venue_conformance.fuzz.hypothesis_internals import draw_from, tell_apart
from venue_conformance.fuzz.profiles import profile_settings, scaled
from venue_conformance.fuzz.rounds import Rounds, conclude
from venue_conformance.fuzz.shrinking import Shrinking
from venue_conformance.fuzz.tracker import ExampleTracker, Stop, Surroundings

T = TypeVar("T")


class Explore:
    """Calls a property with drawn inputs, goes on after each breach, and notes all of them.

    The ci and smoke profiles draw the same inputs in every run unless ``chosen_seed`` says otherwise; nightly draws
    anew each time, from ``run_seed``. ``name`` tells the property from others of the same shape.
    """

    def __init__(
        self, profile: str, chosen_seed: int | None, *, run_seed: int, around: Surroundings, name: str = ""
    ) -> None:
        self._profile, self._seed, self._run_seed = profile, chosen_seed, run_seed
        self._around, self._name = around, name
        self._tracker: ExampleTracker | None = None

    def __call__(self, holds: Callable[..., object], *, examples: int = 20, **strategies: SearchStrategy[Any]) -> None:
        """Try ``holds`` with about ``examples`` inputs drawn from ``strategies``, each handed over by its name.

        A Violation of a named clause is noted, with the smallest input found as a note, and more inputs are tried.
        Raises AssertionError for the smallest input whose failure names no clause, and an EnvironmentFault for what
        ended the exploration; a WayFault only when no input came through.
        """
        tracker = self._tracker = ExampleTracker(self._around, _given)

        def example(**drawn: Any) -> None:
            tracker.try_out(in_words(drawn), lambda: holds(**drawn))

        def round_of(number: int | None, count: int) -> None:
            again = tracker.made > 0
            seeded_once = self._seed is not None
            chosen = profile_settings(
                self._profile, count, seeded=seeded_once, again=again, alike=again and number is None
            )
            test = chosen(given(**strategies)(example))
            tell_apart(test, self._name)
            if number is not None:
                draw_from(test, number)
            test()

        try:
            rounds = Rounds(tracker, round_of)
            rounds.run(scaled(self._profile, examples), self._profile, self._seed, self._run_seed)
        finally:
            self._tracker = None

    def each(self, holds: Callable[[T], object], inputs: Iterable[T], name: str = "case") -> None:
        """Try ``holds`` with each of the inputs; what breaks is noted as it comes. Raises as a call does."""
        tracker = self._tracker = ExampleTracker(self._around, _given, shrinking=Shrinking(seconds=0))
        chosen = list(inputs)
        try:
            for each in chosen:
                try:
                    tracker.try_out(in_words({name: each}), lambda each=each: holds(each))  # type: ignore[misc]
                except UnsatisfiedAssumption:
                    continue  # dropped
                except (Stop, AssertionError):
                    break
            conclude(tracker, len(chosen))
        finally:
            self._tracker = None

    @property
    def assess(self) -> Assessment:
        """Where a property holds answers against several clauses, each of which is reported in the middle of it."""
        return Assessment(self.report, self._around.breaches.exercising())

    def report(self, violation: Violation) -> None:
        """Note a breach in the middle of an example, which goes on unless this one is to be made smaller."""
        if self._tracker is None:
            raise violation
        self._tracker.report(violation)

    def doubtful(self, what: Inconclusive) -> None:
        """Note what could not be judged in the middle of an example. Raised at the end, if nothing else is."""
        if self._tracker is None:
            raise what
        self._tracker.doubtful(what)


def _given(done: tuple[str, ...]) -> str:
    return f"with {done[0]}"[:2000] if done and done[0] else ""
