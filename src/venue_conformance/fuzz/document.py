"""A venue's OpenAPI document, cut down to what generators may decide.

Who sends a request, and when, is the signer's business, so parameters that carry it are taken out; so are examples,
whose ids nobody vouches for. Bodies hold no undocumented members: what these lead to is documented nowhere.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from venue_conformance.contract.resources import root_of
from venue_conformance.contract.yaml_text import read_yaml


@cache
def load_document(venue: str) -> dict[str, Any]:
    """The venue's OpenAPI document as it stands in ``specs``. Not to be changed."""
    document: dict[str, Any] = read_yaml(root_of(venue) / "specs" / venue / "openapi.yaml")
    return document


def document_to_generate_from(venue: str, headers: Iterable[str], most_elements: int | None = None) -> dict[str, Any]:
    """The document with nothing but ``headers`` and the body left to generate.

    ``most_elements`` bounds the arrays of a body more tightly than the page does, so that generation stays quick.
    """
    document = copy.deepcopy(load_document(venue))
    kept = {name.lower() for name in headers}
    document.pop("security", None)
    for operation in _operations(document):
        operation.pop("security", None)
        parameters = [_resolved(document, each) for each in operation.get("parameters", [])]
        operation["parameters"] = [each for each in parameters if str(each["name"]).lower() in kept]
        for each in operation["parameters"]:
            each.pop("examples", None)
            each.pop("example", None)
        for media in operation["requestBody"]["content"].values():
            media.pop("examples", None)
            media.pop("example", None)
            _narrow(document, media["schema"], most_elements, set())
    return document


def body_members(venue: str) -> frozenset[str]:
    """Every member that a documented body may have, at any depth."""
    document = load_document(venue)
    found: set[str] = set()
    for operation in _operations(document):
        for media in operation["requestBody"]["content"].values():
            _collect(document, media["schema"], found, set())
    return frozenset(found)


def documented_successes(venue: str) -> frozenset[str]:
    """The success statuses that the document lists: numbers, or ``2XX`` for any."""
    return frozenset(
        str(status).upper()
        for operation in _operations(load_document(venue))
        for status in operation["responses"]
        if str(status).startswith("2")
    )


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        for method, operation in path.items():
            if method in ("get", "put", "post", "delete", "patch"):
                yield operation


def _resolved(document: dict[str, Any], value: Any) -> Any:
    while isinstance(value, dict) and "$ref" in value:
        reference = value["$ref"]
        value = document
        for part in reference.removeprefix("#/").split("/"):
            value = value[part]
    return value


def _schemas_below(document: dict[str, Any], schema: dict[str, Any]) -> Iterator[Any]:
    for keyword in ("oneOf", "anyOf", "allOf"):
        yield from (_resolved(document, each) for each in schema.get(keyword, []))
    yield from (_resolved(document, each) for each in schema.get("properties", {}).values())
    if "items" in schema:
        yield _resolved(document, schema["items"])


def _narrow(document: dict[str, Any], schema: Any, most_elements: int | None, seen: set[int]) -> None:
    schema = _resolved(document, schema)
    if not isinstance(schema, dict) or id(schema) in seen:
        return
    seen.add(id(schema))
    schema.pop("example", None)
    schema.pop("examples", None)
    if "properties" in schema:
        schema.setdefault("additionalProperties", False)
    if most_elements is not None and schema.get("maxItems", 0) > most_elements:
        schema["maxItems"] = most_elements
    for below in _schemas_below(document, schema):
        _narrow(document, below, most_elements, seen)


def _collect(document: dict[str, Any], schema: Any, found: set[str], seen: set[int]) -> None:
    schema = _resolved(document, schema)
    if not isinstance(schema, dict) or id(schema) in seen:
        return
    seen.add(id(schema))
    found.update(schema.get("properties", {}))
    for below in _schemas_below(document, schema):
        _collect(document, below, found, seen)
