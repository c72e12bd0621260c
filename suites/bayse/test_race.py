"""Batches, fills and retries at one moment."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from suites.shared.races import Races, StartRace
from venue_conformance.fuzz.race import Judge, Race, Run, Runner
from venue_conformance.fuzz.stage import Scene, Stage
from venue_conformance.target.state_values import StagedOrder
from venue_conformance.venues.assessment import Assessment
from venue_conformance.venues.bayse import history
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.caller import BayseCaller

ENDS_ONCE = (history.BLAME.twice, history.BLAME.kept_open, history.BLAME.told, "bayse.rows.one-per-order")
#: What overlapping batches report is noted besides.
OVERLAP = "bayse.lifecycle.overlap-both-succeed"


class TestBayseRaces(Races):
    blame = history.BLAME
    counts = (2, 8, 20)
    clauses = {
        "test_overlapping_batches_fit_together": (*ENDS_ONCE, OVERLAP),
        "test_a_cancel_and_a_fill_fit_together": (*ENDS_ONCE, history.BLAME.filled, OVERLAP),
    }

    def events(self, answer: BatchAnswer, order_ids: Sequence[str], assess: Assessment) -> dict[str, str]:
        """The rows of an answer."""
        return history.events(answer, order_ids, assess)

    @pytest.mark.clause(*ENDS_ONCE, history.ONCE, OVERLAP)
    def test_a_cancel_and_its_keyed_retries_fit_together(self, stage: Stage, start_race: StartRace) -> None:
        """However many requests share a key, and others without one race them, each order is cancelled once."""
        with start_race() as race:
            for count in self.counts:
                race.run(count, self.heats, lambda: self._keyed(stage, race))

    def _keyed(self, stage: Stage, race: Race) -> tuple[list[Runner], Judge]:
        scene = stage.scene()
        opened = scene.orders.open(self.batch)
        key = _bayse(scene).new_idempotency_key()
        runners = [self._under_key(scene, f"keyed{number}", opened, key) for number in range(race.callers)]
        # Every third one has no key, so that the batch may be taken from under the key's request.
        runners[2::3] = [self._cancel(scene, f"batch{number}", opened) for number in range(len(runners[2::3]))]
        return runners, lambda runs: self._judge_keyed(scene, opened, runs, race.assess)

    def _judge_keyed(
        self, scene: Scene, opened: Sequence[StagedOrder], runs: Sequence[Run], assess: Assessment
    ) -> None:
        ids = [order.order_id for order in opened]
        under_key = [(run.name, run.result, run.start, run.end) for run in runs if run.name.startswith("keyed")]
        others = [self._operation(run, assess) for run in runs if not run.name.startswith("keyed")]
        self.judge_ends(scene, opened, [*history.keyed(under_key, ids, assess), *others], assess)

    @pytest.mark.clause(history.CHANGED_BODY, history.ONCE)
    def test_one_of_many_bodies_gets_the_key(self, stage: Stage, start_race: StartRace) -> None:
        """Of different batches under one key, at one moment, one is carried out; nothing of the others happens."""
        with start_race() as race:
            for count in self.counts:
                race.run(count, self.heats, lambda: self._bodies(stage, race))

    def _bodies(self, stage: Stage, race: Race) -> tuple[list[Runner], Judge]:
        scene = stage.scene()
        opened = scene.orders.open(race.callers)
        key = _bayse(scene).new_idempotency_key()
        runners = [self._under_key(scene, f"body{number}", [order], key) for number, order in enumerate(opened, 1)]
        return runners, lambda runs: self._judge_bodies(scene, opened, runs, race.assess)

    def _judge_bodies(
        self, scene: Scene, opened: Sequence[StagedOrder], runs: Sequence[Run], assess: Assessment
    ) -> None:
        done = [order for order, run in zip(opened, runs, strict=True) if run.result.succeeded]
        statuses = sorted({run.result.status for run in runs if not run.result.succeeded} - {409, 422, 429})
        wanted = "other bodies to be refused with 422, or 409 meanwhile"
        assess.expect(not statuses, wanted, f"{statuses}", history.CHANGED_BODY, kind="other-status")
        assess.expect(
            len(done) < 2,
            "one body to be carried out",
            f"{len(done)} were",
            history.CHANGED_BODY,
            kind="both-bodies-carried-out",
        )
        if not any(run.result.status == 429 for run in runs):
            assess.expect(bool(done), "one body to be carried out", "none was", history.ONCE, kind="none-carried-out")
        [witness] = scene.orders.open(1)
        scene.caller.cancel_batch([witness])
        read = scene.orders.after(witness, [order for order in opened if order not in done])
        changed = sorted({status for status in read.values() if status != "open"})
        wanted = "orders of refused bodies to stay open"
        assess.expect(not changed, wanted, f"{changed}", history.CHANGED_BODY, kind="other-body-carried-out")

    def _under_key(self, scene: Scene, name: str, batch: Sequence[StagedOrder], key: str) -> Runner:
        def call() -> BatchAnswer:
            return _bayse(scene).cancel_batch(batch, idempotency_key=key, limit_asked=True)

        return Runner(name, call, scene.caller.name, len(batch), batch=tuple(order.order_id for order in batch))


def _bayse(scene: Scene) -> BayseCaller:
    assert isinstance(scene.caller, BayseCaller), "a race at Bayse"
    return scene.caller
