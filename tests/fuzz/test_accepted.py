"""What a baseline accepts is known from the start, is noted all the same, and is sought before it counts as mended."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from tests.fuzz.conftest import Make
from venue_conformance.contract.fingerprints import fingerprint
from venue_conformance.errors import Violation
from venue_conformance.fuzz.breaches import Breaches, Draw

CLAUSE = "alpha.rows.order"
NUMBERS = st.integers(0, 10**9)


def broken(number: int, kind: str = "too-large") -> Violation:
    return Violation("a small number", str(number), CLAUSE, kind=kind)


@pytest.fixture
def accepting(breaches: Breaches) -> Breaches:
    breaches.accepted = {CLAUSE: frozenset({fingerprint(CLAUSE, "too-large")})}
    return breaches


def test_an_accepted_breach_is_noted_and_nothing_more(explorer: Make, accepting: Breaches) -> None:
    tried = []

    def holds(n: int) -> None:
        tried.append(n)
        if n > 100:
            raise broken(n)

    explorer()(holds, n=NUMBERS, examples=20)
    assert len(tried) == 20, "none was tried again in search of a smaller one"
    assert (accepting.found[CLAUSE].kinds, accepting.found[CLAUSE].times > 1) == (("too-large",), True)


def test_another_kind_of_breach_of_the_clause_is_news(explorer: Make, accepting: Breaches) -> None:
    def holds(n: int) -> None:
        if n > 100:
            raise broken(n, "odd" if n % 2 else "too-large")

    explorer()(holds, n=NUMBERS, examples=40)
    found = accepting.found[CLAUSE]
    assert set(found.kinds) == {"too-large", "odd"}
    assert (found.violation.kind, found.violation.actual) == ("odd", "101")


@pytest.mark.parametrize("seed", [None, 5])
def test_what_showed_it_before_is_drawn_again(explorer: Make, accepting: Breaches, seed: int | None) -> None:
    """The breach is shown by one number that no other seed draws."""
    drawn: dict[int | None, list[int]] = {seed: [], 6: []}
    for each, numbers in drawn.items():
        explorer(seed=each)(lambda n, numbers=numbers: numbers.append(n), n=NUMBERS, examples=20)
    rare = next(n for n in drawn[seed] if n not in drawn[6])

    def holds(n: int) -> None:
        if n == rare:
            raise broken(n)

    explorer(seed=6)(holds, n=NUMBERS, examples=20)
    assert CLAUSE not in accepting.found
    accepting.sought = {CLAUSE: [Draw(seed, 20)]}
    explorer(seed=6)(holds, n=NUMBERS, examples=20)
    assert (accepting.found[CLAUSE].drawn, accepting.unsought) == (Draw(seed, 20), set())


def test_without_time_for_that_it_is_not_sought(explorer: Make, accepting: Breaches) -> None:
    accepting.sought = {CLAUSE: [Draw(5, 20)]}
    tried = []
    explorer(seed=6, out_of_time=lambda: len(tried) > 5)(lambda n: tried.append(n), n=NUMBERS, examples=20)
    assert accepting.unsought == {CLAUSE}
