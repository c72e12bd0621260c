"""What a venue's document has against a request body, keyword by keyword."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jsonschema_rs

from venue_conformance.client.fuzzing import Fault, Nothing
from venue_conformance.fuzz.document import operations_of, resolved


class RequestRules:
    """The schema of the body of a document's operation."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        [operation] = operations_of(document)
        self._required = bool(operation["requestBody"].get("required"))
        schema = resolved(document, operation["requestBody"]["content"]["application/json"]["schema"])
        self._validator = jsonschema_rs.Draft202012Validator({**schema, "components": document.get("components", {})})

    def faults(self, body: Any) -> tuple[Fault, ...]:
        """What the document has against a body; NOTHING for none, bytes for what is no JSON."""
        if isinstance(body, Nothing):
            return (Fault("", "body"),) if self._required else ()
        if isinstance(body, bytes):
            return (Fault("", "body"),)
        return tuple(dict.fromkeys(_faults(self._validator.iter_errors(body))))


def _faults(errors: Any) -> Iterator[Fault]:
    for error in errors:
        where, name = [*error.instance_path], error.kind.name
        if name in ("oneOf", "anyOf") and getattr(error.kind, "context", None):
            # Of several forms the one is meant that has the least against it.
            yield from _faults(min(error.kind.context, key=len))
            continue
        if name == "required":
            where = [*where, error.kind.property]
        element = next((part for part in where if isinstance(part, int)), None)
        bound = getattr(error.kind, "limit", None)
        yield Fault(_place(where), name, _type(error.instance), element, bound if isinstance(bound, int) else None)


def _place(where: Sequence[str | int]) -> str:
    return "".join("[]" if isinstance(part, int) else f".{part}" for part in where).removeprefix(".")


def _type(value: object) -> str:
    names = {bool: "boolean", str: "string", int: "integer", float: "number", dict: "object", list: "array"}
    return names.get(type(value), "null")
