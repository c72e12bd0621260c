"""Each id has one outcome, and a failed one affects no other (batch-cancel page, response)."""

from __future__ import annotations

from collections import Counter

import pytest

from venue_conformance.client.caller import ids_of
from venue_conformance.client.orders import Orders
from venue_conformance.client.session import Session
from venue_conformance.errors import Presupposed, Violation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.predictstreet.answer import REASONS, BatchAnswer
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller
from venue_conformance.venues.predictstreet.oracle import TERMINAL
from venue_conformance.venues.predictstreet.transient import outcomes_by_place

Batch = list[ProvisionedOrder | str]


@pytest.fixture
def mixed(orders: Orders, session: Session) -> Batch:
    """Own orders of every status that there is, and unknown ids, in no order that sorting or grouping would give."""
    batch: Batch = [*orders.open(3), *orders.unknown(3)]
    for status in ("partially_filled", *TERMINAL):
        with orders.optional():
            batch += orders.make(2, status)
    session.random.shuffle(batch)
    return batch


@pytest.mark.clause("predictstreet.outcomes.every-id")
@pytest.mark.smoke
def test_every_id_is_reported(caller: PredictStreetCaller, mixed: Batch) -> None:
    """The response reports the ids that were sent and no others."""
    answer = caller.cancel_batch(mixed)

    assert answer.reported == set(ids_of(mixed)), "id-missing"


@pytest.mark.clause("predictstreet.outcomes.every-id")
@pytest.mark.parametrize("kind", ["open", "unknown", "filled"])
@pytest.mark.deepens
def test_every_id_of_full_batch_is_reported(caller: PredictStreetCaller, orders: Orders, kind: str) -> None:
    """The response to 100 ids reports all 100 of them."""
    batch: Batch = [*(orders.unknown(100) if kind == "unknown" else orders.make(100, kind))]

    answer = caller.cancel_batch(batch)

    assert sorted(set(ids_of(batch)) ^ answer.reported) == [], "id-missing"


@pytest.mark.clause("predictstreet.outcomes.once")
@pytest.mark.smoke
def test_no_id_has_two_outcomes(caller: PredictStreetCaller, mixed: Batch) -> None:
    """No id is twice in cancelled, or both in cancelled and in notCancelled."""
    answer = caller.cancel_batch(mixed)

    reported = Counter([*answer.cancelled_ids, *answer.reasons])
    assert [order_id for order_id, times in reported.items() if times > 1] == [], "two-outcomes"


@pytest.mark.clause("predictstreet.outcomes.reasons")
@pytest.mark.smoke
def test_every_reason_is_documented(caller: PredictStreetCaller, mixed: Batch) -> None:
    """The reason for an order that was not cancelled is one of the four documented ones."""
    answer = caller.cancel_batch(mixed)

    if not answer.reasons:
        raise Presupposed("outcomes.every-id", f"no id of the batch is in notCancelled: {answer!r}")
    assert set(answer.reasons.values()) - REASONS == set(), "other-reason"


NONE_CANCELLED = (("unknown", 3), ("foreign", 1), *((status, 3) for status in TERMINAL))


def bad_orders(orders: Orders, kind: str, count: int) -> Batch:
    """Ids that cannot be cancelled, for the reason that ``kind`` names."""
    if kind == "unknown":
        return [*orders.unknown(count)]
    if kind == "foreign":
        return [*orders.foreign(count)]
    return [*orders.make(count, kind)]


@pytest.mark.clause("predictstreet.independence.bad-id-affects-no-other")
@pytest.mark.parametrize(
    "place",
    [pytest.param(place, marks=pytest.mark.smoke if place == 2 else pytest.mark.deepens) for place in (0, 2, 4)],
)
def test_failing_id_does_not_affect_other_orders(caller: PredictStreetCaller, orders: Orders, place: int) -> None:
    """The other orders of a batch are cancelled, wherever in it the failing id is."""

    def attempt() -> tuple[list[str], BatchAnswer]:
        batch: Batch = [*orders.open(4)]
        batch[place:place] = orders.unknown(1)
        return ids_of(batch), caller.cancel_batch(batch, as_it_comes=True)

    outcomes = outcomes_by_place(attempt, asked={place})

    others = outcomes[:place] + outcomes[place + 1 :]
    if others != ["cancelled"] * 4:
        raise Violation(
            f"four open orders to be cancelled beside an unknown id at place {place}",
            ", ".join(others),
            kind="other-orders-affected",
        )


@pytest.mark.clause("predictstreet.independence.bad-id-affects-no-other")
@pytest.mark.deepens
def test_many_failing_ids_do_not_affect_other_orders(caller: PredictStreetCaller, orders: Orders) -> None:
    """A batch in which most ids fail reports the others as cancelled, and they read back so."""
    reported: list[ProvisionedOrder] = []
    good = (0, 41, 82)

    def attempt() -> tuple[list[str], BatchAnswer]:
        first, middle, last = opened = orders.open(3)
        batch: Batch = [first, *orders.unknown(40), middle, *orders.make(40, "filled"), last]
        answer = caller.cancel_batch(batch, as_it_comes=True)
        reported.extend(order for order in opened if answer.cancelled(order.order_id))
        return ids_of(batch), answer

    outcomes = outcomes_by_place(attempt, asked=set(range(83)) - set(good))

    if (found := [outcomes[place] for place in good]) != ["cancelled"] * 3:
        raise Violation(
            "three open orders to be cancelled beside 80 ids that cannot be",
            ", ".join(found),
            kind="other-orders-affected",
        )
    assert set(orders.poll_until(reported).values()) == {"cancelled"}, "not-cancelled"


@pytest.mark.clause("predictstreet.outcomes.none-cancelled")
@pytest.mark.parametrize(
    ("kind", "count"),
    [("unknown", 1), *(pytest.param(*each, marks=pytest.mark.deepens) for each in NONE_CANCELLED)],
)
def test_batch_that_cancels_nothing_is_a_success(
    caller: PredictStreetCaller, orders: Orders, kind: str, count: int
) -> None:
    """A valid request is a success even if none of its ids can be cancelled."""
    answer = caller.cancel_batch(bad_orders(orders, kind, count))

    assert answer.succeeded, "not-accepted"
