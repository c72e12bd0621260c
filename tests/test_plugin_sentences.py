"""What a failed assertion of a check says: what was expected and what came, in sentences, never in Python."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from venue_conformance.contract.resources import resources_root
from venue_conformance.plugin.sentences import Comparison, in_sentences

#: What only somebody who knows the suite's code could read.
PYTHON = re.compile(r"answer\.| == |lambda|<class|object at 0x|where |\bassert\b|\bNone\b|\bTrue\b|\bFalse\b|[{}]")
TITLE = "A key belongs to one body: any other is rejected with 422."


def words(statement: str, comparison: Comparison | None = None, message: str = "", kind: str = "other-status") -> str:
    expected, actual = in_sentences(statement, comparison, message, TITLE, kind, repr)
    return f"expected {expected}; got {actual}"


@pytest.mark.parametrize(
    ("said", "statement", "comparison", "message"),
    [
        ("expected status 422; got 200", "assert answer.status == 422", ("==", 200, 422), ""),
        ("expected a status below 500; got 503", "assert answer.status < 500", ("<", 503, 500), ""),
        (
            "expected one of the statuses 200, 202; got 400",
            "assert a.status in (200, 202)",
            ("in", 400, (200, 202)),
            "",
        ),
        (
            "expected the request to be rejected (4xx); got 200 {}",
            'assert answer.refused, "not-refused"',
            None,
            "assert False\n +  where False = 200 {}.refused",
        ),
        (
            "expected a response that is not marked as a replay; got 200 []",
            "assert not retry.replayed",
            None,
            "assert not True\n +  where True = 200 [].replayed",
        ),
        (
            "expected the order to read back as cancelled; got 7d: open",
            'assert orders.poll_until([order]) == {order.order_id: "cancelled"}',
            ("==", {"7d": "open"}, {"7d": "cancelled"}),
            "",
        ),
        (
            "expected each order to read back as open; got cancelled, open",
            'assert set(orders.after(control, named).values()) == {"open"}',
            ("==", ["cancelled", "open"], {"open"}),
            "",
        ),
        (
            f"expected {TITLE[:-1]}; got other status: 7d: cancelled",
            "assert sentinels.touched() == {}",
            ("==", {"7d": "cancelled"}, {}),
            "",
        ),
        (
            f"expected {TITLE[:-1]} (here: 3 at place 2); got other status: 2 at place 2",
            "assert rows == wanted",
            ("==", [1, 2], [1, 3]),
            "",
        ),
        (
            f"expected {TITLE[:-1]} (here: cancel); got other status: order",
            'assert snapshot["pool"] == "cancel"',
            ("==", "order", "cancel"),
            "",
        ),
        (
            "expected each of the 3 orders to be reported as cancelled; "
            "got the one at place 2 is reported as not cancelled",
            "assert [answer.cancelled(order.order_id) for order in good] == [True] * 3",
            ("==", [True, False, True], [True] * 3),
            "",
        ),
        (
            "expected the order to be reported as not_found; got reported without an outcome",
            "assert answer.outcome(theirs.order_id) == NOT_FOUND",
            ("==", None, "not_found"),
            "",
        ),
        (
            'expected the earlier response once more: 200 ["a"]; got 409 ["b"]',
            "assert (retry.status, retry.json) == (first.status, first.json)",
            ("==", (409, ["b"]), (200, ["a"])),
            "",
        ),
        (f"expected {TITLE[:-1]}; got other status", "assert all(row for row in rows)", None, "assert False"),
        (f"expected {TITLE[:-1]}; got other status", "assert (", None, "what nobody can parse"),
    ],
)
def test_assertion_is_put_into_words(said: str, statement: str, comparison: Comparison | None, message: str) -> None:
    assert words(statement, comparison, message) == said


@pytest.mark.parametrize(
    ("statement", "comparison", "actual"),
    [
        ("assert answer.status == 403", ("==", 401, 403), '401 {"error":"no"}'),
        ("assert first.status == 403", ("==", 200, 403), "200"),
        ("assert answer.refused", None, '401 {"error":"no"}'),
        ("assert self.fits(answer)", None, 'other status; the last response was 401 {"error":"no"}'),
    ],
)
def test_last_response_is_quoted_where_it_is_what_came(
    statement: str, comparison: Comparison | None, actual: str
) -> None:
    said = in_sentences(statement, comparison, "", TITLE, "other-status", repr, '401 {"error":"no"}')
    assert said[1] == actual


def test_long_collection_is_cut() -> None:
    assert words("assert found == []", ("==", list(range(100)), [])).endswith("0, 1, 2, 3, 4, 5 and 94 more")


def assertions() -> Iterator[tuple[str, str, ast.expr]]:
    root = resources_root()
    for file in sorted((root / "suites").rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Assert):
                source = ast.get_source_segment(text, node) or ""
                yield f"{Path(file).relative_to(root)}:{node.lineno}", source, node.test


def test_no_assertion_of_a_check_is_put_into_python() -> None:
    for where, source, test in assertions():
        compared = isinstance(test, ast.Compare)
        text = words(source, ("==", ["open", None], {"7d": "cancelled"}) if compared else None, "assert False")
        assert not PYTHON.search(text), f"{where}: {text}"
