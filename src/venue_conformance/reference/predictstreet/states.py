"""The provider states that the PredictStreet venue offers."""

from __future__ import annotations

from ..common_states import CommonStates
from ..states import BadStateRequest, NotOffered, OrderIds, Params, Values, gives_back, offers, undoes
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


class PredictStreetStates(CommonStates):
    """Brings a PredictStreet venue into a state, and reads order statuses back."""

    statuses = _TO_STATUS

    def __init__(self, venue: BatchCancel) -> None:
        super().__init__(venue)
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
        count, status = params["count"], self.wanted_status(params)
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

    async def names_of_statuses(self, order_ids: list[str]) -> dict[str, str]:
        """Those that the store holds."""
        found = await self._venue.store.find(order_ids)
        return {order_id: _FROM_STATUS[self._venue.visible(order).status] for order_id, order in found.items()}

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

    def fault_owner(self, caller: str) -> str:
        """The wallet."""
        return self._wallet(caller)

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
