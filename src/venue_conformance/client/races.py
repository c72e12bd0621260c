"""What a race may tell of each order, whichever venue it is, and which promise broke when it cannot be explained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from venue_conformance.client.assessment import Assessment
from venue_conformance.errors import NotTested, Violation
from venue_conformance.histories import (
    LifeCycle,
    LinearizabilityUnknown,
    Linearizable,
    Operation,
    check_linearizability,
)
from venue_conformance.target.state_values import ProvisionedOrder

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
    reported as cancelled and not so, and a batch that took effect in parts.

    ``overlapping`` is the open clause under which it is merely observed that two batches which truly overlapped both
    report an order's cancel; without it that is cancelling twice.
    """  # noqa: D205

    twice: str
    filled: str
    kept_open: str
    reported: str
    whole: str | None = None
    overlapping: str | None = None


def labels_of(orders: Iterable[ProvisionedOrder]) -> dict[str, str]:
    """What the report calls orders, by their ids: ``order1``, ``order2`` and so on."""
    return {order.order_id: f"order{number}" for number, order in enumerate(orders, 1)}


def judge_history(
    operations: Sequence[Operation],
    blame: Blame,
    assess: Assessment,
    *,
    labels: Mapping[str, str],
    observe: Callable[[str, str], None] = lambda clause, observed: None,  # noqa: ARG005
) -> set[str]:
    """Hold a history of open orders against the promises: order by order, then batch by batch where that is promised.

    ``labels`` names the orders for the report, ``observe`` notes what no promise speaks of. Hands back the orders that
    no serial order explains. Raises NotTested when too much overlapped to decide.
    """
    orders = dict.fromkeys(order for operation in operations for order in operation.steps)
    not_linearizable = set()
    for order in orders:
        history = [operation.only(order) for operation in operations if order in operation.steps]
        assess.exercised |= _exercised([operation.steps[order] for operation in history], blame)
        if _is_linearizable(history):
            continue
        label = labels.get(order, order)
        reported = f"{label}: {_events_text(history, order)}"
        if blame.overlapping is not None and _is_linearizable_by_overlap(history, order):
            observe(blame.overlapping, "two batches that overlapped both reported that they cancelled an order")
            continue
        not_linearizable.add(order)
        clause = _clause(history, order, blame)
        assess.report(Violation(f"{label} {_expected(clause, blame)}", reported, clause, kind="no-serial-order"))
    if blame.whole is not None and not not_linearizable:
        linearizable = _is_linearizable(operations, whole_batches=True)
        reported = "; ".join(f"{labels.get(order, order)}: {_events_text(operations, order)}" for order in orders)
        assess.expect(
            linearizable,
            "answers that fit batches carried out whole, one after the other",
            reported,
            blame.whole,
            kind="no-serial-order",
        )
    return not_linearizable


def _is_linearizable(operations: Sequence[Operation], *, whole_batches: bool = False) -> bool:
    found = check_linearizability(operations, ORDER, whole_batches=whole_batches)
    if isinstance(found, LinearizabilityUnknown):
        raise NotTested("too many requests overlapped to decide whether a serial order explains their answers")
    return isinstance(found, Linearizable)


def _is_linearizable_by_overlap(history: Sequence[Operation], order: str) -> bool:
    """Whether the cancels of an order that are reported as done all overlapped, and one of them explains the rest."""
    done = [operation for operation in history if operation.steps[order] == CANCELS]
    if len(done) < 2 or max(each.start for each in done) > min(each.end for each in done):
        return False
    return any(_is_linearizable([each for each in history if each is one or each not in done]) for one in done)


def _exercised(events: Sequence[str], blame: Blame) -> set[str]:
    """The clauses that what was told of one order is held against."""
    sequential = {blame.reported, blame.kept_open}
    return sequential | ({blame.filled} if FILLS in events else set()) | ({blame.twice} if len(events) > 1 else set())


def _clause(operations: Iterable[Operation], order: str, blame: Blame) -> str:
    events = [operation.steps[order] for operation in operations if order in operation.steps]
    cancels, fills = events.count(CANCELS), events.count(FILLS)
    if cancels and fills:  # however many report a cancel: what was filled was cancelled by none of them
        return blame.filled
    if cancels > 1:
        return blame.twice
    if not cancels and not fills:
        return blame.kept_open
    return blame.reported


def _expected(clause: str, blame: Blame) -> str:
    if clause == blame.twice:
        return "to be reported as cancelled by one batch alone"
    if clause == blame.filled:
        return "to be cancelled or filled, not both"
    if clause == blame.kept_open:
        return "to be cancelled by the batches that name it, or filled"
    return "to read as the answers say"


_TOLD = {
    CANCELS: "{} reports that it cancelled it",
    REFUSES: "{} reports that it did not cancel it",
    FILLS: "{} filled it",
    FILLS_NOT: "{} found nothing to fill",
}


def _events_text(operations: Iterable[Operation], order: str) -> str:
    """What each operation told of an order, in words; a read-back tells what the order reads as."""
    steps = [(each.name, each.steps[order]) for each in operations if order in each.steps]
    return ", ".join(_TOLD.get(step, f"{{}} {step}").format(name) for name, step in steps) or "nothing"
