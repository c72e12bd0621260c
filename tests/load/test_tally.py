"""What a load test counts, in memory that does not grow with it."""

from __future__ import annotations

import json
from random import Random

import pytest

from venue_conformance.load.tally import Histogram, Tally


def test_percentiles_are_off_by_a_few_percent_at_most() -> None:
    random, found = Random(1), Histogram()
    times = sorted(random.lognormvariate(-5, 1) for _ in range(10_000))
    for seconds in times:
        found.add(seconds)
    for share in (0.5, 0.9, 0.99):
        assert found.percentile(share) == pytest.approx(times[int(share * len(times))], rel=0.05)


def test_of_nothing_there_is_no_percentile() -> None:
    assert Histogram().percentile(0.5) is None


def test_two_workers_count_as_one() -> None:
    whole, parts = Tally(60), [Tally(60), Tally(60)]
    for number in range(100):
        sent = (
            "batch",
            number / 2,
            0.001 * (number + 1),
            200 if number % 10 else None,
            None if number % 10 else "reset",
        )
        whole.note(*sent)
        parts[number % 2].note(*sent)
    merged = Tally(60)
    for part in parts:
        # As it is written to a journal.
        merged.merge(json.loads(json.dumps(part.to_dict())))
    assert merged.to_dict() == whole.to_dict()
    assert merged.requests == 100
