"""Schemathesis bound to a venue: cases from its OpenAPI document, and Schemathesis' own checks on the answers.

Schemathesis generates and judges; it never sends. Every request goes through the venue's caller, so that pacing,
recording, redaction and the ledger hold for generated requests as for any other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, TypeAlias
from urllib.parse import urlencode

import schemathesis
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode
from schemathesis.schemas import APIOperation

from venue_conformance.client.fuzzing import NOTHING, Payload, VenueFuzz
from venue_conformance.errors import Inconclusive
from venue_conformance.fuzz.built_in import USED
from venue_conformance.fuzz.corruption import corrupted
from venue_conformance.fuzz.document import (
    document_to_generate_from,
    documented_successes,
    load_document,
    operations_of,
    resolved,
)
from venue_conformance.fuzz.internals import (
    BuiltInChecks,
    SchemathesisFailure,
    coverage_cases,
    is_not_set,
    only_operation,
    response_of,
)
from venue_conformance.fuzz.owed import RequestRules
from venue_conformance.wire.exchange import Answer

GeneratedCase: TypeAlias = "Case[Any]"
Operation: TypeAlias = "APIOperation[Any, Any, Any, Any]"

_CONFIG = {
    "generation": {"deterministic": True, "database": "none", "with-security-parameters": False},
    # Other methods are other operations: POST on a batch path may place orders.
    "phases": {"coverage": {"unexpected-methods": []}},
    "checks": {
        "negative_data_rejection": {"expected-statuses": ["4xx", "5xx"]},
        "positive_data_acceptance": {"expected-statuses": ["2xx"]},
    },
}


@dataclass(frozen=True)
class SchemaFinding:
    """What one of Schemathesis' checks found wrong: where in the answer (empty: the whole), and by which rule.

    ``doubt`` is set when the check could not come to a finding, and the answer may be as right as wrong.
    """

    check: str
    message: str
    place: tuple[str | int, ...] = ()
    rule: str = ""
    doubt: Inconclusive | None = None


class VenueSchema:
    """The operation of one venue, as its OpenAPI document says, or ``document`` in the place of that of ``specs``."""

    def __init__(self, fuzz: VenueFuzz, document: Mapping[str, Any] | None = None) -> None:
        for name, strategy in fuzz.formats.items():
            schemathesis.openapi.format(name, strategy)
        self.document = load_document(fuzz.venue) if document is None else document
        self.rules = RequestRules(self.document)
        self._fuzz = fuzz
        self._operation = self._load()
        # Headers take as long to generate as bodies and have fewer faults to be found, so most cases come without
        # those that may be left out.
        bodies = self._load(optional=False, most_elements=fuzz.most_elements)
        self._narrow = [bodies, bodies, bodies, self._load(most_elements=fuzz.most_elements)]
        self._successes = documented_successes(self.document)
        self._covered: list[GeneratedCase] | None = None
        self._checks = BuiltInChecks(self._operation)

    def _load(self, *, optional: bool = True, most_elements: int | None = None) -> Operation:
        left_out = [rule for rule in self._fuzz.exceptions if "." not in rule]
        document = document_to_generate_from(
            self.document, self._fuzz.signed, optional=optional, most_elements=most_elements, left_out=left_out
        )
        operation: Operation = only_operation(
            schemathesis.openapi.from_dict(document, config=schemathesis.Config.from_dict(_CONFIG))
        )
        return operation

    @property
    def label(self) -> str:
        """Method and path of the operation."""
        return str(self._operation.label)

    @property
    def route(self) -> tuple[str, str]:
        """Method and path of the operation."""
        return (str(self._operation.method).upper(), str(self._operation.path))

    def covered(self, *, right: bool) -> list[GeneratedCase]:
        """The cases of the coverage phase, the same every time: right ones or wrong ones."""
        if self._covered is None:
            self._covered = list(coverage_cases(self._operation))
        return [case for case in self._covered if _is_right(case) is right]

    def cases(self, *, right: bool) -> SearchStrategy[GeneratedCase]:
        """Cases drawn at random: right ones, or wrong ones by the schema or by one change to a right one."""
        if right:
            return _any_of(self._narrow, GenerationMode.POSITIVE)
        wrong = _any_of(self._narrow, GenerationMode.NEGATIVE)
        return st.one_of(wrong, self.corrupted_bodies().map(self._corrupted))

    def right_bodies(self) -> SearchStrategy[Any]:
        """Bodies that the document permits, with markers where orders are named."""
        return self._narrow[0].as_strategy(generation_mode=GenerationMode.POSITIVE).map(lambda case: case.body)

    def corrupted_bodies(self) -> SearchStrategy[Any]:
        """Valid bodies with one thing wrong."""
        return corrupted(self.right_bodies())

    def _corrupted(self, body: Any) -> GeneratedCase:
        return self._operation.Case(body=body, media_type="application/json")

    def payload(self, case: GeneratedCase) -> Payload:
        """What a case asks to be sent, of which the signer decides nothing."""
        signed = self._fuzz.signed
        headers = [(name, str(value)) for name, value in case.headers.items() if name.lower() in self._named]
        query = {name: value for name, value in (case.query or {}).items() if name.lower() not in signed}
        path = f"{case.formatted_path}?{urlencode(query, doseq=True)}" if query else case.formatted_path
        body = NOTHING if is_not_set(case.body) else case.body
        return Payload(body, tuple(headers), route=(case.method.upper(), path))

    @cached_property
    def _named(self) -> frozenset[str]:
        """The headers that the document names and the signer does not fill in, in small letters."""
        return (
            frozenset(
                str(each["name"]).lower()
                for operation in operations_of(self.document)
                for each in (resolved(self.document, one) for one in operation.get("parameters", []))
                if each["in"] == "header"
            )
            - self._fuzz.signed
        )

    def findings(self, case: GeneratedCase | None, answer: Answer, checks: Sequence[str]) -> list[SchemaFinding]:
        """What the named checks find wrong with an answer; None for a request that was not made from a case."""
        case = case or self._operation.Case()
        response = self._response(answer)
        found: list[SchemaFinding] = []
        for name in checks:
            assert name in USED, f"{name} is switched off"
            try:
                found += [_finding(name, failed) for failed in self._checks.failures(name, response, case)]
            except Exception as error:  # whatever it stumbles over, it is no mistake of the venue's
                doubt = f"Schemathesis' check {name} could not judge {answer!r}: {type(error).__name__}: {error}"
                found.append(SchemaFinding(name, doubt, doubt=Inconclusive(doubt[:2000])))
        return found

    def has_documented_success(self, answer: Answer) -> bool:
        """Whether a 2xx is one of those that the document lists."""
        return "2XX" in self._successes or str(answer.status) in self._successes

    def _response(self, answer: Answer) -> Any:
        """The answer with the freedoms taken out that no clause ends: which 2xx it is, and what it calls its body."""
        status = answer.status
        if answer.succeeded and not self.has_documented_success(answer):
            status = int(min(self._successes))
        headers = {name.lower(): [value] for name, value in answer.exchange.headers}
        if _is_json(answer.exchange.body) or answer.succeeded:
            headers["content-type"] = ["application/json"]
        headers.setdefault("content-type", ["application/octet-stream"])
        return response_of(answer.exchange, status, headers)


@cache
def schema_of(fuzz_class: type[VenueFuzz]) -> VenueSchema:
    """The schema of a venue, loaded once: its coverage cases take up to a second to make."""
    return VenueSchema(fuzz_class())


def _any_of(operations: Sequence[Operation], mode: GenerationMode) -> SearchStrategy[GeneratedCase]:
    return st.one_of(*(each.as_strategy(generation_mode=mode) for each in operations))


def _is_right(case: GeneratedCase) -> bool:
    assert case.meta is not None, "a generated case knows how it was made"
    return bool(case.meta.generation.mode.is_positive)


def _finding(name: str, failed: SchemathesisFailure) -> SchemaFinding:
    if failed.schema_path is not None:
        rule = next((str(part) for part in reversed(failed.schema_path) if isinstance(part, str)), "")
        return SchemaFinding(name, failed.message, tuple(failed.place), rule)
    return SchemaFinding(name, failed.message)


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True
