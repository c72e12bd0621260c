"""Batches and fills at one moment: whatever their order, each order ends once, and no answer says otherwise.

Nothing is promised of a batch as a whole, and a 202 tells no end, so that each order is judged alone, by what it comes
to read as and by the rows of a 200.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count, cycle
from typing import Any, ClassVar

import pytest

from fixtures.arcus_channel import Listen
from suites.shared.races import StartRace, fill
from venue_conformance.client.assessment import Assessment
from venue_conformance.client.caller import Caller
from venue_conformance.client.expected import CANCELLED, ExpectedOrder, compare
from venue_conformance.client.polling import Polling
from venue_conformance.client.races import FILLS, labels_of
from venue_conformance.errors import NotTested
from venue_conformance.fuzz.race import Judge, Participant, ParticipantResult, Race
from venue_conformance.fuzz.scenario import Scenario, ScenarioEnvironment
from venue_conformance.histories import Operation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus import history
from venue_conformance.venues.arcus.answer import BatchAnswer
from venue_conformance.venues.arcus.caller import ArcusCaller, IdKind
from venue_conformance.venues.arcus.channel import OrdersChannel
from venue_conformance.venues.arcus.model import FINISHED, FOREIGN, OPEN_CANCELLED

ConcurrentBatch = tuple[Sequence[Participant], Judge]
FILLED = "filled"
FILLED_INSTEAD = "arcus.channel.filled-instead"
#: A target at which a concurrent batch of few takes longer than this, in seconds, races but once with each number of
#: callers.
SLOW_SECONDS = 0.25


class TestArcusRaces:
    """``concurrent_batches`` are how often how many requests race; ``batch`` is how many orders each of them names.

    Of the concurrent batches of cancels against fills so many are ``heard``: a subscriber reads what the channel says
    of them.
    """

    concurrent_batches: ClassVar[Mapping[int, int]] = {2: 10, 8: 6, 32: 3}
    batch: ClassVar[int] = 3
    heard: ClassVar[int] = 6

    @pytest.mark.clause(*history.CLAUSES)
    def test_overlapping_batches_are_linearizable(
        self, environment: ScenarioEnvironment, start_race: StartRace
    ) -> None:
        """Each order in concurrent batches that share orders ends as cancelled, whichever id names it and how often."""
        self._race(environment, start_race, self._overlapping)

    @pytest.mark.clause(*history.CLAUSES_OF_FILLED, FILLED_INSTEAD)
    def test_concurrent_cancel_and_fill_are_linearizable(
        self, environment: ScenarioEnvironment, start_race: StartRace, listen: Listen
    ) -> None:
        """An order that fills during its cancel stays filled, and neither response nor channel reports otherwise."""
        heard = count()

        def prepare(environment: ScenarioEnvironment, race: Race, definitive: bool) -> ConcurrentBatch:
            return self._against_fill(environment, race, definitive, listen if next(heard) < self.heard else None)

        self._race(environment, start_race, prepare)

    @pytest.mark.clause(FOREIGN["orderId"])
    def test_concurrent_batches_of_two_accounts_are_isolated(
        self, environment: ScenarioEnvironment, start_race: StartRace
    ) -> None:
        """Two accounts that concurrently name their own and each other's orders cancel none of each other's."""
        self._race(environment, start_race, self._two_accounts)

    def _race(
        self,
        environment: ScenarioEnvironment,
        start_race: StartRace,
        prepare: Callable[[ScenarioEnvironment, Race, bool], ConcurrentBatch],
    ) -> None:
        with start_race() as race:
            took = []
            for _ in range(2):
                began = time.monotonic()
                race.run(min(self.concurrent_batches), 1, lambda: prepare(environment, race, False))
                took.append(time.monotonic() - began)
            # Where answers that tell an end can be had, every second concurrent batch has them.
            forms: Iterator[bool] = cycle((True, False))
            for callers, concurrent_batches in self.concurrent_batches.items():
                race.run(
                    callers,
                    1 if min(took) > SLOW_SECONDS else concurrent_batches,
                    lambda: prepare(environment, race, next(forms)),
                )

    # -- what races ------------------------------------------------------------------------------------------------

    def _overlapping(self, environment: ScenarioEnvironment, race: Race, definitive: bool) -> ConcurrentBatch:
        scenario, size = _scenario(environment), self.batch
        opened = environment.orders_of(lambda: scenario.orders.open(size + 1, client_ids=True), "open with a client id")
        ways: tuple[IdKind, ...] = ("orderId", "clientId") if opened else ("orderId",)
        opened = opened or scenario.orders.open(size + 1)
        participants = []
        for number in range(race.callers):
            # Neighbours share all but one order, and name them in another sequence, or by the other id.
            batch = [opened[(number + place) % len(opened)] for place in range(size)]
            name, way = f"batch{number + 1}", ways[number // 2 % len(ways)]
            participants.append(_cancel(scenario.caller, batch[:: -1 if number % 2 else 1], name, way))
        if race.callers > len(opened) and _fills(environment, scenario):
            # What is not filled, for a cancel came first, is cancelled all the same.
            participants[-1] = fill(environment, "fill", opened[0])
        _answer(environment, definitive, scenario.caller)
        return participants, lambda runs: self._judge(scenario, opened, runs, race.assess)

    def _judge(
        self,
        scenario: Scenario,
        opened: Sequence[ProvisionedOrder],
        runs: Sequence[ParticipantResult],
        assess: Assessment,
    ) -> None:
        filled = {order_id for fill in _filled(runs) for order_id in fill.steps}
        batches = history.accepted(_sent(runs), assess, filled)
        named = {order_id for sent in batches for order_id in sent.order_ids} - filled
        labels = labels_of(opened)
        _read_as(
            scenario, [order for order in opened if order.order_id in named], CANCELLED, OPEN_CANCELLED, labels, assess
        )
        history.judge(history.operations(batches, named), labels, assess)

    def _against_fill(
        self, environment: ScenarioEnvironment, race: Race, definitive: bool, listen: Listen | None
    ) -> ConcurrentBatch:
        scenario = _scenario(environment)
        [probe] = scenario.orders.open(1)
        channel = None if listen is None else _subscribed(scenario, listen, probe)
        if not _filled_now(environment, probe):
            raise NotTested("the target does not offer fill", "fill")
        opened = scenario.orders.open(self.batch)
        participants = [
            fill(environment, f"fill{number + 1}", opened[number // 2 % len(opened)])
            if number % 2
            else _cancel(scenario.caller, opened, f"batch{number + 1}")
            for number in range(race.callers)
        ]
        _answer(environment, definitive, scenario.caller)

        def judge(runs: Sequence[ParticipantResult]) -> None:
            self._judge(scenario, opened, runs, race.assess)
            right = self._judge_filled(scenario, opened, runs, race.assess)
            if channel is not None and channel.last_says([probe], history.SAYS_FILLED):
                heard = [order for order in opened if order.account_index == probe.account_index]
                filled = [order for order in heard if order.order_id in right]
                _judge_last_events(channel, filled, labels_of(opened), race.assess)

        return participants, judge

    def _judge_filled(
        self,
        scenario: Scenario,
        opened: Sequence[ProvisionedOrder],
        runs: Sequence[ParticipantResult],
        assess: Assessment,
    ) -> set[str]:
        """Judge what was told of orders that were filled; the ids of those that read so."""
        fills, labels = _filled(runs), labels_of(opened)
        filled = {order_id for fill in fills for order_id in fill.steps}
        _wait_for_effects(scenario)
        ended = [order for order in opened if order.order_id in filled]
        right = _read_as(scenario, ended, FILLED, FINISHED, labels, assess)
        done = [fill for fill in fills if right.issuperset(fill.steps)]
        history.judge([*history.operations(_sent(runs), right), *done], labels, assess)
        accepted = {order_id for sent in _sent(runs) if sent.answer.accepted for order_id in sent.order_ids}
        return right & accepted

    def _two_accounts(self, environment: ScenarioEnvironment, race: Race, definitive: bool) -> ConcurrentBatch:
        scenario = _scenario(environment)
        other = scenario.other()
        mine, kept = scenario.orders.open(self.batch), scenario.orders.open(self.batch)
        theirs, theirs_kept = scenario.orders.foreign(self.batch), scenario.orders.foreign(self.batch)
        kinds = ((scenario.caller, mine), (other, kept), (other, theirs), (scenario.caller, theirs_kept))
        participants = [_cancel(*kinds[number % len(kinds)], f"batch{number + 1}") for number in range(race.callers)]
        _answer(environment, definitive, scenario.caller, other)
        return participants, lambda _: self._judge_kept(scenario, [*kept, *theirs_kept], race.assess)

    def _judge_kept(self, scenario: Scenario, kept: Sequence[ProvisionedOrder], assess: Assessment) -> None:
        _wait_for_effects(scenario)
        changed = sorted(status for status in scenario.orders.statuses(kept).values() if status != "open")
        wanted = "orders that only another account named to stay open"
        assess.expect(not changed, wanted, ", ".join(changed), FOREIGN["orderId"], kind="foreign-order-touched")


def _scenario(environment: ScenarioEnvironment) -> Scenario:
    """A scenario whose caller's credentials are known to be right."""
    scenario = environment.scenario()
    if not scenario.fresh:
        scenario.caller.cancel_batch(scenario.orders.open(1))
    return scenario


def _fills(environment: ScenarioEnvironment, scenario: Scenario) -> bool:
    """Whether the target fills orders."""
    return _filled_now(environment, *scenario.orders.open(1))


def _filled_now(environment: ScenarioEnvironment, order: ProvisionedOrder) -> bool:
    """Fill an order; False where the target does not fill any."""
    return environment.offered("fill", {"orderId": order.order_id, "part": False})


def _subscribed(scenario: Scenario, listen: Listen, order: ProvisionedOrder) -> OrdersChannel | None:
    """A subscriber to the scenario's caller, where such an order lies; None where the channel cannot be reached."""
    caller = scenario.caller
    assert isinstance(caller, ArcusCaller), "a scenario of Arcus"
    try:
        return listen(caller, [order])
    except NotTested:
        return None


def _judge_last_events(
    channel: OrdersChannel, filled: Sequence[ProvisionedOrder], labels: Mapping[str, str], assess: Assessment
) -> None:
    """The last event of an order that was filled while its accepted cancel was under way says so."""
    channel.last_says(filled, history.SAYS_FILLED)
    for order in filled:
        reported = channel.last_reported(order)
        expected = f"FILLED as the last event of {labels[order.order_id]}, which was filled"
        assess.expect(
            reported == history.SAYS_FILLED,
            expected,
            reported or "no event that says how it stands",
            FILLED_INSTEAD,
            kind="filled-not-reported",
        )


def _answer(environment: ScenarioEnvironment, definitive: bool, *callers: Caller[Any]) -> None:
    """Have the callers' batches answered in one of the two forms, where that can be had."""
    for caller in callers:
        environment.offered("definitive answers", {"caller": caller.name, "on": definitive})


def _cancel(caller: Caller[Any], batch: Sequence[ProvisionedOrder], name: str, by: IdKind = "orderId") -> Participant:
    def call() -> BatchAnswer:
        answer: BatchAnswer = caller.cancel_batch(batch, by=by, limit_asked=True)  # type: ignore[call-arg]
        return answer

    return Participant(name, call, caller.name, len(batch), batch=tuple(order.order_id for order in batch))


def _sent(runs: Iterable[ParticipantResult]) -> list[history.SentBatch]:
    return [
        history.SentBatch(run.name, run.result, run.batch, run.start, run.end)
        for run in runs
        if isinstance(run.result, BatchAnswer)
    ]


def _filled(runs: Iterable[ParticipantResult]) -> list[Operation]:
    """The fills that were done."""
    return [
        Operation(run.name, run.start, run.end, dict.fromkeys(run.batch, FILLS)) for run in runs if run.result == FILLS
    ]


def _wait_for_effects(scenario: Scenario) -> None:
    """Wait until a right cancel sent now shows, and so whatever was sent before. Raises NotTested if it never does."""
    [control_order] = scenario.orders.open(1)
    scenario.caller.cancel_batch([control_order])
    scenario.orders.after(control_order, [control_order])


def _read_as(
    scenario: Scenario,
    orders: Sequence[ProvisionedOrder],
    status: str,
    clause: str,
    labels: Mapping[str, str],
    assess: Assessment,
) -> set[str]:
    """Wait until the orders, open before the race, read as they must; the ids of those that do."""
    expected = []
    for order in orders:
        each = ExpectedOrder(labels[order.order_id], order, "open", order.owner, clause, frozenset({"open"}))
        each.becomes(status, clause)
        expected.append(each)
    if expected:
        compare(expected, scenario.orders.statuses, Polling(scenario.caller.session.settle_seconds).wait, assess)
    return {each.order_id for each in expected if each.possible == {status}}
