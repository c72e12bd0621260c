"""Concurrent batches and fills: each batch is one transaction (batch-cancel page, description)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from suites.shared.races import Races
from venue_conformance.client.assessment import Assessment
from venue_conformance.client.caller import Caller
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.predictstreet import history
from venue_conformance.venues.predictstreet.answer import SHAPE, BatchAnswer
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller

ENDS_ONCE = tuple(
    clause for clause in (*history.CLAUSES, history.BLAME.whole) if clause != history.BLAME.filled and clause
)


class TestPredictStreetRaces(Races):
    blame = history.BLAME
    #: Five requests a second are all that a wallet may send.
    counts = (2, 5)
    batch = 6
    concurrent_batches = 5
    of_two_accounts = 6
    foreign_untouched = "predictstreet.isolation.foreign-untouched"
    clauses = {
        "test_overlapping_batches_are_linearizable": ENDS_ONCE,
        "test_concurrent_cancel_and_fill_are_linearizable": (*ENDS_ONCE, history.BLAME.filled),
        "test_concurrent_batches_of_two_accounts_are_isolated": (
            *(foreign_untouched, history.BLAME.kept_open, history.EVERY_ID, history.RIGHT_REQUEST, SHAPE),
        ),
    }

    def events(self, answer: BatchAnswer, order_ids: Sequence[str], assess: Assessment) -> dict[str, str]:
        """The two lists of an answer."""
        return history.events(answer, order_ids, assess)

    def price(self, caller: Caller[Any], batch: Sequence[ProvisionedOrder]) -> tuple[str, int]:  # noqa: ARG002
        """One request of the acting wallet's budget, whatever it names."""
        assert isinstance(caller, PredictStreetCaller), "a race at PredictStreet"
        return caller.wallet.lower(), 1
