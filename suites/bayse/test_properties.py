"""The documented invariants over batches that are drawn."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st

from fixtures.properties import ForAll
from suites.shared.properties import STATUSES, TERMINAL, AlreadyTerminal, LengthLimit, NoExistenceLeak
from venue_conformance.client.assessment import Assessment
from venue_conformance.fuzz.explore import Explore
from venue_conformance.fuzz.scenario import Scenario, ScenarioEnvironment
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.model import REPEATS
from venue_conformance.venues.bayse.oracle import RULES, have_flags, judge_summary


class TestProperties(LengthLimit, NoExistenceLeak, AlreadyTerminal):
    one = "bayse.limits.one-accepted"
    up_to_hundred = "bayse.limits.hundred-accepted"
    none = "bayse.limits.empty-refused"
    too_many = "bayse.limits.over-hundred-refused"
    indistinguishable = "bayse.isolation.indistinguishable"
    clauses: ClassVar = {
        "test_property_length_limit": (one, up_to_hundred, none, too_many),
        "test_property_no_existence_leak": (indistinguishable,),
        "test_property_already_terminal": tuple(RULES[status].clause for status in TERMINAL),
    }

    def accepts(self, answer: BatchAnswer) -> bool:
        """A 2xx says so only with rows that can be read."""
        return answer.accepted

    def judge_terminal(self, answer: Any, order: ProvisionedOrder, ending: str, assess: Assessment) -> None:
        """Its row fails, whatever else the batch names; a batch that is refused is another promise's."""
        if answer.accepted:
            rows = answer.rows_of(order.order_id)
            wanted = f"the row of {order.order_id} ({ending}) to fail"
            if have_flags(rows, f"{order.order_id} ({ending})", assess):
                failed = not any(row["success"] for row in rows)
                assess.expect(failed, wanted, rows, self.clause_of_terminal(ending), kind="reported-as-cancelled")

    def clause_of_terminal(self, ending: str) -> str:
        """By the status that it ended in."""
        return RULES[ending if ending in STATUSES else "cancelled"].clause


@pytest.mark.clause(REPEATS)
def test_property_deduplication(for_all: ForAll, environment: ScenarioEnvironment, explore: Explore) -> None:
    """Of a batch that names ids repeatedly and is processed, each live order is cancelled, and the summary is right.

    Such a batch may be refused instead.
    """
    assess = explore.assess

    def is_consistent(scenario: Scenario, live: int, ended: list[str], places: list[int]) -> None:
        orders = scenario.orders
        own = orders.open(live)
        others = [each for kind in ended for each in environment.orders_of(lambda: orders.make(1, kind), kind)]  # noqa: B023
        named: list[Any] = [*own, *others, *orders.unknown(1)]
        batch = [*own[:1], *(named[place % len(named)] for place in places), *own[:1]]

        answer: Any = scenario.caller.cancel_batch(batch)

        if answer.accepted:
            judge_summary(answer, assess, REPEATS)
            live_named = [order for order in own if order in batch]
            for order_id, status in orders.poll_until(live_named).items():
                wanted = f"{order_id}, open and named by a processed batch, to be cancelled"
                assess.expect(status == "cancelled", wanted, f"it reads as {status}", REPEATS, kind="not-cancelled")

    for_all(
        is_consistent,
        examples=10,
        live=st.integers(1, 3),
        ended=st.lists(st.sampled_from(TERMINAL), max_size=2),
        places=st.lists(st.integers(0, 5), max_size=8),
    )
