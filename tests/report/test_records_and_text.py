"""Records survive JSON whatever the target sent, and text is made harmless without losing its sense."""

from __future__ import annotations

import json
import math
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from venue_conformance.report.records import CheckRecord, ExchangeRecord, RunInfo, TargetInfo
from venue_conformance.report.text import LARGEST_TEXT, cut, one_line, period, plain, printable, split_at

any_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)


@given(st.binary(max_size=60))
@example(b"")
@example(b"\xed\xa0\x80")
def test_a_request_body_comes_back_byte_for_byte(make, body) -> None:
    record = make.exchange(request_body=body.decode("utf-8", "surrogateescape"))
    again = ExchangeRecord.from_dict(json.loads(json.dumps(record.to_dict())))
    assert again == record
    assert again.request_bytes == body


def test_a_request_body_is_kept_whole(make) -> None:
    body = "é" * (4 * 1024 * 1024)
    assert make.exchange(request_body=body).to_dict()["request_body"] == body


def test_no_request_body_is_no_body(make) -> None:
    assert ExchangeRecord.from_dict(make.exchange(request_body=None).to_dict()).request_bytes is None


def test_a_surrogate_that_stands_for_no_byte_is_replaced(make) -> None:
    assert make.exchange(request_body="a\ud800").request_bytes == "a\ufffd".encode()


def test_a_long_answer_is_cut_once_and_says_by_how_much(make) -> None:
    record = make.exchange(response_body="€" * (8 * 1024 * 1024 // 3))
    values = record.to_dict()
    kept = len(values["response_body"].encode())
    assert LARGEST_TEXT - 3 < kept <= LARGEST_TEXT
    assert values["response_body_left_out"] + kept == len(str(record.response_body).encode())
    assert ExchangeRecord.from_dict(values).to_dict() == values


def test_long_sentences_of_a_check_are_cut(make) -> None:
    values = make.check("failed", actual="x" * 100_000).to_dict()
    assert len(values["actual"]) < LARGEST_TEXT + 50
    assert "more bytes" in values["actual"]


def test_each_record_comes_back(make) -> None:
    for record in (make.run(selection={"clause": "x"}), make.target(), make.check("failed", needs="orders")):
        assert type(record).from_dict(json.loads(json.dumps(record.to_dict()))) == record


@pytest.mark.parametrize("record", [CheckRecord, RunInfo, TargetInfo, ExchangeRecord])
def test_a_record_with_an_unknown_field_is_refused(record) -> None:
    with pytest.raises(TypeError, match="surprise"):
        record.from_dict({"surprise": 1})


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | any_text | st.binary(max_size=3),
        lambda inner: st.lists(inner) | st.dictionaries(any_text, inner) | st.tuples(inner),
    )
)
def test_plain_makes_anything_fit_for_strict_json(value) -> None:
    text = json.dumps(plain(value), ensure_ascii=False, allow_nan=False)
    assert json.loads(text.encode()) == plain(value)


def test_plain_ends_bottomless_nesting_and_knows_sets_and_paths() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert "…" in json.dumps(plain(deep), ensure_ascii=False)
    assert plain({"a": {3, 1}, "p": Path("x"), 1: math.inf}) == {"a": [1, 3], "p": "x", "1": "inf"}


@given(any_text)
@example("\u200b\u2066\U000e0041\ufffe\x9b\x00\x7f")
def test_printable_text_holds_nothing_that_acts_or_hides(text) -> None:
    shown = printable(text)
    assert all(unicodedata.category(char) not in ("Cc", "Cs") or char in "\n\t" for char in shown)
    assert not set(shown) & set("\u202e\u2066\u200b\ufeff\ufffe\uffff")
    shown.encode()


def test_printable_text_is_otherwise_left_alone() -> None:
    assert printable("Ünïcode, 注文 and\n\ttabs") == "Ünïcode, 注文 and\n\ttabs"
    assert printable("\x1b[31m\ud800") == "\\x1b[31m\\ud800"


@given(any_text, st.integers(min_value=0, max_value=100))
def test_a_split_keeps_whole_characters_and_counts_the_rest(text, limit) -> None:
    kept, left_out = split_at(text, limit)
    assert text.startswith(kept)
    assert len(kept.encode("utf-8", "surrogatepass")) <= limit
    assert len(kept.encode("utf-8", "surrogatepass")) + left_out == len(text.encode("utf-8", "surrogatepass"))


def test_cut_and_one_line_say_what_they_left_out() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcd", 3) == "abc… (1 more bytes)"
    assert one_line("a\n\n b\x00", 100) == "a b\\x00"
    assert "\n" not in one_line("a\r\nb\u2028c" * 100, 50)


@pytest.mark.parametrize(
    ("begun", "ended", "told"),
    [
        ("2026-11-30T18:48:25.108+00:00", "2026-11-30T18:51:40+00:00", "2026-11-30 18:48:25 to 18:51:40 UTC"),
        ("2026-11-30T23:59:00+01:00", "2026-12-01T00:10:00+00:00", "2026-11-30 22:59:00 to 2026-12-01 00:10:00 UTC"),
        ("2026-11-30T18:48:25+00:00", None, "2026-11-30 18:48:25 UTC, never finished"),
        ("yesterday", "today", "yesterday to today UTC"),
    ],
)
def test_times_are_told_as_a_reader_takes_them_in(begun: str, ended: str | None, told: str) -> None:
    assert period(begun, ended) == told
