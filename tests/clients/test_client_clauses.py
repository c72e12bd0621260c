"""What clients are held to, as it is written down: well formed, with a rule and a scenario each."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
import yaml

from venue_conformance.clients.scenario import load_suite
from venue_conformance.contract.client_clauses import ClientClause, client_venue_names, load_client_catalogue
from venue_conformance.contract.resources import resources_root
from venue_conformance.errors import SuiteFault

every_venue = pytest.mark.parametrize("venue", client_venue_names())


def test_venues_are_there() -> None:
    assert set(client_venue_names()) >= {"arcus", "bayse", "predictstreet"}


@every_venue
def test_every_clause_has_a_rule_and_a_scenario(venue: str) -> None:
    clauses = [cast(ClientClause, clause) for clause in load_client_catalogue(venue).values()]
    suite = load_suite(venue)
    rules = {clause.rule for clause in clauses}
    assert {each.rule for each in suite.rules} | {"robustness.permitted-variants"} == rules
    about = {rule for each in suite.scenarios for rule in each.about}
    assert about - rules == set()
    assert rules - about <= {"outcomes.names-the-order", "robustness.permitted-variants", "idempotency.key-form"} | {
        rule for rule in rules if rule.startswith(("signing.", "key."))
    }


@every_venue
def test_scenarios_are_numbered_and_named_once(venue: str) -> None:
    scenarios = load_suite(venue).scenarios
    assert [each.number for each in scenarios] == list(range(1, len(scenarios) + 1))
    assert len({each.name for each in scenarios}) == len(scenarios)
    assert [each.name for each in scenarios if not each.title.endswith((".", "!"))] == []


@every_venue
def test_sentences_exist(venue: str) -> None:
    sources = yaml.safe_load((resources_root() / "specs" / venue / "sources.yaml").read_text("utf-8"))
    known = {source["locator"] for source in sources}
    places = {
        "operation": "operation",
        "request body": "request-body/order-ids",
        "example request": "example-request",
        "note below the example request": "example-request/note",
        "description": "description",
        "Idempotency-Key": "headers/idempotency-key",
        "authorizations, X-Api-Key": "authorizations/x-api-key",
        "headers, X-User-Wallet": "headers/x-user-wallet",
        "body": "body/order-ids",
        "response": "response",
        "response, cancelled": "response/cancelled",
        "response, notCancelled": "response/not-cancelled",
        "Authorizations, X-API-Key": "authorizations/x-api-key",
        "Authorizations, X-Timestamp": "authorizations/x-timestamp",
        "Query Parameters, address": "query-parameters/address",
        "Body, cancels": "body/cancels",
        "Body, cancels, target": "body/cancels/target",
        "Response behavior": "response-behavior",
        "Response": "response",
    }
    for clause in load_client_catalogue(venue).values():
        for source in clause.sources:
            for number in source.sentences:
                assert source.page is not None
                assert f"{source.page.id}/{places[source.section]}/{number}" in known, clause.id


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "non-empty"),
        ("- {id: client.bayse.a.b}", "'promise' is a required property"),
        (
            "- {id: client.arcus.a.b, promise: It is so.., level: must, importance: low, source: {note: x}}",
            "an id is client.bayse",
        ),
        ("- {id: bayse.a.b, promise: It is so.., level: must, importance: low, source: {note: x}}", "does not match"),
        ("- [", "while parsing"),
    ],
)
def test_what_is_malformed_is_named(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "pages.yaml").write_text("[]")
    file = tmp_path / "client-clauses.yaml"
    file.write_text(text)
    with pytest.raises(SuiteFault, match=says):
        load_client_catalogue("bayse", file)
