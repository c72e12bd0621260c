"""Holds a request's body against the venue's OpenAPI document."""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import best_match

from venue_conformance.contract.resources import resources_root
from venue_conformance.contract.yaml_text import read_yaml
from venue_conformance.report.text import one_line

#: How many elements a list has is a clause of its own.
_LENGTHS = frozenset({"minItems", "maxItems"})


def body_problem(venue: str, path: str, method: str, document: object) -> str | None:
    """What is wrong with a body, in a sentence; None where nothing is, the lengths of lists aside."""
    problems = [
        each for each in _validator(venue, path, method).iter_errors(document) if each.validator not in _LENGTHS
    ]
    worst = best_match(map(_of_its_kind, problems))
    return None if worst is None else one_line(f"{worst.json_path}: {worst.message}", 300)


def _of_its_kind(problem: ValidationError) -> ValidationError:
    """Of alternatives, what is wrong with the one that is meant: the first whose ``kind`` fits."""
    branches: dict[object, list[ValidationError]] = {}
    for each in problem.context or ():
        branches.setdefault(each.schema_path[0], []).append(each)
    meant = [found for found in branches.values() if not any("kind" in each.path for each in found)]
    return _of_its_kind(best_match(meant[0]) or problem) if len(branches) > 1 and meant else problem


@cache
def _validator(venue: str, path: str, method: str) -> Draft202012Validator:
    file = resources_root() / "specs" / venue / "openapi.yaml"
    api: dict[str, Any] = read_yaml(file)
    content = api["paths"][path][method]["requestBody"]["content"]["application/json"]
    # References begin at the document's root, so that its components have to lie beside the schema.
    return Draft202012Validator({"components": api["components"], "allOf": [content["schema"]]})
