"""How long a batch takes (batch-cancel page, description)."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

import pytest

from venue_conformance.client.orders import Orders
from venue_conformance.errors import Presupposed, Violation
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller

pytestmark = pytest.mark.many_orders
ACCOUNTS, PAIRS = 10, 2
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
    for _ in range(ACCOUNTS):
        agent = rested(2 * PAIRS + 1)
        provisioned = orders.make(101 * PAIRS, owner=agent)
        # The first request of a connection or of an account may take longer for reasons of its own.
        agent.cancel_batch(orders.unknown(1))
        for pair in range(PAIRS):
            for size in (1, 100) if pair % 2 else (100, 1):
                batch, provisioned = provisioned[:size], provisioned[size:]
                answer = agent.cancel_batch(batch, as_it_comes=True)
                if not answer.succeeded:
                    clause = "limits.hundred-accepted" if size > 1 else "request.example"
                    raise Presupposed(clause, f"a batch of {size} was answered {answer!r}")
                exchange = answer.exchange
                took[size].append(exchange.finished - exchange.started)

    one, hundred, quickest = median(took[1]), median(took[100]), min(took[100])
    observe(
        f"medians of {len(took[1])}: {one * 1000:.1f} ms for 1 id, {hundred * 1000:.1f} ms for 100, "
        f"of which the quickest took {quickest * 1000:.1f} ms"
    )
    if quickest > FACTOR * one and quickest - one > SECONDS:
        raise Violation(
            f"100 ids to take at most {FACTOR:g} times as long as 1 id, or at most {SECONDS:g} s longer",
            f"a median of {one:.3f} s for 1 id, and for 100 one of {hundred:.3f} s, from {sorted(took[100])!r}",
            kind="too-slow",
        )
