"""The invariants that venues share, each as one property over drawn batches.

A venue's class says what its answers and clauses are called; what is drawn, and what must hold of it, stands here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from hypothesis import strategies as st

from fixtures.properties import ForAll
from suites.shared.limits import LARGEST, provoked
from venue_conformance.client.assessment import Assessment
from venue_conformance.client.caller import Caller
from venue_conformance.client.indistinguishable import differences
from venue_conformance.client.orders import Orders
from venue_conformance.errors import Presupposed
from venue_conformance.fuzz.explore import Explore
from venue_conformance.fuzz.scenario import Scenario, ScenarioEnvironment
from venue_conformance.fuzz.tracker import Dropped
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.wire.exchange import Answer

#: Sizes of batches that are always tried: both bounds, and one beyond each.
BOUNDS = (0, 1, LARGEST, LARGEST + 1)
#: Further sizes: what a byte can just not count, and anything between.
SIZES = st.just(257) | st.integers(2, LARGEST - 1) | st.integers(0, 3 * LARGEST)
TERMINAL = ("filled", "cancelled", "expired", "rejected")
STATUSES = ("open", "partially_filled", *TERMINAL)
#: How an order comes to have ended: it is made so, or an open one is cancelled by an earlier batch.
ENDINGS = (*TERMINAL, "cancelled by an earlier batch")


class LengthLimit:
    """Whatever its size, a batch is accepted exactly if it names 1 to 100 orders."""

    clauses: ClassVar[Mapping[str, Sequence[str]]]
    one: ClassVar[str]
    up_to_hundred: ClassVar[str]
    none: ClassVar[str]
    too_many: ClassVar[str]

    def accepts(self, answer: Any) -> bool:
        """Whether an answer says that its batch was processed."""
        return bool(answer.succeeded)

    def control(self, caller: Caller[Any], orders: Orders) -> None:  # noqa: ARG002 - for those who need them
        """Go on only if a valid request is accepted. Raises Presupposed."""
        caller.require_accepted()

    def test_property_length_limit(
        self,
        caller: Caller[Any],
        new_caller: Callable[[], Caller[Any]],
        orders: Orders,
        explore: Explore,
    ) -> None:
        """Batches of 1 to 100 different ids are accepted, and batches of any other size are rejected."""
        fresh, assess = caller.account.origin == "state", explore.assess
        self.control(caller, orders)

        def is_kept(size: int) -> None:
            # As an account that has spent nothing, so that no size has to wait for a budget.
            sender = new_caller() if fresh else caller
            batch = orders.unknown(size)
            if 1 <= size <= LARGEST:
                answer = sender.cancel_batch(batch)
                clause = self.one if size == 1 else self.up_to_hundred
                wanted = f"a batch of {size} different ids to be processed"
                assess.expect(self.accepts(answer), wanted, answer, clause, kind="not-accepted")
            else:
                answer = provoked(sender, batch)
                clause = self.too_many if size else self.none
                wanted = f"a batch of {size} different ids to be refused"
                assess.expect(answer.refused, wanted, answer, clause, kind="not-refused")

        if fresh:
            # What is drawn comes first: of a breach that is known already no smaller example is sought.
            explore(is_kept, examples=7, size=SIZES)
            explore.each(is_kept, [*BOUNDS, caller.session.random.randint(41, LARGEST - 1)], "size")
        else:  # an account that others go on to use
            explore.each(is_kept, [1, LARGEST, LARGEST + 1, 257], "size")


class AlreadyTerminal:
    """However an order came to its end, and wherever and however often a batch names it then, nothing changes it."""

    clauses: ClassVar[Mapping[str, Sequence[str]]]

    def judge_terminal(self, answer: Answer, order: ProvisionedOrder, ending: str, assess: Assessment) -> None:
        """Judge what an answer says of an order that had ended; ``ending`` is one of ``ENDINGS``."""
        raise NotImplementedError

    def clause_of_terminal(self, ending: str) -> str:
        """The clause by which such an order keeps its status."""
        raise NotImplementedError

    def test_property_already_terminal(
        self, for_all: ForAll, environment: ScenarioEnvironment, explore: Explore
    ) -> None:
        """Orders that have ended are unchanged however they are named; live orders beside them are cancelled."""
        assess = explore.assess

        def keeps(scenario: Scenario, endings: list[str], live: int, place: int, times: int) -> None:
            caller, orders = scenario.caller, scenario.orders
            ended = _ended(environment, scenario, endings)
            if not ended:
                raise Dropped
            before = {order.order_id: TERMINAL_OF.get(ending, ending) for order, ending in ended}
            control, *beside = orders.open(live + 1)
            named: list[Any] = [order for order, _ in ended]
            named[place:place] = beside

            answers = [caller.cancel_batch(named) for _ in range(times)]

            for answer in answers:
                for order, ending in ended:
                    self.judge_terminal(answer, order, ending, assess)
            caller.cancel_batch([control])
            read = orders.after(control, [order for order, _ in ended])
            for order, ending in ended:
                status, kept = read[order.order_id], before[order.order_id]
                clause = self.clause_of_terminal(ending)
                wanted = f"{order.order_id} ({ending}) to read as {kept} still"
                assess.expect(status == kept, wanted, f"it reads as {status}", clause, kind="order-changed")

        for_all(
            keeps,
            examples=8,
            endings=st.lists(st.sampled_from(ENDINGS), min_size=1, max_size=5),
            live=st.integers(0, 2),
            place=st.integers(0, 5),
            times=st.integers(1, 2),
        )


TERMINAL_OF = {ENDINGS[-1]: "cancelled"}


def _ended(
    environment: ScenarioEnvironment, scenario: Scenario, endings: Sequence[str]
) -> list[tuple[ProvisionedOrder, str]]:
    """Orders that have ended so; those left out that the target does not make."""
    made: dict[str, list[ProvisionedOrder]] = {}
    for ending, count in Counter(endings).items():
        if ending in TERMINAL:
            made[ending] = environment.orders_of(partial(scenario.orders.make, count, ending), ending)
            continue
        made[ending] = scenario.orders.open(count)
        scenario.caller.cancel_batch(made[ending])
        read = scenario.orders.poll_until(made[ending])
        if set(read.values()) != {"cancelled"}:
            raise Presupposed("lifecycle.open-cancelled", f"open orders read as {read} after a batch named them")
    return [(made[ending].pop(), ending) for ending in endings if made[ending]]


class NoExistenceLeak:
    """Whatever its status and place in a batch, a foreign order is told like one that does not exist."""

    clauses: ClassVar[Mapping[str, Sequence[str]]]
    indistinguishable: ClassVar[str]

    def test_property_no_existence_leak(
        self, for_all: ForAll, environment: ScenarioEnvironment, explore: Explore
    ) -> None:
        """No batch answers otherwise when another account's order stands in the place of an unknown id."""
        assess = explore.assess

        def reveals_nothing(scenario: Scenario, status: str, before: int, after: int, own: str) -> None:
            caller, orders = scenario.caller, scenario.orders
            foreign = environment.orders_of(lambda: orders.foreign(1, status), f"foreign {status}")
            beside = [] if own == "none" else environment.orders_of(lambda: orders.make(1, own), own)
            if not foreign:
                raise Dropped
            ahead: list[Any] = [*orders.unknown(before), *beside]
            behind = orders.unknown(after)

            def send(asked: list[Any]) -> Answer:
                answer: Answer = caller.cancel_batch([*ahead, *asked, *behind])
                return answer

            found = differences(send, foreign[0].order_id, lambda: orders.unknown(1)[0])

            wanted = f"one answer for an unknown id and for another account's order ({status}) in its place"
            actual = "; ".join(f"{place}: {one} and {other}" for place, (one, other) in found.items())
            assess.expect(not found, wanted, actual, self.indistinguishable, kind="responses-differ")

        for_all(
            reveals_nothing,
            examples=8,
            status=st.sampled_from(STATUSES),
            before=st.integers(0, 4),
            after=st.integers(0, 4),
            own=st.sampled_from(["none", "none", *TERMINAL]),
        )
