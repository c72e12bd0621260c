"""What the rounds of a load test judge alike at every venue: orders of others, and an account beyond its budget."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from venue_conformance.client.under_load import CANCELLED, Done, Round, RoundPart, UserGroup, judge_untouched
from venue_conformance.target.state_values import ProvisionedOrder


@dataclass(frozen=True)
class Bystanders:
    """Orders that no batch may change, the clause that says so, and what they are called."""

    orders: Sequence[ProvisionedOrder]
    clause: str
    name: str


def judge_bystanders(
    group: UserGroup, told: Sequence[ProvisionedOrder], reported: str, bystanders: Iterable[Bystanders]
) -> None:
    """Orders that were told cancelled read so (clause ``reported``); if they do, bystanders still read as open."""
    read = group.statuses(told, CANCELLED)
    missed = sorted({status for status in read.values() if status != CANCELLED})
    group.assess.expect(
        not missed,
        "orders told cancelled to read as cancelled",
        ", ".join(missed),
        reported,
        kind="report-differs-from-read-back",
    )
    if told and not missed:
        for each in bystanders:
            judge_untouched(group, each.orders, each.clause, each.name)


def greedy_round(
    group: UserGroup,
    opened: Sequence[ProvisionedOrder],
    send: Callable[[ProvisionedOrder], object],
    modest: RoundPart,
    *,
    cancels_nothing: str,
    independent: str,
) -> Round:
    """An account sends a batch for each order that it opened, all at once; the group's own keeps to its budget.

    What is refused with 429 has cancelled nothing (clause ``cancels_nothing``), and the group's own account is served
    (clause ``independent``).
    """

    def part(number: int, order: ProvisionedOrder) -> RoundPart:
        # Paid from nobody's budget: to exceed it is what this is about.
        return RoundPart(f"greedy{number}", lambda: send(order), None, 0, (order.order_id,))

    def judge(dones: Sequence[Done]) -> None:
        *beyond, within = dones
        refused = {done.batch[0] for done in beyond if done.answered and done.result.status == 429}
        if not refused:
            return
        if within.answered:
            group.judge_within_budget(within.result.status == 429, independent)
        if not (within.answered and within.result.succeeded):
            return
        [order_id] = within.batch
        # Nothing can be said of effects that do not show.
        if group.statuses([group.order(order_id)], CANCELLED)[order_id] == CANCELLED:
            orders = [order for order in opened if order.order_id in refused]
            judge_untouched(group, orders, cancels_nothing, "orders of batches that were refused with 429")

    return Round([*(part(number, order) for number, order in enumerate(opened, 1)), modest], judge)
