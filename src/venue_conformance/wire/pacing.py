"""Keeps what a run sends within the documented budgets, so that no check meets a limit that it did not ask for."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Pace(Protocol):
    """How fast one account, or the whole run, may spend. Called under the pacer's lock."""

    def delay(self, now: float, tokens: int) -> float:
        """Seconds to wait before ``tokens`` may be spent; 0 means now."""

    def spend(self, now: float, tokens: int) -> None:
        """Take note that ``tokens`` are spent now."""


@dataclass
class TokenBucket:
    """Refills at ``rate`` tokens per second up to ``burst``; a spend beyond the burst waits for a full bucket."""

    rate: float
    burst: float
    level: float | None = None
    at: float = 0.0

    def _refill(self, now: float) -> float:
        level = self.burst if self.level is None else min(self.burst, self.level + (now - self.at) * self.rate)
        self.level, self.at = level, now
        return level

    def delay(self, now: float, tokens: int) -> float:
        """Seconds until the bucket holds the tokens, or is full."""
        return max(0.0, (min(tokens, self.burst) - self._refill(now)) / self.rate)

    def spend(self, now: float, tokens: int) -> None:
        """Take the tokens out; the level may fall below zero."""
        self.level = self._refill(now) - tokens

    def empty(self, now: float, tokens: int) -> None:
        """Let the bucket be as if it had held one token, and so many had been taken out at this moment."""
        self.level, self.at = min(self._refill(now), 1.0 - tokens), now


class Window:
    """At most ``count`` requests in any ``seconds``: safe under buckets, fixed windows and sliding windows alike."""

    def __init__(self, count: int, seconds: float) -> None:
        self.count, self.seconds = count, seconds
        self._sent: deque[float] = deque(maxlen=count)

    def delay(self, now: float, tokens: int) -> float:
        """Seconds until so many requests fit into the window, at most ``count``."""
        too_many = len(self._sent) + min(tokens, self.count) - self.count
        return max(0.0, self._sent[too_many - 1] + self.seconds - now) if too_many > 0 else 0.0

    def spend(self, now: float, tokens: int) -> None:  # noqa: ARG002 - every request counts as one
        """Take note of a request."""
        self._sent.append(now)


class Pacer:
    """Waits until an account and the run as a whole may send. One per run; safe to use from many threads."""

    def __init__(
        self,
        account_pace: Callable[[], Pace] | None,
        requests_per_second: float | None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._account_pace = account_pace
        # Evenly spaced, no burst: a ceiling is somebody's promise to an operations team.
        self._ceiling = TokenBucket(requests_per_second, 1) if requests_per_second else None
        self._accounts: dict[str, Pace] = {}
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()

    def wait(self, account: str | None, tokens: int = 1) -> float:
        """Return when one request that spends ``tokens`` of ``account`` may be sent; None spends nobody's budget.

        Hands back the seconds that were waited.
        """
        return self._wait(account, tokens, spend=True)

    def spend(self, account: str, tokens: int) -> None:
        """Return when ``tokens`` of ``account`` may be spent, and spend them; the run's ceiling is left alone.

        For whoever pays beforehand for what is sent later, by ``wait`` with None.
        """
        self._wait(account, tokens, spend=True, ceiling=False)

    def released(self, count: int, *, later: float = 0.0) -> None:
        """Take note that so many requests go out ``later`` seconds from now, at one moment.

        Each of them was waited for, and then held back.

        While they were waited for, one after the other, nothing was sent. As much time has to pass without a request
        now, lest they and those that follow be more in some seconds than the ceiling allows.
        """
        if self._ceiling is not None:
            with self._lock:
                self._ceiling.empty(self._clock() + later, count)

    def rest(self, account: str, tokens: int) -> None:
        """Return when ``tokens`` of ``account`` may be spent at once, and spend none of them."""
        self._wait(account, tokens, spend=False)

    def _wait(self, account: str | None, tokens: int, *, spend: bool, ceiling: bool = True) -> float:
        waited = 0.0
        while True:
            with self._lock:
                now = self._clock()
                paces: list[tuple[Pace, int]] = [(self._ceiling, 1)] if self._ceiling and ceiling else []
                if account is not None and self._account_pace is not None:
                    paces.append((self._accounts.setdefault(account, self._account_pace()), tokens))
                delay = max((pace.delay(now, spent) for pace, spent in paces), default=0.0)
                if delay <= 0:
                    for pace, spent in paces if spend else ():
                        pace.spend(now, spent)
                    return waited
            self._sleep(delay)
            waited += delay
