"""Keeps a load test within its rate and each account within its budget, though users send at one moment."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from venue_conformance.client.under_load import RoundPart
from venue_conformance.wire.pacing import Pace, Pacer, Window


def share_of(rate: float, index: int, workers: int) -> float:
    """What one of several workers may send a second, so that together they keep to the rate in every second."""
    if rate < workers:
        return rate / workers
    whole = math.floor(rate)
    return rate if workers == 1 else whole // workers + (index < whole % workers)


class LoadPacer(Pacer):
    """A pacer whom one pays beforehand for requests that are then sent at one moment.

    ``rate`` is a ceiling for each second: in none of them more are sent, whatever their spacing. None is no ceiling.
    """

    def __init__(self, account_pace: Callable[[], Pace] | None, rate: float | None) -> None:
        super().__init__(account_pace, None)
        self.at_once = None if rate is None else max(1, math.floor(rate))
        self._window = None if rate is None else Window(*self._within(rate))
        self._paid = threading.local()
        self._window_lock = threading.Lock()

    @staticmethod
    def _within(rate: float) -> tuple[int, float]:
        """So many in so many seconds, of which no second has more than the rate."""
        return (math.floor(rate), 1.0) if rate >= 1 else (1, 1 / rate)

    def pay(self, parts: Sequence[RoundPart]) -> None:
        """Return when all parts may be sent at once; they are paid for then."""
        spent: dict[str, int] = {}
        for part in parts:
            if part.account is not None:
                spent[part.account] = spent.get(part.account, 0) + part.tokens
        for account, tokens in spent.items():
            self.rest(account, tokens)
        self._pass_window(sum(part.sends for part in parts))
        for part in parts:
            if part.account is not None and part.tokens:
                self.spend(part.account, part.tokens)

    @contextmanager
    def paid(self) -> Iterator[None]:
        """What this thread sends is paid for."""
        self._paid.flag = True
        try:
            yield
        finally:
            self._paid.flag = False

    def wait(self, account: str | None, tokens: int = 1) -> float:
        """As ``Pacer.wait``; what is paid for need not wait."""
        if getattr(self._paid, "flag", False):
            return 0.0
        waited = super().wait(account, tokens)
        self._pass_window(1)
        return waited

    def _pass_window(self, count: int) -> None:
        if self._window is None or not count:
            return
        # Whoever comes later must not go out of turn, lest a large round never find room.
        with self._window_lock:
            while (delay := self._window.delay(self._clock(), count)) > 0:
                self._sleep(delay)
            for _ in range(count):
                self._window.spend(self._clock(), 1)
