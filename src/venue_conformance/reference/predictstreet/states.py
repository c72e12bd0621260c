"""The provider states that the PredictStreet venue offers."""

from __future__ import annotations

from ..faults import Failure
from ..states import (
    NUMBER,
    BadStateRequest,
    NotOffered,
    OrderIds,
    Params,
    ProviderStates,
    Values,
    gives_back,
    offers,
    undoes,
)
from .batch import BatchCancel
from .orders import Order, PartnerKind, Status, Terms
from .outcomes import LOCK_INVARIANT, UNKNOWN

_TO_STATUS = {
    "open": Status.OPEN,
    "partially_filled": Status.PARTIAL,
    "filled": Status.FILLED,
    "cancelled": Status.CANCELLED,
    "rejected": Status.REJECTED,
    "expired": Status.EXPIRED,
}
_FROM_STATUS = {
    **{status: name for name, status in _TO_STATUS.items()},
    Status.PENDING: "open",
    Status.CANCELLED_BY_RESOLVE: "cancelled",
    Status.SETTLEMENT_FAILED: "rejected",
}
_MAX_ORDERS = 1000
_MAX_ARMED = 1000
_MAX_HOLD_MILLISECONDS = 120_000
_FAILURES = (500, 503, 429, 408)


class PredictStreetStates(ProviderStates):
    """Brings a PredictStreet venue into a state, and reads order statuses back."""

    def __init__(self, venue: BatchCancel) -> None:
        super().__init__(venue.states_token)
        self._venue = venue

    @offers("caller", {}, {"partner_kind": str, "kyc": str})
    async def caller(self, params: Params) -> Values:
        """A new account, of a single_wallet partner when left to choose; one that passed no identity check if asked."""
        kind = params.get("partner_kind", PartnerKind.SINGLE_WALLET)
        if kind not in list(PartnerKind):
            raise NotOffered(f"partner kind {kind!r} is not known")
        if params.get("kyc", "none") != "none":
            raise NotOffered("the identity check of a new account is passed, or there was none")
        account = self._venue.open_account(PartnerKind(kind))
        account.identity_checked = "kyc" not in params
        repeated = {name: params[name] for name in ("kyc",) if name in params}
        return {"credentials": self._venue.credentials(account), **repeated}

    @offers("orders", {"caller": str, "count": int, "status": str})
    async def orders(self, params: Params) -> Values:
        """New orders of a caller's wallet, in one market."""
        wallet = self._wallet(params["caller"])
        count, status = params["count"], _TO_STATUS.get(params["status"])
        if not 1 <= count <= _MAX_ORDERS:
            raise NotOffered(f"1 to {_MAX_ORDERS} orders can be made at once")
        if status is None:
            raise NotOffered(f"status {params['status']!r} is not known")
        made = [self._venue.new_order(wallet, Terms(market_id="1"), status) for _ in range(count)]
        await self._venue.store.add(made)
        return {"orders": [{"orderId": order.id, "marketId": order.terms.market_id} for order in made]}

    @gives_back({"caller": str, "count": int, "status": str})
    async def give_back_orders(self, params: Params, order_ids: OrderIds) -> Values:
        """Cancel those of a caller's orders that are still open."""
        wallet = self._wallet(params["caller"])
        async with self._venue.store.transaction() as transaction:
            await transaction.lock(wallet)
            found = (await transaction.read(order_ids)).values()
            left = [order for order in found if order.wallet == wallet and order.is_cancellable]
            now = self._venue.clock.nanoseconds()
            await transaction.write([order.moved_to(Status.CANCELLED, now) for order in left])
        for order_id in order_ids:
            self._venue.armed_outcomes.pop(order_id, None)
        return {}

    @offers("order statuses", {"orderIds": list})
    async def order_statuses(self, params: Params) -> Values:
        """What the orders' statuses are, all as of one moment."""
        order_ids = params["orderIds"]
        if not all(isinstance(order_id, str) for order_id in order_ids):
            raise BadStateRequest("order ids are texts")
        found = await self._venue.store.find(order_ids)
        visible = {order_id: self._venue.visible(order).status for order_id, order in found.items()}
        return {
            "statuses": {
                order_id: _FROM_STATUS[visible[order_id]] if order_id in visible else "absent" for order_id in order_ids
            }
        }

    @offers("fill", {"orderId": str}, {"part": bool})
    async def fill(self, params: Params) -> Values:
        """Fill an order, wholly or in part, as if it were matched now."""
        venue = self._venue
        owner = (await self._order(params["orderId"])).wallet
        async with venue.store.transaction() as transaction:
            await transaction.lock(owner)
            order = (await transaction.read([params["orderId"]]))[params["orderId"]]
            if not order.is_cancellable:
                raise NotOffered(f"the order is {order.status} and cannot be filled any more")
            status, filled = Status.FILLED, order.quantity
            if params.get("part", False):
                status, filled = Status.PARTIAL, (order.filled + order.quantity) / 2
            await transaction.write([order.moved_to(status, venue.clock.nanoseconds(), filled)])
        return {}

    @offers("cancel outcome", {"orderId": str, "outcome": str})
    async def cancel_outcome(self, params: Params) -> Values:
        """Let the owner's next attempt to cancel an order fail."""
        order = await self._order(params["orderId"])
        if params["outcome"] not in (LOCK_INVARIANT, UNKNOWN):
            raise NotOffered(f"outcome {params['outcome']!r} cannot be brought about")
        if not order.is_cancellable:
            raise NotOffered(f"the order is {order.status} and cannot be cancelled anyway")
        self._venue.armed_outcomes[order.id] = params["outcome"]
        return {}

    @undoes("cancel outcome", {}, {"orderId": str, "outcome": str})
    async def no_cancel_outcome(self, params: Params) -> Values:
        """Forget the outcome when it has not come about yet."""
        self._venue.armed_outcomes.pop(params.get("orderId", ""), None)
        return {}

    @offers("failing response", {"caller": str, "status": int, "count": int}, {"after_commit": bool})
    async def failing_response(self, params: Params) -> Values:
        """Let the wallet's next batch cancels fail."""
        wallet = self._wallet(params["caller"])
        if params["status"] not in _FAILURES:
            raise NotOffered(f"only {', '.join(map(str, _FAILURES))} can be injected")
        failure = Failure(params["status"], params.get("after_commit", False))
        self._venue.faults.arm_failures(wallet, failure, _count(params["count"]))
        return {}

    @undoes("failing response", {}, {"caller": str, "status": int, "count": int, "after_commit": bool})
    async def no_failing_response(self, params: Params) -> Values:
        """Forget the failures that have not been used up."""
        self._venue.faults.disarm_failures(params.get("caller", "").lower())
        return {}

    @offers("held request", {"caller": str, "milliseconds": NUMBER}, {"count": int})
    async def held_request(self, params: Params) -> Values:
        """Hold the wallet's next batch cancels."""
        wallet = self._wallet(params["caller"])
        milliseconds = params["milliseconds"]
        if not 0 <= milliseconds <= _MAX_HOLD_MILLISECONDS:
            raise NotOffered(f"a request is held for at most {_MAX_HOLD_MILLISECONDS} ms")
        self._venue.faults.arm_holds(wallet, milliseconds / 1000, _count(params.get("count", 1)))
        return {}

    @undoes("held request", {}, {"caller": str, "milliseconds": NUMBER, "count": int})
    async def no_held_request(self, params: Params) -> Values:
        """Forget the holds that have not been used up."""
        self._venue.faults.disarm_holds(params.get("caller", "").lower())
        return {}

    @offers("time passed", {"seconds": NUMBER})
    async def time_passed(self, params: Params) -> Values:
        """Make rate budgets older."""
        if not 0 <= params["seconds"] <= 10 * 365 * 24 * 3600:
            raise NotOffered("time passes forwards, by ten years at most")
        self._venue.clock.pass_time(params["seconds"])
        return {}

    def _wallet(self, name: str) -> str:
        wallet = name.lower()
        if wallet not in self._venue.wallets:
            raise BadStateRequest("there is no caller of that wallet")
        return wallet

    async def _order(self, order_id: str) -> Order:
        found = await self._venue.store.find([order_id])
        if order_id not in found:
            raise BadStateRequest("there is no such order")
        return found[order_id]


def _count(count: int) -> int:
    if not 1 <= count <= _MAX_ARMED:
        raise NotOffered(f"1 to {_MAX_ARMED} can be armed at once")
    return count
