"""What becomes of each order of a batch, and how the answer says so (batch-cancel page, response)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from .base import PredictStreetOptions
from .orders import Caller, Order, Status
from .rate_limit import RateLimiter

NOT_FOUND = "not_found"
ALREADY_TERMINAL = "already_terminal"
LOCK_INVARIANT = "lock_invariant"
UNKNOWN = "unknown"

Outcomes = dict[str, str | None]
"""Per id why it was not cancelled, None when it was; in the order in which the ids were first named."""


class CancelOutcomes(RateLimiter):
    """Decides over orders; neither reads nor writes them."""

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self.armed_outcomes: dict[str, str] = {}
        """By order id, how its owner's next attempt to cancel it shall fail."""

    def decide(self, caller: Caller, order_ids: Sequence[str], found: Mapping[str, Order]) -> Outcomes:
        """The outcome of each id of a batch."""
        return {order_id: self.objection(caller, found.get(order_id)) for order_id in order_ids}

    def objection(self, caller: Caller, order: Order | None) -> str | None:
        """Why the caller cannot cancel this order, or None when they can.

        Ownership comes first: whatever else is true of another wallet's order, they learn only that there is none.
        """
        if order is None or not self.owns(caller, order):
            return self.not_found(order)
        if not self.is_cancellable(order):
            return self.already_terminal(order)
        return self.failed_attempt(order)

    def owns(self, caller: Caller, order: Order) -> bool:
        """Whether the order is the acting wallet's."""
        return order.wallet == caller.wallet

    def is_cancellable(self, order: Order) -> bool:
        """Whether the order is still in a status from which it can be cancelled."""
        return order.is_cancellable

    def not_found(self, order: Order | None) -> str:
        """The reason for an id that names no order of the wallet's: one and the same for nobody's and another's."""
        return NOT_FOUND

    def already_terminal(self, order: Order) -> str:
        """The reason for an order that has come to an end, whichever."""
        return ALREADY_TERMINAL

    def failed_attempt(self, order: Order) -> str | None:
        """The failure that is armed for this order, if any; it is used up."""
        return self.armed_outcomes.pop(order.id, None)

    def cancelled_versions(self, found: Mapping[str, Order], outcomes: Outcomes) -> list[Order]:
        """The orders that the outcomes say are cancelled, as they are from now on."""
        return [self.cancelled(found[order_id]) for order_id, reason in outcomes.items() if reason is None]

    def cancelled(self, order: Order) -> Order:
        """An order as it is once cancelled."""
        return order.moved_to(Status.CANCELLED, self.clock.nanoseconds())

    def outcome_answer(self, order_ids: Sequence[str], outcomes: Outcomes) -> dict[str, Any]:
        """The body of the answer to a batch; `order_ids` are the ids as they were sent."""
        return {
            "cancelled": [order_id for order_id, reason in outcomes.items() if reason is None],
            "notCancelled": {order_id: reason for order_id, reason in outcomes.items() if reason is not None},
        }
