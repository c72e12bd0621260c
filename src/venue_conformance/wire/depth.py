"""How deep generated requests got into a venue, counted: fuzzing that never gets past the signature finds nothing."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator

#: Where a request ended, from the outermost layer to the innermost; ``failure`` is a 5xx.
DEPTHS = ("authentication", "rate_limit", "shape", "core", "failure")


class DepthTally:
    """Per operation and family of requests, how many ended where. Safe to use from many threads."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], Counter[str]] = {}
        self._lock = threading.Lock()

    def count(self, operation: str, family: str, depth: str) -> None:
        """Count one request."""
        assert depth in DEPTHS, f"{depth} is no processing depth"
        with self._lock:
            self._counts.setdefault((operation, family), Counter())[depth] += 1

    def of(self, family: str, depth: str) -> int:
        """How many requests of a family ended at a depth."""
        with self._lock:
            return sum(counts[depth] for (_, name), counts in self._counts.items() if name == family)

    def __iter__(self) -> Iterator[tuple[str, str, dict[str, int]]]:
        with self._lock:
            rows = [(operation, family, dict(counts)) for (operation, family), counts in self._counts.items()]
        for operation, family, counts in rows:
            yield operation, family, {depth: counts.get(depth, 0) for depth in DEPTHS}
