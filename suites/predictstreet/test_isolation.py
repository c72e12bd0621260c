"""Orders of another wallet (batch-cancel page, description, and response, notCancelled)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from suites.shared.edges import IDS
from suites.shared.isolation import Isolation
from venue_conformance.errors import Presupposed
from venue_conformance.target.state_values import StagedOrder
from venue_conformance.venues.alike import differences
from venue_conformance.venues.orders import Orders
from venue_conformance.venues.predictstreet.answer import NOT_FOUND, BatchAnswer
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller
from venue_conformance.venues.predictstreet.transient import outcomes_by_place


class TestIsolation(Isolation):
    not_found = NOT_FOUND
    unknown_not_found = "predictstreet.isolation.unknown-not-found"
    unnamed_untouched = "predictstreet.isolation.unnamed-untouched"
    clauses = {
        "test_an_unknown_order_is_not_found": unknown_not_found,
        "test_a_foreign_order_is_not_found[open]": "predictstreet.isolation.foreign-not-found",
        "test_a_foreign_order_is_not_found[partially_filled]": "predictstreet.isolation.foreign-not-found",
        "test_a_foreign_order_is_not_found": "predictstreet.isolation.foreign-terminal",
        "test_a_foreign_order_looks_like_an_unknown_one": "predictstreet.isolation.indistinguishable",
        "test_a_foreign_order_is_left_alone": "predictstreet.isolation.foreign-untouched",
        "test_an_id_that_nearly_fits_names_no_order": (unknown_not_found, unnamed_untouched),
    }


@pytest.mark.clause("predictstreet.isolation.unknown-not-found")
@pytest.mark.deepens
@pytest.mark.parametrize("edge", IDS)
def test_an_unknown_id_at_the_edges_is_not_found(caller: PredictStreetCaller, edge: str) -> None:
    """An id with many zeros or ones in it that names no order is not found, as it was sent."""
    ids = caller.session.ledger.unknown(2, IDS[edge])

    answer = caller.cancel_batch(ids)

    assert answer.outcomes(ids) == [NOT_FOUND] * 2, "other-outcome"


@pytest.mark.clause("predictstreet.isolation.foreign-not-found")
@pytest.mark.smoke
@pytest.mark.deepens
def test_foreign_orders_are_not_found_among_own_ones(caller: PredictStreetCaller, orders: Orders) -> None:
    """Each order of a batch is looked at for its owner, not only the first."""
    foreign = orders.foreign(3)
    own = orders.open(3)
    batch = [order for pair in zip(own, foreign, strict=True) for order in pair]

    answer = caller.cancel_batch(batch)

    assert answer.outcomes([order.order_id for order in foreign]) == [NOT_FOUND] * 3, "other-outcome"


@pytest.mark.clause("predictstreet.isolation.foreign-not-found")
@pytest.mark.parametrize("outcome", ["lock_invariant", "unknown"])
@pytest.mark.deepens
def test_a_foreign_order_whose_cancel_would_fail_is_not_found(
    caller: PredictStreetCaller, orders: Orders, cancel_outcome: Callable[[StagedOrder, str], None], outcome: str
) -> None:
    """An order's owner is looked at before anything is tried with it, the first time that it is named already."""

    def alone() -> tuple[list[str], BatchAnswer]:
        [foreign] = orders.foreign(1)
        cancel_outcome(foreign, outcome)
        return [foreign.order_id], caller.cancel_batch([foreign], as_it_comes=True)

    def among_own() -> tuple[list[str], BatchAnswer]:
        [own], [foreign] = orders.open(1), orders.foreign(1)
        cancel_outcome(foreign, outcome)
        return [own.order_id, foreign.order_id], caller.cancel_batch([own, foreign], as_it_comes=True)

    told = [outcomes_by_place(alone)[0], outcomes_by_place(among_own, asked={0})[1]]

    assert told == [NOT_FOUND] * 2, "other-outcome"


@pytest.mark.clause("predictstreet.isolation.foreign-terminal")
@pytest.mark.smoke
@pytest.mark.deepens
def test_an_order_that_its_owner_cancelled_is_not_found(
    caller: PredictStreetCaller, stranger: PredictStreetCaller, orders: Orders
) -> None:
    """What a wallet has just cancelled by a batch does not exist for another one that sends the same batch."""
    batch = orders.make(2, owner=stranger)
    first = stranger.cancel_batch(batch)
    if not all(first.cancelled(order.order_id) for order in batch):
        raise Presupposed("lifecycle.open-cancelled", f"the owner's cancel of two open orders was answered {first!r}")

    answer = caller.cancel_batch(batch)

    assert answer.outcomes([order.order_id for order in batch]) == [NOT_FOUND] * 2, "other-outcome"


@pytest.mark.clause("predictstreet.isolation.indistinguishable")
@pytest.mark.parametrize("outcome", ["lock_invariant", "unknown"])
@pytest.mark.deepens
def test_a_foreign_order_whose_cancel_would_fail_looks_like_an_unknown_one(
    caller: PredictStreetCaller, orders: Orders, cancel_outcome: Callable[[StagedOrder, str], None], outcome: str
) -> None:
    """Whether the owner's cancel would fail is nothing that anybody else gets to know."""
    [foreign] = orders.foreign(1)
    cancel_outcome(foreign, outcome)

    send = partial(caller.cancel_batch, as_it_comes=True)
    found = differences(send, foreign.order_id, lambda: orders.unknown(1)[0])

    assert found == {}, "told-apart"
