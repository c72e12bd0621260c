"""What a batch of any mix of orders must answer, clause by clause (batch-cancel page)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from venue_conformance.client.assessment import Assessment
from venue_conformance.client.blaming import blaming
from venue_conformance.client.wording import as_json, listed
from venue_conformance.venues.bayse.answer import FLAG, NOT_FOUND, UNSUPPORTED_ENGINE, BatchAnswer


@dataclass(frozen=True)
class ExpectedOutcome:
    """What becomes of an order of one kind: whether it is cancelled, by which clause, with which code (None: any)."""

    cancelled: bool
    clause: str
    code: str | None = None
    code_clause: str | None = None


RULES: Mapping[str, ExpectedOutcome] = {
    "open": ExpectedOutcome(True, "bayse.lifecycle.open-cancelled"),
    "partially_filled": ExpectedOutcome(True, "bayse.lifecycle.partially-filled-cancelled"),
    "filled": ExpectedOutcome(False, "bayse.lifecycle.filled-is-final"),
    "cancelled": ExpectedOutcome(False, "bayse.lifecycle.cancelled-is-final"),
    "expired": ExpectedOutcome(False, "bayse.lifecycle.expired-is-final"),
    "rejected": ExpectedOutcome(False, "bayse.lifecycle.rejected-is-final"),
    "amm": ExpectedOutcome(False, "bayse.engine.amm-refused", UNSUPPORTED_ENGINE, "bayse.engine.amm-refused"),
    "foreign": ExpectedOutcome(
        False, "bayse.isolation.foreign-not-found", NOT_FOUND, "bayse.isolation.foreign-not-found"
    ),
    "unknown": ExpectedOutcome(
        False, "bayse.isolation.unknown-not-found", NOT_FOUND, "bayse.isolation.unknown-not-found"
    ),
}

#: Every clause that ``judge`` may name.
CLAUSES = (
    "bayse.independence.bad-id-affects-no-other",
    "bayse.rows.one-per-order",
    "bayse.rows.request-order",
    "bayse.rows.summary",
    FLAG,
    *dict.fromkeys(rule.clause for rule in RULES.values()),
)


ONE_PER_ID, IN_ORDER, SUMMARY = "bayse.rows.one-per-order", "bayse.rows.request-order", "bayse.rows.summary"


def judge(answer: BatchAnswer, batch: Sequence[tuple[str, str]], assess: Assessment | None = None) -> None:
    """Hold the answer to a batch of distinct orders, given as (id, kind), against the page.

    What is wrong is reported to ``assess``, each thing once; without it the first is raised. Raises Violation for what
    cannot be read.
    """
    assess = assess or Assessment()
    processed = answer.succeeded
    if not assess.expect(
        processed,
        "the batch to be processed (2xx)",
        answer,
        "bayse.independence.bad-id-affects-no-other",
        kind="not-processed",
    ):
        return
    ids = [order_id for order_id, _ in batch]
    with blaming(ONE_PER_ID):
        reported = answer.ids
    if assess.expect(
        sorted(reported) == sorted(ids),
        f"one row for each of {len(ids)} ids",
        f"rows for {listed(reported)}",
        ONE_PER_ID,
        kind="row-count",
    ):
        assess.expect(
            reported == ids, f"rows in the order {listed(ids)}", listed(reported), IN_ORDER, kind="other-order"
        )
    for order_id, kind in batch:
        if order_id in reported:
            _judge_row(answer, order_id, kind, assess)
    judge_summary(answer, assess, SUMMARY)


def have_flags(rows: Sequence[Mapping[str, Any]], label: str, assess: Assessment) -> bool:
    """Whether the rows of an order, called ``label``, say yes or no: what another value means, nobody knows."""
    readable = all(isinstance(row.get("success"), bool) for row in rows)
    return assess.expect(readable, f"success to be true or false for {label}", rows, FLAG, kind="no-flag")


def judge_summary(answer: BatchAnswer, assess: Assessment, clause: str) -> None:
    """The summary counts the rows that are there, as they say. Raises Violation for one that cannot be read."""
    expected = answer.counted
    with blaming(SUMMARY):
        counted = {name: answer.summary.get(name) for name in expected}
    assess.expect(
        counted == expected, f"a summary of {as_json(expected)}", as_json(counted), clause, kind="other-counts"
    )


def _judge_row(answer: BatchAnswer, order_id: str, kind: str, assess: Assessment) -> None:
    rule, row = RULES[kind], answer.row(order_id)
    if not have_flags([row], f"an order that is {kind}", assess):
        return
    wanted = f"success {as_json(rule.cancelled)} for an order that is {kind}"
    if rule.cancelled:
        right = assess.expect(row["success"], wanted, row, rule.clause, kind="reported-as-failed")
    else:
        right = assess.expect(not row["success"], wanted, row, rule.clause, kind="reported-as-cancelled")
    if right and rule.code is not None and rule.code_clause is not None:
        coded = answer.reason(order_id) == rule.code
        assess.expect(
            coded, f"the code {rule.code} for an order that is {kind}", row, rule.code_clause, kind="other-reason"
        )
