"""Judges exchanges by a team's own OpenAPI document, beside the clauses: what it finds has a place in that document.

Answers are held against the response schema of their status, and requests against the schema of the body: a bound is
broken by one that the document rules out and the venue carries out, and by one that fits and is called invalid.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from venue_conformance.contract.yaml_text import read_yaml
from venue_conformance.errors import ClientFault
from venue_conformance.json_levels import require_few_levels
from venue_conformance.wire.exchange import Exchange

_METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
#: The statuses that call a request invalid in itself, whoever sends it and whenever.
_INVALID = (400, 413, 415)
_NO_JSON = object()


@dataclass(frozen=True)
class Finding:
    """Where the document and the target differ: a JSON pointer into the document, and what was seen there."""

    place: str
    what: str


@dataclass
class OwnDocument:
    """A document, and what the target was found to do otherwise; ``judged`` counts the exchanges."""

    document: Mapping[str, Any]
    judged: int = 0
    found: Counter[Finding] = field(default_factory=Counter)
    _validators: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, file: Path) -> OwnDocument:
        """Read a document. Raises ClientFault for a file that is none."""
        try:
            document = read_yaml(file)
        except OSError as error:
            raise ClientFault(f"--spec {file}: {error.strerror or error}") from error
        except (ValueError, yaml.YAMLError) as error:
            raise ClientFault(f"{file}: {error}") from error
        if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
            raise ClientFault(f"{file}: an OpenAPI document with paths is expected")
        return cls(document)

    def judge(self, exchange: Exchange) -> None:
        """Take note of what one exchange shows; one of another operation, or without an answer, shows nothing."""
        path = exchange.request.path.partition("?")[0]
        item = self.document["paths"].get(path)
        method = exchange.request.method.lower()
        if exchange.status is None or not isinstance(item, dict) or method not in item or method not in _METHODS:
            return
        self.judged += 1
        where = f"#/paths/{_escaped(path)}/{method}"
        self.found.update({*self._of_answer(where, item[method], exchange), *self._of_request(where, item, exchange)})

    # -- answers -------------------------------------------------------------------------------------------------------

    def _of_answer(self, where: str, operation: Mapping[str, Any], exchange: Exchange) -> Iterator[Finding]:
        status, responses = str(exchange.status), operation.get("responses", {})
        key = next(
            (each for each in (status, f"{status[0]}XX", f"{status[0]}xx", "default") if each in responses), None
        )
        if key is None:
            yield Finding(f"{where}/responses", f"the status {status} is not described")
            return
        place, response = self._followed(f"{where}/responses/{key}", responses[key])
        content = response.get("content", {})
        body = _json(exchange.body)
        if "application/json" not in content or (body is _NO_JSON and len(content) > 1):
            return
        schema = f"{place}/content/application~1json/schema"
        if body is _NO_JSON:
            yield Finding(schema, f"an answer {status} is no JSON")
            return
        for error in self._validator(schema).iter_errors(body):
            at = "".join(f"[{part!r}]" for part in error.instance_path)
            pointer = _pointer(error.schema_path)
            yield Finding(pointer, f"an answer {status} breaks {error.kind.name}{f' at {_plain(at)}' if at else ''}")

    # -- requests ------------------------------------------------------------------------------------------------------

    def _of_request(self, where: str, item: Mapping[str, Any], exchange: Exchange) -> Iterator[Finding]:
        method = exchange.request.method.lower()
        place, described = self._followed(f"{where}/requestBody", item[method].get("requestBody", {}))
        if "application/json" not in described.get("content", {}) or exchange.request.signing:
            return
        schema = f"{place}/content/application~1json/schema"
        body = _json(exchange.request.body or b"")
        errors = [] if body is _NO_JSON else list(self._validator(schema).iter_errors(body))
        status = exchange.status or 0
        if 200 <= status < 300:
            for error in errors:
                pointer = _pointer(error.schema_path)
                yield Finding(pointer, f"a request that breaks {error.kind.name} is carried out ({status})")
        elif status in _INVALID and body is not _NO_JSON and not errors and self._headers_fit(item, method, exchange):
            yield Finding(schema, f"a request that fits is called invalid ({status})")

    def _headers_fit(self, item: Mapping[str, Any], method: str, exchange: Exchange) -> bool:
        given = {name.lower(): value for name, value in exchange.request.headers}
        for number, each in enumerate(item[method].get("parameters", [])):
            where = f"#/paths/{_escaped(exchange.request.path.partition('?')[0])}/{method}/parameters/{number}"
            place, parameter = self._followed(where, each)
            if parameter.get("in") != "header":
                continue
            value = given.get(str(parameter["name"]).lower())
            if value is None:
                if parameter.get("required"):
                    return False
            elif not self._validator(f"{place}/schema").is_valid(value):
                return False
        return True

    # -- places --------------------------------------------------------------------------------------------------------

    def _validator(self, place: str) -> Any:
        if place not in self._validators:
            whole = {"$ref": place, "components": self.document.get("components", {}), "paths": self.document["paths"]}
            self._validators[place] = jsonschema_rs.Draft202012Validator(whole)
        return self._validators[place]

    def _at(self, pointer: str) -> Any:
        found: Any = self.document
        for part in pointer.removeprefix("#/").split("/"):
            name = part.replace("~1", "/").replace("~0", "~")
            found = found[int(name)] if isinstance(found, list) else found[name]
        return found

    def _followed(self, place: str, value: Any) -> tuple[str, Any]:
        while isinstance(value, dict) and "$ref" in value:
            place = value["$ref"]
            value = self._at(place)
        return place, value

    def in_words(self) -> list[str]:
        """What was found, a line each, by its place."""
        return [
            f"{finding.place}: {finding.what} ({times} times)"
            for finding, times in sorted(self.found.items(), key=lambda each: (each[0].place, each[0].what))
        ]


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _pointer(path: Sequence[str | int]) -> str:
    """The place of a keyword; the way to it is told from the top of the document, references followed."""
    return f"#/{'/'.join(_escaped(str(part)) for part in path)}"


def _plain(at: str) -> str:
    """A place in an answer without the numbers of its rows, so that the same fault in each row is one finding."""
    return "".join("[]" if part.isdigit() else f"[{part}]" for part in at.strip("[]").split("]["))


def _json(body: bytes) -> Any:
    try:
        text = body.decode("utf-8")
        return require_few_levels(text, json.loads(text))
    except (ValueError, RecursionError):
        return _NO_JSON
