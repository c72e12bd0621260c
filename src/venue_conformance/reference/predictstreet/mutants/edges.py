"""Faults that come out at the edges of what a value may be."""

from __future__ import annotations

from dataclasses import replace

from ..rate_limit import CANCEL_BATCH
from ..venue import PredictStreetVenue
from .rate_limit import _BudgetsOtherwise


class RefillsFourAndAHalfASecond(_BudgetsOtherwise):
    """Lets two batches through at once and then four and a half a second."""

    caught_by = "predictstreet.rate-limit.below-never-refused"
    batch_budget = replace(CANCEL_BATCH, per_second=4.5, capacity=2)


class DropsLeadingZerosOfIds(PredictStreetVenue):
    """Keeps ids without the zeros that they begin with, and answers so."""

    caught_by = "predictstreet.isolation.unknown-not-found"

    def read_order_id(self, order_id: object) -> str:
        return super().read_order_id(order_id).lstrip("0")


class ReadsIdsAsSignedNumbers(PredictStreetVenue):
    """Fails on an id that is a number below zero when it is read as 128 bits with a sign."""

    caught_by = "predictstreet.isolation.unknown-not-found"

    def read_order_id(self, order_id: object) -> str:
        text = super().read_order_id(order_id)
        if text[:6].lower() == "ffffff":
            raise self.invalid("each value in orderIds must be a UUID")
        return text
