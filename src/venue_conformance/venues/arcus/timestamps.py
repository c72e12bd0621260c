"""An X-Timestamp of its own for every request of an account, in whichever thread and however often it is retried."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable

SECOND = 1_000_000_000
#: So many times of an account are kept.
_MOST = 20_000


class Timestamps:
    """Unix nanoseconds, strictly increasing for each account. One per session; safe to use from many threads.

    All of them are odd, so that no double holds one: a venue that sends them through a float breaks every signature.
    """

    def __init__(self, clock: Callable[[], int] = time.time_ns) -> None:
        self._clock = clock
        self._latest: defaultdict[str, int] = defaultdict(int)
        self._given: defaultdict[str, set[int]] = defaultdict(set)
        self._lock = threading.Lock()

    def next(self, account: str, fits: Callable[[int], bool] | None = None) -> int:
        """Now, later than whatever the account has used, or the first moment after that which ``fits``."""
        with self._lock:
            stamp = max(self._clock(), self._latest[account] + 1) | 1
            while fits is not None and not fits(stamp):
                stamp += 2
            self._latest[account] = stamp
            self._given[account].add(stamp)
            if len(self._given[account]) > _MOST:  # a long run has many, and none but near ones come again
                self._given[account] = set(sorted(self._given[account])[_MOST // 2 :])
        return stamp

    def off(self, account: str, seconds: float) -> int:
        """So many seconds from now (negative: in the past), and unlike any that the account has used."""
        with self._lock:
            stamp = (self._clock() + int(seconds * SECOND)) | 1
            while stamp in self._given[account]:
                stamp += 2
            self._given[account].add(stamp)
        return stamp

    def accepted(self, account: str, stamp: int) -> None:
        """Remember that the venue took a request of this time, so that none of an earlier time follows it."""
        with self._lock:
            self._latest[account] = max(self._latest[account], stamp)
