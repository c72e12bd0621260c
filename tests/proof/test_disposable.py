"""The checks that are marked as needing an account that owns nothing of worth are those that do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import report_of, run_command
from tests.proof.test_abilities import without
from venue_conformance.contract.resources import venue_names
from venue_conformance.preflight.collecting import collect
from venue_conformance.reference.server import serve_in_thread


@pytest.mark.proof
@pytest.mark.parametrize("venue", venue_names())
def test_what_is_not_sent_for_want_of_one_is_marked(venue: str, tmp_path: Path) -> None:
    """Of the required checks of promises; what is left open may be asked in several ways."""
    with serve_in_thread(without(venue, ("caller",))()) as server:
        (tmp_path / "target.toml").write_text(server.target_file)
        assert run_command(tmp_path, "run", "--target", "target.toml", seconds=580).status == 3
    document = report_of(tmp_path / "reports")
    levels = {clause["id"]: clause["level"] for clause in document["clauses"]}
    kept_back = {
        check["id"]
        for check in document["checks"]
        if "is sent only from an account whose orders may be lost" in (check["reason"] or "")
    }
    assert kept_back
    promised = {
        check.id: check
        for check in collect(venue)
        if check.required and any(levels[clause] != "open" for clause in check.clauses)
    }
    marked = {check_id for check_id, check in promised.items() if "disposable" in check.markers}
    assert kept_back & promised.keys() <= marked, json.dumps(sorted(kept_back & promised.keys() - marked))
