"""Batches of any composition, compared with the expected outcome of each id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import strategies as st

from venue_conformance.client.orders import Orders
from venue_conformance.fuzz.explore import Explore
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller
from venue_conformance.venues.predictstreet.oracle import BATCH_CLAUSES, CLAUSES, BatchId, judge

Element = tuple[str, int]


def offered(orders: Orders) -> list[str]:
    """What ids can name here: not every target makes orders of every status, or of somebody else."""
    found = ["unknown", "unknown", "own open", "own open"]
    for what in CLAUSES:
        with orders.optional():
            provisioned(orders, [(what, 0)])
            found.append(what)
    return found


@pytest.mark.clause(*dict.fromkeys([*BATCH_CLAUSES, *CLAUSES.values()]))
def test_any_batch_is_answered_as_documented(caller: PredictStreetCaller, orders: Orders, explore: Explore) -> None:
    """Whatever orders a batch names, in whatever order and however often, each id gets the documented outcome."""

    def is_answered(elements: list[Element]) -> None:
        batch = provisioned(orders, elements)
        judge(batch, caller.cancel_batch([named.order_id for named in batch]), explore.assess)

    # An element says what its id names, and how far back it repeats an earlier one (0: not at all).
    element = st.tuples(st.sampled_from(offered(orders)), st.sampled_from([0, 0, 0, 1, 3]))
    explore(is_answered, examples=9, elements=st.lists(element, min_size=1, max_size=40))


def provisioned(orders: Orders, elements: Sequence[Element]) -> list[BatchId]:
    """Provision the orders that the elements ask for, and put the batch together."""
    fresh = {}
    for what, count in Counter(what for what, _ in elements).items():
        whose, _, status = what.partition(" ")
        if whose == "unknown":
            fresh[what] = orders.unknown(count)
        else:
            made = orders.make(count, status) if whose == "own" else orders.foreign(count, status)
            fresh[what] = [order.order_id for order in made]
    batch: list[BatchId] = []
    for what, back in elements:
        repeats = 0 < back <= len(batch)
        batch.append(batch[-back] if repeats else BatchId(fresh[what].pop(), what))
    return batch
