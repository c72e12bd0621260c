"""Sequences of orders and batches, each step of which is answered as the page says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from fixtures.sequences import ExploreSequences
from suites.shared.sequences import OrderSequence
from venue_conformance.client.caller import Caller, require_armed
from venue_conformance.client.expected import CANCELLED, ExpectedOrder
from venue_conformance.fuzz.machine import judged
from venue_conformance.fuzz.scenario import Scenario
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.predictstreet import model
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller
from venue_conformance.venues.predictstreet.model import CLAUSES


class PredictStreetSequence(OrderSequence):
    """Two wallets and their orders."""

    #: So many requests a fresh wallet may send at once (batch-cancel page, rate limit).
    at_once = 5
    kinds = (
        *("open", "open", "open", "partially_filled", "foreign", "unknown"),
        *("filled", "cancelled", "expired", "rejected"),
    )
    orders = OrderSequence.orders
    batches = st.lists(orders, min_size=1, max_size=6)

    def __init__(self) -> None:
        super().__init__()
        self.tripped: set[str] = set()

    def make(self, kind: str, count: int) -> list[ExpectedOrder]:
        """So many orders of a kind."""
        assert self.scenario is not None, "doing() made it"
        orders = self.scenario.orders
        if kind == "unknown":
            return [ExpectedOrder(self.label(kind), one, kind, "", model.UNNAMED) for one in orders.unknown(count)]

        def provision() -> list[ProvisionedOrder]:
            return orders.foreign(count) if kind == "foreign" else orders.make(count, kind)

        status = "open" if kind == "foreign" else kind
        return [
            ExpectedOrder(self.label(kind), one, status, one.owner, model.UNNAMED, frozenset({status}))
            for one in self.environment.orders_of(provision, kind)
        ]

    def clause_of(self, status: str) -> str:  # noqa: ARG002 - whatever it is
        """Nobody has named it in a batch since."""
        return model.UNNAMED

    def clause_seen(self, each: ExpectedOrder) -> str:  # noqa: ARG002 - whatever it is
        """What changes it next is a batch that does not name it."""
        return model.UNNAMED

    @rule(each=orders)
    def trip(self, each: ExpectedOrder) -> None:
        """The next cancel of an order is going to trip over its lock."""
        if each.live is not True or each.order_id in self.tripped:
            return
        self.doing(f"the lock of {each.label} is going to trip once")
        params = {"orderId": each.order_id, "outcome": "lock_invariant"}
        if judged(self, self.environment.offered, "cancel outcome", params):
            self.tripped.add(each.order_id)

    @rule(batch=batches, by_other=st.booleans())
    def cancel(self, batch: list[ExpectedOrder], by_other: bool) -> None:
        """A batch."""
        self._send(batch, by_other, "cancels", None, False)

    @rule(batch=batches, status=st.sampled_from([500, 503]), after_commit=st.booleans())
    def fail(self, batch: list[ExpectedOrder], status: int, after_commit: bool) -> None:
        """A batch that ends in a server error."""
        if any(each.order_id in self.tripped for each in batch):
            return
        when = "after" if after_commit else "before"
        self._send(batch, False, f"is answered {status} {when} the effect of cancelling", status, after_commit)

    def _send(
        self, batch: list[ExpectedOrder], by_other: bool, what: str, status: int | None, after_commit: bool
    ) -> None:
        if not self.affords(1, by_other=by_other):
            return
        who = "the other caller" if by_other else "the caller"
        scenario = self.doing(f"{who} {what} {', '.join(each.label for each in batch)}", batch)
        actor = self._other(scenario) if by_other else scenario.caller
        if status is not None and not judged(
            self, self.environment.fail_next, actor, status, after_commit=after_commit
        ):
            return
        judged(self, self._judge, actor, batch, status, after_commit)

    def _other(self, scenario: Scenario) -> Caller[Any]:
        other = judged(self, self.environment.other_of, scenario)
        assert other is not None, "an account breaks no clause"
        return other

    def _judge(self, actor: Any, batch: list[ExpectedOrder], status: int | None, after_commit: bool) -> None:
        assert isinstance(actor, PredictStreetCaller), "a procedure of PredictStreet"
        answer = actor.cancel_batch([each.order for each in batch])
        if status is None:
            model.carried_out(answer, actor.name, batch, self.tripped, self.assess)
            return
        require_armed(answer, status)
        live = [each for each in dict.fromkeys(batch) if each.owner == actor.name and each.live is not False]
        self.require_effect_as_armed(live, after_commit=after_commit)
        for each in live:
            if after_commit:
                each.becomes(CANCELLED, model.ONE_FAILED)
            else:
                each.stays(model.ONE_FAILED)


@pytest.mark.clause(*CLAUSES)
def test_any_sequence_is_answered_as_documented(explore_sequences: ExploreSequences) -> None:
    """Any sequence of fills, cancels and failed cancels is answered as documented."""
    explore_sequences(PredictStreetSequence, examples=90, steps=14)
