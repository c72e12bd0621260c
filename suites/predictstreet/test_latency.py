"""How long a batch takes (batch-cancel page, description)."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

import pytest

from venue_conformance.client.orders import Orders
from venue_conformance.errors import Presupposed, Violation, WayFault
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller

pytestmark = pytest.mark.many_orders
ACCOUNTS, PAIRS, SPARE = 10, 2, 10
#: Not even the quickest batch of one hundred is so many times as slow as batches of one usually are, and so much slower
#: at that. A round trip for each id costs this much from 4 ms on; what one transaction costs is far below, also where
#: the target or this machine has other work to do.
FACTOR, SECONDS = 3.0, 0.4


@pytest.mark.clause("predictstreet.latency.bounded")
def test_100_ids_take_little_longer_than_one(
    rested: Callable[[int], PredictStreetCaller], orders: Orders, observe: Callable[[str], None]
) -> None:
    """Twenty batches of 100 open orders are compared with twenty batches of one, in turn."""
    took: dict[int, list[float]] = {1: [], 100: []}
    lost = 0
    while len(took[1]) < ACCOUNTS * PAIRS:
        try:
            for size, seconds in _measured(rested(2 * PAIRS + 1), orders):
                took[size].append(seconds)
        except WayFault:
            # Of forty requests one is likely to be lost on a bad way; others take the place of its account's.
            lost += 1
            if lost > SPARE:
                raise

    one, hundred, quickest = median(took[1]), median(took[100]), min(took[100])
    observe(
        f"medians of {len(took[1])}: {one * 1000:.1f} ms for 1 id, {hundred * 1000:.1f} ms for 100, "
        f"of which the quickest took {quickest * 1000:.1f} ms"
    )
    if quickest > FACTOR * one and quickest - one > SECONDS:
        raise Violation(
            f"100 ids to take at most {FACTOR:g} times as long as 1 id, or at most {SECONDS:g} s longer",
            f"medians of {one:.3f} s for 1 id and {hundred:.3f} s for 100, the quickest of which took {quickest:.3f} s",
            kind="too-slow",
        )


def _measured(agent: PredictStreetCaller, orders: Orders) -> list[tuple[int, float]]:
    """Sizes of batches of one account and the seconds that each took. Raises WayFault where one was lost."""
    provisioned = orders.make(101 * PAIRS, owner=agent)
    # The first request of a connection or of an account may take longer for reasons of its own.
    agent.cancel_batch(orders.unknown(1))
    took = []
    for pair in range(PAIRS):
        for size in (1, 100) if pair % 2 else (100, 1):
            batch, provisioned = provisioned[:size], provisioned[size:]
            answer = agent.cancel_batch(batch)
            if not answer.succeeded:
                clause = "limits.hundred-accepted" if size > 1 else "request.example"
                raise Presupposed(clause, f"a batch of {size} was answered {answer!r}")
            took.append((size, answer.exchange.finished - answer.exchange.started))
    return took
