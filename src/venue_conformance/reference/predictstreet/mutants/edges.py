"""Lies that come out at the edges of what a value may be."""

from __future__ import annotations

from dataclasses import replace

from ..rate_limit import CANCEL_BATCH
from .rate_limit import _BudgetsOtherwise


class RefillsFourAndAHalfASecond(_BudgetsOtherwise):
    """Lets two batches through at once and then four and a half a second."""

    caught_by = "predictstreet.rate-limit.below-never-refused"
    batch_budget = replace(CANCEL_BATCH, per_second=4.5, capacity=2)
