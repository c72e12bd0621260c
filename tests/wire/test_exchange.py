"""Reading an answer: what is JSON, what is none, and what a check is told about it."""

from __future__ import annotations

from typing import Any

import pytest

from venue_conformance.errors import Violation
from venue_conformance.wire.exchange import Answer, Exchange, Request


def exchange(
    body: bytes = b"", status: int | None = 200, headers: tuple[tuple[str, str], ...] = (), fault: str | None = None
) -> Exchange:
    request = Request("DELETE", "/v1/orders", ())
    return Exchange(request, "http://h/v1/orders", 0, 1, "2026-01-01T00:00:00Z", status, headers, body, fault)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"{}", {}),
        (b' {"a":[1,2.5,null,true,"\xc3\xa9"]}\n', {"a": [1, 2.5, None, True, "é"]}),
        (b'"text"', "text"),
        (b"null", None),
        (b'{"a":1,"a":2}', {"a": 2}),
        (b'"\\ud800"', "\ud800"),
        (b"19000000000000000001", 19000000000000000001),
    ],
)
def test_what_is_json(body: bytes, value: Any) -> None:
    assert Answer(exchange(body)).json == value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"a":NaN}',
        b"[Infinity]",
        b"[-Infinity]",
        b'{"a":1}{"a":1}',
        b'"\xff"',
        b'{"a":1,}',
        b"{'a':1}",
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    ],
    ids=lambda body: repr(body[:12]),
)
def test_what_is_no_json(body: bytes) -> None:
    answer = Answer(exchange(body))
    for _ in range(2):
        with pytest.raises(Violation) as caught:
            _ = answer.json
        assert caught.value.expected == "a JSON body"
        assert len(caught.value.actual) < 1000


def test_json_is_read_to_a_depth_that_every_python_can_walk_through() -> None:
    assert Answer(exchange(b"[" * 400 + b"]" * 400)).json
    with pytest.raises(Violation, match="nested in more than 500 levels"):
        _ = Answer(exchange(b'{"a":' * 501 + b"1" + b"}" * 501)).json


@pytest.mark.parametrize("body", [b"[]", b"null", b'"{}"', b"0", b"true"])
def test_what_is_json_but_no_object(body: bytes) -> None:
    with pytest.raises(Violation, match="a JSON object") as caught:
        _ = Answer(exchange(body)).json_object
    assert body.decode() in caught.value.actual


def test_an_object_is_handed_back() -> None:
    assert Answer(exchange(b'{"a":1}')).json_object == {"a": 1}


@pytest.mark.parametrize(
    ("status", "succeeded", "refused"),
    [
        (199, False, False),
        (200, True, False),
        (299, True, False),
        (300, False, False),
        (400, False, True),
        (499, False, True),
        (500, False, False),
    ],
)
def test_statuses(status: int, succeeded: bool, refused: bool) -> None:
    answer = Answer(exchange(status=status))
    assert (answer.status, answer.succeeded, answer.refused) == (status, succeeded, refused)


def test_headers_are_found_in_any_case_and_joined() -> None:
    answer = Answer(exchange(headers=(("retry-after", "1"), ("Via", "a"), ("VIA", "b"))))
    assert answer.header("Retry-After") == "1"
    assert answer.header("via") == "a, b"
    assert answer.header("Date") is None


def test_bytes_that_are_no_text_are_shown_all_the_same() -> None:
    assert Answer(exchange(b"a\xff")).text == "a\ufffd"


def test_a_long_answer_is_cut_where_it_is_shown() -> None:
    shown = repr(Answer(exchange(b"x" * 5000)))
    assert shown.startswith("200 xxx")
    assert shown.endswith("… (5000 bytes)")
    assert len(shown) < 400


def test_an_exchange_without_an_answer() -> None:
    broken = exchange(status=None, fault="ReadTimeout: too slow")
    with pytest.raises(Violation, match="ReadTimeout"):
        _ = Answer(broken).status


@pytest.mark.parametrize(
    ("headers", "reported"),
    [
        ((("Idempotent-Replayed", "true"),), "Idempotent-Replayed: true"),
        ((("Idempotency-Replayed", "true"),), "no Idempotent-Replayed; the answer has Idempotency-Replayed: true"),
        ((("idempotent-replay", "1"),), "no Idempotent-Replayed; the answer has idempotent-replay: 1"),
        ((("Content-Type", "text/plain"),), "no Idempotent-Replayed"),
    ],
)
def test_a_header_of_nearly_the_same_name_is_told(headers: tuple[tuple[str, str], ...], reported: str) -> None:
    assert Answer(exchange(headers=headers)).header_text("Idempotent-Replayed") == reported
