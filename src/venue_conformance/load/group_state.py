"""What a group of users remembers: of one round, of its account beside a greedy one, and of how long things take."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from venue_conformance.client.assessment import Assessment
from venue_conformance.client.caller import Caller
from venue_conformance.errors import Violation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.wire.recorder import Recorder, StateCall

#: So many measurements are kept.
_MEASURED = 20
#: How often an account must have been refused beside a greedy one, and never else, for the greed to be blamed.
_WITHIN_BUDGET_REFUSALS, _WITHIN_BUDGET_SHARE = 3, 0.5


class Measurements:
    """What the groups of a worker have measured together, of late."""

    def __init__(self) -> None:
        self._found: dict[str, deque[float]] = {}

    def of(self, name: str) -> deque[float]:
        """What was noted under a name."""
        return self._found.setdefault(name, deque(maxlen=_MEASURED))


@dataclass
class WithinBudget:
    """How the group's account fared within its budget: beside a greedy account, and else."""

    beside: int = 0
    refused_beside: int = 0
    refused_else: int = 0

    def judge(self, refused: bool, clause: str, assess: Assessment) -> None:
        """Take note of a request within the budget beside a greedy account, and blame the greed where it shows."""
        self.beside += 1
        self.refused_beside += refused
        often = self.refused_beside >= _WITHIN_BUDGET_REFUSALS
        blamed = often and self.refused_beside >= _WITHIN_BUDGET_SHARE * self.beside and not self.refused_else
        if refused and not blamed:
            return
        assess.expect(
            not blamed,
            "an account within its budget to be served while another exceeds its own",
            f"429 in {self.refused_beside} of {self.beside} rounds beside a greedy account, and in no other",
            clause,
            kind="other-account-refused",
        )


@dataclass
class RoundState:
    """What lasts for one round."""

    recorder: Recorder = field(default_factory=Recorder)
    violations: list[Violation] = field(default_factory=list)
    exercised: set[str] = field(default_factory=set)
    callers: dict[str, Caller[Any]] = field(default_factory=dict)
    opened: dict[str, ProvisionedOrder] = field(default_factory=dict)
    states: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)


def orders_step(
    owner: str, status: str, orders: Sequence[ProvisionedOrder], options: Mapping[str, Any] | None = None
) -> StateCall:
    """Orders as a provider state would have made them for this round alone."""
    given = [
        {
            name: value
            for name, value in (
                ("orderId", order.order_id),
                ("marketId", order.market_id),
                ("accountIndex", order.account_index),
                ("clientId", order.client_id),
            )
            if value is not None
        }
        for order in orders
    ]
    return StateCall(
        "orders", {"caller": owner, "count": len(orders), "status": status, **(options or {})}, {"orders": given}
    )
