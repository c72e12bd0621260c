"""What one check meets on its way to the target, over all its repetitions."""

from __future__ import annotations

import threading

from venue_conformance.errors import WayFault
from venue_conformance.wire.exchange import Exchange
from venue_conformance.wire.faults import is_json

#: A check that meets a fault of the way starts again so many times.
MOST_REPEATS = 3


class Tries:
    """Lives as long as a check and all its repetitions; the plugin calls ``repeat`` before each of them.

    ``as_it_comes`` is for whoever wants every answer handed back and nothing sent twice, such as a replay.
    Safe to use from many threads.
    """

    def __init__(self, *, as_it_comes: bool = False) -> None:
        self.as_it_comes = as_it_comes
        #: The faults for which the check was started again, one word each: ``["503", "reset"]``.
        self.repeats: list[str] = []
        #: Requests sent, those included that were sent once more.
        self.requests = 0
        #: Every 5xx that nobody had provoked, forgiven or not.
        self.server_errors: list[Exchange] = []
        #: The statuses of all answers.
        self.statuses: set[int] = set()
        #: Whose credentials were used: those of the state `caller` ("state"), or the target file's ("file").
        self.origins: set[str] = set()
        #: Whether every 401, 403 and 5xx was JSON.
        self.refused_in_json = True
        self._step = 0
        self._earlier: list[set[tuple[int, str]]] = []
        self._met: set[tuple[int, str]] = set()
        self._lock = threading.Lock()

    @property
    def may_repeat(self) -> bool:
        """Whether the check may start again."""
        return len(self.repeats) < MOST_REPEATS

    def repeat(self, fault: WayFault) -> None:
        """The check starts again, because of a fault."""
        with self._lock:
            self.repeats.append(fault.fault)
            self._earlier.append(self._met)
            self._met, self._step = set(), 0

    def next_step(self) -> int:
        """The number of the request that is about to be sent, counted from 1 in each try."""
        with self._lock:
            self._step += 1
            return self._step

    def fault(self, step: int, fault: str) -> None:
        """Take note of the fault that a request ended with."""
        with self._lock:
            self._met.add((step, fault))

    def is_the_venues(self, step: int, status: int) -> bool:
        """Whether a 5xx is no accident: this is the last try, and each earlier one met it at the same step."""
        with self._lock:
            return len(self._earlier) == MOST_REPEATS and all((step, str(status)) in met for met in self._earlier)

    def note(self, exchange: Exchange, origin: str) -> None:
        """Take note of an exchange under credentials of an origin."""
        with self._lock:
            self.requests += 1
            self.origins.add(origin)
            if exchange.status is None:
                return
            self.statuses.add(exchange.status)
            if (exchange.status in (401, 403) or exchange.status >= 500) and not is_json(exchange):
                self.refused_in_json = False

    def server_error(self, exchange: Exchange) -> None:
        """Take note of a 5xx that nobody had provoked."""
        with self._lock:
            self.server_errors.append(exchange)
