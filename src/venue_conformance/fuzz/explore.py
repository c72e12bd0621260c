"""Runs a property over inputs that Hypothesis draws, within what a target may be asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, reject, seed, settings
from hypothesis.strategies import SearchStrategy

from venue_conformance.errors import EnvironmentFault, Violation

#: How many times the examples of the ci profile each profile tries.
SCALE = {"smoke": 0.2, "ci": 1.0, "nightly": 20.0}
#: How long a failing example may be made smaller, in seconds: it costs the target requests.
SHRINKING_SECONDS = 10.0


class Explore:
    """Calls a property with drawn inputs and raises what the smallest failing one raised.

    The ci and smoke profiles draw the same inputs in every run unless ``chosen_seed`` says otherwise; nightly draws
    anew each time.
    """

    def __init__(self, profile: str, chosen_seed: int | None) -> None:
        self._profile, self._seed = profile, chosen_seed

    def __call__(
        self, holds: Callable[..., None], *, examples: int = 20, **strategies: SearchStrategy[Any]
    ) -> None:
        """Try ``holds`` with about ``examples`` inputs drawn from ``strategies``, each handed over by its name.

        Raises Violation (or AssertionError) for the smallest input found for which it does not hold, with the input
        as a note; an EnvironmentFault ends the exploration at once.
        """
        deadline: list[float] = []
        ended: list[EnvironmentFault] = []

        def attempt(**drawn: Any) -> None:
            if ended or (deadline and time.monotonic() > deadline[0] and repr(drawn) not in known):
                reject()
            try:
                holds(**drawn)
            except EnvironmentFault as fault:
                ended.append(fault)
                reject()
            except (Violation, AssertionError):
                known.add(repr(drawn))
                deadline.append(time.monotonic() + SHRINKING_SECONDS)
                raise

        known: set[str] = set()
        run = settings(
            max_examples=max(1, round(examples * SCALE[self._profile])),
            derandomize=self._profile != "nightly" and self._seed is None,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        )(given(**strategies)(attempt))
        if self._seed is not None:
            run = seed(self._seed)(run)
        try:
            run()
        except Exception:
            if ended:
                raise ended[0] from None
            raise
        if ended:
            raise ended[0]
