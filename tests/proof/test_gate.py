"""A known fault keeps no gate red and hides no other one: thirty faults, ten a venue, through whole runs.

Of each: a run, `--baseline-update`, reasons filled in, then a run with another seed (green, every other must clause
judged as on the reference), one of the mended venue (red, stale), and one with a second fault beside it (red).
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.command import report_of
from tests.gate.histories import fill_in, judge, venue_with

pytestmark = pytest.mark.proof

#: Those behind the line break are found by explorations alone.
FAULTS = {
    "bayse": "leaves-out-unknown-ids carries-out-replays shares-keys-between-callers says-success-in-text "
    "cancels-filled-orders charges-one-token-for-a-batch "
    "replays-twice cancels-over-fills forgets-the-key-on-the-next-reuse fills-up-on-the-second-part",
    "arcus": "accepts-seconds publishes-nothing acts-for-the-address-in-the-query calls-cancelled-orders-rejected "
    "refuses-mixed-batches never-compares-the-address-with-the-key "
    "tells-what-it-saw-before gives-in-to-the-second-both-ids fills-up-on-the-second-part remembers-ends-in-202",
    "predictstreet": "limits-nobody leaves-unknown-ids-out counts-different-ids calls-unknown-ids-terminal "
    "cancels-filled-orders decides-without-lock lists-repeats-twice acts-for-the-partners-wallet takes-a-bare-array "
    "cancels-the-oldest-in-their-place",
}
#: A second fault, of another clause, and that clause.
SECOND = {
    "bayse": ("leaves-out-the-engine", "bayse.rows.engine"),
    "arcus": ("echoes-the-address-as-written", "arcus.address.answers-lower-case"),
    "predictstreet": ("refuses-many-repeats", "predictstreet.duplicates.any-spread"),
}
_SECONDS = 900


@cache
def must_clauses(venue: str) -> dict[str, str]:
    """The verdicts on the must clauses of the reference."""
    with TemporaryDirectory() as made:
        folder = Path(made)
        with venue_with(folder, venue):
            judge(folder, "reference", "--seed", "1", seconds=_SECONDS)
        return {
            clause["id"]: clause["verdict"]
            for clause in report_of(folder / "reference")["clauses"]
            if clause["level"] == "must"
        }


@pytest.mark.parametrize(
    ("venue", "fault"), [(venue, fault) for venue, faults in FAULTS.items() for fault in faults.split()]
)
def test_a_known_fault_hides_no_other(
    tmp_path: Path, venue: str, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    baseline = ("--baseline", "b.toml")
    second, its_clause = SECOND[venue]
    with venue_with(tmp_path, venue, fault):
        found = judge(tmp_path, "found", "--seed", "1", *baseline, "--baseline-update", seconds=_SECONDS)
        assert found.status == 1, found.output[-2000:] + found.errors
        fill_in(tmp_path / "b.toml")
        known = judge(tmp_path, "known", "--seed", "2", *baseline, seconds=_SECONDS)
    report = report_of(tmp_path / "known")
    counted = [clause for clause in report["clauses"] if clause["level"] == "must" and not clause["forgiven"]]
    otherwise = [each["id"] for each in counted if each["verdict"] != must_clauses(venue)[each["id"]]]
    with venue_with(tmp_path, venue):
        mended = judge(tmp_path, "mended", "--seed", "3", *baseline, seconds=_SECONDS)
    stale = [each["problem"] for each in report_of(tmp_path / "mended")["baseline"]["problems"]]
    with venue_with(tmp_path, venue, second, fault):
        beside = judge(tmp_path, "beside", "--seed", "4", *baseline, seconds=_SECONDS)
    broken = [
        clause["id"]
        for clause in report_of(tmp_path / "beside")["clauses"]
        if clause["verdict"] == "violates" and not clause["forgiven"]
    ]
    entries = (tmp_path / "b.toml").read_text().count("[[accepted]]")
    with capsys.disabled():
        sys.stderr.write(
            f"\n{venue} {fault}: {entries} accepted; other seed {known.status}, otherwise {otherwise}, "
            f"{report['baseline']['problems']}; mended {mended.status} {stale}; second fault {beside.status} {broken}"
        )
    assert (known.status, otherwise) == (0, []), known.output[-2000:]
    assert (mended.status, set(stale)) == (1, {"stale"})
    assert (beside.status, its_clause in broken) == (1, True)
