"""Explorations of small fakes: what each test hands to an exploration, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tiny_server import TinyServer, tiny_server
from venue_conformance.fuzz.breaches import Breaches
from venue_conformance.fuzz.explore import Explore
from venue_conformance.fuzz.profiles import register_profiles
from venue_conformance.fuzz.tracker import Surroundings
from venue_conformance.wire.recorder import Recorder

Make = Callable[..., Explore]
SERVER_ERROR = "alpha.robustness.no-server-error"


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def breaches() -> Breaches:
    return Breaches()


@pytest.fixture
def explorer(tmp_path: Path, recorder: Recorder, breaches: Breaches) -> Make:
    """Makes an exploration; all of one test note what they find in ``breaches``."""
    register_profiles(tmp_path, remembering=False)

    def make(
        profile: str = "ci",
        seed: int | None = None,
        *,
        run_seed: int = 1,
        name: str = "check",
        clause: str | None = None,
        out_of_time: Callable[[], bool] = lambda: False,
        control: Callable[[], bool] = lambda: True,
    ) -> Explore:
        around = Surroundings(recorder, breaches, out_of_time, control, SERVER_ERROR, clause)
        return Explore(profile, seed, run_seed=run_seed, around=around, name=name)

    return make


@pytest.fixture
def server() -> Iterator[TinyServer]:
    with tiny_server() as running:
        yield running
