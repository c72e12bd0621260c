"""Our documents and the clauses hang together: each keyword belongs to a clause, or a reason says why to none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from venue_conformance.changes.change import is_within, parts_of, pointer
from venue_conformance.changes.documents import our_document
from venue_conformance.changes.pointed import annotation_in
from venue_conformance.changes.reading import Kind
from venue_conformance.contract.clauses import load_catalogue
from venue_conformance.contract.resources import resources_root, venue_names
from venue_conformance.contract.yaml_text import read_yaml
from venue_conformance.errors import SuiteFault

KINDS: tuple[Kind, ...] = ("openapi", "asyncapi")
DOCUMENTS = [
    (venue, kind)
    for venue in venue_names()
    for kind in KINDS
    if (resources_root() / "specs" / venue / f"{kind}.yaml").is_file()
]
#: A keyword may be pointed at that the document does not have: its absence is what is promised.
_MAY_BE_ABSENT = ("additionalProperties", "uniqueItems", "security", "headers")


def keywords(node: Any, at: str = "#") -> Iterator[str]:
    """The places of whatever decides something: texts and references aside."""
    if isinstance(node, dict) and node:
        for key, value in node.items():
            yield from keywords(value, at + pointer(key))
    elif isinstance(node, list) and node and all(isinstance(each, dict) for each in node):
        for number, value in enumerate(node):
            yield from keywords(value, f"{at}/{number}")
    elif annotation_in(parts_of(at)) is None and not at.endswith("/$ref"):
        yield at


def pointers(venue: str, kind: str) -> list[str]:
    return [place for clause in load_catalogue(venue).values() for place in getattr(clause, kind)]


def unclaimed(venue: str, kind: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = read_yaml(resources_root() / "specs" / venue / "unclaimed.yaml")[kind]
    return found


def is_whole_operation(place: str) -> bool:
    return place.startswith("#/paths/") and place.count("/") == 3


@pytest.mark.parametrize(("venue", "kind"), DOCUMENTS)
def test_every_keyword_belongs_to_a_clause_or_has_a_reason(venue: str, kind: Kind) -> None:
    claimed = [place for place in pointers(venue, kind) if not is_whole_operation(place)]
    known = claimed + [each["place"] for each in unclaimed(venue, kind)]
    bare = [at for at in keywords(our_document(venue, kind).content) if not any(is_within(at, each) for each in known)]
    assert bare == [], (
        f"let clauses of {venue} point at them ({kind}: in clauses.yaml), or give reasons (unclaimed.yaml)"
    )


@pytest.mark.parametrize(("venue", "kind"), DOCUMENTS)
def test_every_pointer_leads_somewhere(venue: str, kind: Kind) -> None:
    content = our_document(venue, kind).content
    lost = []
    for place in {*pointers(venue, kind), *(each["place"] for each in unclaimed(venue, kind))}:
        node: Any = content
        *above, last = parts_of(place)
        try:
            for part in above:
                node = node[int(part)] if isinstance(node, list) else node[part]
        except (KeyError, ValueError, IndexError, TypeError):
            lost.append(place)
            continue
        if last not in node and last not in _MAY_BE_ABSENT:
            lost.append(place)
    assert sorted(lost) == []


@pytest.mark.parametrize(("venue", "kind"), DOCUMENTS)
def test_reasons_are_given_for_what_no_clause_claims(venue: str, kind: Kind) -> None:
    for each in unclaimed(venue, kind):
        assert each["why"].endswith(".")
        assert not any(is_within(place, each["place"]) for place in pointers(venue, kind)), each["place"]


@pytest.mark.parametrize("value", ["#/paths", [1], ["paths"]])
def test_a_pointer_that_is_none_is_refused(value: object, tmp_path: Any) -> None:
    folder = resources_root() / "specs" / "bayse"
    clause = read_yaml(folder / "clauses.yaml")[0]
    (tmp_path / "clauses.yaml").write_text(yaml.safe_dump([{**clause, "openapi": value}]))
    (tmp_path / "pages.yaml").write_bytes((folder / "pages.yaml").read_bytes())
    with pytest.raises(SuiteFault, match="a list of JSON pointers"):
        load_catalogue("bayse", tmp_path / "clauses.yaml")
