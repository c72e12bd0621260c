"""Sequences of orders, batches and keys, each step of which is answered as the page says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, consumes, multiple, precondition, rule

from fixtures.sequences import ExploreSequences
from suites.shared.sequences import OrderSequence
from venue_conformance.client.caller import require_armed
from venue_conformance.client.expected import ExpectedOrder
from venue_conformance.errors import Violation
from venue_conformance.fuzz.machine import judged
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.bayse import model
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.venues.bayse.model import CLAUSES, DAY, HOUR, NOT_KEPT, Key
from venue_conformance.venues.bayse.oracle import RULES
from venue_conformance.wire.retry_after import retry_after

Outcome = TypeVar("Outcome")
LONGEST_BATCH = 6
Batch = list[ExpectedOrder]
#: Batches that are not the first one, by what was done to it.
ALTERED: dict[str, Callable[[Batch, Batch], Batch]] = {
    "another": lambda first, other: other,  # noqa: ARG005
    "longer": lambda first, other: [*first, *other],
    "reversed": lambda first, other: first[::-1],  # noqa: ARG005
    "shorter": lambda first, other: first[:-1],  # noqa: ARG005
}


class BayseSequence(OrderSequence):
    """Two callers, their orders and their keys."""

    #: So many ids a fresh account may cancel at once (batch-cancel page, rate limit).
    at_once = 100
    kinds = (
        *("open", "open", "open", "partially_filled", "foreign", "unknown"),
        *("filled", "cancelled", "expired", "rejected", "amm"),
    )
    orders = OrderSequence.orders
    keys = Bundle("keys")
    failures = Bundle("failures")
    batches = st.lists(orders, min_size=1, max_size=LONGEST_BATCH)

    def __init__(self) -> None:
        super().__init__()
        self.keys_known: list[Key] = []
        #: Every key that was sent, by its text and its owner.
        self.used: set[tuple[str, str]] = set()

    # -- orders ----------------------------------------------------------------------------------------------------

    def make(self, kind: str, count: int) -> list[ExpectedOrder]:
        """So many orders of a kind."""
        assert self.scenario is not None, "doing() made it"
        orders = self.scenario.orders
        if kind == "unknown":
            ids = orders.unknown(count)
            return [ExpectedOrder(self.label(kind), one, kind, "", self.clause_of(kind)) for one in ids]

        def provision() -> list[ProvisionedOrder]:
            if kind == "foreign":
                return orders.foreign(count)
            if kind == "amm":
                return orders.make(count, "filled", engine="AMM")
            return orders.make(count, kind)

        status = {"foreign": "open", "amm": "filled"}.get(kind, kind)
        clause = model.UNTOUCHED if kind == "foreign" else self.clause_of(kind)
        rule_kind = "amm" if kind == "amm" else status
        return [
            ExpectedOrder(self.label(kind), one, rule_kind, one.owner, clause, frozenset({status}))
            for one in self.environment.orders_of(provision, kind)
        ]

    def clause_of(self, status: str) -> str:
        """By the oracle's rules."""
        return RULES[status].clause

    @rule(each=orders, parts=st.integers(1, 3))
    def fill_in_parts_and_cancel(self, each: ExpectedOrder, parts: int) -> None:
        """An order is filled in part, perhaps again, and cancelled."""
        for _ in range(parts):
            self.fill(each, True)
        self.cancel([each], by_other=False)

    # -- batches ---------------------------------------------------------------------------------------------------

    @rule(batch=batches, by_other=st.booleans())
    def cancel(self, batch: list[ExpectedOrder], by_other: bool) -> None:
        """A batch without a key."""
        if not self.affords(len(batch), by_other=by_other):
            return
        who = "the other caller" if by_other else "the caller"
        self.doing(f"{who} cancels {_said(batch)}", batch)
        judged(self, self._cancel, self._actor(by_other), batch)

    def _cancel(self, actor: BayseCaller, batch: list[ExpectedOrder]) -> None:
        answer = actor.cancel_batch([each.order for each in batch])
        self.assess.exercised.add(model.OPTIONAL)
        if answer.replayed:
            raise Violation(
                "an answer that is no replay, to a request without a key",
                repr(answer),
                model.OPTIONAL,
                kind="marked-as-replay",
            )
        model.carried_out(answer, actor.name, batch, self.assess)

    @rule(target=keys, batch=batches)
    def cancel_under_a_key(self, batch: list[ExpectedOrder]) -> MultipleResults[Key]:
        """A batch under a key that was never used."""
        if not self.affords(len(batch)):
            return multiple()
        label = self.label("key")
        scenario = self.doing(f"the caller cancels {_said(batch)} under {label}", batch)
        key = Key(label, scenario.caller.new_idempotency_key(), scenario.caller.name, batch)  # type: ignore[attr-defined]
        return judged(self, self._first_use, self._actor(by_other=False), key, model.KEYS_EXACT) or multiple()

    def _first_use(self, actor: BayseCaller, key: Key, refused_by: str) -> MultipleResults[Key]:
        self.used.add((key.text, actor.name))
        answer = actor.cancel_batch([each.order for each in key.batch], idempotency_key=key.text)
        clause = refused_by if answer.status in (409, 422) or refused_by == model.CALLERS else None
        self.assess.exercised.add(refused_by)
        if answer.replayed:
            raise Violation("an answer that is no replay", repr(answer), refused_by, kind="not-carried-out-first")
        if refused_by == model.CALLERS and answer.status in (409, 422):
            return multiple()  # whether two callers share their keys is not documented
        if not model.carried_out(answer, actor.name, key.batch, self.assess, refused_by=clause):
            return multiple()
        key.answer = answer
        self.keys_known.append(key)
        return multiple(key)

    @rule(target=keys, key=keys, batch=batches)
    def the_other_uses_the_key(self, key: Key, batch: list[ExpectedOrder]) -> MultipleResults[Key]:
        """The other caller happens to use the same key."""
        if not self.affords(len(batch), by_other=not self._others(key)):
            return multiple()
        scenario = self.doing(f"the other caller cancels {_said(batch)} under the text of {key.label}", batch)
        other = self._actor(by_other=key.owner == scenario.caller.name)
        if (key.text, other.name) in self.used:
            return multiple()
        same = Key(self.label("key"), key.text, other.name, batch)
        return judged(self, self._first_use, other, same, model.CALLERS) or multiple()

    @rule(key=keys)
    def replay(self, key: Key) -> None:
        """A key is used again for the same batch, signed afresh."""
        if key.forgotten or not self.affords(len(key.batch), by_other=self._others(key)):
            return
        self.doing(f"{key.label} is used again for the same batch", key.batch)
        self._with(key, self._replay)

    def _with(self, key: Key, step: Callable[..., Outcome], *arguments: object) -> Outcome | None:
        """Do a step under a key, of which nothing is known any more when its answer cannot be followed."""
        key.forgotten = True
        outcome = judged(self, self._finishing(key, step), key, *arguments)
        if key.forgotten and key in self.keys_known:
            self.keys_known.remove(key)
        return outcome

    def _finishing(self, key: Key, step: Callable[..., Outcome]) -> Callable[..., Outcome]:
        def finished(*arguments: object) -> Outcome:
            outcome = step(*arguments)
            key.forgotten = False
            return outcome

        return finished

    def _replay(self, key: Key) -> None:
        model.replayed(self._send(key, retry=True), key, self.assess)

    @rule(key=keys, other=batches, how=st.sampled_from(sorted(ALTERED)))
    def reuse(self, key: Key, other: list[ExpectedOrder], how: str) -> None:
        """A key is used again for another batch, which may be much like the first."""
        batch = ALTERED[how](key.batch, other)
        if key.forgotten or not batch or [each.order_id for each in batch] == key.ids:
            return
        if not self.affords(len(batch), by_other=self._others(key)):
            return
        self.doing(f"{key.label} is used for {_said(batch)}", [*key.batch, *batch])
        self._with(key, self._reuse, batch)

    def _reuse(self, key: Key, batch: list[ExpectedOrder]) -> None:
        model.reused(self._send(key, batch, retry=True), key, batch, self.assess)

    @rule(key=keys, other=batches, how=st.sampled_from(sorted(ALTERED)), times=st.integers(1, 3))
    def reuse_and_replay(self, key: Key, other: list[ExpectedOrder], how: str, times: int) -> None:
        """A key is used for other batches, and then for its own again."""
        for _ in range(times):
            self.reuse(key, other, how)
        self.replay(key)

    # -- failures --------------------------------------------------------------------------------------------------

    @rule(target=failures, batch=batches, status=st.sampled_from(sorted(NOT_KEPT)), after_commit=st.booleans())
    def fail(self, batch: list[ExpectedOrder], status: int, after_commit: bool) -> MultipleResults[Key]:
        """A batch fails, and is not sent again for a while."""
        return self._failing(batch, status, after_commit)

    @rule(target=keys, batch=batches, status=st.sampled_from(sorted(NOT_KEPT)), after_commit=st.booleans())
    def fail_and_retry(self, batch: list[ExpectedOrder], status: int, after_commit: bool) -> MultipleResults[Key]:
        """A batch fails, and is sent again at once."""
        for key in self._failing(batch, status, after_commit).values:
            return self.retry(key)
        return multiple()

    @rule(key=keys, batch=batches, status=st.sampled_from(sorted(NOT_KEPT)), after_commit=st.booleans())
    def fail_and_replay(self, key: Key, batch: list[ExpectedOrder], status: int, after_commit: bool) -> None:
        """A batch fails under a key of its own, and an earlier key is used again."""
        self._failing(batch, status, after_commit)
        self.replay(key)

    def _failing(self, batch: list[ExpectedOrder], status: int, after_commit: bool) -> MultipleResults[Key]:
        if len({each.order_id for each in batch}) < len(batch):
            return multiple()  # it may be refused instead
        if not self.affords(len(batch)):
            return multiple()
        label = self.label("key")
        when = "after" if after_commit else "before"
        scenario = self.doing(f"the caller cancels {_said(batch)} under {label}; {status} {when} it took effect", batch)
        if not judged(self, self.environment.fail_next, scenario.caller, status, after_commit=after_commit):
            return multiple()
        key = Key(label, scenario.caller.new_idempotency_key(), scenario.caller.name, batch, failed=status)  # type: ignore[attr-defined]
        self.used.add((key.text, key.owner))
        judged(self, self._fail, key, status, after_commit)
        return multiple(key)

    def _fail(self, key: Key, status: int, after_commit: bool) -> None:
        answer = self._owner(key).cancel_batch(
            [each.order for each in key.batch], idempotency_key=key.text, limit_asked=True
        )
        require_armed(answer, status)
        live = [each for each in dict.fromkeys(key.batch) if each.owner == key.owner and each.live is not False]
        self.require_effect_as_armed(live, after_commit=after_commit)
        key.unsure = model.failed(key.owner, key.batch, status, after_commit=after_commit)

    @rule(target=keys, key=consumes(failures))
    def retry(self, key: Key) -> MultipleResults[Key]:
        """What failed is sent again."""
        if not self.affords(len(key.batch), by_other=self._others(key)):
            return multiple()
        self.doing(f"what failed under {key.label} is sent again", key.batch)
        return self._with(key, self._retry) or multiple()

    def _retry(self, key: Key) -> MultipleResults[Key]:
        assert key.failed is not None, "a key of a failure"
        clause, answer = NOT_KEPT[key.failed], self._send(key, retry=True)
        if answer.replayed:
            raise Violation("a batch that is carried out afresh", repr(answer), clause, kind="not-carried-out-afresh")
        model.carried_out(answer, key.owner, key.batch, self.assess, refused_by=clause, unsure=key.unsure)
        key.answer = answer
        self.keys_known.append(key)
        return multiple(key)

    # -- who -------------------------------------------------------------------------------------------------------

    def _actor(self, by_other: bool) -> BayseCaller:
        assert self.scenario is not None, "doing() made it"
        actor = self.environment.other_of(self.scenario) if by_other else self.scenario.caller
        assert isinstance(actor, BayseCaller), "a procedure of Bayse"
        return actor

    def _others(self, key: Key) -> bool:
        assert self.scenario is not None, "there is a key"
        return key.owner != self.scenario.caller.name

    def _owner(self, key: Key) -> BayseCaller:
        return self._actor(by_other=self._others(key))

    def _send(self, key: Key, batch: list[ExpectedOrder] | None = None, *, retry: bool = False) -> BatchAnswer:
        """Send a batch, the key's own unless another is given, under a key that has been used before.

        A 429 that is marked as a replay is the key's answer, and so is one that the key gets while a request without
        one passes; any other is the budget's, and waited for.
        """
        owner, named = self._owner(key), [each.order for each in (key.batch if batch is None else batch)]
        while True:
            owner.session.pacer.wait(owner.name, len(named))
            answer = owner.cancel_batch(named, idempotency_key=key.text, limit_asked=True, retry=retry)
            if answer.status != 429 or answer.replayed:
                return answer
            owner.retry_budget.wait(retry_after(answer.exchange))
            owner.session.pacer.wait(owner.name, len(named) + 1)
            other = owner.cancel_batch(owner.session.ledger.unknown(1, owner.session.unknown_id), limit_asked=True)
            again = owner.cancel_batch(named, idempotency_key=key.text, limit_asked=True, retry=retry)
            if again.status != 429 or other.status != 429:
                return again


class AgeingSequence(BayseSequence):
    """A sequence in which days pass."""

    @precondition(lambda self: self.keys_known)
    @rule(hours=st.sampled_from([1, 6, 13, 22, 25, 31 * 24]))
    def time_passes(self, hours: int) -> None:
        """Whatever the venue keeps for a time grows older."""
        self.doing(f"{hours} hours pass")
        if judged(self, self.environment.offered, "time passed", {"seconds": hours * HOUR}):
            for key in self.keys_known:
                key.age += hours * HOUR

    def _replay(self, key: Key) -> None:
        if key.age <= 23 * HOUR:
            super()._replay(key)
        elif key.age > 30 * DAY + HOUR:
            answer = self._send(key, retry=True)
            if answer.replayed:
                raise Violation(
                    f"{key.label} to be forgotten after 30 days", repr(answer), model.EXPIRES, kind="not-forgotten"
                )
            if model.carried_out(answer, key.owner, key.batch, self.assess, refused_by=model.EXPIRES):
                key.answer, key.age, key.reused = answer, 0.0, False

    def _reuse(self, key: Key, batch: list[ExpectedOrder]) -> None:
        if key.age <= 23 * HOUR:
            super()._reuse(key, batch)


def _said(batch: Sequence[ExpectedOrder]) -> str:
    return ", ".join(each.label for each in batch)


@pytest.mark.clause(*CLAUSES)
def test_any_sequence_is_answered_as_documented(explore_sequences: ExploreSequences) -> None:
    """Any sequence of fills, cancels and uses, replays, reuses and retries of keys is answered as documented."""
    explore_sequences(BayseSequence, examples=65, steps=16)


@pytest.mark.last
@pytest.mark.clause(*CLAUSES, model.KEPT, model.EXPIRES)
def test_any_sequence_over_days_is_answered_as_documented(explore_sequences: ExploreSequences) -> None:
    """In any sequence over hours and days, a key is kept for 24 hours and looked at again after 30 days."""
    explore_sequences(AgeingSequence, examples=20, steps=12)
