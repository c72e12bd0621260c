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
