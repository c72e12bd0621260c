"""What Schemathesis is asked to generate and to judge."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from schemathesis.checks import CHECKS, load_all_checks

from venue_conformance.client.fuzzing import VenueFuzz
from venue_conformance.contract.clauses import load_catalogue
from venue_conformance.contract.resources import venue_names
from venue_conformance.fuzz.built_in import BUILT_IN, USED
from venue_conformance.fuzz.schema import VenueSchema, schema_of

VENUES = venue_names()


def fuzz_of(venue: str) -> type[VenueFuzz]:
    module = importlib.import_module(f"venue_conformance.venues.{venue}.strategies")
    [found] = [
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, VenueFuzz) and each is not VenueFuzz
    ]
    return found


@pytest.fixture(params=VENUES)
def schema(request: pytest.FixtureRequest) -> VenueSchema:
    return schema_of(fuzz_of(request.param))


def test_every_check_of_schemathesis_is_decided_about_once() -> None:
    load_all_checks()
    named = [check.name for check in BUILT_IN]

    assert len(named) == len(set(named))
    assert set(named) == {*CHECKS.get_all_names(), "max_response_time"}
    assert all(len(check.why) > 20 for check in BUILT_IN)


def test_a_check_that_is_switched_off_cannot_be_asked(schema: VenueSchema) -> None:
    with pytest.raises(AssertionError, match="ignored_auth is switched off"):
        schema.findings(None, answer(200, b"{}"), ["ignored_auth"])
    assert "ignored_auth" not in USED


def test_coverage_sends_no_other_method_and_no_header_of_the_signer(schema: VenueSchema) -> None:
    cases = [*schema.covered(right=True), *schema.covered(right=False)]

    assert len(cases) > 20
    assert {case.method for case in cases} == {schema.label.split()[0]}
    headers = {name.lower() for case in cases for name in case.headers}
    assert not headers & {"x-api-key", "x-signature", "x-timestamp", "x-public-key", "x-user-wallet"}


def test_coverage_is_the_same_every_time(schema: VenueSchema) -> None:
    again = type(schema)(schema._fuzz)

    for right in (True, False):
        assert [repr(case) for case in again.covered(right=right)] == [
            repr(case) for case in schema.covered(right=right)
        ]


@pytest.mark.parametrize("venue", VENUES)
def test_every_clause_a_venue_can_name_is_in_its_catalogue(venue: str) -> None:
    module = importlib.import_module(f"suites.{venue}.test_fuzz")
    named = [clause for clauses in module.TestGeneratedRequests.clauses.values() for clause in clauses]

    assert set(named) <= load_catalogue(venue).keys()
    assert fuzz_of(venue).authenticated in named


def answer(status: int, body: bytes, **headers: str) -> Any:
    from venue_conformance.wire.exchange import Answer, Exchange, Request

    request = Request("DELETE", "/v1/pm/orders/batch", (), b"{}")
    given = tuple(headers.items())
    return Answer(Exchange(request, "http://127.0.0.1:1/x", 0.0, 0.1, "2026-01-01T00:00:00", status, given, body))


RIGHT = (
    b'{"engine": "CLOB", "results": [{"orderId": "a", "success": true}], '
    b'"summary": {"total": 1, "succeeded": 1, "failed": 0}}'
)


@pytest.mark.parametrize(
    ("status", "body", "clause"),
    [
        (200, RIGHT, None),
        (201, RIGHT, None),  # which 2xx it is has a clause of its own
        (200, RIGHT.replace(b"CLOB", b"AMM"), "bayse.rows.engine"),
        (200, RIGHT.replace(b'"engine": "CLOB", ', b""), "bayse.rows.engine"),
        (200, RIGHT.replace(b'"total": 1', b'"total": "1"'), "bayse.rows.summary"),
        (200, RIGHT.replace(b'"a"', b"5"), "bayse.rows.echo-order-id"),
        (200, RIGHT.replace(b"true", b'"yes"'), "bayse.rows.success-flag"),
        (200, RIGHT.replace(b"true", b"false"), "bayse.rows.error-on-failure"),
        (200, RIGHT.replace(b"[{", b'[5, {"').replace(b'""', b'"'), "bayse.rows.one-per-order"),
        (200, b"[]", "bayse.rows.one-per-order"),
        (200, b"no JSON", "bayse.rows.one-per-order"),
        (400, b'{"error": "x", "message": "y", "statusCode": 400}', None),
        (400, b'{"error": "x"}', "bayse.errors.envelope"),
        (418, b"<html>", None),  # nothing is said about an answer like this
        (200, b"NaN", "bayse.rows.one-per-order"),
    ],
)
def test_a_wrong_answer_is_blamed_on_its_clause(status: int, body: bytes, clause: str | None) -> None:
    fuzz = fuzz_of("bayse")()
    given = answer(status, body)

    findings = schema_of(type(fuzz)).findings(None, given, ["status_code_conformance", "response_schema_conformance"])

    blamed = {_blame(fuzz, given, finding) for finding in findings}
    assert blamed - {None} == ({clause} - {None})


def _blame(fuzz: VenueFuzz, given: Any, finding: Any) -> str | None:
    return fuzz.schema_clause(given, finding.place, finding.rule)
