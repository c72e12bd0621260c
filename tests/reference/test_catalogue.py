"""What the folders hold: every judged clause has a mutant, every open one a variant, and all say what they are."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
import yaml

from venue_conformance.reference import ReferenceVenue, UnknownName, load, venue_names

SPECS = Path(__file__).resolve().parents[2] / "specs"


@pytest.fixture(scope="module", params=["arcus", "bayse", "predictstreet"])
def venue(request: pytest.FixtureRequest) -> ReferenceVenue:
    return load(request.param)


@pytest.fixture(scope="module")
def clauses(venue: ReferenceVenue) -> dict[str, dict[str, Any]]:
    catalogue = yaml.safe_load((SPECS / venue.name / "clauses.yaml").read_text("utf-8"))
    return {clause["id"]: clause for clause in catalogue}


def test_what_is_judged_has_a_mutant_and_nothing_else(
    venue: ReferenceVenue, clauses: dict[str, dict[str, Any]]
) -> None:
    judged = {name for name, clause in clauses.items() if clause["level"] != "open" and "excluded" not in clause}
    assert judged == {clause for name in venue.mutants for clause in venue.clauses_of(name)}
    assert all(len(venue.clauses_of(name)) == 1 for name in venue.mutants)


def test_every_open_clause_has_a_variant(venue: ReferenceVenue, clauses: dict[str, dict[str, Any]]) -> None:
    left_open = {name for name, clause in clauses.items() if clause["level"] == "open" and "excluded" not in clause}
    concerned = {clause for name in venue.variants for clause in venue.clauses_of(name)}
    assert left_open <= concerned <= set(clauses)
    assert all(venue.clauses_of(name) for name in venue.variants)


def test_each_docstring_is_one_sentence_of_its_own(venue: ReferenceVenue) -> None:
    members = {**venue.mutants, **venue.variants}
    assert len(members) == len(venue.mutants) + len(venue.variants)
    sentences = [inspect.getdoc(member) if "__doc__" in vars(member) else None for member in members.values()]
    assert all(sentence and sentence.endswith(".") for sentence in sentences)
    assert len(set(sentences)) == len(members)


def test_names_are_kebab_case() -> None:
    mutants = load("bayse").mutants
    assert mutants["replays-for-any-body"].__name__ == "ReplaysForAnyBody"
    assert mutants["answers-replays-with-208"].__name__ == "AnswersReplaysWith208"


def test_a_wrong_name_is_answered_with_the_closest() -> None:
    bayse = load("bayse")
    with pytest.raises(UnknownName, match="did you mean 'replays-for-any-body'"):
        bayse.find(mutant="replay-for-any-body")
    with pytest.raises(UnknownName, match="'bayse'"):
        load("baise")
    assert "bayse" in venue_names()
    assert bayse.find() is bayse.venue_class
