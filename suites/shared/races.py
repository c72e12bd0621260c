"""Concurrent requests: each order ends once, and all responses are consistent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from venue_conformance.client.assessment import Assessment
from venue_conformance.client.caller import Caller
from venue_conformance.client.races import CANCELLED, FILLED, FILLS, FILLS_NOT, REFUSES, Blame, judge_history, labels_of
from venue_conformance.errors import NotTested
from venue_conformance.fuzz.race import Judge, Participant, ParticipantResult, Race
from venue_conformance.fuzz.scenario import Scenario, ScenarioEnvironment
from venue_conformance.histories import Operation
from venue_conformance.target.state_values import ProvisionedOrder

StartRace = Callable[[], Race]


def fill(environment: ScenarioEnvironment, name: str, order: ProvisionedOrder) -> Participant:
    """One that fills an order wholly, if that is still open."""

    def call() -> str:
        try:
            environment.session.setup(environment.recorder, "fill", {"orderId": order.order_id, "part": False})
        except NotTested:  # 501: the order is no longer open
            return FILLS_NOT
        return FILLS

    return Participant(name, call, sends=False, batch=(order.order_id,))


class Races:
    """``counts`` are how many requests race, ``concurrent_batches`` how often, ``batch`` how many orders each has.

    ``of_two_accounts`` are how many race of two accounts, ``foreign_untouched`` the clause by which neither of them
    cancels the other's orders.
    """

    clauses: ClassVar[Mapping[str, Sequence[str]]]
    blame: ClassVar[Blame]
    counts: ClassVar[Sequence[int]]
    batch: ClassVar[int] = 3
    concurrent_batches: ClassVar[int] = 4
    of_two_accounts: ClassVar[int] = 8
    foreign_untouched: ClassVar[str]

    def events(self, answer: Any, order_ids: Sequence[str], assess: Assessment) -> dict[str, str]:
        """What an answer says happened to each order of its batch, as far as it says so."""
        raise NotImplementedError

    def test_overlapping_batches_are_linearizable(
        self, environment: ScenarioEnvironment, start_race: StartRace
    ) -> None:
        """Of batches that share orders, exactly one cancels each order."""
        with start_race() as race:
            for count in self.counts:
                race.run(count, self.concurrent_batches, lambda: self._overlapping(environment, race))

    def test_concurrent_cancel_and_fill_are_linearizable(
        self, environment: ScenarioEnvironment, start_race: StartRace
    ) -> None:
        """An order that is cancelled and filled concurrently ends as one of the two, and every response agrees."""
        with start_race() as race:
            for count in self.counts:
                race.run(count, self.concurrent_batches, lambda: self._against_fill(environment, race))

    def test_concurrent_batches_of_two_accounts_are_isolated(
        self, environment: ScenarioEnvironment, start_race: StartRace
    ) -> None:
        """Each of two accounts that send at one moment cancels its own orders, and none that only the other may."""
        with start_race() as race:
            race.run(self.of_two_accounts, self.concurrent_batches, lambda: self._of_two_accounts(environment, race))

    def _of_two_accounts(self, environment: ScenarioEnvironment, race: Race) -> tuple[list[Participant], Judge]:
        scenario = environment.scenario()
        accounts, each = (scenario.caller, scenario.other()), (race.callers + 1) // 2
        opened = [scenario.orders.make(each + 1, owner=account) for account in accounts]
        participants = []
        for number in range(race.callers):
            turn, mine = divmod(number, 2)
            # One order of its own, and the other account's last, which that account does not name.
            batch = [opened[mine][turn], opened[1 - mine][-1]][:: -1 if turn % 2 else 1]
            participants.append(self._cancel(scenario, f"batch{number + 1}", batch, accounts[mine]))
        named = [opened[number % 2][number // 2] for number in range(race.callers)]
        kept = [orders[-1] for orders in opened]
        return participants, lambda runs: self._judge_accounts(scenario, named, kept, runs, race.assess)

    def _judge_accounts(
        self,
        scenario: Scenario,
        named: Sequence[ProvisionedOrder],
        kept: Sequence[ProvisionedOrder],
        runs: Sequence[ParticipantResult],
        assess: Assessment,
    ) -> None:
        """``named`` are the own order of each run, ``kept`` those that only the other account's batches name."""
        [control] = scenario.orders.open(1)
        scenario.caller.cancel_batch([control])
        changed = sorted({each for each in scenario.orders.after(control, kept).values() if each != "open"})
        assess.expect(
            not changed,
            "orders that only the other account's batches named, at the same moment, to stay open",
            f"read as {', '.join(changed)}",
            self.foreign_untouched,
            kind="foreign-order-touched",
        )
        done = []
        for run, order in zip(runs, named, strict=True):
            told = self.events(run.result, run.batch, assess)
            if assess.expect(
                told.get(order.order_id) != REFUSES,
                f"{run.name} to cancel the open order of its own account that it names",
                run.result,
                self.blame.kept_open,
                kind="own-order-not-cancelled",
            ):
                done += [order] if order.order_id in told else []
        read = scenario.orders.poll_until(done)
        still = sorted({status for status in read.values() if status != CANCELLED})
        assess.expect(
            not still,
            "orders that their own account's batches cancelled to read as cancelled",
            ", ".join(still),
            self.blame.kept_open,
            kind="not-cancelled",
        )

    def _overlapping(self, environment: ScenarioEnvironment, race: Race) -> tuple[list[Participant], Judge]:
        scenario = environment.scenario()
        size = self.batch
        opened = scenario.orders.open(size + 1)
        participants = []
        for number in range(race.callers):
            # Neighbours share all but one order, and name them in another sequence.
            batch = [opened[(number + place) % len(opened)] for place in range(size)]
            participants.append(self._cancel(scenario, f"batch{number + 1}", batch[:: -1 if number % 2 else 1]))
        return participants, lambda runs: self._judge(scenario, opened, runs, race.assess)

    def _against_fill(self, environment: ScenarioEnvironment, race: Race) -> tuple[list[Participant], Judge]:
        scenario = environment.scenario()
        [probe] = scenario.orders.open(1)
        if not environment.offered("fill", {"orderId": probe.order_id, "part": False}):
            raise NotTested("the target does not offer fill", "fill")
        opened = scenario.orders.open(self.batch)
        fills = [opened[number % len(opened)] for number in range(race.callers // 2)]
        participants = [fill(environment, f"fill{number}", order) for number, order in enumerate(fills, 1)]
        cancels = range(1, race.callers - len(fills) + 1)
        participants += [self._cancel(scenario, f"batch{number}", opened) for number in cancels]
        return participants, lambda runs: self._judge(scenario, opened, runs, race.assess)

    def _cancel(
        self, scenario: Scenario, name: str, batch: Sequence[ProvisionedOrder], caller: Caller[Any] | None = None
    ) -> Participant:
        sender = caller or scenario.caller

        def call() -> Any:
            return sender.cancel_batch(batch, limit_asked=True)  # type: ignore[call-arg]

        account, tokens = self.price(sender, batch)
        return Participant(name, call, account, tokens, batch=tuple(order.order_id for order in batch))

    def price(self, caller: Caller[Any], batch: Sequence[ProvisionedOrder]) -> tuple[str, int]:
        """Whose budget a batch spends, and how much of it."""
        return caller.name, len(batch)

    def _judge(
        self,
        scenario: Scenario,
        opened: Sequence[ProvisionedOrder],
        runs: Sequence[ParticipantResult],
        assess: Assessment,
    ) -> None:
        self.judge_ends(scenario, opened, [self._operation(run, assess) for run in runs], assess)

    def judge_ends(
        self, scenario: Scenario, opened: Sequence[ProvisionedOrder], history: Sequence[Operation], assess: Assessment
    ) -> None:
        """Hold what was told, and what the orders read as afterwards, against the promises."""
        labels = labels_of(opened)
        observe = scenario.caller.recorder.observe
        not_linearizable = judge_history(history, self.blame, assess, labels=labels, observe=observe)
        ended = {order_id: event for operation in history for order_id, event in operation.steps.items()}
        for operation in history:
            ended.update({order: FILLED for order, event in operation.steps.items() if event == FILLS})
        named = [order for order in opened if order.order_id in ended and order.order_id not in not_linearizable]
        filled = [order for order in named if ended[order.order_id] == FILLED]
        cancelled = [order for order in named if order not in filled]
        read = scenario.orders.poll_until(cancelled) | scenario.orders.poll_until(filled, FILLED)
        for order in named:
            expected = FILLED if ended[order.order_id] == FILLED else CANCELLED
            reported, status = f"{labels[order.order_id]} to read as {expected}, as was told", read[order.order_id]
            assess.expect(
                status == expected, reported, status, self.blame.reported, kind="report-differs-from-read-back"
            )

    def _operation(self, run: ParticipantResult, assess: Assessment) -> Operation:
        if isinstance(run.result, str):
            return Operation(run.name, run.start, run.end, dict.fromkeys(run.batch, run.result))
        return Operation(run.name, run.start, run.end, self.events(run.result, run.batch, assess))
