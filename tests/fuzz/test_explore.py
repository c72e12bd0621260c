"""Exploring a property: how much is tried, what is told of a failure, when it ends, and what repeats."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from venue_conformance.errors import NotSent, TargetSilent, Violation
from venue_conformance.fuzz import rounds
from venue_conformance.fuzz.breaches import Breaches
from venue_conformance.fuzz.explore import Explore
from venue_conformance.fuzz.profiles import SCALE
from venue_conformance.wire.exchange import Exchange, Request
from venue_conformance.wire.recorder import Recorder

from .conftest import Make

NUMBERS = st.integers(0, 10**6)


def drawn_by(exploring: Explore, **options: Any) -> list[int]:
    seen: list[int] = []
    exploring(lambda n: seen.append(n), n=NUMBERS, **options)
    return seen


@pytest.mark.parametrize("profile", ["smoke", "ci"])
@pytest.mark.parametrize("examples", [1, 10, 40])
def test_it_tries_as_much_as_the_profile_says(explorer: Make, profile: str, examples: int) -> None:
    assert len(drawn_by(explorer(profile), examples=examples)) == max(1, round(examples * SCALE[profile]))


def test_it_ends_when_there_is_nothing_more_to_draw(explorer: Make) -> None:
    seen: list[bool] = []
    explorer()(lambda b: seen.append(b), b=st.booleans(), examples=50)
    assert sorted(seen) == [False, True]


def test_inputs_are_handed_over_by_name(explorer: Make) -> None:
    seen: list[tuple[int, str]] = []

    def holds(n: int, text: str) -> None:
        seen.append((n, text))

    explorer()(holds, n=NUMBERS, text=st.text(max_size=3), examples=5)
    assert all(isinstance(n, int) and isinstance(text, str) for n, text in seen)


def test_nothing_more_is_drawn_where_nearly_nothing_may_be_sent(explorer: Make) -> None:
    tried: list[int] = []
    sent: list[int] = []

    def holds(n: int) -> None:
        tried.append(n)
        if len(tried) > 3:
            raise NotSent("no array of orderIds")
        sent.append(n)

    explorer()(holds, n=NUMBERS, examples=100)
    assert (len(sent), len(tried)) == (3, 33)


def test_inputs_that_are_given_are_all_tried_however_few_may_be_sent(explorer: Make) -> None:
    sent: list[int] = []

    def holds(n: int) -> None:
        if n < 99:
            raise NotSent("no array of orderIds")
        sent.append(n)

    explorer().each(holds, range(100))
    assert sent == [99]


@pytest.mark.parametrize("profile", ["smoke", "ci"])
def test_what_is_drawn_is_the_same_in_every_run(explorer: Make, profile: str) -> None:
    assert drawn_by(explorer(profile, run_seed=1)) == drawn_by(explorer(profile, run_seed=2))


def test_each_check_draws_for_itself(explorer: Make) -> None:
    assert drawn_by(explorer(name="one")) != drawn_by(explorer(name="another"))


@pytest.mark.parametrize("profile", ["smoke", "ci"])
def test_a_seed_repeats(explorer: Make, profile: str) -> None:
    assert drawn_by(explorer(profile, 7), examples=30) == drawn_by(explorer(profile, 7), examples=30)
    assert drawn_by(explorer(profile, 7), examples=30) != drawn_by(explorer(profile, 8), examples=30)


def test_nightly_draws_anew_and_can_be_repeated(explorer: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "NIGHTLY_ROUNDS", 2)
    first = drawn_by(explorer("nightly", run_seed=1))
    assert first != drawn_by(explorer("nightly", run_seed=2))
    assert first == drawn_by(explorer("nightly", 1))


def fails_from(limit: int, seen: list[int]) -> Callable[[int], None]:
    def holds(n: int) -> None:
        seen.append(n)
        if n >= limit:
            raise Violation("a small number", str(n), "alpha.rows.order")

    return holds


def test_the_smallest_failing_input_is_told(explorer: Make, breaches: Breaches) -> None:
    seen: list[int] = []
    explorer()(fails_from(1000, seen), n=NUMBERS)
    violation = breaches.found["alpha.rows.order"].violation
    assert violation.actual == "1000"
    assert "with n: 1000" in violation.__notes__


def test_a_plain_assertion_is_told_alike(explorer: Make) -> None:
    def holds(n: int, text: str) -> None:
        assert n < 1000, f"{n} is too much"

    with pytest.raises(AssertionError, match="1000 is too much") as caught:
        explorer()(holds, n=NUMBERS, text=st.text())
    assert "with n: 1000; text: an empty text" in caught.value.__notes__


def test_a_long_input_does_not_fill_the_report(explorer: Make) -> None:
    def holds(text: str) -> None:
        assert len(text) < 5000

    with pytest.raises(AssertionError) as caught:
        explorer()(holds, text=st.text(min_size=5000))
    assert all(len(note) <= 2000 for note in caught.value.__notes__ if note.startswith("with"))


def test_the_steps_are_those_of_the_smallest_input(explorer: Make, recorder: Recorder) -> None:
    def holds(n: int) -> None:
        recorder.add(Exchange(Request("GET", f"/{n}", ()), f"http://h/{n}", 0, 1, "", 200))
        assert n < 1000

    with pytest.raises(AssertionError):
        explorer()(holds, n=NUMBERS)
    assert recorder.trace is not None
    assert [step.url for step in recorder.trace if isinstance(step, Exchange)] == ["http://h/1000"]
    assert len(recorder.exchanges) > 1, "everything that was sent stays recorded"


def test_a_violation_is_not_lost_to_a_fault_while_it_is_made_smaller(explorer: Make, breaches: Breaches) -> None:
    called = 0

    def holds(n: int) -> None:
        nonlocal called
        called += 1
        if called > 1:
            raise TargetSilent("the venue went away")
        raise Violation("a small number", str(n), "alpha.rows.order")

    with pytest.raises(TargetSilent):
        explorer()(holds, n=NUMBERS)
    assert breaches.found["alpha.rows.order"].violation.expected == "a small number"
    assert called == 2


def test_a_mistake_of_the_suite_is_no_violation(explorer: Make) -> None:
    def holds(n: int) -> None:
        raise KeyError("results")

    with pytest.raises(KeyError):
        explorer()(holds, n=NUMBERS)


def test_what_passed_is_told_by_its_extent(explorer: Make, recorder: Recorder) -> None:
    drawn_by(explorer(), examples=10)
    assert recorder.trace is not None
    assert [getattr(step, "text", "").split()[0] for step in recorder.trace] == ["10"]


def test_nothing_is_written_where_the_user_stands(
    explorer: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    explorer()(fails_from(10, []), n=NUMBERS)
    assert list(folder.iterdir()) == []
