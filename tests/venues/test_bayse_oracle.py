"""What a mixed batch must answer: the oracle's table, and the one clause that each wrong answer breaks."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venue_conformance.contract.clauses import load_catalogue
from venue_conformance.errors import Violation
from venue_conformance.venues.bayse.answer import NOT_FOUND, UNSUPPORTED_ENGINE, BatchAnswer
from venue_conformance.venues.bayse.oracle import CLAUSES, RULES, judge
from venue_conformance.wire.exchange import Exchange, Request

Batch = list[tuple[str, str]]
CODES = {"amm": UNSUPPORTED_ENGINE, "foreign": NOT_FOUND, "unknown": NOT_FOUND}
#: What the page says of each kind, written down once more.
CANCELLED = {
    "open": True,
    "partially_filled": True,
    "filled": False,
    "cancelled": False,
    "expired": False,
    "rejected": False,
    "amm": False,
    "foreign": False,
    "unknown": False,
}


def right_answer(batch: Batch) -> dict[str, Any]:
    rows = [
        {"orderId": order_id, "success": True}
        if CANCELLED[kind]
        else {"orderId": order_id, "success": False, "error": {"code": CODES.get(kind, "ANY"), "message": "…"}}
        for order_id, kind in batch
    ]
    succeeded = sum(CANCELLED[kind] for _, kind in batch)
    summary = {"total": len(rows), "succeeded": succeeded, "failed": len(rows) - succeeded}
    return {"engine": "CLOB", "results": rows, "summary": summary}


def answered(body: Any, status: int = 200) -> BatchAnswer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return BatchAnswer(Exchange(Request("DELETE", "/", ()), "", 0, 1, "", status, (), raw))


def broken_by(answer: BatchAnswer, batch: Batch) -> str | None:
    with pytest.raises(Violation) as caught:
        judge(answer, batch)
    return caught.value.clause


KINDS = st.sampled_from(sorted(CANCELLED))
BATCHES = st.lists(KINDS, min_size=1, max_size=12).map(lambda kinds: [(f"id-{n}", k) for n, k in enumerate(kinds)])


def test_the_table_is_that_of_the_page() -> None:
    assert {kind: rule.cancelled for kind, rule in RULES.items()} == CANCELLED
    assert {kind: rule.code for kind, rule in RULES.items() if rule.code} == CODES


def test_every_clause_it_may_name_exists_and_is_judged() -> None:
    catalogue = load_catalogue("bayse")
    assert len(set(CLAUSES)) == len(CLAUSES)
    assert all(catalogue[clause].level == "must" and catalogue[clause].excluded is None for clause in CLAUSES)
    assert {rule.code_clause for rule in RULES.values() if rule.code_clause} <= set(CLAUSES)


@given(BATCHES)
def test_a_right_answer_passes(batch: Batch) -> None:
    judge(answered(right_answer(batch)), batch)


@given(BATCHES, st.integers(200, 299))
def test_any_success_status_and_further_fields_pass(batch: Batch, status: int) -> None:
    body = right_answer(batch) | {"requestId": "r"}
    for row in body["results"]:
        row["at"] = 1
    judge(answered(body, status), batch)


@given(BATCHES, st.data())
def test_a_turned_outcome_breaks_the_clause_of_its_kind(batch: Batch, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(batch) - 1))
    body = right_answer(batch)
    body["results"][place]["success"] = not body["results"][place]["success"]
    assert broken_by(answered(body), batch) == RULES[batch[place][1]].clause


@pytest.mark.parametrize("kind", sorted(CODES))
@pytest.mark.parametrize("error", [None, {}, {"code": "OTHER"}, "ORDER_NOT_FOUND", []])
def test_a_wrong_code_breaks_the_clause_of_its_kind(kind: str, error: Any) -> None:
    batch = [("a", "open"), ("b", kind)]
    body = right_answer(batch)
    body["results"][1]["error"] = error
    assert broken_by(answered(body), batch) == RULES[kind].code_clause


MIXED = [("a", "open"), ("b", "unknown"), ("c", "filled")]
Change = Callable[[dict[str, Any]], Any]


@pytest.mark.parametrize(
    ("change", "clause"),
    [
        (lambda body: body["results"].pop(), "bayse.rows.one-per-order"),
        (lambda body: body["results"].append(dict(body["results"][0])), "bayse.rows.one-per-order"),
        (lambda body: body["results"][0].pop("orderId"), "bayse.rows.one-per-order"),
        (lambda body: body["results"][0].update(orderId=5), "bayse.rows.one-per-order"),
        (lambda body: body["results"][0].update(orderId="A"), "bayse.rows.one-per-order"),
        (lambda body: body["results"].reverse(), "bayse.rows.request-order"),
        (lambda body: body["results"][0].update(success="true"), "bayse.rows.success-flag"),
        (lambda body: body["results"][0].update(success=1), "bayse.rows.success-flag"),
        (lambda body: body["results"][2].update(success=None), "bayse.rows.success-flag"),
        (lambda body: body["summary"].update(total=4), "bayse.rows.summary"),
        (lambda body: body["summary"].update(succeeded=0), "bayse.rows.summary"),
        (lambda body: body["summary"].pop("failed"), "bayse.rows.summary"),
    ],
)
def test_what_is_wrong_breaks_its_own_clause(change: Change, clause: str) -> None:
    body = right_answer(MIXED)
    change(body)
    assert broken_by(answered(body), MIXED) == clause


@pytest.mark.parametrize("status", [302, 400, 404, 422, 500])
def test_a_batch_that_is_refused_for_one_bad_id(status: int) -> None:
    assert broken_by(answered({}, status), MIXED) == "bayse.independence.bad-id-affects-no-other"


@pytest.mark.parametrize(
    ("body", "clause"),
    [
        (b"", "bayse.rows.one-per-order"),
        (b"[]", "bayse.rows.one-per-order"),
        (b"{}", "bayse.rows.one-per-order"),
        (b'{"results": {}}', "bayse.rows.one-per-order"),
        (b'{"results": ["a"]}', "bayse.rows.one-per-order"),
        (json.dumps(right_answer(MIXED) | {"summary": None}).encode(), "bayse.rows.summary"),
        (json.dumps(right_answer(MIXED) | {"summary": [3, 1, 2]}).encode(), "bayse.rows.summary"),
    ],
)
def test_what_cannot_be_read_breaks_a_clause_as_well(body: bytes, clause: str) -> None:
    assert broken_by(answered(body), MIXED) == clause


def test_a_batch_answer_is_read_when_asked() -> None:
    answer = answered(right_answer(MIXED))
    assert answer.outcomes == {"a": "cancelled", "b": "failed", "c": "failed"}
    assert answer.rows_of("b") == [answer.row("b")]
    assert (answer.cancelled("a"), answer.reason("a"), answer.reason("b")) == (True, None, NOT_FOUND)
    with pytest.raises(Violation, match="a row for d"):
        answer.row("d")
    with pytest.raises(Violation, match="true or false"):
        answered({"results": [{"orderId": "a", "success": "yes"}]}).cancelled("a")


@pytest.mark.parametrize(
    ("value", "replayed"), [("true", True), (" TRUE ", True), ("false", False), ("", False), (None, False)]
)
def test_a_replay_says_so(value: str | None, replayed: bool) -> None:
    headers = () if value is None else (("idempotent-replayed", value),)
    assert BatchAnswer(Exchange(Request("DELETE", "/", ()), "", 0, 1, "", 200, headers)).replayed is replayed
