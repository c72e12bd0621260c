"""What a Bayse target may be unable to do, and which clauses then cannot be found kept.

Each ability maps to how the reference is made without it, a venue or the provider states that it does not offer, and
to the clauses of which none may be ``conforms``: what is about an ability that is not there was never seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Unpack

from venue_conformance.reference.bayse.base import Refusal
from venue_conformance.reference.bayse.states import BayseStates
from venue_conformance.reference.bayse.venue import BayseVenue
from venue_conformance.reference.http import Request, Response
from venue_conformance.reference.states import NotOffered, Params, Values, offers
from venue_conformance.reference.venue import VenueOptions

Ability = tuple[type[BayseVenue] | tuple[str, ...], frozenset[str]]


class LimitsNobody(BayseVenue):
    """Holds nobody to a limit."""

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self.rate_limited = False


class IgnoresKeys(BayseVenue):
    """Takes no notice of an Idempotency-Key."""

    def idempotency_key(self, request: Request) -> str | None:
        return None


class LeavesReplaysUnmarked(BayseVenue):
    """Replays, and does not say so."""

    def mark_replayed(self, response: Response) -> Response:
        return response


class _StatesWithoutReadBack(BayseStates):
    async def order_statuses(self, params: Params) -> Values:
        """Not offered."""
        raise NotOffered("order statuses")


class ShowsNoOrders(BayseVenue):
    """Lets nobody read what became of an order: neither by the provider state nor by the venue's own endpoints."""

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self.states = _StatesWithoutReadBack(self)

    async def get_order(self, request: Request, order_id: str) -> Response:
        raise Refusal(404, "not_found", "There is no such endpoint")


class _ClobStates(BayseStates):
    @offers("orders", {"caller": str, "count": int, "status": str}, {"engine": str})
    async def orders(self, params: Params) -> Values:
        """Orders of the engine CLOB alone."""
        if params.get("engine") == "AMM":
            raise NotOffered("there is no AMM")
        return await super().orders(params)


class HasNoAmm(BayseVenue):
    """Has no AMM orders."""

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self.states = _ClobStates(self)


def _clauses(topic: str, *rules: str) -> frozenset[str]:
    return frozenset(f"bayse.{topic}.{rule}" for rule in rules)


LIMITED = _clauses(
    "rate-limit",
    *("one-token-per-id", "every-id-charged", "refused-cancels-nothing"),
    *("accounts-independent", "status-429", "retry-after"),
)
FOREIGN = _clauses("isolation", "foreign-not-found", "indistinguishable", "foreign-untouched")
IN_FLIGHT = _clauses("idempotency", "in-flight", "replay-after-conflict", "other-keys-served")
NOT_KEPT = _clauses("idempotency", "server-error-not-kept", "rate-limit-not-kept", "timeout-not-kept")
AGEING = _clauses("idempotency", "kept-for-24-hours", "changed-body-for-24-hours")
ENGINE = _clauses("engine", "amm-refused", "amm-affects-no-other")
#: What is said of the orders that a request names, or does not name, and needs some.
ON_ORDERS = frozenset().union(
    _clauses("authentication", "refused-cancels-nothing"),
    _clauses(
        "lifecycle",
        *("open-cancelled", "partially-filled-cancelled", "filled-is-final", "expired-is-final", "rejected-is-final"),
    ),
    _clauses("independence", "bad-id-affects-no-other", "markets"),
    _clauses("isolation", "unnamed-untouched"),
    _clauses("limits", "empty-refused", "over-hundred-refused", "list-required", "wrong-type-refused"),
    _clauses("rows", "duplicates-consistent"),
    _clauses("idempotency", "changed-body", "callers-independent"),
    NOT_KEPT,
    ENGINE,
    _clauses("idempotency", "changed-body-for-24-hours"),
    _clauses("isolation", "foreign-untouched"),
    _clauses("rate-limit", "refused-cancels-nothing"),
)

ABILITIES: Mapping[str, Ability] = {
    "a limit": (LimitsNobody, LIMITED),
    "idempotency keys": (
        IgnoresKeys,
        frozenset().union(
            _clauses(
                "idempotency",
                *("shortest-key", "longest-key", "key-alphabet-accepted", "key-too-long", "key-alphabet-refused"),
                *("keys-are-exact", "replay-same-answer", "replay-marked", "first-not-marked", "retry-signed-afresh"),
                *("changed-body", "first-answer-survives", "carried-out-once", "callers-independent"),
            ),
            _clauses("authentication", "replay-needs-signature", "keys-unaffected"),
            IN_FLIGHT,
            NOT_KEPT,
            AGEING,
        ),
    ),
    "marks of replays": (LeavesReplaysUnmarked, _clauses("idempotency", "replay-marked", "first-not-marked")),
    "a read-back of orders": (ShowsNoOrders, ON_ORDERS),
    "AMM orders": (HasNoAmm, ENGINE),
    "orders": (
        ("orders",),
        ON_ORDERS
        | FOREIGN
        | _clauses("lifecycle", "cancelled-is-final")
        | _clauses("idempotency", "optional", "longest-key", "replay-same-answer", "retry-signed-afresh")
        | _clauses("idempotency", "first-answer-survives", "carried-out-once", "kept-for-24-hours")
        | IN_FLIGHT,
    ),
    "another account": (
        ("caller",),
        FOREIGN | LIMITED | _clauses("idempotency", "callers-independent"),
    ),
    "held requests": (("held request",), IN_FLIGHT),
    "failing responses": (("failing response",), NOT_KEPT),
    "the passing of time": (("time passed",), AGEING),
}
