"""Kill -9 at twenty random moments of a run, then `cleanup`: no order is open that the reference can give back."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

import pytest

from tests.killing import clean, kill_at, open_orders, reference

pytestmark = pytest.mark.proof

_MOMENTS = Random(12)
#: How many lines its journal has by then (what is to run takes the first few hundred), and so many seconds later.
KILLS = [
    (venue, _MOMENTS.randrange(600, 2400), round(_MOMENTS.uniform(0, 2), 3))
    for venue in ("bayse", "arcus", "predictstreet", "bayse")
    for _ in range(5)
]


@pytest.mark.parametrize(("venue", "lines", "seconds"), KILLS)
def test_cleanup_leaves_nothing_open(
    tmp_path: Path, venue: str, lines: int, seconds: float, capsys: pytest.CaptureFixture[str]
) -> None:
    with reference(tmp_path, venue) as served:
        kill_at(tmp_path, "reports", lines, seconds=seconds)
        before = open_orders(served)
        done = clean(tmp_path, "reports")
        after = open_orders(served)
    with capsys.disabled():
        sys.stderr.write(
            f"\n{venue}, killed {seconds} s after line {lines}: {before} orders open, {after} after cleanup"
        )
    assert (done.status, after) == (0, 0), done.output + done.errors
