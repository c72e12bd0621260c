"""The provider states that the Bayse venue offers."""

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
_MAX_ORDERS = 1000
_MAX_ARMED = 1000
_MAX_HOLD_MILLISECONDS = 120_000
_FAILURES = (500, 503, 429, 408)


class BayseStates(ProviderStates):
    """Brings a Bayse venue into a state, and reads order statuses back."""

    def __init__(self, venue: BayseBase) -> None:
        super().__init__(venue.states_token)
        self._venue = venue

    @offers("caller")
    async def caller(self, params: Params) -> Values:
        """A new account."""
        account = self._venue.open_account()
        return {"credentials": {"public_key": account.public_key, "secret_key": account.secret_key}}

    @offers("orders", {"caller": str, "count": int, "status": str}, {"engine": str})
    async def orders(self, params: Params) -> Values:
        """New orders of a caller, spread over the markets of two events."""
        account = self._account(params["caller"])
        count, status, engine = params["count"], _TO_STATUS.get(params["status"]), params.get("engine", "CLOB")
        if not 1 <= count <= _MAX_ORDERS:
            raise NotOffered(f"1 to {_MAX_ORDERS} orders can be made at once")
        if status is None:
            raise NotOffered(f"status {params['status']!r} is not known")
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

    @offers("order statuses", {"orderIds": list})
    async def order_statuses(self, params: Params) -> Values:
        """What the orders' statuses are, all as of one moment."""
        statuses: Values = {}
        for order_id in params["orderIds"]:
            if not isinstance(order_id, str):
                raise BadStateRequest("order ids are texts")
            order = self._venue.book.get(order_id)
            statuses[order_id] = "absent" if order is None else _FROM_STATUS[self._venue.visible_status(order)]
        return {"statuses": statuses}

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

    @offers("failing response", {"caller": str, "status": int, "count": int}, {"after_commit": bool})
    async def failing_response(self, params: Params) -> Values:
        """Let the caller's next batch cancels fail."""
        account = self._account(params["caller"])
        if params["status"] not in _FAILURES:
            raise NotOffered(f"only {', '.join(map(str, _FAILURES))} can be injected")
        failure = Failure(params["status"], params.get("after_commit", False))
        self._venue.faults.arm_failures(account.public_key, failure, _count(params["count"]))
        return {}

    @undoes("failing response", {}, {"caller": str, "status": int, "count": int, "after_commit": bool})
    async def no_failing_response(self, params: Params) -> Values:
        """Forget the failures that have not been used up."""
        if "caller" in params:
            self._venue.faults.disarm_failures(params["caller"])
        return {}

    @offers("held request", {"caller": str, "milliseconds": NUMBER}, {"count": int})
    async def held_request(self, params: Params) -> Values:
        """Hold the caller's next batch cancels."""
        account = self._account(params["caller"])
        milliseconds = params["milliseconds"]
        if not 0 <= milliseconds <= _MAX_HOLD_MILLISECONDS:
            raise NotOffered(f"a request is held for at most {_MAX_HOLD_MILLISECONDS} ms")
        self._venue.faults.arm_holds(account.public_key, milliseconds / 1000, _count(params.get("count", 1)))
        return {}

    @undoes("held request", {}, {"caller": str, "milliseconds": NUMBER, "count": int})
    async def no_held_request(self, params: Params) -> Values:
        """Forget the holds that have not been used up."""
        if "caller" in params:
            self._venue.faults.disarm_holds(params["caller"])
        return {}

    @offers("time passed", {"seconds": NUMBER})
    async def time_passed(self, params: Params) -> Values:
        """Make idempotency keys and rate-limit budgets older."""
        if not 0 <= params["seconds"] <= 10 * 365 * 24 * 3600:
            raise NotOffered("time passes forwards, by ten years at most")
        self._venue.clock.pass_time(params["seconds"])
        return {}

    def _account(self, public_key: str) -> Account:
        account = self._venue.accounts.get(public_key)
        if account is None:
            raise BadStateRequest("there is no caller of that public key")
        return account


def _count(count: int) -> int:
    if not 1 <= count <= _MAX_ARMED:
        raise NotOffered(f"1 to {_MAX_ARMED} can be armed at once")
    return count
