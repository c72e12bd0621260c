"""How much a run may ask of its target in all: ``[limits] max_orders`` and ``max_requests``."""

from __future__ import annotations

import threading

from venue_conformance.errors import OutOfTime


class Allowance:
    """What is left of the target file's bounds; None is no bound. Safe to use from many threads."""

    def __init__(self, max_orders: int | None = None, max_requests: int | None = None) -> None:
        self._most = {"max_orders": max_orders, "max_requests": max_requests}
        self._taken = {"max_orders": 0, "max_requests": 0}
        #: A sentence about the bound that the run has come to, None before that.
        self.used_up: str | None = None
        self._lock = threading.Lock()

    def take_orders(self, count: int) -> None:
        """Take so many orders. Raises OutOfTime where that is more than are left: the run is over then."""
        self._take("max_orders", count, "orders were asked for")

    def take_request(self) -> None:
        """Take one request to base_url or ws_url. Raises OutOfTime where none is left: the run is over then."""
        self._take("max_requests", 1, "requests were sent")

    def _take(self, bound: str, count: int, done: str) -> None:
        with self._lock:
            most, taken = self._most[bound], self._taken[bound]
            if most is not None and taken + count > most and self.used_up is None:
                more = f"{count} more were needed" if count > 1 else "one more was needed"
                self.used_up = f"the run ended at {bound} = {most} of the target file: {taken} {done}, {more}"
            if self.used_up is not None:
                raise OutOfTime(self.used_up)
            self._taken[bound] = taken + count
