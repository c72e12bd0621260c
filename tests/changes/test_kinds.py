"""Every kind of change, and every pair of them, is classed as it is for callers, and leads to its clauses."""

from __future__ import annotations

import itertools
from functools import cache

import pytest

from tests.changes.kinds import KINDS, Kind, changed, ours
from venue_conformance.changes.change import EFFECTS, Effect
from venue_conformance.changes.documents import DocumentComparison, compare_documents
from venue_conformance.changes.reading import Document, Unreadable
from venue_conformance.contract.clauses import Catalogue, load_catalogue


@cache
def catalogue(venue: str) -> Catalogue:
    return load_catalogue(venue)


def compared(venue: str, content: dict[str, object]) -> DocumentComparison:
    new = Document("new.yaml", "openapi", content)
    return compare_documents(catalogue(venue), new, Document("old.yaml", "openapi", ours(venue)))


@pytest.mark.parametrize("name", KINDS)
def test_kind_is_classed_and_leads_to_its_clause(name: str) -> None:
    one = KINDS[name]
    comparison = compared(one.venue, changed(one))
    assert comparison.effect == one.effect, comparison.changes
    assert one.touches is None or one.touches in comparison.clauses


def test_there_are_enough_kinds() -> None:
    assert len(KINDS) >= 57
    effects = [one.effect for one in KINDS.values()]
    assert all(effects.count(effect) >= 5 for effect in (None, "breaking", "compatible", "documentation"))


def test_what_is_breaking_says_what_a_caller_meets() -> None:
    [limit] = compared("bayse", changed(KINDS["fewer ids are accepted"])).changes
    assert limit.change.what == "orderIds: maxItems 100 → 50"
    assert limit.change.counterexample == "no longer accepted: arrays of 51 to 100 items"
    assert limit.pointer == "#/components/schemas/CancelBatch/properties/orderIds/maxItems"
    [value] = compared("predictstreet", changed(KINDS["an answered value is new"])).changes
    assert value.change.counterexample == 'newly answered: "market_halted"'
    assert value.also, "it is written once and answered with two statuses"


@pytest.mark.parametrize("venue", ["bayse", "predictstreet", "arcus"])
def test_document_is_no_change_of_itself(venue: str) -> None:
    assert compared(venue, ours(venue)).changes == ()
    alone = compare_documents(catalogue(venue), Document("ours", "openapi", ours(venue)))
    assert alone.changes == ()


#: Pairs in which the second takes back what the first did, or changes what the first made nobody refer to.
UNDONE = {
    ("the type of a property is another", "a further type is accepted"),
    ("a part that is written in its place", "an extension"),
    ("a part that is written in its place", "what is permitted anyway is spelled out"),
}


def _pairs() -> list[tuple[Kind, Kind]]:
    pairs = itertools.combinations(KINDS.values(), 2)
    return [(one, other) for one, other in pairs if one.venue == other.venue and (one.name, other.name) not in UNDONE]


def _gravest(pair: tuple[Kind, Kind]) -> Effect | None:
    return min((one.effect for one in pair), key=lambda effect: EFFECTS.index(effect) if effect else len(EFFECTS))


def judged_wrongly(pairs: list[tuple[Kind, Kind]]) -> tuple[int, list[tuple[str, str, Effect | None]]]:
    """How many pairs could be made, and those that are not as grave as the graver of the two."""
    made, wrong = 0, []
    for one, other in pairs:
        try:
            first = changed(one)
            other.make(first)
        except (KeyError, ValueError, IndexError, AttributeError):
            continue  # the first took away what the second would change
        if first == changed(other) or first == changed(one):
            continue  # one of them undid the other
        try:
            effect = compared(one.venue, first).effect
        except Unreadable:
            continue  # the first took away what the second refers to
        made += 1
        if effect != _gravest((one, other)):
            wrong.append((one.name, other.name, effect))
    return made, wrong


def test_some_pairs_are_as_grave_as_the_graver() -> None:
    made, wrong = judged_wrongly(_pairs()[::40])
    assert made > 20
    assert wrong == []


@pytest.mark.proof
def test_all_pairs_are_as_grave_as_the_graver() -> None:
    made, wrong = judged_wrongly(_pairs())
    assert made > 735
    assert wrong == []
