"""The invariants of idempotency keys, over batches and what happens between two uses of a key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import strategies as st

from fixtures.bayse import Require
from fixtures.properties import ForAll
from suites.bayse.test_mixed_batches import provision
from venue_conformance.fuzz.explore import Explore
from venue_conformance.fuzz.scenario import Scenario, ScenarioEnvironment
from venue_conformance.fuzz.tracker import Dropped
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.venues.bayse.model import CHANGED_BODY, FIRST_NOT_MARKED, MARKED, SAME_ANSWER, SURVIVES
from venue_conformance.venues.bayse.oracle import RULES

Batch = list[ProvisionedOrder | str]
#: What a batch is made of; at least one order of it is open.
KINDS = st.lists(st.sampled_from(["open", "open", *RULES]), max_size=5)
#: What a caller does between a request and its retry.
BETWEEN = (
    "nothing",
    "another batch",
    "the same batch without a key",
    "the same batch under another key",
    "another body",
)
#: How another batch is made of the first one and of further orders.
ALTERED: dict[str, Callable[[Batch, Batch], Batch]] = {
    "another": lambda first, others: others,  # noqa: ARG005
    "longer": lambda first, others: [*first, *others],
    "shorter": lambda first, others: first[1:],  # noqa: ARG005
    "reversed": lambda first, others: first[::-1],  # noqa: ARG005
    "its first order exchanged": lambda first, others: [*others[:1], *first[1:]],
}


def _batch(environment: ScenarioEnvironment, scenario: Scenario, kinds: Sequence[str]) -> Batch:
    """An open order, and one of each kind beside it, as far as the target makes them."""
    batch: Batch = []
    for kind, count in Counter(["open", *kinds]).items():
        made: Any = environment.orders_of(partial(provision, scenario.orders, kind, count), kind)  # type: ignore[arg-type]
        batch += made
    return batch


def _caller(scenario: Scenario) -> BayseCaller:
    assert isinstance(scenario.caller, BayseCaller), "a property of Bayse"
    return scenario.caller


@pytest.mark.clause(SAME_ANSWER, MARKED, FIRST_NOT_MARKED, SURVIVES)
def test_property_idempotency_replay(
    for_all: ForAll, environment: ScenarioEnvironment, explore: Explore, require_replay: Require
) -> None:
    """Whatever its batch names and whatever happens meanwhile, each retry under a key gets the first answer again."""
    assess = explore.assess
    require_replay()

    def replays(scenario: Scenario, kinds: list[str], between: list[str]) -> None:
        caller, batch = _caller(scenario), _batch(environment, scenario, kinds)
        key = caller.new_idempotency_key()
        first = caller.cancel_batch(batch, idempotency_key=key).require_processed()
        assess.expect(
            not first.replayed, "a first answer that is not marked", first, FIRST_NOT_MARKED, kind="marked-as-replay"
        )
        clause = SAME_ANSWER
        for what in between:
            met = _meanwhile(scenario, what, batch, key)
            clause = SURVIVES if met is not None and met.status == 422 else clause

            retry = caller.cancel_batch(batch, idempotency_key=key, retry=True)

            wanted = f"the first response again{'' if what == BETWEEN[0] else f', after {what}'}: {first!r}"
            assess.expect(retry.same_as(first), wanted, retry, clause, kind="other-answer")
            if any(row.get("success") is True for row in first.rows):  # what only failed may have been tried again
                assess.expect(retry.replayed, "a retry that is marked as a replay", retry, MARKED, kind="not-marked")

    for_all(replays, examples=8, kinds=KINDS, between=st.lists(st.sampled_from(BETWEEN), min_size=1, max_size=3))


def _meanwhile(scenario: Scenario, what: str, batch: Batch, key: str) -> BatchAnswer | None:
    """Do what happens between two uses of a key; the answer to another body under the same key."""
    caller = _caller(scenario)
    if what == "another body":
        return caller.cancel_batch([*batch, *scenario.orders.unknown(1)], idempotency_key=key, retry=True)
    if what == "another batch":
        caller.cancel_batch(scenario.orders.open(1))
    elif what == "the same batch without a key":
        caller.cancel_batch(batch)
    elif what == "the same batch under another key":
        caller.cancel_batch(batch, idempotency_key=caller.new_idempotency_key())
    return None


@pytest.mark.clause(CHANGED_BODY, SURVIVES)
def test_property_idempotency_conflict(
    for_all: ForAll, environment: ScenarioEnvironment, explore: Explore, require_replay: Require
) -> None:
    """However another body differs from the first, under its key it gets 422 and cancels nothing; the first replays."""
    assess = explore.assess
    require_replay()

    def conflicts(scenario: Scenario, kinds: list[str], others: list[str], how: str, times: int) -> None:
        caller, orders = _caller(scenario), scenario.orders
        batch, further = _batch(environment, scenario, kinds), _batch(environment, scenario, others)
        altered = ALTERED[how](batch, further)
        if not altered or altered == batch:
            raise Dropped
        key = caller.new_idempotency_key()
        first = caller.cancel_batch(batch, idempotency_key=key).require_processed()

        answers = [caller.cancel_batch(altered, idempotency_key=key, retry=True) for _ in range(times)]

        for answer in answers:
            wanted = f"422 for a used key with another body ({how})"
            assess.expect(answer.status == 422, wanted, answer, CHANGED_BODY, kind="other-status")
        if all(answer.status == 422 for answer in answers):
            retry = caller.cancel_batch(batch, idempotency_key=key, retry=True)
            wanted = f"the first response again, after another body was refused: {first!r}"
            assess.expect(retry.same_as(first), wanted, retry, SURVIVES, kind="other-answer")
        live = [order for order in altered if isinstance(order, ProvisionedOrder) and order not in batch]
        before = {order.order_id: order.status for order in live}
        [control] = orders.open(1)
        caller.cancel_batch([control])
        for order_id, status in orders.after(control, live).items():
            wanted = f"{order_id}, named by another body alone, to read as {before[order_id]} still"
            assess.expect(
                status == before[order_id], wanted, f"it reads as {status}", CHANGED_BODY, kind="other-body-carried-out"
            )

    for_all(
        conflicts,
        examples=8,
        kinds=KINDS,
        others=st.lists(st.sampled_from(["open", "open", "unknown", "filled"]), max_size=3),
        how=st.sampled_from(sorted(ALTERED)),
        times=st.integers(1, 2),
    )
