"""The manifest of a venue's checks says what these say of themselves, and what a run of them shows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract.test_promises import checks_of, every_venue
from venue_conformance.contract.clauses import load_catalogue
from venue_conformance.contract.manifest import Need, manifest_of
from venue_conformance.contract.resources import resources_root
from venue_conformance.preflight.manifest import ARMED, facts_of

ANEW = "make manifest"


@every_venue
def test_it_is_what_the_checks_say_of_themselves(venue: str) -> None:
    manifest = manifest_of(venue)
    facts = {check.id: facts_of(check) for check in checks_of(venue)}
    assert list(manifest) == sorted(facts), ANEW
    for check in manifest.values():
        # What orders a check asks for, and which states it arms, a run alone shows; it needs what else is declared.
        declared = {need for need in facts[check.id].needs if need.state not in ARMED}
        assert declared <= check.needs, (check.id, ANEW)
        assert replace(facts[check.id], needs=check.needs) == check, ANEW


@every_venue
def test_what_runs_in_the_ci_profile_is_measured(venue: str) -> None:
    unmeasured = [check for check in manifest_of(venue).values() if check.measured is None]
    assert [check.id for check in unmeasured if "nightly" not in check.markers] == []


@pytest.mark.parametrize(
    ("state", "params", "words"),
    [
        ("orders", {"count": 2, "status": "expired"}, "orders with status expired"),
        ("orders", {"status": "filled", "engine": "AMM"}, "orders with engine AMM"),
        ("orders", {"status": "open", "client_ids": True}, "orders with client_ids true"),
        ("caller", {"partner_kind": "single_wallet"}, "caller with partner_kind single_wallet"),
        ("fill", {"orderId": "1", "part": True}, "fill"),
    ],
)
def test_a_need_is_a_state_and_the_param_that_tells(state: str, params: dict[str, object], words: str) -> None:
    need = Need.of(state, params)
    assert str(need) == words
    assert Need.read(words) == need


def judged(venue: str, *offered: str) -> tuple[str, str]:
    """How many must clauses, and by how many checks, a target that offers just this lets be judged."""
    checks = [check for check in manifest_of(venue).values() if "nightly" not in check.markers]
    able = {check.id for check in checks if check.needs <= set(map(Need.read, offered))}
    must = {clause.id for clause in load_catalogue(venue).values() if clause.level == "must" and not clause.excluded}
    lacking = {clause for check in checks if check.required and check.id not in able for clause in check.clauses}
    return f"{len(must - lacking)} of {len(must)}", f"{len(able)} of {len(checks)}"


def test_the_pages_give_its_numbers() -> None:
    every = {str(need) for check in manifest_of("bayse").values() for need in check.needs}
    clauses, checks = judged("bayse", *every)
    without = f"{judged('bayse')[0]} must clauses of Bayse, {judged('predictstreet')[0]} of PredictStreet"
    some, by_some = judged("bayse", "orders with status open", "order statuses")
    measured = [check.measured for check in manifest_of("bayse").values() if check.measured]
    sums = f"{1 + sum(each.requests for each in measured)} {sum(each.orders for each in measured)}"
    asked = [check for check in manifest_of("bayse").values() if "nightly" not in check.markers]
    states = [
        f"{state} offered {len({clause for check in using for clause in check.clauses})}"
        for state in ("order statuses", "orders with status open")
        if (using := [check for check in asked if Need.read(state) in check.needs])
    ]
    said = {
        "getting-started.md": (f"{clauses} must clauses and", f"by {checks} checks", without),
        "provider-states.md": (f"READY FOR {some} MUST CLAUSES", f"by {by_some} checks", without, *states),
        "after-a-run.md": (f"all {len(measured)} {sums}",),
    }
    for page, phrases in said.items():
        text = " ".join((resources_root() / "docs" / page).read_text(encoding="utf-8").split())
        assert [phrase for phrase in phrases if phrase not in text] == [], page
