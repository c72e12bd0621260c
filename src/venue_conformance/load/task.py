"""Parts that run at one moment: each waits for a user, and what came of it goes into one box."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from venue_conformance.client.under_load import Done, RoundPart


class Box:
    """Where the results of parts that run at one moment are put."""

    def __init__(self, count: int) -> None:
        self.dones: list[Done | None] = [None] * count
        self.errors: list[BaseException] = []
        self.full = threading.Event()
        self._left = count
        self._lock = threading.Lock()

    def put(self, place: int, done: Done) -> None:
        """Put one in its place."""
        with self._lock:
            self.dones[place] = done
            self._left -= 1
            if not self._left:
                self.full.set()


@dataclass(frozen=True)
class Task:
    """One part, waiting for a user."""

    place: int
    part: RoundPart
    box: Box
