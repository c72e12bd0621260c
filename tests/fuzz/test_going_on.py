"""An exploration goes on after a breach: it knows the clause from then on, and finds what else is broken."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import strategies as st

from venue_conformance.client.assessment import Assessment
from venue_conformance.errors import Inconclusive, Violation
from venue_conformance.fuzz import explore, shrinking, tracker
from venue_conformance.fuzz.breaches import Breaches
from venue_conformance.fuzz.shrinking import Shrinking
from venue_conformance.wire.recorder import Recorder

from .conftest import Make

NUMBERS = st.integers(0, 10**6)
FIRST, SECOND, THIRD = "alpha.rows.order", "alpha.rows.count", "alpha.rows.echo"
NOT_AGAIN = "(it did not happen again when the same was done once more)"


def breaks(clause: str, actual: object) -> Violation:
    return Violation("right", str(actual), clause)


@pytest.mark.parametrize("at", [1, 5, 30, 40])
def test_at_least_half_of_the_examples_come_after_the_first_breach(explorer: Make, breaches: Breaches, at: int) -> None:
    tried = 0

    def holds(n: int) -> None:
        nonlocal tried
        tried += 1
        if tried == at:
            raise breaks(FIRST, "wrong once")

    explorer()(holds, n=NUMBERS, examples=40)
    assert breaches.found[FIRST].seen_at == at
    assert breaches.examples - at >= at or breaches.examples - at >= 20
    assert breaches.examples >= 40


def test_the_other_broken_clauses_are_found_as_well(explorer: Make, breaches: Breaches) -> None:
    def holds(n: int) -> None:
        if n % 2:
            raise breaks(FIRST, n)
        if n > 1000:
            raise breaks(SECOND, n)

    explorer()(holds, n=NUMBERS, examples=60)
    assert {clause: breach.violation.actual for clause, breach in breaches.found.items()} == {
        FIRST: "1",
        SECOND: "1002",
    }
    assert breaches.found[FIRST].times > 10


def test_the_rest_of_an_answer_is_judged_once_its_first_breach_is_known(explorer: Make, breaches: Breaches) -> None:
    exploring = explorer()

    def holds(n: int) -> None:
        assess = exploring.assess
        assess.expect(n < 0, "a number below 0", n, FIRST)
        assess.expect(n < 100, "a small number", n, SECOND)
        assess.expect(True, "anything", n, THIRD)

    exploring(holds, n=NUMBERS, examples=40)
    assert set(breaches.found) == {FIRST, SECOND}
    assert breaches.found[FIRST].times >= 40
    assert breaches.exercised == {FIRST, SECOND, THIRD}


def test_an_assessment_raises_the_first_breach_where_nobody_else_wants_it() -> None:
    assess = Assessment()
    assert assess.expect(True, "anything", 1, FIRST)
    with pytest.raises(Violation, match="expected right, got 2") as raised:
        assess.expect(False, "right", 2, SECOND)
    assert raised.value.clause == SECOND
    assert assess.exercised == {FIRST, SECOND}


def test_nothing_is_made_smaller_when_the_time_for_that_is_used_up(
    explorer: Make, breaches: Breaches, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        explore, "ExampleTracker", lambda *given: tracker.ExampleTracker(*given, shrinking=Shrinking(seconds=0))
    )
    tried: list[int] = []

    def holds(n: int) -> None:
        tried.append(n)
        raise breaks(FIRST if n % 2 else SECOND, n)

    explorer()(holds, n=NUMBERS, examples=30)
    assert set(breaches.found) == {FIRST, SECOND}
    assert len(tried) == 30


@pytest.mark.parametrize("bound", [0.5, 5, 50])
def test_making_smaller_keeps_within_its_bound(
    explorer: Make, breaches: Breaches, monkeypatch: pytest.MonkeyPatch, bound: float
) -> None:
    """Each example takes a second of a made-up clock."""
    now = 0.0
    monkeypatch.setattr(shrinking, "SHRINKING_SECONDS", bound)

    def made(around: tracker.Surroundings, describe: Callable[[tuple[str, ...]], str]) -> tracker.ExampleTracker:
        smaller = Shrinking(lambda: now, seconds=bound)
        return tracker.ExampleTracker(around, describe, clock=lambda: now, seconds=10**6, shrinking=smaller)

    monkeypatch.setattr(explore, "ExampleTracker", made)

    def holds(numbers: list[int]) -> None:
        nonlocal now
        now += 1
        if len(set(numbers)) > 10:
            raise breaks(FIRST, len(numbers))

    explorer()(holds, numbers=st.lists(NUMBERS, min_size=15, max_size=60), examples=100)
    assert breaches.found
    assert now - breaches.examples <= bound + 1


def test_it_did_not_happen_again_is_said_after_a_repetition_that_passed(explorer: Make, breaches: Breaches) -> None:
    called = 0

    def holds(n: int) -> None:
        nonlocal called
        called += 1
        if called == 4:
            raise breaks(FIRST, "not this time")

    explorer()(holds, n=NUMBERS)
    assert NOT_AGAIN in breaches.found[FIRST].violation.__notes__


def test_it_is_not_said_where_the_suite_had_no_time_to_repeat(
    explorer: Make, breaches: Breaches, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0

    def made(around: tracker.Surroundings, describe: Callable[[tuple[str, ...]], str]) -> tracker.ExampleTracker:
        smaller = Shrinking(lambda: now)
        return tracker.ExampleTracker(around, describe, clock=lambda: now, seconds=10**6, shrinking=smaller)

    monkeypatch.setattr(explore, "ExampleTracker", made)
    failed: list[int] = []

    def holds(n: int) -> None:
        nonlocal now
        now += 1000
        if n > 1000 and not failed:
            failed.append(n)
            raise breaks(FIRST, n)

    explorer()(holds, n=NUMBERS, examples=20)
    assert NOT_AGAIN not in breaches.found[FIRST].violation.__notes__


def test_what_cannot_be_read_does_not_end_it(explorer: Make, breaches: Breaches) -> None:
    """A breach that names no clause, in a check of several, is raised at the end if nothing else broke."""
    tried = 0

    def holds(n: int) -> None:
        nonlocal tried
        tried += 1
        raise Violation("an object", "a list")

    with pytest.raises(Violation, match="an object"):
        explorer()(holds, n=NUMBERS, examples=20)
    assert tried == 20
    assert not breaches.found


def test_a_check_of_one_clause_need_not_name_it(explorer: Make, breaches: Breaches) -> None:
    def holds(n: int) -> None:
        if n > 100:
            raise Violation("a small number", str(n))

    explorer(clause=FIRST)(holds, n=NUMBERS)
    assert breaches.found[FIRST].violation.actual == "101"


def test_what_a_check_of_schemathesis_stumbles_over_is_told_at_the_end(explorer: Make, recorder: Recorder) -> None:
    exploring, tried = explorer(), 0

    def holds(n: int) -> None:
        nonlocal tried
        tried += 1
        exploring.doubtful(Inconclusive("a check wants a base_url"))

    with pytest.raises(Inconclusive, match="wants a base_url"):
        exploring(holds, n=NUMBERS, examples=20)
    assert tried == 20
    assert recorder.trace


def test_given_cases_are_all_tried_whatever_breaks(explorer: Make, breaches: Breaches) -> None:
    tried: list[int] = []

    def holds(n: int) -> None:
        tried.append(n)
        if n % 3 == 0:
            raise breaks(FIRST, n)
        if n % 3 == 1:
            raise breaks(SECOND, n)

    explorer().each(holds, range(9))
    assert tried == list(range(9))
    assert {clause: breach.times for clause, breach in breaches.found.items()} == {FIRST: 3, SECOND: 3}
    assert breaches.found[FIRST].violation.__notes__[0] == "with case: 0"
