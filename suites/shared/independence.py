"""Live orders beside such that cannot be cancelled, which stand before, between and behind them in one batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from venue_conformance.errors import EnvironmentFault

T = TypeVar("T")


def around(live: Sequence[T], others: Sequence[T]) -> list[T]:
    """Four live orders with others first, in the middle and last."""
    first, middle, last = others
    return [first, *live[:2], middle, *live[2:], last]


def where_one_spoils(spoils: Callable[[int], bool]) -> str:
    """Where one other order alone keeps live ones from being cancelled, in words.

    ``spoils`` sends a batch of four live orders with one other at that place. Asked only once a batch of them all has
    shown a breach, to say more about it.
    """
    places = {"before": 0, "between": 2, "behind": 4}
    try:
        found = [name for name, place in places.items() if spoils(place)]
    except EnvironmentFault as fault:
        return f"what one alone does could not be seen: {fault}"
    return f"one alone does so {', '.join(found)} them" if found else "one alone does not"
