"""What is sent, and what is owed for it, follows the document: each change of it makes another run."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz.test_schema import VENUES, answer, fuzz_of
from venue_conformance.client.fuzzing import BatchOrder, Payload
from venue_conformance.contract.clauses import load_catalogue
from venue_conformance.fuzz.document import body_members, load_document
from venue_conformance.fuzz.naming import Naming
from venue_conformance.fuzz.owed import RequestRules
from venue_conformance.fuzz.schema import VenueSchema
from venue_conformance.target.ledger import Ledger

Document = dict[str, Any]
ORDERS = [BatchOrder(f"order-{number}", "open") for number in range(110)]
#: An answer as the Bayse page prints it.
PROCESSED = {
    "engine": "CLOB",
    "results": [{"orderId": "a", "success": True}],
    "summary": {"total": 1, "succeeded": 1, "failed": 0},
}


class _Fixed(Ledger):
    """Salts and numbers that are the same in every run."""

    def salt(self) -> str:
        return "0" * 16

    def number(self, digits: int | None = None) -> int:
        return 10**30


def run_of(venue: str, document: Document) -> list[str]:
    """What a run sends by a document, with what is owed for it, and what it holds against one answer."""
    fuzz = fuzz_of(venue)()
    schema = VenueSchema(fuzz, document)
    naming = Naming(_Fixed(), fuzz.plain_members, body_members(document))
    cases = [*schema.covered(right=True), *schema.covered(right=False)]

    @settings(
        max_examples=24,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(schema.cases(right=True))
    def draw(case: Any) -> None:
        cases.append(case)

    draw()
    told = []
    for case in cases:
        payload = schema.payload(case)
        body = naming.name(payload.body, ORDERS, spread=True)
        sent = Payload(body, payload.headers, route=payload.route, faults=schema.rules.faults(body))
        told.append(f"{sent.route} {sent.headers} {sent.body!r} refused by {fuzz.refusal(sent)}")
    findings = schema.findings(None, answer(200, json.dumps(PROCESSED).encode()), ["response_schema_conformance"])
    return [*told, *(f"{finding.place} {finding.message}" for finding in findings)]


@cache
def unchanged(venue: str) -> tuple[str, ...]:
    return tuple(run_of(venue, copy.deepcopy(load_document(venue))))


def _operation(document: Document) -> Any:
    [item] = document["paths"].values()
    [operation] = item.values()
    return operation


def _schemas(document: Document) -> Any:
    return document["components"]["schemas"]


def _rename_path(document: Document) -> None:
    document["paths"] = {"/v2/orders/batch": next(iter(document["paths"].values()))}


def _rename_method(document: Document) -> None:
    [path] = document["paths"]
    document["paths"][path] = {"put": _operation(document)}


def _most(document: Document) -> None:
    _schemas(document)["CancelBatch"]["properties"]["orderIds"]["maxItems"] = 50


def _least(document: Document) -> None:
    _schemas(document)["CancelBatch"]["properties"]["orderIds"]["minItems"] = 2


def _required_member(document: Document) -> None:
    body = _schemas(document)["CancelBatch"]
    body["properties"]["reason"] = {"type": "string", "enum": ["user"]}
    body["required"] = ["orderIds", "reason"]


def _required_header(document: Document) -> None:
    header = {"name": "X-Client", "in": "header", "required": True, "schema": {"type": "string", "enum": ["suite"]}}
    _operation(document)["parameters"].append(header)


def _pattern_of_header(document: Document) -> None:
    document["components"]["parameters"]["IdempotencyKey"]["schema"]["pattern"] = "^key-[0-9]{4}$"


def _type_of_id(document: Document) -> None:
    _schemas(document)["CancelBatch"]["properties"]["orderIds"]["items"] = {"type": "integer", "minimum": 1}


def _enum_of_kind(document: Document) -> None:
    _schemas(document)["CancelByOrderId"]["properties"]["kind"]["enum"] = ["order"]


def _required_in_response(document: Document) -> None:
    answer_schema = _schemas(document)["BatchOutcome"]
    answer_schema["properties"]["batchId"] = {"type": "string"}
    answer_schema["required"] = [*answer_schema["required"], "batchId"]


CHANGES: list[tuple[str, Callable[[Document], None], str]] = [
    ("bayse", _rename_path, "/v2/orders/batch"),
    ("bayse", _rename_method, "('PUT', "),
    ("bayse", _most, ""),
    ("bayse", _least, "empty-refused"),
    ("bayse", _required_member, "'reason': 'user'"),
    ("bayse", _required_header, "X-Client"),
    ("bayse", _pattern_of_header, "key-"),
    ("bayse", _type_of_id, ""),
    ("arcus", _enum_of_kind, "'kind': 'order'"),
    ("bayse", _required_in_response, "batchId"),
]


@pytest.mark.parametrize(("venue", "change", "shows"), CHANGES, ids=lambda each: getattr(each, "__name__", None))
def test_a_changed_place_makes_another_run(venue: str, change: Callable[[Document], None], shows: str) -> None:
    document = copy.deepcopy(load_document(venue))
    change(document)

    run = run_of(venue, document)

    new = set(run) - set(unchanged(venue))
    assert new, "the change of the document changed nothing"
    assert any(shows in each for each in new), sorted(new)[:5]


@pytest.mark.parametrize(
    ("size", "most", "clause"), [(51, 50, "over-hundred-refused"), (51, 100, None), (0, 100, "empty-refused")]
)
def test_what_is_owed_follows_the_bounds_of_the_document(size: int, most: int, clause: str | None) -> None:
    document = copy.deepcopy(load_document("bayse"))
    _schemas(document)["CancelBatch"]["properties"]["orderIds"]["maxItems"] = most
    body = {"orderIds": [each.order_id for each in ORDERS[:size]]}

    owed = fuzz_of("bayse")().refusal(Payload(body, faults=RequestRules(document).faults(body)))

    assert owed == (f"bayse.limits.{clause}" if clause else None)


ARCUS_ELEMENT = {
    "address": f"0x{'ab' * 20}",
    "marketId": 1,
    "accountIndex": 0,
    "kind": "orderId",
    "orderId": "a",
    "signature": "ab" * 64,
}


@pytest.mark.parametrize(
    ("members", "clause"),
    [
        ({}, None),
        ({"clientId": "b"}, "target.both-ids"),
        ({"clientId": "b", "orderId": 5}, "limits.field-wrong-type"),
        ({"orderId": None}, None),
        ({"clientId": None}, None),
        ({"kind": "clientId"}, None),
        ({"marketId": "1"}, "limits.field-wrong-type"),
        ({"marketId": 1.5}, None),
        ({"marketId": 65536}, None),
        ({"orderId": ["a"]}, "limits.field-wrong-type"),
    ],
)
def test_an_element_is_refused_for_what_the_document_says(members: dict[str, Any], clause: str | None) -> None:
    rules, fuzz = RequestRules(load_document("arcus")), fuzz_of("arcus")()
    alone = {"cancels": [{**ARCUS_ELEMENT, **members}]}
    beside = {"cancels": [ARCUS_ELEMENT, *alone["cancels"]]}

    owed = [fuzz.refusal(Payload(body, faults=rules.faults(body))) for body in (alone, beside)]

    in_batch = "target.both-ids-any-position" if clause == "target.both-ids" else None
    assert owed == [f"arcus.{each}" if each else None for each in (clause, in_batch)]


def test_an_element_without_an_id_is_refused() -> None:
    element = {name: value for name, value in ARCUS_ELEMENT.items() if name != "orderId"}
    body = {"cancels": [element]}

    faults = RequestRules(load_document("arcus")).faults(body)

    assert fuzz_of("arcus")().refusal(Payload(body, faults=faults)) == "arcus.target.neither-id"


@pytest.mark.parametrize("venue", VENUES)
def test_what_the_document_rules_out_is_owed_or_excepted(venue: str) -> None:
    """Every clause that wants a refusal is judged; every exception is an open question, of twelve at most."""
    fuzz, catalogue = fuzz_of(venue)(), load_catalogue(venue)

    assert {catalogue[clause].level for clause in fuzz.refusals.values()} <= {"must", "should"}
    assert {catalogue[clause].level for clause in fuzz.exceptions.values()} == {"open"}
    assert len(set(fuzz.exceptions.values())) <= 12
    assert not fuzz.refusals.keys() & fuzz.exceptions.keys()
