"""What a reviewer reads of a change: one line for one change, the right words, and a place that is in the document."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.changes.kinds import KINDS, changed, ids, operation, ours, schemas
from tests.changes.test_kinds import catalogue, compared
from tests.changes.test_others import theirs
from venue_conformance.changes.change import parts_of
from venue_conformance.changes.documents import Touching, compare_documents
from venue_conformance.changes.reading import Document

Make = Callable[[dict[str, Any]], object]


def changes(venue: str, make: Make) -> list[Touching]:
    """What a change of our document comes to, texts aside."""
    content = ours(venue)
    make(content)
    return [each for each in compared(venue, content).changes if not each.change.what.endswith("changed")]


def engine(content: dict[str, Any], schema: dict[str, Any]) -> None:
    schemas(content)["BatchOutcome"]["properties"]["engine"] = schema


@pytest.mark.parametrize(
    ("make", "what", "example", "place"),
    [
        (
            lambda doc: engine(doc, {"type": ["string", "null"], "enum": ["CLOB", None]}),
            'engine: type "string" → ["string", "null"]; values added: null',
            "newly answered: null",
            "#/components/schemas/BatchOutcome/properties/engine",
        ),
        (
            lambda doc: engine(doc, {"oneOf": [{"type": "string", "enum": ["CLOB"]}, {"type": "null"}]}),
            'engine: type "string" → ["string", "null"]; values added: null',
            "newly answered: null",
            "#/components/schemas/BatchOutcome/properties/engine",
        ),
        (
            lambda doc: engine(doc, {"type": "string"}),
            'engine: enum ["CLOB"] → absent',
            'newly answered: strings other than "CLOB"',
            "#/components/schemas/BatchOutcome/properties/engine/enum",
        ),
        (
            lambda doc: engine(doc, {"type": "string", "enum": ["AMM"]}),
            "engine: values added: AMM; values gone: CLOB",
            'newly answered: "AMM"',
            "#/components/schemas/BatchOutcome/properties/engine/enum",
        ),
        (
            lambda doc: ids(doc).update(uniqueItems=True),
            "orderIds: uniqueItems absent → true",
            "no longer accepted: arrays of 2 to 100 items in which one comes twice",
            "#/components/schemas/CancelBatch/properties/orderIds/uniqueItems",
        ),
        (
            lambda doc: ids(doc).update(minItems=2),
            "orderIds: minItems 1 → 2",
            "no longer accepted: arrays of 1 item",
            "#/components/schemas/CancelBatch/properties/orderIds/minItems",
        ),
        (
            lambda doc: schemas(doc)["Summary"]["properties"].pop("failed"),
            "the property summary.failed is gone",
            "",
            "#/components/schemas/Summary/properties/failed",
        ),
        (
            lambda doc: doc["components"]["headers"]["IdempotentReplayed"].update(schema={"type": "boolean"}),
            'type "string" → "boolean"; enum ["true", "false"] → absent',
            "newly answered: true or false",
            "#/components/headers/IdempotentReplayed/schema",
        ),
        (
            lambda doc: operation(doc).update(security=[]),
            "no longer enough: X-Public-Key (header) + X-Signature (header) + X-Timestamp (header); "
            "accepted now: no credentials",
            "",
            "#/paths/~1v1~1pm~1orders~1batch/delete/security",
        ),
    ],
)
def test_breaking_change_is_one_line(make: Make, what: str, example: str, place: str) -> None:
    [found] = changes("bayse", make)
    assert found.change.effect == "breaking"
    assert (found.change.what, found.change.counterexample, found.pointer) == (what, example, place)


def test_changes_of_one_schema_are_apart_where_each_means_the_same_by_itself() -> None:
    found = changes("bayse", lambda doc: ids(doc).update(minItems=2, maxItems=50))
    assert [each.change.what for each in found] == ["orderIds: minItems 1 → 2", "orderIds: maxItems 100 → 50"]
    assert "bayse.limits.hundred-accepted" not in found[0].clauses


def test_schema_put_together_otherwise_shows_what_it_says_otherwise() -> None:
    """A schema that is moved into allOf, and whose bound changes on the way."""

    def make(content: dict[str, Any]) -> None:
        summary = schemas(content)["Summary"]
        summary["properties"]["failed"]["minimum"] = -1
        schemas(content)["Summary"] = {"allOf": [summary]}

    [found] = changes("bayse", make)
    assert found.change.what == "summary.failed: minimum 0 → -1"
    assert found.change.counterexample == "newly answered: -1"
    assert found.pointer == "#/components/schemas/Summary/allOf/0/properties/failed/minimum"


def test_alternatives_that_exclude_each_other_are_told_as_they_are() -> None:
    """Who sent both properties before is refused, which is nothing that one property tells."""

    def make(content: dict[str, Any]) -> None:
        market = {"type": "object", "required": ["marketId"], "properties": {"marketId": {"type": "string"}}}
        body = operation(content)["requestBody"]["content"]["application/json"]
        body["schema"] = {"oneOf": [body["schema"], market]}

    found = changes("bayse", make)
    assert found[0].change.effect == "breaking"
    assert found[0].change.what == "a plain schema → oneOf of 2 schemas"
    assert '"required": ["marketId", "orderIds"]' in found[0].change.counterexample
    assert "bayse.limits.list-required" in found[0].clauses


def test_what_is_harmless_one_by_one_but_not_together_is_breaking_and_nothing_else_is() -> None:
    """The form with an order's id is widened until it takes what the other form takes, and oneOf refuses that."""

    def make(content: dict[str, Any]) -> None:
        form = schemas(content)["CancelByOrderId"]
        form["properties"]["kind"]["enum"].append("clientId")
        form["properties"]["clientId"] = {"type": "string"}
        form["required"].remove("orderId")
        form["properties"]["note"] = {"type": "string"}

    found = {each.change.what: each.change for each in changes("arcus", make)}
    guilty = [what for what, change in found.items() if change.effect == "breaking"]
    assert guilty == [
        "cancels[]: orderId no longer required",
        'the property cancels[].clientId: false → {"type": "string"}',
        "cancels[].kind: values added: clientId",
    ]
    assert found["the property cancels[].note is new"].effect == "compatible"
    assert found[guilty[0]].counterexample == f"not harmless together with: {guilty[1]}; {guilty[2]}"


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("with_old", [True, False])
def test_place_is_one_of_the_document(name: str, with_old: bool) -> None:
    """A pointer leads to a place of the older or the newer document, or to where a keyword was or came."""
    one = KINDS[name]
    old, content = ours(one.venue), changed(one)
    new = Document("new", "openapi", content)
    comparison = compare_documents(catalogue(one.venue), new, Document("old", "openapi", old) if with_old else None)
    for each in comparison.changes:
        assert _is_in(old, each.pointer) or _is_in(content, each.pointer), each.pointer


def test_place_behind_alternatives_is_where_another_author_wrote_it() -> None:
    content = copy.deepcopy(theirs("bayse").content)
    content["components"]["schemas"]["CancelResult"]["properties"]["orderId"]["nullable"] = True
    [found] = [
        each
        for each in compare_documents(catalogue("bayse"), Document("new", "openapi", content)).changes
        if each.change.effect == "breaking"
    ]
    assert found.pointer == "#/components/schemas/CancelResult/properties/orderId/type"


def _is_in(content: Any, place: str) -> bool:
    for part in parts_of(place[1:])[:-1]:
        content = content[int(part)] if isinstance(content, list) else content.get(part, {})
    return bool(content)
