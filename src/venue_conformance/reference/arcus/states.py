"""The provider states that the Arcus venue offers."""

from __future__ import annotations

from ..common_states import CommonStates
from ..http import Request, Response
from ..states import BadStateRequest, NotOffered, OrderIds, Params, Values, gives_back, offers, undoes
from .base import CHANNEL_PATH, normal_address
from .elements import is_client_id
from .engine import MatchingEngine
from .orders import LIVE, Account, Order, Status

_TO_STATUS = {
    "open": Status.OPEN,
    "partially_filled": Status.PARTIALLY_FILLED,
    "filled": Status.FILLED,
    "cancelled": Status.CANCELED,
    "rejected": Status.REJECTED,
    "expired": Status.EXPIRED,
}
_FROM_STATUS = {status: name for name, status in _TO_STATUS.items()}


class ArcusStates(CommonStates):
    """Brings an Arcus venue into a state, and reads order statuses back."""

    statuses = _TO_STATUS

    def __init__(self, venue: MatchingEngine) -> None:
        super().__init__(venue)
        self._venue = venue
        self._host: str | None = None

    async def handle(self, request: Request) -> Response:
        """Answer one request for a state; where it was sent to is where callers find the orders channel, too."""
        self._host = request.header("host")
        return await super().handle(request)

    @offers("caller")
    async def caller(self, params: Params) -> Values:
        """A new account."""
        account = self._venue.open_account()
        credentials = {"private_key": account.private_key, "address": account.address}
        if self._host:
            credentials["ws_url"] = f"ws://{self._host}{CHANNEL_PATH}"
        return {"credentials": credentials}

    @offers("orders", {"caller": str, "count": int, "status": str}, {"client_ids": bool, "client_id": str})
    async def orders(self, params: Params) -> Values:
        """New orders of a caller, spread over the markets."""
        account = self._account(params["caller"])
        count, status = params["count"], self.wanted_status(params)
        client_id = params.get("client_id")
        if client_id is not None:
            self._check_client_id(account, client_id, count)
        with_ids = params.get("client_ids", False)
        made = [self._make(account, status, number, with_ids, client_id) for number in range(count)]
        return {"orders": [_listed(order) for order in made]}

    def _check_client_id(self, account: Account, client_id: str, count: int) -> None:
        """Raises `NotOffered` for what is no client id, and for one that a live order of the account has."""
        if count != 1 or not is_client_id(client_id):
            raise NotOffered("a client id has 1 to 36 letters, digits, hyphens and underscores, and one order")
        known = self._venue.book.named(account.address, self._venue.provisioned_account_index, client_id)
        if known is not None and known.is_live:
            raise NotOffered("a live order of the account has this client id")

    def _make(
        self, account: Account, status: Status, number: int, with_client_id: bool, client_id: str | None
    ) -> Order:
        venue = self._venue
        if with_client_id and client_id is None:
            client_id = venue.identities.key("c-", 16)
        order = venue.make_order(
            account,
            venue.markets[number % len(venue.markets)],
            account_index=venue.provisioned_account_index,
            status=status,
            client_id=client_id,
        )
        if status in LIVE:
            venue.publish_order(order)
        return order

    @gives_back({"caller": str, "count": int, "status": str}, {"client_ids": bool, "client_id": str})
    async def give_back_orders(self, params: Params, order_ids: OrderIds) -> Values:
        """Cancel those of a caller's orders that are still open."""
        account = self._account(params["caller"])
        for order_id in order_ids:
            order = self._venue.book.get(order_id)
            if order is not None and order.address == account.address and order.is_live:
                self._venue.move(order, Status.CANCELED)
                self._venue.publish_order(order)
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
        if not order.is_live:
            raise NotOffered(f"the order is {order.status} and cannot be filled any more")
        self._venue.move(order, Status.PARTIALLY_FILLED if params.get("part", False) else Status.FILLED)
        self._venue.publish_order(order)
        return {}

    @offers("definitive answers", {"caller": str, "on": bool})
    async def definitive_answers(self, params: Params) -> Values:
        """Let the caller's next batch cancels be answered with 200 and final rows, or with 202 again."""
        account = self._account(params["caller"])
        if params["on"]:
            self._venue.definitive.add(account.address)
        else:
            self._venue.definitive.discard(account.address)
        return {}

    @undoes("definitive answers", {}, {"caller": str, "on": bool})
    async def no_definitive_answers(self, params: Params) -> Values:
        """Answer with 202 again."""
        if "caller" in params:
            self._venue.definitive.discard(self._account(params["caller"]).address)
        return {}

    def fault_owner(self, caller: str) -> str:
        """The address."""
        return self._account(caller).address

    def _account(self, name: str) -> Account:
        account = self._venue.accounts.get(normal_address(name) or "")
        if account is None:
            raise BadStateRequest("there is no caller of that address")
        return account


def _listed(order: Order) -> Values:
    listed: Values = {"orderId": order.id, "marketId": order.market.id, "accountIndex": order.account_index}
    return listed if order.client_id is None else {**listed, "clientId": order.client_id}
