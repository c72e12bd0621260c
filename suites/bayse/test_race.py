"""Concurrent batches, fills and retries."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from suites.shared.races import Races, StartRace
from venue_conformance.client.assessment import Assessment
from venue_conformance.client.wording import listed
from venue_conformance.fuzz.race import Judge, Participant, ParticipantResult, Race
from venue_conformance.fuzz.scenario import Scenario, ScenarioEnvironment
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.bayse import history
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.caller import BayseCaller

ENDS_ONCE = (history.BLAME.twice, history.BLAME.kept_open, history.BLAME.reported, "bayse.rows.one-per-order")
#: What overlapping batches report is noted besides.
OVERLAP = "bayse.lifecycle.overlap-both-succeed"


class TestBayseRaces(Races):
    blame = history.BLAME
    counts = (2, 8, 20)
    foreign_untouched = "bayse.isolation.foreign-untouched"
    clauses = {
        "test_overlapping_batches_are_linearizable": (*ENDS_ONCE, OVERLAP),
        "test_concurrent_cancel_and_fill_are_linearizable": (*ENDS_ONCE, history.BLAME.filled, OVERLAP),
        "test_concurrent_batches_of_two_accounts_are_isolated": (
            *(foreign_untouched, history.BLAME.kept_open, history.BLAME.reported, "bayse.rows.one-per-order"),
        ),
    }

    def events(self, answer: BatchAnswer, order_ids: Sequence[str], assess: Assessment) -> dict[str, str]:
        """The rows of an answer."""
        return history.events(answer, order_ids, assess)

    @pytest.mark.clause(*ENDS_ONCE, history.ONCE, OVERLAP)
    def test_concurrent_cancel_and_keyed_retries_are_linearizable(
        self, environment: ScenarioEnvironment, start_race: StartRace
    ) -> None:
        """However many concurrent requests share a key, and others have none, each order is cancelled once."""
        with start_race() as race:
            for count in self.counts:
                race.run(count, self.concurrent_batches, lambda: self._keyed(environment, race))

    def _keyed(self, environment: ScenarioEnvironment, race: Race) -> tuple[list[Participant], Judge]:
        scenario = environment.scenario()
        opened = scenario.orders.open(self.batch)
        key = _bayse(scenario).new_idempotency_key()
        participants = [self._under_key(scenario, f"keyed{number}", opened, key) for number in range(race.callers)]
        # Every third one has no key, so that the batch may be taken from under the key's request.
        participants[2::3] = [
            self._cancel(scenario, f"batch{number}", opened) for number in range(len(participants[2::3]))
        ]
        return participants, lambda runs: self._judge_keyed(scenario, opened, runs, race.assess)

    def _judge_keyed(
        self,
        scenario: Scenario,
        opened: Sequence[ProvisionedOrder],
        runs: Sequence[ParticipantResult],
        assess: Assessment,
    ) -> None:
        ids = [order.order_id for order in opened]
        under_key = [(run.name, run.result, run.start, run.end) for run in runs if run.name.startswith("keyed")]
        others = [self._operation(run, assess) for run in runs if not run.name.startswith("keyed")]
        self.judge_ends(scenario, opened, [*history.keyed(under_key, ids, assess), *others], assess)

    @pytest.mark.clause(history.CHANGED_BODY, history.ONCE)
    def test_one_of_many_concurrent_bodies_gets_the_key(
        self, environment: ScenarioEnvironment, start_race: StartRace
    ) -> None:
        """Of different batches sent concurrently with one key, one is carried out and the others have no effect."""
        with start_race() as race:
            for count in self.counts:
                race.run(count, self.concurrent_batches, lambda: self._bodies(environment, race))

    def _bodies(self, environment: ScenarioEnvironment, race: Race) -> tuple[list[Participant], Judge]:
        scenario = environment.scenario()
        opened = scenario.orders.open(race.callers)
        key = _bayse(scenario).new_idempotency_key()
        participants = [
            self._under_key(scenario, f"body{number}", [order], key) for number, order in enumerate(opened, 1)
        ]
        return participants, lambda runs: self._judge_bodies(scenario, opened, runs, race.assess)

    def _judge_bodies(
        self,
        scenario: Scenario,
        opened: Sequence[ProvisionedOrder],
        runs: Sequence[ParticipantResult],
        assess: Assessment,
    ) -> None:
        done = [order for order, run in zip(opened, runs, strict=True) if run.result.succeeded]
        statuses = sorted({run.result.status for run in runs if not run.result.succeeded} - {409, 422, 429})
        wanted = "other bodies to be refused with 422, or 409 meanwhile"
        assess.expect(not statuses, wanted, listed(statuses), history.CHANGED_BODY, kind="other-status")
        assess.expect(
            len(done) < 2,
            "one body to be carried out",
            f"{len(done)} were",
            history.CHANGED_BODY,
            kind="both-bodies-carried-out",
        )
        if not any(run.result.status == 429 for run in runs):
            assess.expect(bool(done), "one body to be carried out", "none was", history.ONCE, kind="none-carried-out")
        [control_order] = scenario.orders.open(1)
        scenario.caller.cancel_batch([control_order])
        read = scenario.orders.after(control_order, [order for order in opened if order not in done])
        changed = sorted({status for status in read.values() if status != "open"})
        wanted = "orders of refused bodies to stay open"
        assess.expect(
            not changed, wanted, f"some read as {listed(changed)}", history.CHANGED_BODY, kind="other-body-carried-out"
        )

    def _under_key(self, scenario: Scenario, name: str, batch: Sequence[ProvisionedOrder], key: str) -> Participant:
        def call() -> BatchAnswer:
            return _bayse(scenario).cancel_batch(batch, idempotency_key=key, limit_asked=True)

        return Participant(name, call, scenario.caller.name, len(batch), batch=tuple(order.order_id for order in batch))


def _bayse(scenario: Scenario) -> BayseCaller:
    assert isinstance(scenario.caller, BayseCaller), "a race at Bayse"
    return scenario.caller
