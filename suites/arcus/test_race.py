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
from venue_conformance.errors import NotTested
from venue_conformance.fuzz.race import Judge, Race, Run, Runner
from venue_conformance.fuzz.stage import Scene, Stage
from venue_conformance.histories import Operation
from venue_conformance.target.state_values import StagedOrder
from venue_conformance.venues.arcus import history
from venue_conformance.venues.arcus.answer import BatchAnswer
from venue_conformance.venues.arcus.caller import ArcusCaller, Named
from venue_conformance.venues.arcus.channel import OrdersChannel
from venue_conformance.venues.arcus.model import FINISHED, FOREIGN, OPEN_CANCELLED
from venue_conformance.venues.assessment import Assessment
from venue_conformance.venues.caller import Caller
from venue_conformance.venues.expected import CANCELLED, ExpectedOrder, compare
from venue_conformance.venues.settling import Settling

StartRace = Callable[[], Race]
Heat = tuple[Sequence[Runner], Judge]
FILLED = "filled"
FILLED_INSTEAD = "arcus.channel.filled-instead"
#: A target at which a heat of few takes longer than this, in seconds, races but once with each number of callers.
SLOW_SECONDS = 0.25


class TestArcusRaces:
    """``heats`` are how often how many requests race; ``batch`` is how many orders each of them names.

    Of the heats of cancels against fills so many are ``heard``: a subscriber reads what the channel says of them.
    """

    heats: ClassVar[Mapping[int, int]] = {2: 10, 8: 6, 32: 3}
    batch: ClassVar[int] = 3
    heard: ClassVar[int] = 6

    @pytest.mark.clause(*history.CLAUSES)
    def test_overlapping_batches_fit_together(self, stage: Stage, start_race: StartRace) -> None:
        """Every order of batches that share orders ends as cancelled, by whichever id and however often it is named."""
        self._race(stage, start_race, self._overlapping)

    @pytest.mark.clause(*history.CLAUSES_OF_FILLED, FILLED_INSTEAD)
    def test_a_cancel_and_a_fill_fit_together(self, stage: Stage, start_race: StartRace, listen: Listen) -> None:
        """An order that is filled while it is cancelled stays filled, and neither answer nor channel says otherwise."""
        heard = count()

        def prepare(stage: Stage, race: Race, definitive: bool) -> Heat:
            return self._against_fill(stage, race, definitive, listen if next(heard) < self.heard else None)

        self._race(stage, start_race, prepare)

    @pytest.mark.clause(FOREIGN["orderId"])
    def test_batches_of_two_accounts_keep_apart(self, stage: Stage, start_race: StartRace) -> None:
        """Two accounts that name orders of their own and of each other at one moment cancel none of the other's."""
        self._race(stage, start_race, self._two_accounts)

    def _race(self, stage: Stage, start_race: StartRace, prepare: Callable[[Stage, Race, bool], Heat]) -> None:
        with start_race() as race:
            took = []
            for _ in range(2):
                began = time.monotonic()
                race.run(min(self.heats), 1, lambda: prepare(stage, race, False))
                took.append(time.monotonic() - began)
            # Where answers that tell an end can be had, every second heat has them.
            forms: Iterator[bool] = cycle((True, False))
            for callers, heats in self.heats.items():
                race.run(callers, 1 if min(took) > SLOW_SECONDS else heats, lambda: prepare(stage, race, next(forms)))

    # -- what races ------------------------------------------------------------------------------------------------

    def _overlapping(self, stage: Stage, race: Race, definitive: bool) -> Heat:
        scene, size = _scene(stage), self.batch
        opened = stage.orders_of(lambda: scene.orders.open(size + 1, client_ids=True), "open with a client id")
        ways: tuple[Named, ...] = ("orderId", "clientId") if opened else ("orderId",)
        opened = opened or scene.orders.open(size + 1)
        runners = []
        for number in range(race.callers):
            # Neighbours share all but one order, and name them in another sequence, or by the other id.
            batch = [opened[(number + place) % len(opened)] for place in range(size)]
            name, way = f"batch{number + 1}", ways[number // 2 % len(ways)]
            runners.append(_cancel(scene.caller, batch[:: -1 if number % 2 else 1], name, way))
        if race.callers > len(opened) and _fills(stage, scene):
            # What is not filled, for a cancel came first, is cancelled all the same.
            runners[-1] = _fill(stage, "fill", opened[0])
        _answer(stage, definitive, scene.caller)
        return runners, lambda runs: self._judge(scene, opened, runs, race.assess)

    def _judge(self, scene: Scene, opened: Sequence[StagedOrder], runs: Sequence[Run], assess: Assessment) -> None:
        filled = {order_id for fill in _filled(runs) for order_id in fill.steps}
        batches = history.accepted(_sent(runs), assess, filled)
        named = {order_id for sent in batches for order_id in sent.order_ids} - filled
        labels = _labels(opened)
        _read_as(
            scene, [order for order in opened if order.order_id in named], CANCELLED, OPEN_CANCELLED, labels, assess
        )
        history.judge(history.operations(batches, named), labels, assess)

    def _against_fill(self, stage: Stage, race: Race, definitive: bool, listen: Listen | None) -> Heat:
        scene = _scene(stage)
        [probe] = scene.orders.open(1)
        channel = None if listen is None else _subscribed(scene, listen, probe)
        if not _filled_now(stage, probe):
            raise NotTested("the target does not offer fill", "fill")
        opened = scene.orders.open(self.batch)
        runners = [
            _fill(stage, f"fill{number + 1}", opened[number // 2 % len(opened)])
            if number % 2
            else _cancel(scene.caller, opened, f"batch{number + 1}")
            for number in range(race.callers)
        ]
        _answer(stage, definitive, scene.caller)

        def judge(runs: Sequence[Run]) -> None:
            right = self._judge_filled(scene, opened, runs, race.assess)
            if channel is not None and channel.last_says([probe], history.SAYS_FILLED):
                heard = [order for order in opened if order.account_index == probe.account_index]
                filled = [order for order in heard if order.order_id in right]
                _judge_last_events(channel, filled, _labels(opened), race.assess)

        return runners, judge

    def _judge_filled(
        self, scene: Scene, opened: Sequence[StagedOrder], runs: Sequence[Run], assess: Assessment
    ) -> set[str]:
        """Judge what was told of orders that were filled; the ids of those that read so."""
        fills, labels = _filled(runs), _labels(opened)
        filled = {order_id for fill in fills for order_id in fill.steps}
        _wait_for_effects(scene)
        ended = [order for order in opened if order.order_id in filled]
        right = _read_as(scene, ended, FILLED, FINISHED, labels, assess)
        done = [fill for fill in fills if right.issuperset(fill.steps)]
        history.judge([*history.operations(_sent(runs), right), *done], labels, assess)
        accepted = {order_id for sent in _sent(runs) if sent.answer.accepted for order_id in sent.order_ids}
        return right & accepted

    def _two_accounts(self, stage: Stage, race: Race, definitive: bool) -> Heat:
        scene = _scene(stage)
        other = scene.other()
        mine, kept = scene.orders.open(self.batch), scene.orders.open(self.batch)
        theirs, theirs_kept = scene.orders.foreign(self.batch), scene.orders.foreign(self.batch)
        kinds = ((scene.caller, mine), (other, kept), (other, theirs), (scene.caller, theirs_kept))
        runners = [_cancel(*kinds[number % len(kinds)], f"batch{number + 1}") for number in range(race.callers)]
        _answer(stage, definitive, scene.caller, other)
        return runners, lambda _: self._judge_kept(scene, [*kept, *theirs_kept], race.assess)

    def _judge_kept(self, scene: Scene, kept: Sequence[StagedOrder], assess: Assessment) -> None:
        _wait_for_effects(scene)
        changed = sorted(status for status in scene.orders.statuses(kept).values() if status != "open")
        wanted = "orders that only another account named to stay open"
        assess.expect(not changed, wanted, ", ".join(changed), FOREIGN["orderId"], kind="foreign-order-touched")


def _scene(stage: Stage) -> Scene:
    """A scene whose caller's credentials are known to be right."""
    scene = stage.scene()
    if not scene.fresh:
        scene.caller.cancel_batch(scene.orders.open(1))
    return scene


def _fills(stage: Stage, scene: Scene) -> bool:
    """Whether the target fills orders."""
    return _filled_now(stage, *scene.orders.open(1))


def _filled_now(stage: Stage, order: StagedOrder) -> bool:
    """Fill an order; False where the target does not fill any."""
    return stage.offered("fill", {"orderId": order.order_id, "part": False})


def _subscribed(scene: Scene, listen: Listen, order: StagedOrder) -> OrdersChannel | None:
    """A subscriber to the scene's caller, where such an order lies; None where the channel cannot be reached."""
    caller = scene.caller
    assert isinstance(caller, ArcusCaller), "a scene of Arcus"
    try:
        return listen(caller, [order])
    except NotTested:
        return None


def _judge_last_events(
    channel: OrdersChannel, filled: Sequence[StagedOrder], labels: Mapping[str, str], assess: Assessment
) -> None:
    """The last event of an order that was filled while its accepted cancel was under way says so."""
    channel.last_says(filled, history.SAYS_FILLED)
    for order in filled:
        told = channel.last_told(order)
        expected = f"FILLED as the last event of {labels[order.order_id]}, which was filled"
        assess.expect(
            told == history.SAYS_FILLED,
            expected,
            told or "no event that says how it stands",
            FILLED_INSTEAD,
            kind="filled-not-told",
        )


def _answer(stage: Stage, definitive: bool, *callers: Caller[Any]) -> None:
    """Have the callers' batches answered in one of the two forms, where that can be had."""
    for caller in callers:
        stage.offered("definitive answers", {"caller": caller.name, "on": definitive})


def _cancel(caller: Caller[Any], batch: Sequence[StagedOrder], name: str, by: Named = "orderId") -> Runner:
    def call() -> BatchAnswer:
        answer: BatchAnswer = caller.cancel_batch(batch, by=by, limit_asked=True)  # type: ignore[call-arg]
        return answer

    return Runner(name, call, caller.name, len(batch), batch=tuple(order.order_id for order in batch))


def _fill(stage: Stage, name: str, order: StagedOrder) -> Runner:
    def call() -> str | None:
        try:
            stage.session.setup(stage.recorder, "fill", {"orderId": order.order_id, "part": False})
        except NotTested:  # 501: the order is no longer open
            return None
        return history.FILLS

    return Runner(name, call, sends=False, batch=(order.order_id,))


def _sent(runs: Iterable[Run]) -> list[history.Sent]:
    return [
        history.Sent(run.name, run.result, run.batch, run.start, run.end)
        for run in runs
        if isinstance(run.result, BatchAnswer)
    ]


def _filled(runs: Iterable[Run]) -> list[Operation]:
    """The fills that were done."""
    return [
        Operation(run.name, run.start, run.end, dict.fromkeys(run.batch, history.FILLS))
        for run in runs
        if run.result == history.FILLS
    ]


def _wait_for_effects(scene: Scene) -> None:
    """Wait until a right cancel sent now shows, and so whatever was sent before. Raises NotTested if it never does."""
    [witness] = scene.orders.open(1)
    scene.caller.cancel_batch([witness])
    scene.orders.after(witness, [witness])


def _labels(orders: Sequence[StagedOrder]) -> dict[str, str]:
    return {order.order_id: f"order{number}" for number, order in enumerate(orders, 1)}


def _read_as(
    scene: Scene,
    orders: Sequence[StagedOrder],
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
        compare(expected, scene.orders.statuses, Settling(scene.caller.session.settle_seconds).wait, assess)
    return {each.order_id for each in expected if each.possible == {status}}
