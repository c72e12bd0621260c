"""A venue's OpenAPI document, cut down to what generators may decide.

Who sends a request, and when, is the signer's business, so parameters that carry it are taken out; so are examples,
whose ids nobody vouches for. Bodies hold no undocumented members: what these lead to is documented nowhere.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from venue_conformance.contract.resources import root_of
from venue_conformance.contract.yaml_text import read_yaml


@cache
def load_document(venue: str) -> dict[str, Any]:
    """The venue's OpenAPI document as it stands in ``specs``. Not to be changed."""
    document: dict[str, Any] = read_yaml(root_of(venue) / "specs" / venue / "openapi.yaml")
    return document


def document_to_generate_from(
    whole: Mapping[str, Any],
    signed: Iterable[str],
    *,
    optional: bool = True,
    most_elements: int | None = None,
    left_out: Iterable[str] = (),
) -> dict[str, Any]:
    """The document with nothing left to generate that is the signer's: ``signed`` are parameters, in small letters.

    Without ``optional`` only parameters that the document requires are left. ``most_elements`` bounds the arrays of a
    body more tightly than the page does, so that generation stays quick; ``left_out`` are members that no body has.
    """
    document = copy.deepcopy(dict(whole))
    dropped, members = frozenset(signed), frozenset(left_out)
    document.pop("security", None)
    for operation in operations_of(document):
        operation.pop("security", None)
        parameters = [resolved(document, each) for each in operation.get("parameters", [])]
        operation["parameters"] = [
            each
            for each in parameters
            if str(each["name"]).lower() not in dropped and (optional or each.get("required"))
        ]
        for each in operation["parameters"]:
            each.pop("examples", None)
            each.pop("example", None)
        for media in operation["requestBody"]["content"].values():
            media.pop("examples", None)
            media.pop("example", None)
            _narrow(document, media["schema"], most_elements, members, set())
    return document


def body_members(document: Mapping[str, Any]) -> frozenset[str]:
    """Every member that a documented body may have, at any depth, and every text that a member is limited to."""
    found: set[str] = set()
    for operation in operations_of(document):
        for media in operation["requestBody"]["content"].values():
            _collect(document, media["schema"], found, set())
    return frozenset(found)


def documented_successes(document: Mapping[str, Any]) -> frozenset[str]:
    """The success statuses that the document lists: numbers, or ``2XX`` for any."""
    return frozenset(
        str(status).upper()
        for operation in operations_of(document)
        for status in operation["responses"]
        if str(status).startswith("2")
    )


def operations_of(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The operations of the document."""
    for path in document["paths"].values():
        for method, operation in path.items():
            if method in ("get", "put", "post", "delete", "patch"):
                yield operation


def resolved(document: Mapping[str, Any], value: Any) -> Any:
    """What a part of the document says, references followed."""
    while isinstance(value, dict) and "$ref" in value:
        reference = value["$ref"]
        value = document
        for part in reference.removeprefix("#/").split("/"):
            value = value[part]
    return value


def _schemas_below(document: Mapping[str, Any], schema: dict[str, Any]) -> Iterator[Any]:
    for keyword in ("oneOf", "anyOf", "allOf"):
        yield from (resolved(document, each) for each in schema.get(keyword, []))
    yield from (resolved(document, each) for each in schema.get("properties", {}).values())
    if "items" in schema:
        yield resolved(document, schema["items"])


def _narrow(
    document: dict[str, Any], schema: Any, most_elements: int | None, left_out: frozenset[str], seen: set[int]
) -> None:
    schema = resolved(document, schema)
    if not isinstance(schema, dict) or id(schema) in seen:
        return
    seen.add(id(schema))
    schema.pop("example", None)
    schema.pop("examples", None)
    if "properties" in schema:
        for name in left_out:
            schema["properties"].pop(name, None)
        schema.setdefault("additionalProperties", False)
    if most_elements is not None and schema.get("maxItems", 0) > most_elements:
        schema["maxItems"] = most_elements
    for below in _schemas_below(document, schema):
        _narrow(document, below, most_elements, left_out, seen)


def _collect(document: Mapping[str, Any], schema: Any, found: set[str], seen: set[int]) -> None:
    schema = resolved(document, schema)
    if not isinstance(schema, dict) or id(schema) in seen:
        return
    seen.add(id(schema))
    found.update(schema.get("properties", {}))
    found.update(each for each in schema.get("enum", []) if isinstance(each, str))
    for below in _schemas_below(document, schema):
        _collect(document, below, found, seen)
