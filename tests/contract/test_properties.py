"""Each invariant that a venue promises has a property, which is found by its name."""

from __future__ import annotations

import pytest

from venue_conformance.contract.clauses import load_catalogue
from venue_conformance.preflight.collecting import collect

#: At least so many of them.
LEAST = {"bayse": 5, "predictstreet": 4, "arcus": 3}


@pytest.mark.parametrize("venue", sorted(LEAST))
def test_each_promised_invariant_has_a_property(venue: str) -> None:
    """One ``test_property_<tag>`` for each ``property`` of a clause that is judged, which judges such a clause."""
    promised = {
        clause.id: clause.invariant
        for clause in load_catalogue(venue).values()
        if clause.invariant and clause.level in ("must", "should") and not clause.excluded
    }

    properties = {
        check.id.rpartition("::")[2].partition("[")[0]: check
        for check in collect(venue)
        if "::test_property_" in check.id
    }

    expected = {f"test_property_{tag.replace('-', '_')}": tag for tag in promised.values()}
    assert properties.keys() == expected.keys()
    assert len(properties) >= LEAST[venue]
    for name, check in properties.items():
        assert expected[name] in {promised.get(clause) for clause in check.clauses}, f"{name} judges no such clause"
        assert check.explores, f"{name} draws nothing"
        assert not check.required, f"{name} is required"
