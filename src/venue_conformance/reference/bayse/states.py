"""The provider states that the Bayse venue offers."""

from __future__ import annotations

from ..common_states import CommonStates
from ..states import BadStateRequest, NotOffered, OrderIds, Params, Values, gives_back, offers
from .base import BayseBase
from .orders import CANCELLABLE, Account, Order, Status, Terms

_TO_STATUS = {
    "open": Status.OPEN,
    "partially_filled": Status.PARTIALLY_FILLED,
    "filled": Status.FILLED,
    "cancelled": Status.CANCELLED,
    "rejected": Status.REJECTED,
    "expired": Status.EXPIRED,
}
_FROM_STATUS = {status: name for name, status in _TO_STATUS.items()}


class BayseStates(CommonStates):
    """Brings a Bayse venue into a state, and reads order statuses back."""

    statuses = _TO_STATUS

    def __init__(self, venue: BayseBase) -> None:
        super().__init__(venue)
        self._venue = venue

    @offers("caller")
    async def caller(self, params: Params) -> Values:
        """A new account."""
        return {"credentials": self._venue.credentials(self._venue.open_account())}

    @offers("orders", {"caller": str, "count": int, "status": str}, {"engine": str})
    async def orders(self, params: Params) -> Values:
        """New orders of a caller, spread over the markets of two events."""
        account = self._account(params["caller"])
        count, status, engine = params["count"], self.wanted_status(params), params.get("engine", "CLOB")
        if engine not in ("CLOB", "AMM"):
            raise NotOffered(f"engine {engine!r} is not known")
        if engine == "AMM" and status is not Status.FILLED:
            raise NotOffered("an AMM order executes at once: it can only be filled")
        made = [self._make(account, status, engine, number) for number in range(count)]
        return {
            "orders": [
                {"orderId": order.id, "marketId": order.terms.market_id, "eventId": order.terms.event_id}
                for order in made
            ]
        }

    def _make(self, account: Account, status: Status, engine: str, number: int) -> Order:
        venue = self._venue
        # Neighbouring orders lie in different events; the third market shares its event with the first.
        event_id, market_id = venue.markets[(0, 2, 1)[number % 3]]
        terms = Terms(
            event_id=event_id,
            market_id=market_id,
            outcome_id=venue.identities.uuid(),
            order_type="MARKET" if engine == "AMM" else "LIMIT",
            time_in_force="FAK" if engine == "AMM" else "GTC",
        )
        return venue.make_order(account, terms, status=status, engine=engine)

    @gives_back({"caller": str, "count": int, "status": str}, {"engine": str})
    async def give_back_orders(self, params: Params, order_ids: OrderIds) -> Values:
        """Cancel those of a caller's orders that are still open."""
        account = self._account(params["caller"])
        for order_id in order_ids:
            order = self._venue.book.get(order_id)
            if order is not None and order.owner == account.public_key and order.status in CANCELLABLE:
                self._venue.move(order, Status.CANCELLED)
        return {}

    async def names_of_statuses(self, order_ids: list[str]) -> dict[str, str]:
        """Those in the book."""
        found = {order_id: self._venue.book.get(order_id) for order_id in order_ids}
        return {name: _FROM_STATUS[self._venue.visible_status(order)] for name, order in found.items() if order}

    @offers("fill", {"orderId": str}, {"part": bool})
    async def fill(self, params: Params) -> Values:
        """Fill an order, wholly or in part, as if it were matched now."""
        order = self._venue.book.get(params["orderId"])
        if order is None:
            raise BadStateRequest("there is no such order")
        if order.status not in CANCELLABLE:
            raise NotOffered(f"the order is {order.status} and cannot be filled any more")
        self._venue.move(order, Status.PARTIALLY_FILLED if params.get("part", False) else Status.FILLED)
        return {}

    def fault_owner(self, caller: str) -> str:
        """The public key."""
        return self._account(caller).public_key

    def _account(self, public_key: str) -> Account:
        account = self._venue.accounts.get(public_key)
        if account is None:
            raise BadStateRequest("there is no caller of that public key")
        return account
