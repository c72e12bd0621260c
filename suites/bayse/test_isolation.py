"""Orders that the caller does not own (batch-cancel page, description)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from suites.shared.isolation import Isolation
from venue_conformance.venues.bayse.answer import NOT_FOUND
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.venues.orders import Orders


class TestIsolation(Isolation):
    not_found = NOT_FOUND
    unknown_not_found = "bayse.isolation.unknown-not-found"
    unnamed_untouched = "bayse.isolation.unnamed-untouched"
    clauses = {
        "test_an_unknown_order_is_not_found": unknown_not_found,
        "test_a_foreign_order_is_not_found": "bayse.isolation.foreign-not-found",
        "test_a_foreign_order_looks_like_an_unknown_one": "bayse.isolation.indistinguishable",
        "test_a_foreign_order_is_left_alone": "bayse.isolation.foreign-untouched",
        "test_an_id_that_nearly_fits_names_no_order": (unknown_not_found, unnamed_untouched),
    }


@pytest.mark.clause("bayse.isolation.foreign-not-found")
@pytest.mark.deepens
def test_foreign_orders_are_not_found_among_own_ones(caller: BayseCaller, orders: Orders) -> None:
    """Each order of a batch is looked at for its owner, not only the first, whichever market it is in."""
    foreign = orders.foreign(3)
    own = orders.open(3)
    batch = [order for pair in zip(own, foreign, strict=True) for order in pair]

    answer = caller.cancel_batch(batch)

    assert [answer.reason(order.order_id) for order in foreign] == [NOT_FOUND] * 3, "other-reason"


@pytest.mark.clause("bayse.isolation.foreign-untouched")
@pytest.mark.parametrize("status", ["open", "partially_filled"])
@pytest.mark.deepens
def test_a_foreign_order_named_twice_is_left_alone(caller: BayseCaller, orders: Orders, status: str) -> None:
    """The second mention of another caller's order changes it no more than the first."""
    alone, among = orders.foreign(2, status)
    own, control = orders.open(2)
    caller.cancel_batch([alone, alone])
    caller.cancel_batch([among, own, among])

    caller.cancel_batch([control])

    assert orders.after(control, [alone, among]) == {alone.order_id: status, among.order_id: status}, (
        "foreign-order-touched"
    )


@pytest.mark.clause("bayse.engine.foreign-amm")
def test_a_foreign_amm_order(caller: BayseCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """Another caller's AMM order: not found, or of the wrong engine?"""
    [foreign] = orders.foreign(1, "filled", engine="AMM")

    answer = caller.cancel_batch([foreign])

    observe(f"another caller's AMM order: {answer.reason(foreign.order_id)}")
