"""What a check notes of what it found broken: the shortest steps, how often, and when first."""

from __future__ import annotations

import pytest

from venue_conformance.errors import Violation
from venue_conformance.fuzz.breaches import Breaches
from venue_conformance.wire.recorder import Remark

CLAUSE, OTHER = "alpha.rows.order", "alpha.rows.count"


def steps(count: int) -> list[Remark]:
    return [Remark(str(number)) for number in range(count)]


def violation(actual: str = "wrong", clause: str = CLAUSE) -> Violation:
    return Violation("right", actual, clause)


def test_the_shortest_steps_are_kept_and_all_are_counted(breaches: Breaches) -> None:
    for count in (5, 3, 4, 3):
        breaches.add(violation(f"by {count}"), steps(count))

    assert breaches.found[CLAUSE].violation.actual == "by 3"
    assert (len(breaches.found[CLAUSE].steps), breaches.found[CLAUSE].times) == (3, 4)


def test_several_in_one_example_count_as_one(breaches: Breaches) -> None:
    for _ in range(3):
        breaches.begin_example()
        breaches.add(violation(), steps(2))
        breaches.add(violation(), steps(1))
    assert breaches.found[CLAUSE].times == 3
    assert len(breaches.found[CLAUSE].steps) == 1


def test_what_is_made_smaller_is_shown_but_not_counted(breaches: Breaches) -> None:
    breaches.add(violation("first"), steps(3))
    breaches.simplify(violation("as long"), steps(3))
    breaches.simplify(violation("longer"), steps(4))
    assert (breaches.found[CLAUSE].violation.actual, breaches.found[CLAUSE].times) == ("as long", 1)


def test_the_note_says_how_many_examples_came_after_it_was_first_seen(breaches: Breaches) -> None:
    for number in range(88):
        breaches.begin_example()
        if number in (26, 30, 40):
            breaches.add(violation(), steps(1))
    breaches.conclude()
    breaches.conclude()
    [note] = breaches.found[CLAUSE].violation.__notes__
    assert note == "met in 3 of 88 examples; 61 of the 88 were tried after it was first seen"


def test_an_example_that_was_dropped_does_not_count_unless_it_has_shown_something(breaches: Breaches) -> None:
    breaches.begin_example()
    breaches.drop_example()
    assert breaches.examples == 0
    breaches.begin_example()
    breaches.add(violation(), steps(1))
    breaches.drop_example()
    assert breaches.examples == 1


def test_a_written_check_counts_no_examples(breaches: Breaches) -> None:
    breaches.add(violation(), steps(1))
    breaches.add(violation(clause=OTHER), steps(1))
    breaches.conclude()
    assert list(breaches.found) == [CLAUSE, OTHER]
    assert not hasattr(breaches.found[CLAUSE].violation, "__notes__")
    assert breaches.exercised is None


def test_what_broke_was_exercised(breaches: Breaches) -> None:
    breaches.exercising()
    breaches.add(violation(), steps(1))
    assert breaches.exercised == {CLAUSE}


def test_a_breach_names_its_clause(breaches: Breaches) -> None:
    with pytest.raises(AssertionError, match="names its clause"):
        breaches.add(Violation("right", "wrong"), [])
