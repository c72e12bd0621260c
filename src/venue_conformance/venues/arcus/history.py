"""What the answers of a race say happened to each order (batch-cancel page, response behavior).

A 202 tells nothing of an order's end: what it accepted takes effect at some moment after it was sent. A 200 tells an
end; that of an order which was cancelled before may be reported as CANCELED or as a cancel that was rejected.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass

from venue_conformance.client.assessment import Assessment
from venue_conformance.client.races import FILLS
from venue_conformance.errors import NotTested, Violation
from venue_conformance.histories import (
    LifeCycle,
    LinearizabilityUnknown,
    Linearizable,
    Operation,
    check_linearizability,
)
from venue_conformance.venues.arcus import oracle
from venue_conformance.venues.arcus.answer import CANCELED, FILLED, REJECTED, BatchAnswer
from venue_conformance.venues.arcus.elements import Element
from venue_conformance.venues.arcus.envelope import TIME_HEADER
from venue_conformance.venues.arcus.model import CONSISTENT, FINISHED, OPEN_CANCELLED

#: Events, besides a fill that was done: a cancel that was accepted, and ends that a 200 tells.
ACCEPTED, SAYS_CANCELLED, SAYS_FILLED, SAYS_REJECTED = "accepted", CANCELED, FILLED, REJECTED
_OPEN, _CANCELLED, _FILLED = "open", "cancelled", "filled"

#: An open order ends once, by an accepted cancel or by a fill.
ORDER = LifeCycle(
    _OPEN,
    {
        (_OPEN, ACCEPTED): _CANCELLED,
        (_OPEN, SAYS_CANCELLED): _CANCELLED,
        (_OPEN, FILLS): _FILLED,
        (_CANCELLED, SAYS_CANCELLED): _CANCELLED,
        (_CANCELLED, SAYS_REJECTED): _CANCELLED,
        (_FILLED, SAYS_FILLED): _FILLED,
        (_FILLED, SAYS_REJECTED): _FILLED,
    },
)
#: Every clause that a race of batches of open orders may find violated of orders that were not filled.
CLAUSES = (
    oracle.SUCCESS,
    oracle.RESPONSES,
    oracle.ONE_ROW,
    *oracle.ECHO.values(),
    oracle.NO_END_STATE,
    oracle.TRUE_ROWS,
    oracle.REPORTED_ROWS,
    CONSISTENT,
    OPEN_CANCELLED,
)
#: And of those that were.
CLAUSES_OF_FILLED = (FINISHED, oracle.TRUE_ROWS, CONSISTENT)


@dataclass(frozen=True)
class SentBatch:
    """A valid batch of open orders, ``order_ids`` in its sequence, between two moments (monotonic seconds)."""

    name: str
    answer: BatchAnswer
    order_ids: Sequence[str]
    start: float
    end: float


def accepted(batches: Sequence[SentBatch], assess: Assessment, ended: Collection[str] = ()) -> list[SentBatch]:
    """Those of all batches of a race that were accepted, each held against the pages.

    All of them are right when they are sent. They may be refused all the same, with 429 or

    - with any 4xx where an order has ended meanwhile, by another batch that was accepted or by a fill (``ended``): how
      batches are answered that name ended orders is a question of its own;
    - with any 4xx where the batch's time is not the latest of its account's: whether times may go back is not
      documented, nor is how that is refused, and nobody knows which arrived first.
    """
    latest: dict[str | None, int] = {}
    for sent in batches:
        caller = sent.answer.exchange.request.caller
        latest[caller] = max(latest.get(caller, 0), _time_of(sent.answer))
    gone = {order_id for sent in batches if sent.answer.succeeded for order_id in sent.order_ids} | set(ended)
    taken = []
    for sent in batches:
        overtaken = _time_of(sent.answer) < latest[sent.answer.exchange.request.caller]
        if sent.answer.status == 429 or (sent.answer.refused and (overtaken or gone & set(sent.order_ids))):
            continue
        try:
            oracle.judge_answer(
                sent.answer, [oracle.AskedElement(element, _OPEN) for element in sent.answer.elements], assess
            )
        except Violation as violation:
            assess.report(violation)
        if sent.answer.succeeded:
            taken.append(sent)
    return taken


def operations(batches: Sequence[SentBatch], order_ids: Collection[str]) -> list[Operation]:
    """What batches tell of some orders, order by order; a batch that was not accepted tells nothing."""
    return [
        _operation(sent, order_id, _reported(sent.answer, element))
        for sent in batches
        if sent.answer.status in (200, 202)
        for order_id, element in zip(sent.order_ids, sent.answer.elements, strict=True)
        if order_id in order_ids
    ]


def _reported(answer: BatchAnswer, element: Element) -> str:
    """The end that a 200 tells of the order of an element; empty where it tells none that can be read."""
    if answer.status != 200:
        return ""
    with suppress(Violation):
        return str(answer.reported(element))
    return ""


def _operation(sent: SentBatch, order_id: str, reported: str) -> Operation:
    if reported in (SAYS_CANCELLED, SAYS_FILLED, SAYS_REJECTED):
        return Operation(sent.name, sent.start, sent.end, {order_id: reported})
    return Operation(sent.name, sent.start, math.inf, {order_id: ACCEPTED}, maybe=True)


def judge(history: Sequence[Operation], labels: Mapping[str, str], assess: Assessment) -> None:
    """Whether for each order there is a serial order that explains everything told of it; ``labels`` names them.

    Raises NotTested when too much overlapped to decide.
    """
    for order_id in dict.fromkeys(order_id for operation in history for order_id in operation.steps):
        about = [operation.only(order_id) for operation in history if order_id in operation.steps]
        events = {operation.steps[order_id] for operation in about}
        found = check_linearizability(about, ORDER)
        if isinstance(found, LinearizabilityUnknown):
            raise NotTested("too many requests overlapped to decide whether a serial order explains their answers")
        reported = ", ".join(f"{operation.name} {operation.steps[order_id]}" for operation in about)
        assess.exercised.update(_exercised(events))
        if not isinstance(found, Linearizable):
            label = labels.get(order_id, order_id)
            wanted = f"{label} to end once, as every answer, event and read of it says"
            assess.report(Violation(wanted, f"{label}: {reported}", _clause(events), kind="no-serial-order"))


def _exercised(events: Set[str]) -> set[str]:
    """The clauses that what was told of one order is held against: a 202 alone tells no end."""
    ends = {oracle.TRUE_ROWS if SAYS_CANCELLED in events else oracle.REPORTED_ROWS, CONSISTENT}
    return ends if events & {SAYS_CANCELLED, SAYS_FILLED, SAYS_REJECTED} else set()


def _clause(events: Set[str]) -> str:
    """The clause that breaks when no serial order explains what was told of an order that reads as it must."""
    if FILLS in events and SAYS_CANCELLED in events:
        return oracle.TRUE_ROWS
    if FILLS not in events and (SAYS_FILLED in events or events == {SAYS_REJECTED}):
        return oracle.REPORTED_ROWS
    return CONSISTENT


def _time_of(answer: BatchAnswer) -> int:
    return next(int(value) for name, value in answer.exchange.request.headers if name == TIME_HEADER)
