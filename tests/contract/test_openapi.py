"""The OpenAPI documents: valid, consistent in themselves, and true to the examples of the contract pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from venue_conformance.contract.resources import resources_root, venue_names
from venue_conformance.venues import venues

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
every_venue = pytest.mark.parametrize("venue", venue_names())


def document_of(venue: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((resources_root() / "specs" / venue / "openapi.yaml").read_text("utf-8"))
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            yield method.upper(), path, item[method]


def resolved(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        target: Any = document
        for name in part["$ref"].removeprefix("#/").split("/"):
            target = target[name.replace("~1", "/").replace("~0", "~")]
        part = target
    return part


def nodes(part: Any, where: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of the document with its place."""
    if isinstance(part, dict):
        yield where, part
        for key, value in part.items():
            yield from nodes(value, f"{where}/{key}")
    elif isinstance(part, list):
        for number, value in enumerate(part):
            yield from nodes(value, f"{where}/{number}")


def complaints(document: dict[str, Any], schema: dict[str, Any], value: Any) -> list[str]:
    """What a schema of the document has against a value."""
    whole = {**schema, "components": document.get("components", {})}
    validator = jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker())
    return [error.message for error in validator.iter_errors(value)]


@every_venue
def test_it_is_valid_openapi(venue: str) -> None:
    document = document_of(venue)
    assert document["openapi"].startswith("3.1")
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


@every_venue
def test_every_operation_has_an_id_of_its_own(venue: str) -> None:
    ids = [operation.get("operationId") for _, _, operation in operations(document_of(venue))]
    assert all(ids)
    assert len(set(ids)) == len(ids)


@every_venue
def test_links_lead_to_operations_that_exist(venue: str) -> None:
    document = document_of(venue)
    ids = {operation["operationId"] for _, _, operation in operations(document)}
    linked = [
        (where, resolved(document, link).get("operationId"))
        for where, part in nodes(document)
        if isinstance(part.get("links"), dict)
        for link in part["links"].values()
    ]
    assert [(where, target) for where, target in linked if target not in ids] == []


@every_venue
def test_references_lead_somewhere(venue: str) -> None:
    document = document_of(venue)
    for where, part in nodes(document):
        if isinstance(part.get("$ref"), str):
            assert part["$ref"].startswith("#/"), where
            assert isinstance(resolved(document, part), dict), where


@every_venue
def test_it_describes_the_operation_that_is_judged(venue: str) -> None:
    judged = {(method, path) for method, path, _ in operations(document_of(venue))}
    assert venues()[venue].batch_route in judged


@every_venue
def test_no_server_is_production(venue: str) -> None:
    hosts = venues()[venue].production_hosts
    text = " ".join(
        str(value)
        for server in document_of(venue).get("servers", [])
        for value in (server["url"], *(variable["default"] for variable in server.get("variables", {}).values()))
    )
    assert [host for host in hosts if host in text] == []


@every_venue
def test_every_security_scheme_that_is_used_is_described(venue: str) -> None:
    document = document_of(venue)
    schemes = set(document["components"]["securitySchemes"])
    used = {
        name
        for where, part in nodes(document)
        if isinstance(part.get("security"), list)
        for needed in part["security"]
        for name in needed
    }
    assert used == schemes


@every_venue
def test_every_example_fits_its_schema(venue: str) -> None:
    document = document_of(venue)
    wrong, seen = [], 0
    for where, part in nodes(document):
        if not isinstance(part.get("schema"), dict):
            continue
        examples = {name: resolved(document, one)["value"] for name, one in (part.get("examples") or {}).items()}
        if "example" in part:
            examples["example"] = part["example"]
        for name, value in examples.items():
            seen += 1
            wrong += [f"{where} {name}: {text}" for text in complaints(document, part["schema"], value)]
    assert wrong == []
    assert seen > 0


#: Success answers as the contract pages print them: venue, status, body.
PAGE_EXAMPLES: list[tuple[str, str, Any]] = [
    (
        "bayse",
        "200",
        {
            "engine": "CLOB",
            "results": [
                {"orderId": "f6a7b8c9-d0e1-2345-fabc-678901234567", "success": True},
                {
                    "orderId": "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
                    "success": False,
                    "error": {"code": "ORDER_NOT_FOUND", "message": "Order not found"},
                },
            ],
            "summary": {"total": 2, "succeeded": 1, "failed": 1},
        },
    ),
]


def answer_schema(document: dict[str, Any], status: str) -> dict[str, Any]:
    (operation,) = (operation for _, _, operation in operations(document))
    content = resolved(document, operation["responses"][status])["content"]["application/json"]
    schema: dict[str, Any] = content["schema"]
    return schema


@pytest.mark.parametrize(("venue", "status", "body"), PAGE_EXAMPLES)
def test_the_example_of_the_page_fits(venue: str, status: str, body: Any) -> None:
    document = document_of(venue)
    assert complaints(document, answer_schema(document, status), body) == []


@pytest.mark.parametrize(
    "change",
    [
        {"engine": "AMM"},
        {"results": []},
        {"results": [{"orderId": "a", "success": False}]},
        {"results": [{"orderId": "a", "success": True, "error": {"code": "X", "message": ""}}]},
        {"results": [{"success": True}]},
        {"summary": {"total": 2, "succeeded": 1}},
        {"summary": {"total": "2", "succeeded": 1, "failed": 1}},
    ],
)
def test_what_the_page_rules_out_does_not_fit(change: dict[str, Any]) -> None:
    document = document_of("bayse")
    body = next(body for venue, _, body in PAGE_EXAMPLES if venue == "bayse") | change
    assert complaints(document, answer_schema(document, "200"), body) != []
