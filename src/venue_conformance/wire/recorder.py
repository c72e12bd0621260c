"""The story of one check: its exchanges, the states it set up, what it observed. Safe to use from many threads."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from venue_conformance.wire.exchange import Exchange


@dataclass(frozen=True)
class StateCall:
    """A provider state that was asked for; ``values`` is what came back, None when it was not to be had."""

    state: str
    params: Mapping[str, Any]
    values: Mapping[str, Any] | None


@dataclass
class Recorder:
    """What happened during one check, in the order in which it ended."""

    steps: list[Exchange | StateCall] = field(default_factory=list)
    observations: list[tuple[str, str]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, step: Exchange | StateCall) -> None:
        """Append an exchange or a state call."""
        with self._lock:
            self.steps.append(step)

    def observe(self, clause: str, observed: str) -> None:
        """Note how the target answers a question that the documentation leaves open."""
        with self._lock:
            if (clause, observed) not in self.observations:
                self.observations.append((clause, observed))

    @property
    def exchanges(self) -> list[Exchange]:
        """The exchanges alone."""
        with self._lock:
            return [step for step in self.steps if isinstance(step, Exchange)]
