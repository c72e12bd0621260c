"""The invariants of keys while their first request is held inside the venue, over sequences."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, initialize, multiple, rule

from fixtures.bayse import Require
from fixtures.in_flight import HOLDS, overlapped
from fixtures.sequences import ExploreSequences
from venue_conformance.client.expected import CANCELLED, ExpectedOrder
from venue_conformance.errors import NeverExercised, Violation
from venue_conformance.fuzz.machine import VenueMachine, judged
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.venues.bayse.model import CHANGED_BODY, SURVIVES

IN_FLIGHT = "bayse.idempotency.in-flight"
ONCE = "bayse.idempotency.carried-out-once"
AFTER_CONFLICT = "bayse.idempotency.replay-after-conflict"
OTHER_KEYS = "bayse.idempotency.other-keys-served"
CLAUSES = (IN_FLIGHT, ONCE, AFTER_CONFLICT, OTHER_KEYS, CHANGED_BODY, SURVIVES)
#: What the request says that comes while the first one is held.
SECONDS = (
    "the same batch",
    "another batch",
    "the same batch under another key",
    "another batch without a key",
)
Send = Callable[[], BatchAnswer]


@dataclass(eq=False)
class HeldKey:
    """A key whose first request was held: its batch, that one's answer, and whether another body was refused since."""

    label: str
    text: str
    batch: list[ExpectedOrder]
    answer: BatchAnswer
    reused: bool = False

    def __repr__(self) -> str:
        return self.label


class InFlightSequence(VenueMachine):
    """A caller's keys, each of which has had a request come while its first one was held."""

    #: So many ids a fresh account may cancel at once (batch-cancel page, rate limit).
    at_once = 100
    #: A thread for each of two requests, for each thread has a connection of its own.
    ways: ClassVar[list[ThreadPoolExecutor]]
    #: How many of the lengths that a request may be held were too short just now, and whether any was long enough.
    too_short: ClassVar[list[int]]
    came_about: ClassVar[list[bool]]
    keys = Bundle("keys")
    sizes = st.integers(1, 3)

    @initialize(target=keys, first=sizes, second=st.sampled_from([*SECONDS[:2] * 2, *SECONDS]), others=sizes)
    def overlap(self, first: int, second: str, others: int) -> MultipleResults[HeldKey]:
        """A request is held, and another one comes meanwhile: once, for a hold takes long."""
        if not self.affords(2 * first + others + 2):
            return multiple()
        label = self.label("key")
        self.doing(f"a batch of {first} open orders under {label} is held; meanwhile comes {second} ({others} orders)")
        return judged(self, self._held, label, first, second, others) or multiple()

    @rule(key=keys)
    def replay(self, key: HeldKey) -> None:
        """A key is used again for the batch that was carried out."""
        if self.affords(len(key.batch)):
            self.doing(f"{key.label} is used again for the batch that was carried out", key.batch)
            judged(self, self._replay, key)

    @rule(key=keys, count=sizes)
    def reuse(self, key: HeldKey, count: int) -> None:
        """A key is used for another batch."""
        if self.affords(count):
            self.doing(f"{key.label} is used for {count} other orders")
            judged(self, self._reuse, key, count)

    @rule()
    def look(self) -> None:
        """Every order is read."""
        if self.known:
            self.doing("every order is read")
            judged(self, self.read_back)

    # -- what is sent ----------------------------------------------------------------------------------------------

    def _held(self, label: str, first: int, second: str, others: int) -> MultipleResults[HeldKey]:
        caller = self._caller
        text = caller.new_idempotency_key()
        other_key = {SECONDS[2]: caller.new_idempotency_key(), SECONDS[3]: None}.get(second, text)
        batch = self._open(first)
        later = batch if second.startswith("the same batch") else self._open(others)
        self.touched = [*batch, *later]
        for each in self.touched:
            each.may_become(CANCELLED)
        caller.session.pacer.rest(caller.name, len(batch) + len(later))  # paced one by one they would not meet
        answers = self._send_together(
            lambda: caller.cancel_batch([each.order for each in batch], idempotency_key=text),
            lambda: caller.cancel_batch([each.order for each in later], idempotency_key=other_key),
        )
        if answers is None:
            return multiple()
        if other_key != text:
            wanted = f"both requests to be carried out, since they do not share a key ({second})"
            served = all(answer.accepted for answer in answers)
            self.assess.expect(served, wanted, f"{answers!r}", OTHER_KEYS, kind="not-accepted")
            return multiple()
        return self._judge_shared(label, text, [batch, later], answers)

    def _judge_shared(
        self, label: str, text: str, batches: list[list[ExpectedOrder]], answers: list[BatchAnswer]
    ) -> MultipleResults[HeldKey]:
        same = batches[0] == batches[1]
        refused = sorted(answer.status for answer in answers if not answer.accepted)
        clause, permitted = (IN_FLIGHT, [[409]]) if same else (CHANGED_BODY, [[409], [422]])
        wanted = f"one request to be carried out, and {'409' if same else '409 or 422'} for the other"
        if refused not in permitted:
            raise Violation(wanted, repr(answers), clause, kind="no-conflict")
        self.assess.exercised.add(clause)
        done = next(place for place, answer in enumerate(answers) if answer.accepted)
        batch, answer = batches[done], answers[done]
        told = {order_id: reported for order_id, reported in answer.outcomes.items() if reported != "cancelled"}
        wanted = "the orders of the one that was carried out to be cancelled by it"
        if not self.assess.expect(not told, wanted, answer, ONCE, kind="carried-out-again"):
            return multiple()
        for each in batch:
            each.becomes(CANCELLED, ONCE)
        if not same:
            for each in batches[1 - done]:
                each.possible = frozenset({"open"})
                each.stays(CHANGED_BODY)
                each.clause = CHANGED_BODY
        key = HeldKey(label, text, batch, answer, reused=not same)
        self._replay(key)
        return multiple(key)

    def _send_together(self, early: Send, late: Send) -> list[BatchAnswer] | None:
        """Both answers, if the second request came while the first was held; None if it did not."""
        milliseconds = HOLDS[min(self.too_short[0], len(HOLDS) - 1)]
        params = {"caller": self._caller.name, "milliseconds": milliseconds, "count": 1}
        self.environment.session.setup(self.environment.recorder, "held request", params)
        try:
            first = self.ways[0].submit(early)
            time.sleep(0.4 * milliseconds / 1000)
            second = self.ways[1].submit(late)
            answers = [first.result(), second.result()]
        finally:
            self.environment.session.states.teardown("held request", params)
        if overlapped([answer.exchange for answer in answers], milliseconds / 1000):
            self.came_about[0], self.too_short[0] = True, 0
            return answers
        self.too_short[0] += 1
        return None

    def _replay(self, key: HeldKey) -> None:
        clause = SURVIVES if key.reused else AFTER_CONFLICT
        answer = self._caller.cancel_batch([each.order for each in key.batch], idempotency_key=key.text, retry=True)
        wanted = f"the answer of the one that was carried out under {key.label} again: {key.answer!r}"
        self.assess.expect(answer.same_as(key.answer), wanted, answer, clause, kind="other-answer")

    def _reuse(self, key: HeldKey, count: int) -> None:
        others = self._open(count)
        answer = self._caller.cancel_batch([each.order for each in others], idempotency_key=key.text, retry=True)
        wanted = f"422 for {key.label} with another body"
        if self.assess.expect(answer.status == 422, wanted, answer, CHANGED_BODY, kind="other-status"):
            key.reused = True
            for each in others:
                each.stays(CHANGED_BODY)
        else:
            for each in others:
                each.may_become(CANCELLED)

    # -- who and what ----------------------------------------------------------------------------------------------

    @property
    def _caller(self) -> BayseCaller:
        assert self.scenario is not None, "doing() made it"
        assert isinstance(self.scenario.caller, BayseCaller), "a sequence of Bayse"
        return self.scenario.caller

    def _open(self, count: int) -> list[ExpectedOrder]:
        assert self.scenario is not None, "doing() made it"
        made = [
            ExpectedOrder(self.label("open"), order, "open", order.owner, ONCE, frozenset({"open"}))
            for order in self.scenario.orders.open(count)
        ]
        self.known += made
        return made

    def read_back(self) -> None:
        """Compare every order with what it must read as."""
        self.compare(self.known)


@pytest.fixture
def ways() -> Iterator[list[ThreadPoolExecutor]]:
    """Two threads, each of which keeps its connection."""
    with ExitStack() as stack:
        yield [stack.enter_context(ThreadPoolExecutor(max_workers=1)) for _ in range(2)]


@pytest.mark.clause(*CLAUSES)
def test_property_idempotency_in_flight(
    explore_sequences: ExploreSequences,
    require_replay: Require,
    ways: list[ThreadPoolExecutor],
    caller: BayseCaller,
    held_request: Any,  # noqa: ARG001 - says that the check needs the state
) -> None:
    """Whatever comes while a request is held, its key is answered 409 or 422 meanwhile, and replays afterwards."""
    require_replay()
    for way in ways:  # a connection that is made only now would let the second request be late
        way.submit(caller.cancel_batch, caller.session.ledger.unknown(1, caller.session.unknown_id)).result()
    came_about = [False]
    members = {"ways": ways, "too_short": [0], "came_about": came_about}

    explore_sequences(type(InFlightSequence.__name__, (InFlightSequence,), members), examples=6, steps=4)

    if not came_about[0]:
        raise NeverExercised("no two requests overlapped, although the venue was asked to hold one of them")
