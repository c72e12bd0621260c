"""PredictStreet's reference with one ability removed, and the clauses of which nothing can be said then.

Each entry names how to make the reference without the ability, a class of venue to serve or the provider states to
hide, and the clauses that must not be ``conforms`` there.
"""

from __future__ import annotations

from typing import Unpack

from venue_conformance.reference.http import Request, Response
from venue_conformance.reference.predictstreet.base import PredictStreetOptions, Refusal
from venue_conformance.reference.predictstreet.orders import PartnerKind
from venue_conformance.reference.predictstreet.rate_limit import CANCEL_BATCH, Budget, BudgetLevel
from venue_conformance.reference.predictstreet.states import PredictStreetStates
from venue_conformance.reference.predictstreet.venue import PredictStreetVenue
from venue_conformance.reference.states import NotOffered, Params, Values, offers


class WithoutLimiter(PredictStreetVenue):
    """Holds nobody to a budget for batches."""

    def charge(self, owner: str, budget: Budget) -> BudgetLevel | None:
        return None if budget is CANCEL_BATCH else super().charge(owner, budget)


class _SingleWalletStates(PredictStreetStates):
    @offers("caller", {}, {"partner_kind": str})
    async def caller(self, params: Params) -> Values:
        if params.get("partner_kind") == PartnerKind.MULTI_WALLET:
            raise NotOffered("there are no multi_wallet partners here")
        return await super().caller(params)


class WithoutMultiWalletKeys(PredictStreetVenue):
    """Has partners of one wallet alone."""

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self.states = _SingleWalletStates(self)


class _BlindStates(PredictStreetStates):
    @offers("order statuses", {"orderIds": list})
    async def order_statuses(self, params: Params) -> Values:
        raise NotOffered("orders cannot be read here")


class WithoutReadBack(PredictStreetVenue):
    """Shows no order's status, neither as a provider state nor by its own read."""

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self.states = _BlindStates(self)

    async def get_order(self, request: Request, order_id: str) -> Response:
        raise Refusal(404, "not_found", "There is no such endpoint")


def _of(topic: str, *rules: str) -> frozenset[str]:
    return frozenset(f"predictstreet.{topic}.{rule}" for rule in rules)


_BEYOND_THE_LIMIT = _of(
    "rate-limit",
    *("enforced", "sustained", "refused-cancels-nothing", "recovers", "accounts-independent", "other-wallets-same-key"),
    *(
        "one-bucket-per-spelling",
        "declared-wallet-ignored",
        "one-bucket-over-keys",
        "status-429",
        "retry-after",
        "headers",
    ),
)
_OF_MANY_WALLETS = _of("wallet", "missing", "not-remembered", "pattern", "malformed", "lower-cased", "decides") | _of(
    "rate-limit", "other-wallets-same-key", "one-bucket-per-spelling", "one-bucket-over-keys"
)
_OF_FAILED_CANCELS = _of(
    "outcomes", "lock-invariant", "lock-invariant-rest", "unknown", "unknown-retry", "failed-stays-open"
)
_OF_FOREIGN_ORDERS = _of("isolation", "foreign-not-found", "foreign-terminal", "indistinguishable", "foreign-untouched")
_READ_BACK = (
    _of("lifecycle", "partially-filled-cancelled", "read-back", "terminal-unchanged")
    | _of("isolation", "unnamed-untouched")
    | _of("limits", "hundred-accepted", "refused-cancels-nothing")
    | _of("outcomes", "lock-invariant-rest", "unknown-retry", "failed-stays-open")
    | _of("atomicity", "no-partial-view", "failed-batch")
    | _of("authentication", "refused-cancels-nothing")
    | _of("rate-limit", "refused-cancels-nothing")
    | _of("isolation", "foreign-untouched")
    | _of("duplicates", "collapsed")
)
_OF_ORDERS = (
    _of("lifecycle", "open-cancelled", "partially-filled-cancelled", "read-back", "re-cancel")
    | _of("lifecycle", "filled-is-final", "rejected-is-final", "expired-is-final", "cancelled-is-final")
    | _of("lifecycle", "terminal-unchanged")
    | _of("isolation", "unnamed-untouched")
    | _of("independence", "bad-id-affects-no-other")
    | _of("duplicates", "collapsed", "any-spread")
    | _of("atomicity", "no-partial-view", "committed-before-answer", "cancelled-once", "serial", "failed-batch")
    | _of("latency", "bounded")
    | _OF_FOREIGN_ORDERS
    | _OF_FAILED_CANCELS
    | _READ_BACK
)

#: By the name of the ability: the reference without it, and the clauses that must not be ``conforms`` then.
ABILITIES: dict[str, tuple[type[PredictStreetVenue] | tuple[str, ...], frozenset[str]]] = {
    "limiter": (WithoutLimiter, _BEYOND_THE_LIMIT),
    "multi_wallet keys": (WithoutMultiWalletKeys, _OF_MANY_WALLETS),
    "read-back": (WithoutReadBack, _READ_BACK),
    "foreign account": (
        ("caller",),
        _OF_FOREIGN_ORDERS | _OF_MANY_WALLETS | _BEYOND_THE_LIMIT | _of("access", "no-gate"),
    ),
    "cancel outcome": (("cancel outcome",), _OF_FAILED_CANCELS),
    "failing response": (("failing response",), _of("atomicity", "failed-batch")),
    "orders": (("orders",), _OF_ORDERS),
}
