"""Requests that overlap: whatever their order, each order ends once, and every answer fits the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from venue_conformance.errors import NotTested
from venue_conformance.fuzz.race import Judge, Race, Run, Runner
from venue_conformance.fuzz.stage import Scene, Stage
from venue_conformance.histories import Operation
from venue_conformance.target.state_values import StagedOrder
from venue_conformance.venues.assessment import Assessment
from venue_conformance.venues.caller import Caller
from venue_conformance.venues.races import CANCELLED, FILLED, FILLS, FILLS_NOT, Blame, judge_history

StartRace = Callable[[], Race]


class Races:
    """``counts`` are how many requests race, ``batch`` how many orders each names; ``heats`` are tried for each."""

    clauses: ClassVar[Mapping[str, Sequence[str]]]
    blame: ClassVar[Blame]
    counts: ClassVar[Sequence[int]]
    batch: ClassVar[int] = 3
    heats: ClassVar[int] = 4

    def events(self, answer: Any, order_ids: Sequence[str], assess: Assessment) -> dict[str, str]:
        """What an answer says happened to each order of its batch, as far as it says so."""
        raise NotImplementedError

    def test_overlapping_batches_fit_together(self, stage: Stage, start_race: StartRace) -> None:
        """Of batches that share orders each order is cancelled by exactly one."""
        with start_race() as race:
            for count in self.counts:
                race.run(count, self.heats, lambda: self._overlapping(stage, race))

    def test_a_cancel_and_a_fill_fit_together(self, stage: Stage, start_race: StartRace) -> None:
        """An order that is cancelled and filled at one moment ends as one of both, and every answer says so."""
        with start_race() as race:
            for count in self.counts:
                race.run(count, self.heats, lambda: self._against_fill(stage, race))

    def _overlapping(self, stage: Stage, race: Race) -> tuple[list[Runner], Judge]:
        scene = stage.scene()
        size = self.batch
        opened = scene.orders.open(size + 1)
        runners = []
        for number in range(race.callers):
            # Neighbours share all but one order, and name them in another sequence.
            batch = [opened[(number + place) % len(opened)] for place in range(size)]
            runners.append(self._cancel(scene, f"batch{number + 1}", batch[:: -1 if number % 2 else 1]))
        return runners, lambda runs: self._judge(scene, opened, runs, race.assess)

    def _against_fill(self, stage: Stage, race: Race) -> tuple[list[Runner], Judge]:
        scene = stage.scene()
        [probe] = scene.orders.open(1)
        if not stage.offered("fill", {"orderId": probe.order_id, "part": False}):
            raise NotTested("the target does not offer fill", "fill")
        opened = scene.orders.open(self.batch)
        fills = [opened[number % len(opened)] for number in range(race.callers // 2)]
        runners = [self._fill(stage, f"fill{number}", order) for number, order in enumerate(fills, 1)]
        cancels = range(1, race.callers - len(fills) + 1)
        runners += [self._cancel(scene, f"batch{number}", opened) for number in cancels]
        return runners, lambda runs: self._judge(scene, opened, runs, race.assess)

    def _cancel(self, scene: Scene, name: str, batch: Sequence[StagedOrder]) -> Runner:
        def call() -> Any:
            return scene.caller.cancel_batch(batch, limit_asked=True)  # type: ignore[call-arg]

        account, tokens = self.price(scene.caller, batch)
        return Runner(name, call, account, tokens, batch=tuple(order.order_id for order in batch))

    def price(self, caller: Caller[Any], batch: Sequence[StagedOrder]) -> tuple[str, int]:
        """Whose budget a batch spends, and how much of it."""
        return caller.name, len(batch)

    def _fill(self, stage: Stage, name: str, order: StagedOrder) -> Runner:
        def call() -> str:
            params = {"orderId": order.order_id, "part": False}
            try:
                stage.session.setup(stage.recorder, "fill", params)
            except NotTested:  # 501: the order is no longer open
                return FILLS_NOT
            return FILLS

        return Runner(name, call, sends=False, batch=(order.order_id,))

    def _judge(self, scene: Scene, opened: Sequence[StagedOrder], runs: Sequence[Run], assess: Assessment) -> None:
        self.judge_ends(scene, opened, [self._operation(run, assess) for run in runs], assess)

    def judge_ends(
        self, scene: Scene, opened: Sequence[StagedOrder], history: Sequence[Operation], assess: Assessment
    ) -> None:
        """Hold what was told, and what the orders read as afterwards, against the promises."""
        labels = {order.order_id: f"order{number}" for number, order in enumerate(opened, 1)}
        observe = scene.caller.recorder.observe
        inexplicable = judge_history(history, self.blame, assess, labels=labels, observe=observe)
        ended = {order_id: event for operation in history for order_id, event in operation.steps.items()}
        for operation in history:
            ended.update({order: FILLED for order, event in operation.steps.items() if event == FILLS})
        named = [order for order in opened if order.order_id in ended and order.order_id not in inexplicable]
        filled = [order for order in named if ended[order.order_id] == FILLED]
        cancelled = [order for order in named if order not in filled]
        read = scene.orders.settle(cancelled) | scene.orders.settle(filled, FILLED)
        for order in named:
            expected = FILLED if ended[order.order_id] == FILLED else CANCELLED
            told, status = f"{labels[order.order_id]} to read as {expected}, as was told", read[order.order_id]
            assess.expect(status == expected, told, status, self.blame.told, kind="told-otherwise-than-read")

    def _operation(self, run: Run, assess: Assessment) -> Operation:
        if isinstance(run.result, str):
            return Operation(run.name, run.start, run.end, dict.fromkeys(run.batch, run.result))
        return Operation(run.name, run.start, run.end, self.events(run.result, run.batch, assess))
