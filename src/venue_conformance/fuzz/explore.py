"""Runs a property over inputs that Hypothesis draws, within what a target may be asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis.strategies import SearchStrategy

from venue_conformance.errors import EnvironmentFault, Violation
from venue_conformance.fuzz.attempts import Attempts, seeded
from venue_conformance.fuzz.breaches import Breaches
from venue_conformance.fuzz.profiles import profile_settings
from venue_conformance.wire.recorder import Recorder


class Explore:
    """Calls a property with drawn inputs and raises what the smallest failing one raised.

    The ci and smoke profiles draw the same inputs in every run unless ``chosen_seed`` says otherwise; nightly draws
    anew each time, from ``run_seed``. ``name`` tells the property from others of the same shape. What
    ``breaches`` takes note of is not raised.
    """

    def __init__(
        self,
        profile: str,
        chosen_seed: int | None,
        *,
        run_seed: int,
        recorder: Recorder,
        breaches: Breaches,
        name: str = "",
    ) -> None:
        self._profile, self._seed, self._run_seed = profile, chosen_seed, run_seed
        self._recorder, self._breaches, self._name = recorder, breaches, name

    def __call__(self, holds: Callable[..., None], *, examples: int = 20, **strategies: SearchStrategy[Any]) -> None:
        """Try ``holds`` with about ``examples`` inputs drawn from ``strategies``, each handed over by its name.

        Raises Violation (or AssertionError) for the smallest input found for which it does not hold, with the input
        as a note; an EnvironmentFault ends the exploration at once.
        """
        attempts = Attempts(self._recorder, self._breaches, lambda done: f"with {done[0]}"[:2000])

        def attempt(**drawn: Any) -> None:
            attempts.begin()
            attempts.doing(", ".join(f"{name}={value!r}" for name, value in drawn.items()))
            try:
                holds(**drawn)
            except (Violation, AssertionError, EnvironmentFault) as error:
                attempts.failed(error)
                raise

        def round_of(number: int | None) -> None:
            chosen = profile_settings(self._profile, examples, seeded=self._seed is not None)
            test = chosen(given(**strategies)(attempt))
            # Properties share this function, not what was drawn for one of them.
            test.hypothesis.inner_test._hypothesis_internal_add_digest = self._name.encode()  # type: ignore[attr-defined]
            seeded(test, number)()

        attempts.run(round_of, self._profile, self._seed, self._run_seed)
