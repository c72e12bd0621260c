"""What a batch of any mix of orders must answer, clause by clause (page 004)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from venue_conformance.errors import Violation
from venue_conformance.venues.bayse.answer import NOT_FOUND, UNSUPPORTED_ENGINE, BatchAnswer
from venue_conformance.venues.blaming import blaming


@dataclass(frozen=True)
class Rule:
    """What becomes of an order of one kind: whether it is cancelled, by which clause, with which code (None: any)."""

    cancelled: bool
    clause: str
    code: str | None = None
    code_clause: str | None = None


RULES: Mapping[str, Rule] = {
    "open": Rule(True, "bayse.lifecycle.open-cancels"),
    "partially_filled": Rule(True, "bayse.lifecycle.partially-filled-cancels"),
    "filled": Rule(False, "bayse.lifecycle.filled-refused"),
    "cancelled": Rule(False, "bayse.lifecycle.cancelled-refused"),
    "expired": Rule(False, "bayse.lifecycle.expired-refused"),
    "rejected": Rule(False, "bayse.lifecycle.rejected-refused"),
    "amm": Rule(False, "bayse.engine.amm-refused", UNSUPPORTED_ENGINE, "bayse.engine.amm-refused"),
    "foreign": Rule(False, "bayse.isolation.foreign-not-found", NOT_FOUND, "bayse.isolation.foreign-not-found"),
    "unknown": Rule(False, "bayse.isolation.unknown-not-found", NOT_FOUND, "bayse.isolation.unknown-not-found"),
}

#: Every clause that ``judge`` may name.
CLAUSES = (
    "bayse.independence.bad-id-spoils-nothing",
    "bayse.rows.one-per-id",
    "bayse.rows.request-order",
    "bayse.rows.summary",
    *dict.fromkeys(rule.clause for rule in RULES.values()),
)


def judge(answer: BatchAnswer, batch: Sequence[tuple[str, str]]) -> None:
    """Hold the answer to a batch of distinct orders, given as (id, kind), against the page.

    Raises Violation with the clause that broke.
    """
    if not answer.succeeded:
        raise Violation("the batch to be processed (2xx)", repr(answer), "bayse.independence.bad-id-spoils-nothing")
    ids = [order_id for order_id, _ in batch]
    with blaming("bayse.rows.one-per-id"):
        _ = answer.ids
    if sorted(answer.ids) != sorted(ids):
        raise Violation(f"one row for each of {len(ids)} ids", f"rows for {answer.ids}", "bayse.rows.one-per-id")
    if answer.ids != ids:
        raise Violation(f"rows in the order {ids}", f"{answer.ids}", "bayse.rows.request-order")
    for order_id, kind in batch:
        _judge_row(answer, order_id, kind)
    cancelled = sum(RULES[kind].cancelled for _, kind in batch)
    expected = {"total": len(ids), "succeeded": cancelled, "failed": len(ids) - cancelled}
    with blaming("bayse.rows.summary"):
        counted = {name: answer.summary.get(name) for name in expected}
    if counted != expected:
        raise Violation(f"a summary of {expected}", f"{counted}", "bayse.rows.summary")


def _judge_row(answer: BatchAnswer, order_id: str, kind: str) -> None:
    rule, row = RULES[kind], answer.row(order_id)
    if row.get("success") is not rule.cancelled:
        raise Violation(f"success {rule.cancelled} for an order that is {kind}", repr(row), rule.clause)
    if rule.code is not None and answer.reason(order_id) != rule.code:
        raise Violation(f"the code {rule.code} for an order that is {kind}", repr(row), rule.code_clause)
