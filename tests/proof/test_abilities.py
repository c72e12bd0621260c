"""A reference with one ability removed: no clause about it is found kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.command import report_of, run_command, verdicts
from tests.proof import arcus_abilities, bayse_abilities, predictstreet_abilities
from venue_conformance.reference import load
from venue_conformance.reference.http import Request, Response, json_response
from venue_conformance.reference.server import serve_in_thread

ABILITIES = {
    "arcus": arcus_abilities.ABILITIES,
    "bayse": bayse_abilities.ABILITIES,
    "predictstreet": predictstreet_abilities.ABILITIES,
}
#: Tried at every change; the others take their time.
ALWAYS = {"a limit", "definitive answers", "limiter"}


def without(venue: str, what: Any) -> Any:
    """A reference that lacks an ability: a class made for that, or one that hides provider states."""
    if isinstance(what, type):
        return what
    hidden = frozenset(what)

    class HidesStates(load(venue).find()):  # type: ignore[misc]
        """Does not offer some provider states."""

        async def handle(self, request: Request) -> Response:
            if request.path.startswith("/_states") and json.loads(request.body).get("state") in hidden:
                return json_response(501, {"error": "not offered"})
            return await super().handle(request)

    return HidesStates


@pytest.mark.parametrize(
    ("venue", "ability"),
    [
        pytest.param(venue, ability, id=f"{venue}-{ability}", marks=() if ability in ALWAYS else pytest.mark.proof)
        for venue, abilities in ABILITIES.items()
        for ability in abilities
    ],
)
def test_no_clause_about_what_is_not_there_conforms(tmp_path: Path, venue: str, ability: str) -> None:
    what, clauses = ABILITIES[venue][ability]
    with serve_in_thread(without(venue, what)()) as server:
        (tmp_path / "target.toml").write_text(server.target_file)
        chosen = [part for clause in sorted(clauses) for part in ("--clause", clause)]
        done = run_command(tmp_path, "run", "--target", "target.toml", *chosen, seconds=300)
    report = report_of(tmp_path / "reports")
    assert done.status in (1, 3), done.output
    assert {clause for clause, verdict in verdicts(report).items() if verdict == "conforms"} & clauses == set()
    assert {check["id"] for check in report["checks"] if check["outcome"] == "error"} == set()
