"""Schemathesis bound to a venue: cases from its OpenAPI document, and Schemathesis' own checks on the answers.

Schemathesis generates and judges; it never sends. Every request goes through the venue's caller, so that pacing,
recording, redaction and the ledger hold for generated requests as for any other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias, cast

import schemathesis
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from requests import PreparedRequest
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, CheckContext, CheckFunction, load_all_checks
from schemathesis.core import NOT_SET
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.generation.drivers import CoverageGenerator
from schemathesis.generation.feedback import NO_FEEDBACK
from schemathesis.generation.overrides import Override
from schemathesis.hooks import HookContext, HookDispatcher, HookScope
from schemathesis.openapi.checks import JsonSchemaError
from schemathesis.schemas import APIOperation

from venue_conformance.client.fuzzing import NOTHING, Payload, VenueFuzz
from venue_conformance.errors import Inconclusive
from venue_conformance.fuzz.built_in import USED
from venue_conformance.fuzz.corruption import corrupted
from venue_conformance.fuzz.document import document_to_generate_from, documented_successes
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
    """The operation of one venue."""

    def __init__(self, fuzz: VenueFuzz) -> None:
        for name, strategy in fuzz.formats.items():
            schemathesis.openapi.format(name, strategy)
        self._fuzz = fuzz
        self._operation = _operation(fuzz, fuzz.headers, None)
        # Headers take as long to generate as bodies and have fewer faults to be found, so most cases come without.
        bodies = _operation(fuzz, frozenset(), fuzz.most_elements)
        self._narrow = [bodies, bodies, bodies, _operation(fuzz, fuzz.headers, fuzz.most_elements)]
        self._successes = documented_successes(fuzz.venue)
        self._covered: list[GeneratedCase] | None = None
        self._own_bodies = HookDispatcher(scope=HookScope.TEST)

        def before_generate_body(context: HookContext, strategy: SearchStrategy[Any]) -> SearchStrategy[Any]:  # noqa: ARG001
            return fuzz.right_bodies()

        self._own_bodies.register_hook_with_name(before_generate_body, "before_generate_body")
        load_all_checks()
        self._context = CheckContext(
            override=None,
            auth=None,
            headers=None,
            config=self._operation.schema.config.checks_config_for(operation=self._operation),
            transport_kwargs=None,
            response_checks=None,
        )

    @property
    def label(self) -> str:
        """Method and path of the operation."""
        return str(self._operation.label)

    def covered(self, *, right: bool) -> list[GeneratedCase]:
        """The cases of the coverage phase, the same every time: right ones or wrong ones."""
        if self._covered is None:
            self._covered = list(self._cover())
        return [case for case in self._covered if _is_right(case) is right]

    def _cover(self) -> Iterator[GeneratedCase]:
        yield from CoverageGenerator(
            operation=self._operation,
            generation_modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE],
            generation_config=self._operation.schema.config.generation_for(operation=self._operation, phase="coverage"),
            auth_storage=None,
            override=Override(query={}, headers={}, cookies={}, path_parameters={}, body={}),
            feedback=NO_FEEDBACK,
        )

    def cases(self, *, right: bool) -> SearchStrategy[GeneratedCase]:
        """Cases drawn at random: right ones, or wrong ones by the schema or by one change to a right one."""
        if right:
            return _any_of(self._narrow, GenerationMode.POSITIVE, self._own_bodies)
        wrong = _any_of(self._narrow, GenerationMode.NEGATIVE, None)
        return st.one_of(wrong, corrupted(self._fuzz.right_bodies()).map(self._corrupted))

    def _corrupted(self, body: Any) -> GeneratedCase:
        return self._operation.Case(body=body, media_type="application/json")

    def payload(self, case: GeneratedCase) -> Payload:
        """What a case asks to be sent, of which the signer decides nothing."""
        wanted = {name.lower() for name in self._fuzz.headers}
        headers = [(name, str(value)) for name, value in case.headers.items() if name.lower() in wanted]
        return Payload(NOTHING if case.body is NOT_SET else case.body, tuple(headers))

    def findings(self, case: GeneratedCase | None, answer: Answer, checks: Sequence[str]) -> list[SchemaFinding]:
        """What the named checks find wrong with an answer; None for a request that was not made from a case."""
        case = case or self._operation.Case()
        response = self._response(answer)
        found: list[SchemaFinding] = []
        for name in checks:
            assert name in USED, f"{name} is switched off"
            try:
                cast(CheckFunction, CHECKS.get_one(name))(self._context, response, case)
            except Failure as failure:
                found.append(_finding(name, failure))
            except FailureGroup as group:
                found += [_finding(name, failure) for failure in group.exceptions]
            except Exception as error:  # whatever it stumbles over, it is no mistake of the venue's
                doubt = f"Schemathesis' check {name} could not judge {answer!r}: {type(error).__name__}: {error}"
                found.append(SchemaFinding(name, doubt, doubt=Inconclusive(doubt[:2000])))
        return found

    def has_documented_success(self, answer: Answer) -> bool:
        """Whether a 2xx is one of those that the document lists."""
        return "2XX" in self._successes or str(answer.status) in self._successes

    def _response(self, answer: Answer) -> Response:
        """The answer with the freedoms taken out that no clause ends: which 2xx it is, and what it calls its body."""
        status = answer.status
        if answer.succeeded and not self.has_documented_success(answer):
            status = int(min(self._successes))
        headers = {name.lower(): [value] for name, value in answer.exchange.headers}
        if _is_json(answer.exchange.body) or answer.succeeded:
            headers["content-type"] = ["application/json"]
        headers.setdefault("content-type", ["application/octet-stream"])
        request = PreparedRequest()
        sent = answer.exchange.request
        request.method, request.url, request.body = sent.method, answer.exchange.url, sent.body
        request.headers = dict(sent.headers)  # type: ignore[assignment]
        return Response(
            status_code=status,
            headers=headers,
            content=answer.exchange.body,
            request=request,
            elapsed=answer.exchange.finished - answer.exchange.started,
            verify=True,
        )


@cache
def schema_of(fuzz_class: type[VenueFuzz]) -> VenueSchema:
    """The schema of a venue, loaded once: its coverage cases take up to a second to make."""
    return VenueSchema(fuzz_class())


def _operation(fuzz: VenueFuzz, headers: frozenset[str], most_elements: int | None) -> Operation:
    document = document_to_generate_from(fuzz.venue, headers, most_elements)
    loaded = schemathesis.openapi.from_dict(document, config=schemathesis.Config.from_dict(_CONFIG))
    [result] = loaded.get_all_operations()
    assert isinstance(result, Ok), "the document is valid, a test says so"
    return result.ok()


def _any_of(
    operations: Sequence[Operation], mode: GenerationMode, hooks: HookDispatcher | None
) -> SearchStrategy[GeneratedCase]:
    return st.one_of(*(each.as_strategy(generation_mode=mode, hooks=hooks) for each in operations))


def _is_right(case: GeneratedCase) -> bool:
    assert case.meta is not None, "a generated case knows how it was made"
    return bool(case.meta.generation.mode.is_positive)


def _finding(name: str, failure: Failure) -> SchemaFinding:
    if isinstance(failure, JsonSchemaError):
        rule = next((str(part) for part in reversed(failure.schema_path) if isinstance(part, str)), "")
        return SchemaFinding(name, failure.message, tuple(failure.instance_path), rule)
    return SchemaFinding(name, f"{failure.title}: {failure.message}")


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True
