"""What is used of Schemathesis that its documentation does not promise, all of it in one place.

The documented ways were tried first:

- *Coverage cases*: ``@schema.parametrize()`` and ``case.call_and_validate`` run the coverage phase, but inside a pytest
  item of their own, and they send. Here cases are wanted alone, for a signed caller to send.
- *Checks on an answer*: ``case.validate_response`` takes a ``requests.Response`` and raises the first group of failures
  of all checks at once. Here a check is asked for by its name, of an answer that came over another client, and each
  failure is wanted with its place in the body.
- *One operation*: ``schema["/path"]["METHOD"]`` wants method and path to be known, which are to come from the document.
- *Speed*: nothing documented keeps Schemathesis from making a new strategy for every object that it draws.

Whatever is not where it is expected ends the import with a SuiteFault that says for which versions this was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from types import ModuleType
from typing import Any, cast

from hypothesis import strategies as st

from venue_conformance.errors import SuiteFault
from venue_conformance.wire.exchange import Exchange

#: The versions that this module was tried with; ``pyproject.toml`` asks for no others.
WRITTEN_FOR = ">=4.32,<5"

try:
    from requests import PreparedRequest
    from schemathesis import GenerationMode
    from schemathesis.checks import CHECKS, CheckContext, CheckFunction, load_all_checks
    from schemathesis.core import NOT_SET
    from schemathesis.core.failures import Failure, FailureGroup
    from schemathesis.core.result import Ok
    from schemathesis.core.transport import Response
    from schemathesis.generation.drivers import CoverageGenerator
    from schemathesis.generation.feedback import NO_FEEDBACK
    from schemathesis.generation.jsonschema import strategy as object_strategies
    from schemathesis.generation.overrides import Override
    from schemathesis.openapi.checks import JsonSchemaError
except ImportError as error:
    raise SuiteFault(
        f"Schemathesis {version('schemathesis')} has moved what this suite builds on ({error}): install "
        f"schemathesis{WRITTEN_FOR}"
    ) from error


def _reuse_strategies_of_objects() -> None:
    """Make the strategy of an object once for each set of members, and not for every object that is drawn.

    What is drawn stays the same. A new strategy is looked through by Hypothesis before it is drawn from, which took a
    quarter of the time of a generated request.
    """
    if getattr(object_strategies, "st", None) is not st:
        raise SuiteFault(
            f"Schemathesis {version('schemathesis')} makes objects otherwise than this suite expects: install "
            f"schemathesis{WRITTEN_FOR}"
        )

    @lru_cache(maxsize=1024)
    def of_members(members: tuple[tuple[str, st.SearchStrategy[Any]], ...]) -> st.SearchStrategy[dict[str, Any]]:
        return st.fixed_dictionaries(dict(members))

    def fixed_dictionaries(mapping: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
        return of_members(tuple(mapping.items()))

    reusing = ModuleType(st.__name__)
    vars(reusing).update({**vars(st), "fixed_dictionaries": fixed_dictionaries})
    object_strategies.st = reusing  # type: ignore[attr-defined]


_reuse_strategies_of_objects()


@dataclass(frozen=True)
class SchemathesisFailure:
    """What a check found wrong; ``schema_path`` is the way to the keyword, where a schema was broken."""

    message: str
    place: Sequence[str | int] = ()
    schema_path: Sequence[str | int] | None = None


def only_operation(schema: Any) -> Any:
    """The one operation of a loaded document. Raises SuiteFault for a document with another number, or a wrong one."""
    results = list(schema.get_all_operations())
    if len(results) != 1 or not isinstance(results[0], Ok):
        raise SuiteFault(f"one valid operation is expected in the document, not {results!r:.300}")
    return results[0].ok()


def is_not_set(body: object) -> bool:
    """Whether a case has no body."""
    return body is NOT_SET


def coverage_cases(operation: Any) -> Iterator[Any]:
    """The cases of the coverage phase, right and wrong ones."""
    yield from CoverageGenerator(
        operation=operation,
        generation_modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE],
        generation_config=operation.schema.config.generation_for(operation=operation, phase="coverage"),
        auth_storage=None,
        override=Override(query={}, headers={}, cookies={}, path_parameters={}, body={}),
        feedback=NO_FEEDBACK,
    )


def response_of(exchange: Exchange, status: int, headers: dict[str, list[str]]) -> Any:
    """An answer as Schemathesis' checks take one, with this status and these headers."""
    request, sent = PreparedRequest(), exchange.request
    request.method, request.url, request.body = sent.method, exchange.url, sent.body
    request.headers = dict(sent.headers)  # type: ignore[assignment]
    return Response(
        status_code=status,
        headers=headers,
        content=exchange.body,
        request=request,
        elapsed=exchange.finished - exchange.started,
        verify=True,
    )


class BuiltInChecks:
    """The checks that Schemathesis brings along, for one operation."""

    def __init__(self, operation: Any) -> None:
        load_all_checks()
        self._context = CheckContext(
            override=None,
            auth=None,
            headers=None,
            config=operation.schema.config.checks_config_for(operation=operation),
            transport_kwargs=None,
            response_checks=None,
        )

    def failures(self, name: str, response: Any, case: Any) -> list[SchemathesisFailure]:
        """What a check finds wrong with an answer. Raises whatever it stumbles over."""
        try:
            cast(CheckFunction, CHECKS.get_one(name))(self._context, response, case)
        except Failure as failure:
            return [_failed(failure)]
        except FailureGroup as group:
            return [_failed(failure) for failure in group.exceptions]
        return []


def _failed(failure: Failure) -> SchemathesisFailure:
    if isinstance(failure, JsonSchemaError):
        return SchemathesisFailure(failure.message, tuple(failure.instance_path), tuple(failure.schema_path))
    return SchemathesisFailure(f"{failure.title}: {failure.message}")
