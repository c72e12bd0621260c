"""``venue-conformance clauses``: the catalogue, to be read and searched."""

from __future__ import annotations

from pathlib import Path

from tests.command import run_command
from venue_conformance.contract.clauses import load_catalogue


def test_every_clause_stands_there_whole(tmp_path: Path) -> None:
    done = run_command(tmp_path, "clauses", "bayse")
    assert (done.status, done.errors) == (0, "")
    listed = {line.split()[1]: line for line in done.output.splitlines() if " bayse." in line}
    assert listed.keys() == load_catalogue("bayse").keys()
    assert "excluded" in listed["bayse.page.upstream"]


def test_an_invariant_is_followed_over_all_venues(tmp_path: Path) -> None:
    done = run_command(tmp_path, "clauses", "--property", "no-existence-leak")
    assert (done.status, done.errors) == (0, "")
    listed = {line.split()[1] for line in done.output.splitlines() if line[2:3].isalpha() and "." in line.split()[1]}
    assert {clause.partition(".")[0] for clause in listed} == {"bayse", "arcus", "predictstreet"}
    assert all(load_catalogue(clause.partition(".")[0])[clause].invariant == "no-existence-leak" for clause in listed)


def test_an_invariant_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    done = run_command(tmp_path, "clauses", "--property", "leaks")
    assert done.status == 2
    assert "no-existence-leak" in done.errors
