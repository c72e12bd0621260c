"""The steps of a check as a reader follows them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from venue_conformance.report.step_lines import last_lines, step_lines
from venue_conformance.report.view import steps

A, B = "pk_live_first_account", "pk_live_second_account"
ONE, TWO, OTHER = (f"{digit * 8}-aaaa-4bbb-8ccc-{digit * 12}" for digit in "123")


def exchange(number: int, **fields: Any) -> dict[str, Any]:
    body = fields.pop("ids", None)
    return {
        "id": number,
        "method": "DELETE",
        "url": "http://127.0.0.1:1/v1/pm/orders/batch",
        "caller": A,
        "request_headers": {"Idempotency-Key": fields.pop("key")} if "key" in fields else {},
        "request_body": None if body is None else json.dumps({"orderIds": body}),
        "status": 200,
        "response_headers": {},
        "response_body": "",
        "duration_seconds": 0.012,
        "fault": None,
        "signing": {},
        **fields,
    }


def told(*steps: dict[str, Any], limit: int = 160) -> list[str]:
    exchanges = {step["id"]: step for step in steps if "id" in step}
    return step_lines([{"exchange": s["id"]} if "id" in s else s for s in steps], exchanges, limit)


def state(name: str, values: Any, **params: Any) -> dict[str, Any]:
    return {"state": name, "params": params, "values": values}


MADE = (
    state("caller", {"credentials": {"public_key": A, "secret_key": "***"}}),
    state("orders", {"orders": [{"orderId": ONE}, {"orderId": TWO}]}, caller=A, count=2, status="open"),
    state("orders", {"orders": [{"orderId": OTHER}]}, caller=B, count=1, status="filled"),
)


def test_accounts_orders_and_keys_have_short_names() -> None:
    assert told(
        *MADE,
        exchange(7, key="k" * 32, ids=[ONE, TWO], response_body=json.dumps({"id": ONE})),
        exchange(8, key="k" * 32, ids=[ONE, TWO], response_headers={"Idempotent-Replayed": "true"}),
        exchange(9, key="k" * 32, ids=[ONE, OTHER], status=422),
        exchange(10, caller=B, ids=[OTHER, OTHER, "99999999-aaaa-4bbb-8ccc-999999999999"]),
    ) == [
        f"state caller → caller A ({A})",
        'state orders · caller A · {"count": 2, "status": "open"} → open1, open2',
        'state orders · caller B · {"count": 1, "status": "filled"} → filled1 of caller B',
        f"#7 caller A · DELETE /v1/pm/orders/batch · key K1 ({'k' * 32}) · 2 ids: open1, open2"
        ' → 200 in 12 ms · {"id": "open1"}',
        "#8 caller A · key K1 (first used in #7) · the same body as #7 → 200 in 12 ms · Idempotent-Replayed: true",
        "#9 caller A · key K1 (first used in #7) · 2 ids: open1, filled1 of caller B, 1 other than #7 → 422 in 12 ms",
        "#10 caller B · 3 ids: filled1 of caller B ×2, 99999999… → 200 in 12 ms",
    ]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"ids": []}, "0 ids → 200"),
        ({"ids": [ONE] * 3}, "3 ids: 11111111… ×3 →"),
        ({"ids": [str(n) * 20 for n in range(6)]}, "6 ids: 00000000…, 11111111…, 22222222…, 33333333… and 2 more →"),
        ({"request_body": "{"}, "body { →"),
        ({"request_body": '{"elements": [{"orderId": "a1"}, {"clientId": "c2"}]}'}, "2 ids: a1, c2 →"),
        ({"request_body": '{"elements": [{"orderId": "a1", "clientId": "c2"}]}'}, 'body {"elements"'),
        ({"request_body": '{"a": [1], "b": []}'}, 'body {"a"'),
        ({}, "no body →"),
        ({"request_headers": None, "response_headers": None}, "batch → 200"),
        ({"signing": {"age": 320.4}}, "timestamp 320 s old →"),
        ({"signing": {"omit": ["X-Api-Key"]}}, "without X-Api-Key →"),
        ({"signing": {"secret": "***"}}, "signed with another secret →"),
        ({"signing": {"signed_path": "/x"}}, "signed path /x →"),
        (
            {"signing": {"elements": [{"of": {"orderId": "x"}, "signed": {"m": 2}}]}},
            'tampered with: {"signed": {"m": 2}}',
        ),
        ({"status": None, "fault": "the connection was reset"}, "→ the connection was reset after 12 ms"),
        ({"status": 429, "response_headers": {"Retry-After": "1", "RateLimit-Limit": "5"}}, "· RateLimit-Limit: 5"),
    ],
)
def test_each_thing_that_matters_is_said(fields: dict[str, Any], words: str) -> None:
    [line] = told(exchange(1, **fields))
    assert words in line


def test_hostile_text_is_escaped_and_cut() -> None:
    steps = [
        state("caller", {"x\x1b[31m": "\x1b]0;"}, caller="\x1b[31m" * 100),
        state("orders", {"orders": [{"orderId": "\x1b[2J" * 50}, "no object", None]}, caller=A, status="\x07open"),
        exchange(1, caller="\x1b[0m", key="\x1b[31m", request_body="\x1b[31m" * 999, response_body="\u202e" * 999),
        {"note": "\x1b[31m" * 999},
    ]
    for line in told(*steps, limit=60):
        assert line.isprintable()
        assert len(line) < 1200


def test_missing_exchange_and_long_lists_are_told() -> None:
    assert step_lines([{"exchange": 5}], {}) == ["#5 was not recorded"]
    [line] = told(state("orders", {"orders": [{"orderId": f"{n:08}"} for n in range(100)]}, caller=A, count=100))
    assert line.endswith("→ open1, open2, open3, open4, 96 more")


def test_what_is_read_is_told_by_status_and_once() -> None:
    read = state(
        "order statuses", {"statuses": {ONE: "open", TWO: "open", OTHER: "filled"}}, orderIds=[ONE, TWO, OTHER]
    )
    check = {"steps": [*MADE, read, read, read], "exchanges": []}
    assert step_lines(steps(check), {})[-1] == (
        "state order statuses → open: open1, open2; filled: filled1 of caller B (asked 3 times)"
    )


def test_requests_that_are_alike_are_told_once() -> None:
    one, *many = (exchange(number, ids=[f"{number:08}-aaaa-4bbb-8ccc-999999999999"]) for number in range(1, 30))
    for number, each in enumerate(many):
        each["request_headers"] = {"X-Forwarded-For": f"198.18.0.{number}", "Signature": "***"}
    last = exchange(30, status=429, response_headers={"Retry-After": "3"})
    exchanges = {each["id"]: each for each in (one, *many, last)}
    lines, part = last_lines([{"exchange": number} for number in exchanges], exchanges, 12)
    assert lines == [
        f"#1 caller A ({A}) · DELETE /v1/pm/orders/batch · 1 id: 00000001… → 200 in 12 ms",
        "#2 caller A · 1 id: 00000002… · X-Forwarded-For: 198.18.0.0 → 200 in 12 ms",
        "… 27 more like it",
        "#30 caller A · no body → 429 in 12 ms · Retry-After: 3",
    ]
    assert part == ""
    assert last_lines([{"exchange": 1}, {"exchange": 30}], exchanges, 1)[1] == "the last 1 of 2 lines"
