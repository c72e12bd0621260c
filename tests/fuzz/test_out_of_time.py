"""Explorations ask for the time between two examples, and say how far they came."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from venue_conformance.errors import OutOfTime, Violation
from venue_conformance.fuzz.breaches import Breaches
from venue_conformance.wire.recorder import Recorder, Remark

from .conftest import Make

NUMBERS = st.integers(0, 10**6)


def reported(recorder: Recorder) -> str:
    return " ".join(step.text for step in recorder.trace or [] if isinstance(step, Remark))


def test_it_ends_between_two_examples_with_what_it_has(explorer: Make, recorder: Recorder) -> None:
    tried: list[int] = []
    explorer(out_of_time=lambda: len(tried) >= 12)(lambda n: tried.append(n), n=NUMBERS, examples=40)
    assert len(tried) == 12
    assert "12 of 40 examples ran before the time was over" in reported(recorder)


def test_before_the_first_example_nothing_was_tested(explorer: Make) -> None:
    tried: list[int] = []
    with pytest.raises(OutOfTime) as raised:
        explorer(out_of_time=lambda: True)(lambda n: tried.append(n), n=NUMBERS, examples=40)
    assert raised.value.cause == "out-of-time"
    assert tried == []


def test_given_cases_are_cut_as_well(explorer: Make, recorder: Recorder) -> None:
    tried: list[int] = []
    explorer(out_of_time=lambda: len(tried) >= 3)(lambda n: tried.append(n), n=NUMBERS, examples=5)
    exploring = explorer(out_of_time=lambda: len(tried) >= 5)
    exploring.each(tried.append, range(9))
    assert len(tried) == 5
    assert "2 of 9 examples ran" in reported(recorder)


def test_what_was_found_before_the_end_stands(explorer: Make, breaches: Breaches) -> None:
    tried: list[int] = []

    def holds(n: int) -> None:
        tried.append(n)
        raise Violation("right", str(n), "alpha.rows.order")

    explorer(out_of_time=lambda: breaches.examples >= 4)(holds, n=NUMBERS, examples=40)
    assert breaches.examples == 4
    assert list(breaches.found) == ["alpha.rows.order"]
