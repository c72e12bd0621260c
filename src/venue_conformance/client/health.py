"""How a target fares over a run: whether it answers, what it accepts, what it fails at."""

from __future__ import annotations

import threading
from collections import Counter

from venue_conformance.errors import TargetSilent
from venue_conformance.wire.circuit import CircuitBreaker
from venue_conformance.wire.exchange import Exchange
from venue_conformance.wire.faults import is_silence
from venue_conformance.wire.lost_time import LostTime

#: Once so many checks were given up for 429, the others do not wait for the limit to pass.
_CHECKS_THAT_WAIT = 3
#: Who has given so many requests one and the same status, valid ones among them, says nothing by doing so once more.
_SAME_ANSWERS, _VALID_AMONG_THEM = 40, 5


class TargetHealth:
    """One per session; safe to use from many threads."""

    def __init__(self, name: str, lost: LostTime) -> None:
        self.circuit = CircuitBreaker(name, lost)
        self.lost = lost
        #: Whether a valid request of the run was accepted, and of which accounts, by name.
        self.accepted = False
        self.accepted_of: set[str] = set()
        #: Requests sent, those of them that the documentation wants accepted, and how often each status came.
        self.requests = 0
        self.valid = 0
        self.statuses: Counter[int] = Counter()
        #: Every 5xx that no check had provoked, those included that a repetition or a second sending forgave.
        self.server_errors: list[Exchange] = []
        self._limited = 0
        self._armed: Counter[tuple[str, int]] = Counter()
        self._lock = threading.Lock()

    @property
    def answers_differ(self) -> bool:
        """Whether not every request got the same status."""
        return len(self.statuses) > 1

    def admit(self) -> None:
        """Let a request through. Raises TargetSilent where it would tell nothing."""
        same = self.requests >= _SAME_ANSWERS and self.valid >= _VALID_AMONG_THEM and len(self.statuses) == 1
        if same and not self.accepted:
            [status] = self.statuses
            raise TargetSilent(
                f"each of {self.requests} requests was answered {status}, {self.valid} valid ones among them; "
                "nothing more is asked"
            )
        self.circuit.admit()

    def note(self, exchange: Exchange, expected: float = 0.0) -> None:
        """Take an exchange into account that was ``expected`` to be held so many seconds, which are not lost."""
        with self._lock:
            self.requests += 1
            if exchange.status is not None:
                self.statuses[exchange.status] += 1
        silence = (exchange.fault or f"{exchange.status} in HTML") if is_silence(exchange) else None
        self.circuit.note(silence, exchange.started + expected, exchange.finished)

    def accept(self, caller: str) -> None:
        """A valid request of an account was accepted."""
        with self._lock:
            self.accepted = True
            self.accepted_of.add(caller)

    def server_error(self, exchange: Exchange) -> None:
        """Take note of a 5xx that no check had provoked."""
        with self._lock:
            self.server_errors.append(exchange)

    def arm(self, caller: str, status: int, count: int) -> None:
        """The next ``count`` batches of a caller fail with a status, as the provider state was asked for."""
        with self._lock:
            self._armed[caller, status] += count

    def take_armed(self, caller: str, status: int) -> bool:
        """Whether an answer is one of those that were armed, each of which counts once."""
        with self._lock:
            armed = self._armed[caller, status] > 0
            self._armed[caller, status] -= armed
            return armed

    @property
    def waits_for_limits(self) -> bool:
        """Whether it is still worth waiting for a rate limit to pass."""
        return self._limited < _CHECKS_THAT_WAIT

    def limited(self) -> None:
        """A check was given up because of rate limits."""
        with self._lock:
            self._limited += 1
