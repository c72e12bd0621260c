"""What a race may tell of each order, whichever venue it is, and which promise broke when it cannot be explained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from venue_conformance.errors import NotTested, Violation
from venue_conformance.histories import Explanation, LifeCycle, Operation, Undecided, explain

OPEN, CANCELLED, FILLED = "open", "cancelled", "filled"
#: Events: a cancel told as done or as refused, a fill that was done or came too late, a status that was read.
CANCELS, REFUSES, FILLS, FILLS_NOT = "cancelled", "not cancelled", "filled", "not filled"

#: An open order ends once, by a cancel or by a fill; what comes later finds it ended.
ORDER = LifeCycle(
    OPEN,
    {
        (OPEN, CANCELS): CANCELLED,
        (OPEN, FILLS): FILLED,
        (CANCELLED, REFUSES): CANCELLED,
        (FILLED, REFUSES): FILLED,
        (CANCELLED, FILLS_NOT): CANCELLED,
        (FILLED, FILLS_NOT): FILLED,
        **{(status, f"reads {status}"): status for status in (OPEN, CANCELLED, FILLED)},
    },
)


@dataclass(frozen=True)
class Blame:
    """The clauses of a venue that break: an order cancelled twice, cancelled and filled, neither though it was open,
    told as cancelled and not so, and a batch that took effect in parts.
    """  # noqa: D205

    twice: str
    filled: str
    kept_open: str
    told: str
    whole: str | None = None


def judge_history(operations: Sequence[Operation], blame: Blame, *, labels: Mapping[str, str]) -> None:
    """Hold a history of open orders against the promises: order by order, then batch by batch where that is promised.

    ``labels`` names the orders for the report. Raises Violation, and NotTested when too much overlapped to decide.
    """
    found = explain(operations, ORDER)
    whole = False
    if isinstance(found, Explanation) and blame.whole is not None:
        found, whole = explain(operations, ORDER, whole_batches=True), True
    if isinstance(found, Explanation):
        return
    if isinstance(found, Undecided):
        raise NotTested("too many requests overlapped to decide whether a serial order explains their answers")
    orders = list(found.operation.steps)
    told = "; ".join(f"{labels.get(order, order)}: {_told(operations, order)}" for order in orders)
    if whole:
        raise Violation("a serial order of whole batches that explains every answer", told, blame.whole)
    raise Violation("a serial order that explains every answer", told, _clause(operations, orders[0], blame))


def _clause(operations: Iterable[Operation], order: str, blame: Blame) -> str:
    events = [operation.steps[order] for operation in operations if order in operation.steps]
    cancels, fills = events.count(CANCELS), events.count(FILLS)
    if cancels > 1:
        return blame.twice
    if cancels and fills:
        return blame.filled
    if not cancels and not fills:
        return blame.kept_open
    return blame.told


def _told(operations: Iterable[Operation], order: str) -> str:
    parts = [f"{each.name} {each.steps[order]}" for each in operations if order in each.steps]
    return ", ".join(parts) or "nothing"
