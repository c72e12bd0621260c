"""What the folders hold: every must clause has a mutant, every open clause a variant, and all say what they are."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
import yaml

from venue_conformance.reference import ReferenceVenue, UnknownName, load, venue_names


@pytest.fixture(scope="module")
def clauses(repository: Path) -> dict[str, dict[str, Any]]:
    catalogue = yaml.safe_load((repository / "specs/bayse/clauses.yaml").read_text())
    return {clause["id"]: clause for clause in catalogue}


def test_every_must_and_should_clause_has_a_mutant(bayse: ReferenceVenue, clauses: dict[str, dict[str, Any]]) -> None:
    judged = {name for name, clause in clauses.items() if clause["level"] != "open" and "excluded" not in clause}
    assert judged - {bayse.clauses_of(name)[0] for name in bayse.mutants} == set()


def test_every_open_clause_has_a_variant(bayse: ReferenceVenue, clauses: dict[str, dict[str, Any]]) -> None:
    left_open = {name for name, clause in clauses.items() if clause["level"] == "open"}
    concerned = {clause for name in bayse.variants for clause in bayse.clauses_of(name)}
    assert left_open - concerned == set()


def test_every_mutant_breaks_a_clause_that_is_judged(bayse: ReferenceVenue, clauses: dict[str, dict[str, Any]]) -> None:
    for name, mutant in bayse.mutants.items():
        (clause,) = bayse.clauses_of(mutant)
        assert clauses[clause]["level"] in ("must", "should"), name
        assert "excluded" not in clauses[clause], name
        assert "caught_by" in vars(mutant), name


def test_every_variant_concerns_known_clauses(bayse: ReferenceVenue, clauses: dict[str, dict[str, Any]]) -> None:
    for name in bayse.variants:
        assert bayse.clauses_of(name), name
        assert set(bayse.clauses_of(name)) <= set(clauses), name


def test_each_docstring_is_one_sentence_of_its_own(bayse: ReferenceVenue) -> None:
    members = {**bayse.mutants, **bayse.variants}
    sentences = [inspect.getdoc(member) if "__doc__" in vars(member) else None for member in members.values()]
    assert all(sentence and sentence.endswith(".") and "\n" not in sentence for sentence in sentences)
    assert len(set(sentences)) == len(members)


def test_names_are_kebab_case(bayse: ReferenceVenue) -> None:
    assert bayse.mutants["replays-for-any-body"].__name__ == "ReplaysForAnyBody"
    assert bayse.mutants["answers-replays-with-208"].__name__ == "AnswersReplaysWith208"
    assert not set(bayse.mutants) & set(bayse.variants)


def test_a_wrong_name_is_answered_with_the_closest(bayse: ReferenceVenue) -> None:
    with pytest.raises(UnknownName, match="did you mean 'replays-for-any-body'"):
        bayse.find(mutant="replay-for-any-body")
    with pytest.raises(UnknownName, match="'bayse'"):
        load("baise")
    assert "bayse" in venue_names()
    assert bayse.find() is bayse.venue_class
