"""What a batch of any mix of orders must answer and do, clause by clause (pages 002 and 003)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from venue_conformance.errors import Violation
from venue_conformance.target.state_values import StagedOrder
from venue_conformance.venues.arcus.answer import CANCELED, READS_AS, BatchAnswer, tells_an_end
from venue_conformance.venues.arcus.elements import Element
from venue_conformance.venues.blaming import blaming

#: Per kind of order what it reads as afterwards, and by which clause. Ids that name no order read as nothing.
FATES: Mapping[str, tuple[str, str]] = {
    "open": ("cancelled", "arcus.lifecycle.open-cancelled"),
    "partially_filled": ("cancelled", "arcus.lifecycle.partially-filled-cancelled"),
    "filled": ("filled", "arcus.lifecycle.finished-unchanged"),
    "cancelled": ("cancelled", "arcus.lifecycle.finished-unchanged"),
    "expired": ("expired", "arcus.lifecycle.finished-unchanged"),
    "rejected": ("rejected", "arcus.lifecycle.finished-unchanged"),
    "foreign": ("open", "arcus.isolation.foreign-order-id"),
}
KINDS = (*FATES, "unknown")

RESPONSES = "arcus.rows.responses-array"
ONE_ROW = "arcus.rows.one-per-element"
ECHO = {"orderId": "arcus.rows.echo-order-id", "clientId": "arcus.rows.echo-client-id"}
NO_END_STATE = "arcus.async.acknowledgement-is-no-end-state"
TRUE_ROWS = "arcus.async.cancelled-rows-are-true"
TOLD_ROWS = "arcus.async.cancelled-orders-are-told"
SUCCESS = "arcus.async.success-status"

#: Every clause that ``judge_answer`` and ``judge_fates`` may name.
CLAUSES = (
    SUCCESS,
    RESPONSES,
    ONE_ROW,
    *ECHO.values(),
    NO_END_STATE,
    TRUE_ROWS,
    TOLD_ROWS,
    *dict.fromkeys(clause for _, clause in FATES.values()),
)


@dataclass(frozen=True)
class Asked:
    """An element of a batch, with the kind of order that it names and that order, None where there is none."""

    element: Element
    kind: str
    order: StagedOrder | None = None


def judge_answer(answer: BatchAnswer, batch: Sequence[Asked]) -> None:
    """Hold the answer to a right batch of distinct orders against the pages. Raises Violation with its clause."""
    if answer.status not in (200, 202):
        raise Violation("a right batch to answer 202 or 200", repr(answer), SUCCESS)
    with blaming(RESPONSES):
        rows = answer.rows
    for asked in batch:
        if not answer.rows_of(asked.element):
            name = "clientId" if asked.element.order_id is None else "orderId"
            raise Violation(f"a row that repeats {asked.element.target}", repr(answer), ECHO[name])
    if len(rows) != len(batch):
        raise Violation(f"one row for each of {len(batch)} elements", f"{len(rows)} rows", ONE_ROW)
    if answer.status == 202:
        told = [str(row["status"]) for row in rows if tells_an_end(row)]
        if told:
            raise Violation("rows of a 202 that tell no order's end", ", ".join(told), NO_END_STATE)


def judge_fates(answer: BatchAnswer, batch: Sequence[Asked], read: Mapping[str, str]) -> None:
    """Hold what orders read as, by their ids, against their kinds and against the rows of a 200.

    Raises Violation with the clause that broke.
    """
    for asked in batch:
        reads = None if asked.order is None else read[asked.order.order_id]
        if reads is not None and reads != FATES[asked.kind][0]:
            wanted, clause = FATES[asked.kind]
            raise Violation(f"the {asked.kind} order {asked.element.target} to read as {wanted}", reads, clause)
        told = answer.told(asked.element) if answer.status == 200 else None
        if told == CANCELED and reads != "cancelled":
            raise Violation(f"no row that says CANCELED of the {asked.kind} {asked.element.target}", told, TRUE_ROWS)
        if asked.kind in ("open", "partially_filled") and READS_AS.get(str(told), "cancelled") != "cancelled":
            raise Violation(f"no other end than CANCELED told of {asked.element.target}", str(told), TOLD_ROWS)
