"""Ids that a batch names more than once (batch-cancel page, description and body)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fixtures.predictstreet import required_first
from venue_conformance.client.caller import id_of
from venue_conformance.client.orders import Orders
from venue_conformance.errors import Presupposed
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller

Batch = list[ProvisionedOrder | str]
#: How two ids are spread over a batch.
SPREADS: dict[str, Callable[[ProvisionedOrder, ProvisionedOrder], Batch]] = {
    "neighbours": lambda a, b: [a, a, b],
    "apart": lambda a, b: [a, b, a],
    "each twice": lambda a, b: [a, b, b, a],
    "alternating": lambda a, b: [a, b] * 50,
    "the same id again and again": lambda a, b: [*[a] * 99, b],
}


@pytest.mark.clause("predictstreet.duplicates.collapsed")
@pytest.mark.parametrize(
    "apart",
    [pytest.param(False, marks=pytest.mark.deepens), pytest.param(True, marks=pytest.mark.smoke)],
    ids=["neighbours", "apart"],
)
def test_order_named_twice_has_one_outcome(caller: PredictStreetCaller, orders: Orders, apart: bool) -> None:
    """An open order that is named twice appears once in cancelled and nowhere else."""
    a, b = orders.open(2)

    answer = caller.cancel_batch([a, b, a] if apart else [a, a, b])

    assert answer.cancelled_ids.count(a.order_id) == 1, "not-reported-once"
    assert a.order_id not in answer.reasons, "two-outcomes"
    assert orders.poll_until([a]) == {a.order_id: "cancelled"}, "not-cancelled"


@pytest.mark.clause("predictstreet.duplicates.any-spread")
@pytest.mark.parametrize("spread", required_first(SPREADS, "alternating", smoke="alternating"))
def test_duplicates_in_any_number_and_position_are_collapsed(
    caller: PredictStreetCaller, orders: Orders, spread: Callable[[ProvisionedOrder, ProvisionedOrder], Batch]
) -> None:
    """However often and wherever ids are repeated, the batch is carried out and each id has one outcome."""
    a, b = orders.open(2)

    answer = caller.cancel_batch(spread(a, b))

    assert sorted(answer.cancelled_ids) == sorted([a.order_id, b.order_id]), "not-reported-once"
    assert answer.reasons == {}, "two-outcomes"


@pytest.mark.clause("predictstreet.duplicates.any-spread")
@pytest.mark.deepens
def test_same_id_100_times_is_accepted(caller: PredictStreetCaller, orders: Orders) -> None:
    """A batch of one id, 100 times, is carried out."""
    [order] = orders.open(1)

    answer = caller.cancel_batch([order] * 100)

    assert answer.succeeded, "not-accepted"


@pytest.mark.clause("predictstreet.duplicates.same-reason")
@pytest.mark.parametrize(
    "kind",
    [
        "unknown",
        "filled",
        *(pytest.param(kind, marks=pytest.mark.deepens) for kind in ("foreign", "cancelled", "rejected", "expired")),
    ],
)
def test_duplicate_id_gets_the_same_reason_as_alone(caller: PredictStreetCaller, orders: Orders, kind: str) -> None:
    """The reason for an id does not depend on how often it is named."""
    named: ProvisionedOrder | str
    if kind == "unknown":
        [named] = orders.unknown(1)
    else:
        [named] = orders.foreign(1) if kind == "foreign" else orders.make(1, kind)
    order_id = id_of(named)
    [other] = orders.open(1)

    once = caller.cancel_batch([named])
    if once.cancelled(order_id):
        clause = {"unknown": "isolation.unknown-not-found", "foreign": "isolation.foreign-not-found"}.get(
            kind, f"lifecycle.{kind}-is-final"
        )
        raise Presupposed(clause, "the id is reported as cancelled when named once, so that there is no reason")

    repeated = caller.cancel_batch([named, named, other, named])

    assert repeated.outcome(order_id) == once.outcome(order_id), "other-outcome"
