"""The documented invariants over batches that are drawn."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st

from fixtures.properties import ForAll
from suites.shared.properties import STATUSES, AlreadyTerminal, LengthLimit, NoExistenceLeak
from venue_conformance.client.assessment import Assessment
from venue_conformance.client.caller import id_of
from venue_conformance.fuzz.explore import Explore
from venue_conformance.fuzz.scenario import Scenario, ScenarioEnvironment
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.predictstreet.answer import ALREADY_TERMINAL, BatchAnswer
from venue_conformance.venues.predictstreet.model import RECANCEL, UNCHANGED

LARGEST = 100
COLLAPSED = "predictstreet.duplicates.collapsed"
ANY_SPREAD = "predictstreet.duplicates.any-spread"
SAME_REASON = "predictstreet.duplicates.same-reason"
REPEAT_COUNTS = "predictstreet.limits.repeat-counts"
#: What a repeated id may name.
NAMED = (*("open", "open", "unknown", "foreign"), *STATUSES[1:])


class TestProperties(LengthLimit, NoExistenceLeak, AlreadyTerminal):
    one = "predictstreet.limits.one-accepted"
    up_to_hundred = "predictstreet.limits.hundred-accepted"
    none = "predictstreet.limits.empty-refused"
    too_many = "predictstreet.limits.over-hundred-refused"
    indistinguishable = "predictstreet.isolation.indistinguishable"
    clauses: ClassVar = {
        "test_property_length_limit": (one, up_to_hundred, none, too_many),
        "test_property_no_existence_leak": (indistinguishable,),
        "test_property_already_terminal": (
            *(f"predictstreet.lifecycle.{status}-is-final" for status in STATUSES[2:]),
            RECANCEL,
            UNCHANGED,
        ),
    }

    def judge_terminal(self, answer: Any, order: ProvisionedOrder, ending: str, assess: Assessment) -> None:
        """It is already_terminal, whatever else the batch names; a batch that is refused is another promise's."""
        if answer.succeeded:
            outcome = answer.outcome(order.order_id)
            clause = f"predictstreet.lifecycle.{ending}-is-final" if ending in STATUSES else RECANCEL
            wanted = f"already_terminal for {order.order_id} ({ending})"
            assess.expect(outcome == ALREADY_TERMINAL, wanted, f"{outcome} in {answer!r}", clause, kind="other-outcome")

    def clause_of_terminal(self, ending: str) -> str:  # noqa: ARG002 - however it ended
        """One for all."""
        return UNCHANGED


@pytest.mark.clause(COLLAPSED, ANY_SPREAD, SAME_REASON, REPEAT_COUNTS)
def test_property_deduplication(for_all: ForAll, environment: ScenarioEnvironment, explore: Explore) -> None:
    """However ids are repeated, up to 100 entries have one outcome for each id, and more entries are rejected."""
    assess = explore.assess

    def collapses(scenario: Scenario, kinds: list[str], places: list[int], rounds: int) -> None:
        named = _named(environment, scenario, kinds)
        batch = [named[place % len(named)] for place in places] * rounds
        ids = {id_of(order): kind for order, kind in batch}
        count = Counter(id_of(order) for order, _ in batch)
        lasting = [order for order, kind in dict.fromkeys(batch) if kind not in STATUSES[:2]]
        once: Any = scenario.caller.cancel_batch(lasting) if lasting else None

        answer: Any = scenario.caller.cancel_batch([order for order, _ in batch])

        if len(batch) > LARGEST:
            wanted = f"a batch of {len(batch)} entries that name {len(ids)} ids to be refused"
            assess.expect(answer.refused, wanted, answer, REPEAT_COUNTS, kind="not-refused")
            return
        wanted = f"a batch of {len(batch)} entries that name {len(ids)} ids to be carried out"
        if not assess.expect(answer.succeeded, wanted, answer, ANY_SPREAD, kind="not-processed"):
            return
        for order_id, kind in ids.items():
            if kind in STATUSES[:2]:
                _judge_live(answer, order_id, count[order_id], assess)
            elif once is not None and once.succeeded:
                outcome, alone = answer.outcome(order_id), once.outcome(order_id)
                wanted = f"{alone} for {order_id} ({kind}), as when it was named once"
                actual = f"{outcome}, named {count[order_id]} times, in {answer!r}"
                assess.expect(outcome == alone, wanted, actual, SAME_REASON, kind="other-outcome")

    for_all(
        collapses,
        examples=12,
        kinds=st.lists(st.sampled_from(NAMED), min_size=1, max_size=4),
        places=st.lists(st.integers(0, 3), min_size=2, max_size=8),
        rounds=st.sampled_from([1, 1, 1, 2, 7, 12, 25, 51]),
    )


def _judge_live(answer: BatchAnswer, order_id: str, times: int, assess: Assessment) -> None:
    if times > 1:
        told, reason = answer.cancelled_ids.count(order_id), answer.reason(order_id)
        wanted = f"{order_id}, named {times} times, once in cancelled and nowhere else"
        actual = (
            f"{told} times in cancelled, {f'with the reason {reason}' if reason else 'without a reason'}, in {answer!r}"
        )
        clause = COLLAPSED if times == 2 else ANY_SPREAD
        assess.expect(told == 1 and reason is None, wanted, actual, clause, kind="not-reported-once")


def _named(
    environment: ScenarioEnvironment, scenario: Scenario, kinds: list[str]
) -> list[tuple[ProvisionedOrder | str, str]]:
    """What each kind names; unknown ids where the target makes no such orders."""
    orders = scenario.orders
    named: list[tuple[ProvisionedOrder | str, str]] = []
    for kind, count in Counter(kinds).items():
        make = partial(orders.foreign, count) if kind == "foreign" else partial(orders.make, count, kind)
        made = environment.orders_of(make, kind) if kind != "unknown" else []
        named += [(order, kind) for order in made] or [(order, "unknown") for order in orders.unknown(count)]
    return named
