"""A team's own document judges a target beside the clauses: what differs is told by its place in the document."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.command import report_of, run_command
from venue_conformance.contract.resources import resources_root
from venue_conformance.errors import ClientFault
from venue_conformance.fuzz.document import load_document
from venue_conformance.fuzz.own_document import OwnDocument
from venue_conformance.wire.exchange import Exchange, Request

Document = dict[str, Any]
PATH = "/v1/pm/orders/batch"
PROCESSED = {
    "engine": "CLOB",
    "results": [{"orderId": "a", "success": True}],
    "summary": {"total": 1, "succeeded": 1, "failed": 0},
}
ONE = {"orderIds": ["3b0c6c1e-52a7-4f0d-9a3e-0d7f5b8e2c11"]}


def exchange(status: int, body: Any, request: Any = None, path: str = PATH, **signing: Any) -> Exchange:
    sent = Request("DELETE", path, (), json.dumps(ONE if request is None else request).encode(), signing=signing)
    answer = json.dumps(body).encode()
    return Exchange(sent, f"http://127.0.0.1:1{path}", 0.0, 0.1, "2026-01-01T00:00:00", status, (), answer)


def bound(document: Document) -> None:
    document["components"]["schemas"]["CancelBatch"]["properties"]["orderIds"]["minItems"] = 2


def member(document: Document) -> None:
    document["components"]["schemas"]["BatchOutcome"]["required"].append("batchId")


IN_RESPONSE = "#/components/schemas/BatchOutcome/required"
IN_REQUEST = "#/components/schemas/CancelBatch/properties/orderIds/minItems"
FITS = f"#/paths/{PATH.replace('/', '~1')}/delete/requestBody/content/application~1json/schema"


@pytest.mark.parametrize(
    ("change", "met", "place"),
    [
        (None, exchange(200, PROCESSED), None),
        (None, exchange(422, {"error": "x", "message": "y", "statusCode": 422}), None),
        (member, exchange(200, PROCESSED), IN_RESPONSE),
        (member, exchange(200, PROCESSED, path=f"{PATH}/other"), None),
        (bound, exchange(200, PROCESSED), IN_REQUEST),
        (bound, exchange(200, PROCESSED, secret="another"), None),
        (None, exchange(400, {"error": "x", "message": "y", "statusCode": 400}), FITS),
        (None, exchange(400, {"error": "x", "message": "y", "statusCode": 400}, {"orderIds": []}), None),
    ],
)
def test_what_differs_is_told_by_its_place(
    change: Callable[[Document], None] | None, met: Exchange, place: str | None
) -> None:
    document = copy.deepcopy(load_document("bayse"))
    if change is not None:
        change(document)
    own = OwnDocument(document)

    own.judge(met)

    assert [finding.place for finding in own.found] == ([place] if place else [])


def test_an_answer_that_is_nested_without_reason_is_no_json() -> None:
    own = OwnDocument(load_document("bayse"))
    nested: list[Any] = []
    for _ in range(600):
        nested = [nested]

    own.judge(exchange(200, nested))

    assert len(own.found) == 1


def test_a_file_that_is_no_document_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "new.yaml").write_text("- no document\n", encoding="utf-8")

    with pytest.raises(ClientFault, match="an OpenAPI document with paths is expected"):
        OwnDocument.load(tmp_path / "new.yaml")


def test_a_run_judges_by_the_document_beside_the_clauses(tmp_path: Path) -> None:
    document = yaml.safe_load((resources_root() / "specs" / "bayse" / "openapi.yaml").read_text("utf-8"))
    member(document)
    (tmp_path / "new.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    arguments = ("run", "bayse", "--clause", "bayse.rows.summary", "--spec", "new.yaml")

    ended = run_command(tmp_path, *arguments, "--", "-k", "summary and not any")

    assert f"{IN_RESPONSE}: an answer 200 breaks required" in ended.output
    report = report_of(tmp_path / "reports")
    assert {clause["verdict"] for clause in report["clauses"] if clause["id"] == "bayse.rows.summary"} == {"conforms"}
    written = json.loads((tmp_path / "reports" / "own-document.json").read_text("utf-8"))
    assert [each["place"] for each in written["findings"]] == [IN_RESPONSE]
