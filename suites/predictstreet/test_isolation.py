"""Orders of another wallet (batch-cancel page, description, and response, notCancelled)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from suites.shared.edges import IDS
from suites.shared.isolation import Isolation
from venue_conformance.client.indistinguishable import differences
from venue_conformance.client.orders import Orders
from venue_conformance.errors import Presupposed
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.predictstreet.answer import NOT_FOUND, BatchAnswer
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller
from venue_conformance.venues.predictstreet.transient import outcomes_by_place


class TestIsolation(Isolation):
    not_found = NOT_FOUND
    unknown_not_found = "predictstreet.isolation.unknown-not-found"
    unnamed_untouched = "predictstreet.isolation.unnamed-untouched"
    clauses = {
        "test_unknown_order_is_not_found": unknown_not_found,
        "test_other_accounts_order_is_not_found[open]": "predictstreet.isolation.foreign-not-found",
        "test_other_accounts_order_is_not_found[partially_filled]": "predictstreet.isolation.foreign-not-found",
        "test_other_accounts_order_is_not_found": "predictstreet.isolation.foreign-terminal",
        "test_other_accounts_order_is_indistinguishable_from_unknown": "predictstreet.isolation.indistinguishable",
        "test_other_accounts_order_is_unchanged": "predictstreet.isolation.foreign-untouched",
        "test_order_that_another_account_named_is_cancelled_by_its_owner": "predictstreet.lifecycle.open-cancelled",
        "test_order_whose_owner_was_answered_is_not_found": "predictstreet.isolation.foreign-terminal",
        "test_similar_id_is_not_found": (unknown_not_found, unnamed_untouched),
    }


@pytest.mark.clause("predictstreet.isolation.unknown-not-found")
@pytest.mark.deepens
@pytest.mark.parametrize("edge", IDS)
def test_unknown_id_with_unusual_digits_is_not_found(caller: PredictStreetCaller, edge: str) -> None:
    """An id of many zeros or ones that does not exist is reported as not found, as it was sent."""
    ids = caller.session.ledger.unknown(2, IDS[edge])

    answer = caller.cancel_batch(ids)

    assert answer.outcomes(ids) == [NOT_FOUND] * 2, "other-outcome"


@pytest.mark.clause("predictstreet.isolation.foreign-not-found")
@pytest.mark.smoke
@pytest.mark.deepens
def test_other_accounts_orders_among_own_are_not_found(caller: PredictStreetCaller, orders: Orders) -> None:
    """The owner of every order of a long batch is checked, not only of the first ones."""
    *foreign, late, last = orders.foreign(5)
    own = orders.open(3)
    batch: list[ProvisionedOrder | str] = [order for pair in zip(own, foreign, strict=True) for order in pair]
    batch += [*orders.unknown(24), late, *orders.unknown(60), last]

    answer = caller.cancel_batch(batch)

    assert answer.outcomes([order.order_id for order in (*foreign, late, last)]) == [NOT_FOUND] * 5, "other-outcome"


@pytest.mark.clause("predictstreet.isolation.foreign-not-found")
@pytest.mark.parametrize("outcome", ["lock_invariant", "unknown"])
@pytest.mark.deepens
def test_other_wallets_order_whose_cancel_would_fail_is_not_found(
    caller: PredictStreetCaller, orders: Orders, cancel_outcome: Callable[[ProvisionedOrder, str], None], outcome: str
) -> None:
    """The owner of an order is checked before its cancellation is tried, the first time it is named."""

    def alone() -> tuple[list[str], BatchAnswer]:
        [foreign] = orders.foreign(1)
        cancel_outcome(foreign, outcome)
        return [foreign.order_id], caller.cancel_batch([foreign], as_it_comes=True)

    def among_own() -> tuple[list[str], BatchAnswer]:
        [own], [foreign] = orders.open(1), orders.foreign(1)
        cancel_outcome(foreign, outcome)
        return [own.order_id, foreign.order_id], caller.cancel_batch([own, foreign], as_it_comes=True)

    reported = [outcomes_by_place(alone)[0], outcomes_by_place(among_own, asked={0})[1]]

    assert reported == [NOT_FOUND] * 2, "other-outcome"


@pytest.mark.clause("predictstreet.isolation.foreign-terminal")
@pytest.mark.smoke
@pytest.mark.deepens
def test_order_that_its_owner_cancelled_is_not_found(
    caller: PredictStreetCaller, stranger: PredictStreetCaller, orders: Orders
) -> None:
    """An order that its wallet has just cancelled is not_found for another wallet that sends the same batch."""
    batch = orders.make(2, owner=stranger)
    first = stranger.cancel_batch(batch)
    if not all(first.cancelled(order.order_id) for order in batch):
        raise Presupposed("lifecycle.open-cancelled", f"the owner's cancel of two open orders was answered {first!r}")

    answer = caller.cancel_batch(batch)

    assert answer.outcomes([order.order_id for order in batch]) == [NOT_FOUND] * 2, "other-outcome"


@pytest.mark.clause("predictstreet.isolation.indistinguishable")
@pytest.mark.parametrize("outcome", ["lock_invariant", "unknown"])
@pytest.mark.deepens
def test_other_wallets_order_whose_cancel_would_fail_is_indistinguishable(
    caller: PredictStreetCaller, orders: Orders, cancel_outcome: Callable[[ProvisionedOrder, str], None], outcome: str
) -> None:
    """The response to another wallet does not reveal whether the owner's cancellation would fail."""
    [foreign] = orders.foreign(1)
    cancel_outcome(foreign, outcome)

    send = partial(caller.cancel_batch, as_it_comes=True)
    found = differences(send, foreign.order_id, lambda: orders.unknown(1)[0])

    assert found == {}, "responses-differ"
