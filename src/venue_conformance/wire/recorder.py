"""The steps of one check: its exchanges, the states it set up, what it observed. Safe to use from many threads."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from venue_conformance.contract.manifest import Need
from venue_conformance.wire.depth import DepthTally
from venue_conformance.wire.exchange import Exchange


@dataclass(frozen=True)
class StateCall:
    """A provider state that was asked for; ``values`` is what came back, None when it was not to be had."""

    state: str
    params: Mapping[str, Any]
    values: Mapping[str, Any] | None


@dataclass(frozen=True)
class Remark:
    """What a check says about the steps that follow, or about those before."""

    text: str


Step = Exchange | StateCall | Remark


@dataclass
class Recorder:
    """What happened during one check, in the order in which it ended.

    ``trace`` are the steps that matter, where a check tried many things to find them; None: all of them do. ``depth``
    counts how deep its generated requests got, and ``needs`` is what it could not go on without.
    """

    steps: list[Step] = field(default_factory=list)
    observations: list[tuple[str, str]] = field(default_factory=list)
    trace: list[Step] | None = None
    depth: DepthTally = field(default_factory=DepthTally)
    needs: set[Need] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, step: Step) -> None:
        """Append an exchange, a state call or a remark."""
        with self._lock:
            self.steps.append(step)

    def since(self, mark: int) -> list[Step]:
        """The steps behind the first ``mark`` of them."""
        with self._lock:
            return self.steps[mark:]

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
