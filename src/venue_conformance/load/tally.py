"""Counts what a load test sent and how long it took, in memory that does not grow with it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

#: From one bucket of a histogram to the next: a percentile is off by half of this at most.
_STEP = math.log(1.05)
_SHORTEST_SECONDS = 1e-5
#: How many moments the picture of a run has.
MOMENTS = 60


class Histogram:
    """How often something took how long. Buckets grow by 5 %."""

    def __init__(self, counts: Mapping[int, int] | None = None) -> None:
        self.counts: Counter[int] = Counter(counts or {})

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[math.floor(math.log(max(seconds, _SHORTEST_SECONDS) / _SHORTEST_SECONDS) / _STEP)] += 1

    @property
    def total(self) -> int:
        """How many were counted."""
        return self.counts.total()

    def percentile(self, share: float) -> float | None:
        """Within how many seconds this share of all was; None of nothing."""
        wanted, seen = share * self.total, 0
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            if seen >= wanted:
                return _SHORTEST_SECONDS * math.exp((bucket + 0.5) * _STEP)
        return None

    def merge(self, other: Histogram) -> None:
        """Count what another one has counted."""
        self.counts.update(other.counts)

    def to_dict(self) -> dict[str, int]:
        """As plain values."""
        return {str(bucket): count for bucket, count in sorted(self.counts.items())}

    @classmethod
    def from_dict(cls, values: Mapping[str, int]) -> Self:
        """It again."""
        return cls({int(bucket): int(count) for bucket, count in values.items()})


@dataclass
class KindTally:
    """The requests of one kind: how long the answered ones took, their statuses, and the faults of the others."""

    took: Histogram = field(default_factory=Histogram)
    statuses: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    def merge(self, other: KindTally) -> None:
        """Count what another one has counted."""
        self.took.merge(other.took)
        self.statuses.update(other.statuses)
        self.faults.update(other.faults)


@dataclass
class Moment:
    """One slice of the run's time."""

    took: Histogram = field(default_factory=Histogram)
    failed: int = 0


class Tally:
    """What one worker sent, by kind and by moment; ``seconds`` is how long it was to last."""

    def __init__(self, seconds: float) -> None:
        self.slice_seconds = max(1.0, seconds / MOMENTS)
        self.kinds: dict[str, KindTally] = {}
        self.moments: dict[int, Moment] = {}
        self.rounds = self.orders = self.contended = self.operations = 0

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return sum(kind.took.total + kind.faults.total() for kind in self.kinds.values())

    def note(self, kind: str, at: float, seconds: float, status: int | None, fault: str | None) -> None:
        """Count one request, begun ``at`` so many seconds from the beginning."""
        tally, moment = self.kinds.setdefault(kind, KindTally()), self.moments.setdefault(self._slice(at), Moment())
        if status is None:
            tally.faults[fault or "no answer"] += 1
            moment.failed += 1
            return
        tally.took.add(seconds)
        tally.statuses[str(status)] += 1
        moment.took.add(seconds)
        moment.failed += status >= 500

    def _slice(self, at: float) -> int:
        return max(0, int(at / self.slice_seconds))

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for the journal."""
        return {
            "slice_seconds": self.slice_seconds,
            "rounds": self.rounds,
            "orders": self.orders,
            "contended": self.contended,
            "operations": self.operations,
            "kinds": {
                name: {"took": kind.took.to_dict(), "statuses": dict(kind.statuses), "faults": dict(kind.faults)}
                for name, kind in self.kinds.items()
            },
            "moments": {
                str(number): {"took": moment.took.to_dict(), "failed": moment.failed}
                for number, moment in self.moments.items()
            },
        }

    def merge(self, values: Mapping[str, Any]) -> None:
        """Count what another worker has counted, as its journal tells."""
        self.rounds += values["rounds"]
        self.orders += values["orders"]
        self.contended += values["contended"]
        self.operations += values["operations"]
        for name, kind in values["kinds"].items():
            other = KindTally(Histogram.from_dict(kind["took"]), Counter(kind["statuses"]), Counter(kind["faults"]))
            self.kinds.setdefault(name, KindTally()).merge(other)
        for number, moment in values["moments"].items():
            mine = self.moments.setdefault(int(number), Moment())
            mine.took.merge(Histogram.from_dict(moment["took"]))
            mine.failed += moment["failed"]
