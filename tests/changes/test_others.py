"""Documents that somebody else wrote from a venue's page alone: no false alarm, and each change is seen."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.changes.test_kinds import catalogue
from venue_conformance.changes.documents import DocumentComparison, compare_documents
from venue_conformance.changes.reading import Document, read_document

OTHERS = Path(__file__).parent / "others"
FILES = {"bayse": "bayse.yaml", "predictstreet": "predictstreet.md", "arcus": "arcus.json"}
Change = Callable[[dict[str, Any]], object]


def theirs(venue: str) -> Document:
    return read_document(OTHERS / FILES[venue])


def compared(venue: str, change: Change, *, with_old: bool) -> DocumentComparison:
    old = theirs(venue)
    content = copy.deepcopy(old.content)
    change(content)
    new = Document("new", old.kind, content)
    return compare_documents(catalogue(venue), new, old if with_old else None)


def bayse_operation(content: dict[str, Any]) -> dict[str, Any]:
    return content["paths"]["/pm/orders/batch"]["delete"]  # type: ignore[no-any-return]


def bayse_ids(content: dict[str, Any]) -> dict[str, Any]:
    body = bayse_operation(content)["requestBody"]["content"]["application/json"]
    return body["schema"]["properties"]["orderIds"]  # type: ignore[no-any-return]


def predictstreet_ids(content: dict[str, Any]) -> dict[str, Any]:
    return content["components"]["schemas"]["CancelBatchDto"]["properties"]["orderIds"]  # type: ignore[no-any-return]


def predictstreet_answer(content: dict[str, Any]) -> dict[str, Any]:
    return content["components"]["schemas"]["CancelBatchResponseDto"]["properties"]  # type: ignore[no-any-return]


def arcus_operation(content: dict[str, Any]) -> dict[str, Any]:
    return content["paths"]["/v1/batchCancelOrders"]["post"]  # type: ignore[no-any-return]


def arcus_part(content: dict[str, Any], name: str) -> dict[str, Any]:
    return content["components"]["schemas"][name]["properties"]  # type: ignore[no-any-return]


BREAKING: list[tuple[str, str, Change, str]] = [
    ("bayse", "fewer ids", lambda doc: bayse_ids(doc).update(maxItems=50), "limits.hundred-accepted"),
    ("bayse", "no 409", lambda doc: bayse_operation(doc)["responses"].pop("409"), "idempotency.in-flight"),
    (
        "bayse",
        "no code",
        lambda doc: doc["components"]["schemas"]["CancelResult"]["properties"]["error"]["properties"].pop("code"),
        "isolation.unknown-not-found",
    ),
    (
        "bayse",
        "another engine",
        lambda doc: doc["components"]["schemas"]["Engine"]["properties"]["engine"]["enum"].append("AMM"),
        "rows.engine",
    ),
    (
        "bayse",
        "a narrower key",
        lambda doc: bayse_operation(doc)["parameters"][0]["schema"].update(pattern="^[A-Za-z0-9-]{1,64}$"),
        "idempotency.longest-key",
    ),
    ("predictstreet", "fewer ids", lambda doc: predictstreet_ids(doc).update(maxItems=20), "limits.hundred-accepted"),
    (
        "predictstreet",
        "another reason",
        lambda doc: predictstreet_answer(doc)["notCancelled"]["additionalProperties"]["enum"].append("halted"),
        "outcomes.reasons",
    ),
    ("predictstreet", "no map", lambda doc: predictstreet_answer(doc).pop("notCancelled"), "response.shape"),
    (
        "predictstreet",
        "another header",
        lambda doc: doc["components"]["securitySchemes"]["partner-key"].update(name="Authorization"),
        "authentication.key-required",
    ),
    (
        "predictstreet",
        "ids are numbers",
        lambda doc: predictstreet_ids(doc).update(items={"type": "integer"}),
        "request.example",
    ),
    (
        "arcus",
        "address in base58",
        lambda doc: doc["components"]["schemas"]["EthAddress"].update(pattern="^[1-9A-HJ-NP-Za-km-z]{44}$"),
        "address.prefix-optional",
    ),
    ("arcus", "no rows", lambda doc: arcus_part(doc, "Rows").pop("responses"), "rows.responses-array"),
    ("arcus", "200 alone", lambda doc: arcus_operation(doc)["responses"].pop("202"), "async.success-status"),
    (
        "arcus",
        "X-Nonce",
        lambda doc: arcus_operation(doc)["parameters"].append(
            {"name": "X-Nonce", "in": "header", "required": True, "schema": {"type": "string"}}
        ),
        "signature.single-cancel-bytes",
    ),
    (
        "bayse",
        "ids of another form",
        lambda doc: bayse_ids(doc).update(items={"type": "string", "format": "ulid"}),
        "limits.one-accepted",
    ),
    (
        "arcus",
        "kinds of another name",
        lambda doc: arcus_part(doc, "Base").update(kind={"type": "string", "enum": ["order_id", "client_id"]}),
        "target.order-id-alone",
    ),
    (
        "arcus",
        "orders by number",
        lambda doc: arcus_part(doc, "Base").update(marketId={"type": "string"}),
        "limits.field-wrong-type",
    ),
]

HARMLESS: list[tuple[str, Change]] = [
    ("bayse", lambda doc: bayse_ids(doc).update(maxItems=200)),
    ("bayse", lambda doc: bayse_operation(doc)["responses"].update({"403": {"description": "No."}})),
    ("bayse", lambda doc: doc["components"]["schemas"]["Totals"]["properties"].update(skipped={"type": "integer"})),
    ("bayse", lambda doc: bayse_operation(doc)["parameters"].append({"name": "X-Trace-Id", "in": "header"})),
    ("bayse", lambda doc: bayse_operation(doc).update(summary="Cancel many orders", operationId="cancelMany")),
    ("predictstreet", lambda doc: predictstreet_ids(doc).pop("maxItems")),
    ("predictstreet", lambda doc: predictstreet_answer(doc).update(batchId={"type": "string"})),
    ("arcus", lambda doc: arcus_part(doc, "Row").update(reason={"type": "string"})),
    ("arcus", lambda doc: doc["paths"].update({"/v1/order": {"get": {"responses": {"200": {"description": "x"}}}}})),
]


@pytest.mark.parametrize("venue", FILES)
def test_document_from_the_page_goes_below_nothing(venue: str) -> None:
    comparison = compare_documents(catalogue(venue), theirs(venue))
    assert [each for each in comparison.changes if each.change.effect != "unsaid"] == []
    assert compare_documents(catalogue(venue), theirs(venue), theirs(venue)).changes == ()


@pytest.mark.parametrize("with_old", [True, False])
@pytest.mark.parametrize(("venue", "name", "change", "clause"), BREAKING, ids=[f"{v}: {n}" for v, n, _, _ in BREAKING])
def test_each_breaking_change_is_seen_with_its_clause(
    venue: str, name: str, change: Change, clause: str, with_old: bool
) -> None:
    comparison = compared(venue, change, with_old=with_old)
    found = [each for each in comparison.changes if each.change.effect == "breaking"]
    assert found, name
    assert f"{venue}.{clause}" in {clause for each in found for clause in each.clauses}


@pytest.mark.parametrize("with_old", [True, False])
@pytest.mark.parametrize(("venue", "change"), HARMLESS)
def test_harmless_changes_raise_no_alarm(venue: str, change: Change, with_old: bool) -> None:
    comparison = compared(venue, change, with_old=with_old)
    assert [each for each in comparison.changes if each.change.effect == "breaking"] == []


def test_place_is_told_as_the_document_has_it() -> None:
    for with_old in (True, False):
        [change] = [
            each
            for each in compared("bayse", lambda doc: bayse_ids(doc).update(maxItems=50), with_old=with_old).changes
            if each.change.effect == "breaking"
        ]
        node: Any = theirs("bayse").content
        for part in change.pointer[2:].split("/"):
            part = part.replace("~1", "/")
            node = node[int(part)] if isinstance(node, list) else node[part]
        assert node == 100


def channel(change: Change | None = None, *, with_old: bool = False) -> DocumentComparison:
    old = read_document(OTHERS / "orders.yaml")
    content = copy.deepcopy(old.content)
    if change:
        change(content)
    return compare_documents(catalogue("arcus"), Document("new", "asyncapi", content), old if with_old else None)


def data(content: dict[str, Any]) -> dict[str, Any]:
    return content["components"]["messages"]["ChannelData"]["payload"]["properties"]  # type: ignore[no-any-return]


def request(content: dict[str, Any]) -> dict[str, Any]:
    return content["channels"]["/v1/ws"]["publish"]["message"]["payload"]  # type: ignore[no-any-return]


def test_channel_by_another_author_goes_below_nothing() -> None:
    assert [each for each in channel().changes if each.change.effect != "unsaid"] == []
    assert channel(with_old=True).changes == ()


@pytest.mark.parametrize(
    ("change", "clause"),
    [
        (lambda doc: data(doc)["contents"]["properties"].pop("orderId"), "channel.event-order-id"),
        (lambda doc: data(doc)["contents"]["properties"].pop("status"), "channel.event-per-cancelled-order"),
        (lambda doc: data(doc).update(contents={"type": "array"}), "channel.event-per-cancelled-order"),
        (lambda doc: request(doc)["required"].append("token"), "channel.without-authentication"),
        (
            lambda doc: doc["channels"]["/v1/ws"]["publish"].update(security=[{"token": []}]),
            "channel.without-authentication",
        ),
        (
            lambda doc: request(doc)["properties"].update(channel={"const": "my_orders"}),
            "channel.without-authentication",
        ),
    ],
)
@pytest.mark.parametrize("with_old", [True, False])
def test_channel_changes_lead_to_their_clauses(change: Change, clause: str, with_old: bool) -> None:
    comparison = channel(change, with_old=with_old)
    found = {clause for each in comparison.changes if each.change.effect == "breaking" for clause in each.clauses}
    assert f"arcus.{clause}" in found


def test_channel_of_another_address_is_breaking() -> None:
    def move(content: dict[str, Any]) -> None:
        content["channels"]["/v2/ws"] = content["channels"].pop("/v1/ws")

    assert channel(move, with_old=True).effect == "breaking"
    assert channel(move).effect == "breaking"
