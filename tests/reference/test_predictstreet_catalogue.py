"""What the PredictStreet folder holds: a mutant per judged clause, a variant per open one, each with its sentence."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
import yaml

from venue_conformance.reference import ReferenceVenue, load


@pytest.fixture(scope="module")
def venue() -> ReferenceVenue:
    return load("predictstreet")


@pytest.fixture(scope="module")
def clauses(repository: Path) -> dict[str, dict[str, Any]]:
    catalogue = yaml.safe_load((repository / "specs/predictstreet/clauses.yaml").read_text())
    return {clause["id"]: clause for clause in catalogue}


def test_every_judged_clause_has_a_mutant(venue: ReferenceVenue, clauses: dict[str, dict[str, Any]]) -> None:
    judged = {name for name, clause in clauses.items() if clause["level"] != "open" and "excluded" not in clause}
    assert judged - {venue.clauses_of(name)[0] for name in venue.mutants} == set()
    assert len(venue.mutants) >= 40


def test_every_open_clause_has_a_variant(venue: ReferenceVenue, clauses: dict[str, dict[str, Any]]) -> None:
    left_open = {name for name, clause in clauses.items() if clause["level"] == "open" and "excluded" not in clause}
    concerned = {clause for name in venue.variants for clause in venue.clauses_of(name)}
    assert left_open - concerned == set()
    assert concerned <= set(clauses)
    assert len(venue.variants) >= 16


def test_every_mutant_breaks_one_clause_that_is_judged(
    venue: ReferenceVenue, clauses: dict[str, dict[str, Any]]
) -> None:
    for name, mutant in venue.mutants.items():
        (clause,) = venue.clauses_of(mutant)
        assert clauses[clause]["level"] in ("must", "should"), name
        assert "excluded" not in clauses[clause], name
        assert "caught_by" in vars(mutant), name


def test_each_docstring_is_one_sentence_of_its_own(venue: ReferenceVenue) -> None:
    members = {**venue.mutants, **venue.variants}
    assert len(members) == len(venue.mutants) + len(venue.variants)
    sentences = [inspect.getdoc(member) if "__doc__" in vars(member) else None for member in members.values()]
    assert all(sentence and sentence.endswith(".") and "\n" not in sentence for sentence in sentences)
    assert len(set(sentences)) == len(members)
