"""What may happen to one order, and what it is afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class LifeCycle:
    """A deterministic automaton: ``moves`` maps (state, event) to the next state; a pair that is absent cannot happen.

    An event is what an operation reported about one order: that it was cancelled, say, or why it was not. ``initial``
    is the state of an order of which nothing else is known.
    """

    initial: str
    moves: Mapping[tuple[str, str], str]

    def after(self, state: str, event: str) -> str | None:
        """The state after an event, None when the event cannot happen in this state."""
        return self.moves.get((state, event))
