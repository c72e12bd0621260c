"""How much a run may ask of its target in all: ``[limits] max_orders`` and ``max_requests``."""

from __future__ import annotations

import threading

from venue_conformance.errors import OutOfTime


class Allowance:
    """What is left of the target file's bounds; None is no bound. Safe to use from many threads.

    Of a run that several processes share each has a ``share``: which of them it is, from 0, and how many there are.
    ``requests`` were sent before they began.
    """

    def __init__(
        self,
        max_orders: int | None = None,
        max_requests: int | None = None,
        *,
        share: tuple[int, int] = (0, 1),
        requests: int = 0,
    ) -> None:
        self._bounds = {"max_orders": max_orders, "max_requests": max_requests}
        sent = {"max_orders": 0, "max_requests": requests}
        self._most = {
            bound: None if most is None else _share_of(max(0, most - sent[bound]), *share)
            for bound, most in self._bounds.items()
        }
        self._by = "" if share[1] == 1 else " by this worker"
        self._taken = {"max_orders": 0, "max_requests": 0}
        #: A sentence about the bound that the run has come to, None before that.
        self.used_up: str | None = None
        self._lock = threading.Lock()

    @property
    def requests(self) -> int:
        """How many requests were taken."""
        return self._taken["max_requests"]

    @property
    def orders_left(self) -> int | None:
        """How many orders may still be taken; None for any number."""
        most = self._most["max_orders"]
        return None if most is None else most - self._taken["max_orders"]

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
                of_the_file = f"{bound} = {self._bounds[bound]} of the target file"
                self.used_up = f"the run ended at {of_the_file}: {taken} {done}{self._by}, {more}"
            if self.used_up is not None:
                raise OutOfTime(self.used_up)
            self._taken[bound] = taken + count


def _share_of(most: int, index: int, shares: int) -> int:
    """One of so many shares of a number, which together are that number."""
    return most // shares + (index < most % shares)
