"""What a batch of any mix of orders must answer and do, clause by clause (batch-cancel page)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from venue_conformance.client.assessment import Assessment
from venue_conformance.client.blaming import blaming
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus.answer import CANCELED, READS_AS, BatchAnswer, reports_an_end
from venue_conformance.venues.arcus.elements import Element

#: Per kind of order what it reads as afterwards, and by which clause. Ids that name no order read as nothing.
FATES: Mapping[str, tuple[str, str]] = {
    "open": ("cancelled", "arcus.lifecycle.open-cancelled"),
    "partially_filled": ("cancelled", "arcus.lifecycle.partially-filled-cancelled"),
    "filled": ("filled", "arcus.lifecycle.terminal-unchanged"),
    "cancelled": ("cancelled", "arcus.lifecycle.terminal-unchanged"),
    "expired": ("expired", "arcus.lifecycle.terminal-unchanged"),
    "rejected": ("rejected", "arcus.lifecycle.terminal-unchanged"),
    "foreign": ("open", "arcus.isolation.foreign-order-id"),
}
KINDS = (*FATES, "unknown")

RESPONSES = "arcus.rows.responses-array"
ONE_ROW = "arcus.rows.one-per-order"
#: Said of elements that match no live order, which other documentation than the contract page speaks of.
UNMATCHED = "arcus.rows.unmatched-element"
ECHO = {"orderId": "arcus.rows.echo-order-id", "clientId": "arcus.rows.echo-client-id"}
NO_END_STATE = "arcus.async.acknowledgement-is-no-end-state"
TRUE_ROWS = "arcus.async.cancelled-rows-are-true"
REPORTED_ROWS = "arcus.async.no-other-final-status"
SUCCESS = "arcus.async.success-status"

#: Every clause that ``judge_answer`` and ``judge_fates`` may name.
CLAUSES = (
    SUCCESS,
    RESPONSES,
    ONE_ROW,
    UNMATCHED,
    *ECHO.values(),
    NO_END_STATE,
    TRUE_ROWS,
    REPORTED_ROWS,
    *dict.fromkeys(clause for _, clause in FATES.values()),
)


@dataclass(frozen=True)
class AskedElement:
    """An element of a batch, with the kind of order that it names and that order, None where there is none."""

    element: Element
    kind: str
    order: ProvisionedOrder | None = None


def judge_answer(answer: BatchAnswer, batch: Sequence[AskedElement], assess: Assessment | None = None) -> None:
    """Hold the answer to a valid batch of distinct orders against the pages.

    What is wrong is reported to ``assess``; without it the first is raised. Raises Violation for what cannot be read.
    """
    assess = assess or Assessment()
    assess.expect(
        answer.status in (200, 202), "a valid batch to answer 202 or 200", answer, SUCCESS, kind="other-status"
    )
    if not answer.succeeded:
        return
    with blaming(RESPONSES):
        rows = answer.rows
    assess.exercised.add(RESPONSES)
    missing = [asked for asked in batch if not answer.rows_of(asked.element)]
    # A row that is not there repeats nothing; one that is there for an element repeats its id.
    lost = len(rows) + len(missing) == len(batch)
    for asked in batch:
        if asked.kind not in ("open", "partially_filled"):
            assess.expect(
                asked not in missing,
                f"a row that repeats {asked.element.target}",
                answer,
                UNMATCHED,
                kind="id-not-repeated",
            )
        elif asked not in missing or not lost:
            clause = ECHO["clientId" if asked.element.order_id is None else "orderId"]
            assess.expect(
                asked not in missing,
                f"a row that repeats {asked.element.target}",
                answer,
                clause,
                kind="id-not-repeated",
            )
    fewest = len(batch) - sum(asked.kind not in ("open", "partially_filled") for asked in missing)
    assess.expect(
        fewest <= len(rows) <= len(batch),
        f"one row for each of {len(batch)} elements",
        f"{len(rows)} rows: {answer!r}",
        ONE_ROW,
        kind="row-count",
    )
    judge_acknowledgement(answer, assess)


def judge_acknowledgement(answer: BatchAnswer, assess: Assessment) -> None:
    """The rows of a 202 tell no order's end. Raises Violation for rows that cannot be read."""
    if answer.status == 202:
        with blaming(RESPONSES):
            reported = [str(row["status"]) for row in answer.rows if reports_an_end(row)]
        assess.expect(
            not reported,
            "rows of a 202 that tell no order's end",
            ", ".join(reported),
            NO_END_STATE,
            kind="final-status-reported",
        )


def judge_fates(
    answer: BatchAnswer, batch: Sequence[AskedElement], read: Mapping[str, str], assess: Assessment | None = None
) -> None:
    """Hold what orders read as, by their ids, against their kinds and against the rows of a 200.

    What is wrong is reported to ``assess``, of each order one thing; without it the first is raised. Raises Violation
    for what cannot be read.
    """
    assess = assess or Assessment()
    for asked in batch:
        reads = None if asked.order is None else read[asked.order.order_id]
        if reads is not None:
            wanted, clause = FATES[asked.kind]
            expected = f"the {asked.kind} order {asked.element.target} to read as {wanted}"
            if not assess.expect(reads == wanted, expected, reads, clause, kind="other-fate"):
                continue
        reported = answer.reported(asked.element) if answer.status == 200 else None
        if reported == CANCELED:
            expected = f"no row that says CANCELED of the {asked.kind} {asked.element.target}"
            assess.expect(reads == "cancelled", expected, reported, TRUE_ROWS, kind="reported-cancelled-but-is-not")
        if reported is not None and asked.kind in ("open", "partially_filled"):
            expected = f"no other end than CANCELED told of {asked.element.target}"
            assess.expect(
                READS_AS.get(reported, "cancelled") == "cancelled",
                expected,
                reported,
                REPORTED_ROWS,
                kind="other-final-status-reported",
            )
