"""Kill -9 at twenty random moments of a run, then `cleanup`: no order is open that the reference can give back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.killing import clean, kill_at, open_orders, reference

pytestmark = pytest.mark.proof

_MOMENTS = Random(12)
#: By how many lines its journal is long; the plan of a run takes the first thousand or so.
KILLS = [
    (venue, _MOMENTS.randrange(900, 4500)) for venue in ("bayse", "arcus", "predictstreet", "bayse") for _ in range(5)
]


@pytest.mark.parametrize(("venue", "lines"), KILLS)
def test_cleanup_leaves_nothing_open(
    tmp_path: Path, venue: str, lines: int, record_property: Callable[[str, object], None]
) -> None:
    with reference(tmp_path, venue) as served:
        kill_at(tmp_path, "reports", lines)
        before = open_orders(served)
        done = clean(tmp_path, "reports")
        after = open_orders(served)
    record_property("orders_open_after_kill", before)
    assert (done.status, after) == (0, 0), done.output + done.errors
