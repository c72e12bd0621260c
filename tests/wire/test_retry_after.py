"""How long a 429 wants its reader to wait, whatever it says."""

from __future__ import annotations

import math
import time
from email.utils import formatdate

import pytest

from venue_conformance.wire.retry_after import retry_after

from .test_exchange import exchange

NOON = 1_800_000_000


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("1", 1),
        ("3", 3),
        (" 2.5 ", 2.5),
        ("86400", 86400),
        ("9" * 400, math.inf),
        *((nothing, 1) for nothing in ("0", "0.5", "-3", "", "soon", "1, 1", "inf", "nan", "1e3", "1_0", "٣")),
    ],
)
def test_a_number_of_at_least_one_counts_and_nothing_else_does(said: str, seconds: float) -> None:
    assert retry_after(exchange(status=429, headers=(("Retry-After", said),))) == seconds


def test_without_the_header_it_is_a_second() -> None:
    assert retry_after(exchange(status=429)) == 1


@pytest.mark.parametrize(("ahead", "seconds"), [(4, 4), (0, 1), (-60, 1)])
def test_a_date_is_measured_by_the_targets_own_clock(ahead: int, seconds: float) -> None:
    headers = (("retry-after", formatdate(NOON + ahead, usegmt=True)), ("date", formatdate(NOON, usegmt=True)))
    assert retry_after(exchange(status=429, headers=headers)) == seconds


def test_without_such_a_clock_it_is_measured_by_ours() -> None:
    headers = (("Retry-After", formatdate(time.time() + 600, usegmt=True)), ("Date", "today"))
    assert retry_after(exchange(status=429, headers=headers)) == pytest.approx(600, abs=30)
