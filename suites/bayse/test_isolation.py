"""Orders that the caller does not own (batch-cancel page, description)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from suites.shared.isolation import Isolation
from venue_conformance.client.orders import Orders
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.bayse.answer import NOT_FOUND
from venue_conformance.venues.bayse.caller import BayseCaller


class TestIsolation(Isolation):
    not_found = NOT_FOUND
    unknown_not_found = "bayse.isolation.unknown-not-found"
    unnamed_untouched = "bayse.isolation.unnamed-untouched"
    clauses = {
        "test_unknown_order_is_not_found": unknown_not_found,
        "test_other_accounts_order_is_not_found": "bayse.isolation.foreign-not-found",
        "test_other_accounts_order_is_indistinguishable_from_unknown": "bayse.isolation.indistinguishable",
        "test_other_accounts_order_is_unchanged": "bayse.isolation.foreign-untouched",
        "test_order_that_another_account_named_is_cancelled_by_its_owner": "bayse.lifecycle.open-cancelled",
        "test_order_whose_owner_was_answered_is_not_found": "bayse.isolation.foreign-not-found",
        "test_similar_id_is_not_found": (unknown_not_found, unnamed_untouched),
    }


@pytest.mark.clause("bayse.isolation.foreign-not-found")
@pytest.mark.deepens
def test_other_accounts_orders_among_own_are_not_found(caller: BayseCaller, orders: Orders) -> None:
    """The owner of every order of a long batch is checked, not only of the first ones, in every market."""
    *foreign, late, last = orders.foreign(5)
    own = orders.open(3)
    batch: list[ProvisionedOrder | str] = [order for pair in zip(own, foreign, strict=True) for order in pair]
    batch += [*orders.unknown(24), late, *orders.unknown(30), last]

    answer = caller.cancel_batch(batch)

    assert [answer.reason(order.order_id) for order in (*foreign, late, last)] == [NOT_FOUND] * 5, "other-reason"


@pytest.mark.clause("bayse.isolation.foreign-untouched")
@pytest.mark.parametrize("status", ["open", "partially_filled"])
@pytest.mark.deepens
def test_other_accounts_order_named_twice_is_unchanged(caller: BayseCaller, orders: Orders, status: str) -> None:
    """A batch that names another account's order twice does not change it."""
    alone, among = orders.foreign(2, status)
    own, control = orders.open(2)
    caller.cancel_batch([alone, alone])
    caller.cancel_batch([among, own, among])

    caller.cancel_batch([control])

    assert orders.after(control, [alone, among]) == {alone.order_id: status, among.order_id: status}, (
        "foreign-order-touched"
    )


@pytest.mark.clause("bayse.engine.foreign-amm")
def test_other_accounts_amm_order(caller: BayseCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """Is another account's AMM order reported as ORDER_NOT_FOUND or as UNSUPPORTED_ENGINE?"""
    [foreign] = orders.foreign(1, "filled", engine="AMM")

    answer = caller.cancel_batch([foreign])

    observe(f"another caller's AMM order: {answer.reason(foreign.order_id)}")
