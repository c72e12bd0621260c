"""Failures and holds that a provider state armed for a caller, waiting for the requests they are meant for."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer to fail with, before anything has happened or after the request has taken effect."""

    status: int
    after_commit: bool = False


class Faults:
    """What is armed, per caller, used up in the order in which it was armed."""

    def __init__(self) -> None:
        self._failures: defaultdict[str, deque[Failure]] = defaultdict(deque)
        self._holds: defaultdict[str, deque[float]] = defaultdict(deque)

    def arm_failures(self, caller: str, failure: Failure, count: int) -> None:
        """Let the caller's next `count` carried-out requests fail so."""
        self._failures[caller].extend([failure] * count)

    def arm_holds(self, caller: str, seconds: float, count: int) -> None:
        """Hold the caller's next `count` carried-out requests for so many seconds."""
        self._holds[caller].extend([seconds] * count)

    def take_failure(self, caller: str) -> Failure | None:
        """The failure meant for the request now carried out, if any; it is used up."""
        waiting = self._failures[caller]
        return waiting.popleft() if waiting else None

    def awaits_failure(self, caller: str) -> bool:
        """Whether the caller's next request that is carried out is meant to fail."""
        return bool(self._failures.get(caller))

    def take_hold(self, caller: str) -> float:
        """The seconds to hold the request now carried out, 0.0 for not at all; used up."""
        waiting = self._holds[caller]
        return waiting.popleft() if waiting else 0.0

    def disarm_failures(self, caller: str) -> None:
        """Forget the failures that are still waiting."""
        self._failures.pop(caller, None)

    def disarm_holds(self, caller: str) -> None:
        """Forget the holds that are still waiting; what is held already stays held."""
        self._holds.pop(caller, None)
