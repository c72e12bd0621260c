"""Asks a target for each provider state once, with params that do no harm, and judges the answers by the protocol."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from venue_conformance.client.caller import Caller, RetryBudget
from venue_conformance.client.orders import Orders
from venue_conformance.client.session import CallerAccount, Session
from venue_conformance.contract.manifest import OWN_ACCOUNT, Need
from venue_conformance.errors import DISPOSABLE, ClientFault, Inconclusive, NotTested
from venue_conformance.target.state_values import ABSENT, ProvisionedOrder, read_statuses
from venue_conformance.wire.recorder import Recorder


@dataclass(frozen=True)
class StateFinding:
    """What came of asking for a state: ``own read`` stands for the venue's own read of one order in its place."""

    verdict: Literal["offered", "own read", "not offered", "broken"]
    reason: str = ""


class StateSurvey:
    """Asks for states as an account of the target: a fresh one where it makes them. Nothing is cancelled."""

    def __init__(self, session: Session) -> None:
        self._session, self._recorder = session, Recorder()
        self._account = CallerAccount(session.target.credentials, "file")
        self._orders: Orders | None = None
        self._open: list[ProvisionedOrder] = []
        self._armed: list[tuple[str, Mapping[str, Any]]] = []

    def ask(self, needs: Collection[Need]) -> dict[Need, StateFinding]:
        """Ask for each need once; whatever was set up is torn down at the end."""
        caller, read = Need("caller"), Need("order statuses")
        # An account comes first, then orders, so that the rest has something to be asked for.
        first = [caller, Need("orders", "status", "open"), read]
        rest = sorted(set(needs) - set(first), key=lambda need: (need.state == "time passed", need))
        found: dict[Need, StateFinding] = {}
        try:
            for need in [*first, *rest]:
                found[need] = self._ask(need)
        finally:
            for state, params in reversed(self._armed):
                self._session.states.teardown(state, params)
            if self._orders:
                self._orders.close()
        return {need: finding for need, finding in found.items() if need in needs or finding.verdict == "broken"}

    def makes_callers(self) -> bool:
        """Whether the target makes accounts of its own, by which it can be judged though the file's is rejected."""
        return self._ask(Need("caller")).verdict == "offered"

    def _ask(self, need: Need) -> StateFinding:
        ask: dict[str, Callable[[Need], StateFinding]] = {
            "caller": self._ask_caller,
            "orders": self._ask_orders,
            "order statuses": self._ask_statuses,
            "fill": lambda _: self._ask_of_order("fill", {"part": False}, "filled"),
            "cancel outcome": lambda _: self._ask_of_order("cancel outcome", {"outcome": "unknown"}),
            "failing response": lambda _: self._arm("failing response", {"status": 500, "count": 1}),
            "held request": lambda _: self._arm("held request", {"milliseconds": 1, "count": 1}),
            "definitive answers": lambda _: self._arm("definitive answers", {"on": True}),
            "time passed": self._ask_time,
            DISPOSABLE: self._look_for_disposable,
            OWN_ACCOUNT: self._look_for_spare,
        }
        try:
            return ask.get(need.state, self._ask_own)(need)
        except NotTested as missing:
            return StateFinding("not offered", missing.reason)
        except (Inconclusive, ClientFault) as wrong:
            return StateFinding("broken", str(wrong))

    def _look_for_disposable(self, _: Need) -> StateFinding:
        """What the run's own account is, which it is for checks as well."""
        if self._account.disposable:
            return StateFinding("offered")
        return StateFinding("not offered", "the target file does not call its account disposable")

    def _look_for_spare(self, _: Need) -> StateFinding:
        """Whether there are accounts beside the target file's own and the one that is everybody's stranger."""
        if self._account.origin == "state" or len(self._session.target.accounts) > 1:
            return StateFinding("offered")
        return StateFinding("not offered", "there is no second of [[accounts]], and no state `caller`")

    def _ask_caller(self, need: Need) -> StateFinding:
        params = {need.param: need.value} if need.param else {}
        account = self._session.main_account(self._recorder, params)
        if account.origin == "file":
            return StateFinding("not offered", f"the target does not offer {need}")
        if need.param and account.credentials.get(need.param) != need.value:
            given = account.credentials.get(need.param)
            return StateFinding("broken", f"{need} was requested, but the account has {need.param} {given}")
        if not need.param:
            self._account = account
        return StateFinding("offered")

    def _ask_orders(self, need: Need) -> StateFinding:
        if need.param == "stranger":
            status, provisioned = need.value, self._provisioning().foreign(1, need.value)
        elif need.param == "owner":
            status, provisioned = "open", self._provisioning().foreign(1)
        elif need.param == "engine":
            status = "filled"
            provisioned = self._provisioning().make(1, status, engine=need.value)
        elif need.param == "client_ids":
            status, provisioned = "open", self._provisioning().make(1, client_ids=True)
        else:
            status = need.value
            provisioned = self._provisioning().make(1, status)
            self._open += provisioned if status == "open" else []
        return self._as_asked(provisioned[0], status)

    def _as_asked(self, order: ProvisionedOrder, status: str) -> StateFinding:
        """Whether an order reads as it was made, as far as it can be read."""
        try:
            read = self._provisioning().poll_until([order], status)[order.order_id]
        except NotTested:
            return StateFinding("offered")
        if read != status:
            return StateFinding("broken", f"the order {order.order_id} should be {status}, but reads as {read}")
        return StateFinding("offered")

    def _ask_statuses(self, need: Need) -> StateFinding:
        if need.param == "owner":
            self._provisioning().statuses(self._provisioning().foreign(1))
            return StateFinding("offered")
        [unknown] = self._provisioning().unknown(1)
        ids = [order.order_id for order in self._open] + [unknown]
        try:
            values = self._session.setup(self._recorder, need.state, {"orderIds": ids})
        except NotTested as missing:
            if need.param == "read" or not self._open:
                raise
            self._caller().read_status(self._open[0])
            return StateFinding("own read", missing.reason)
        read = read_statuses(values, ids)[unknown]
        if read != ABSENT:
            return StateFinding("broken", f'an id that names no order should be "{ABSENT}", but reads as {read}')
        return StateFinding("offered")

    def _ask_of_order(self, state: str, params: Mapping[str, Any], status: str | None = None) -> StateFinding:
        if not self._open:
            raise NotTested(f"there is no open order to request {state} for", "orders")
        # Each needs one of its own: what is filled cannot be asked for anything else.
        order = self._open[0] if len(self._open) == 1 and status is None else self._provisioning().open(1)[0]
        asked = {"orderId": order.order_id, **params}
        self._session.setup(self._recorder, state, asked)
        self._armed.append((state, asked))
        return self._as_asked(order, status) if status else StateFinding("offered")

    def _arm(self, state: str, params: Mapping[str, Any]) -> StateFinding:
        asked = {"caller": self._account.name, **params}
        self._session.setup(self._recorder, state, asked)
        self._armed.append((state, asked))
        if "count" in params and self._account.origin == "file":
            self._provisioning().use_up(1)
        return StateFinding("offered")

    def _ask_own(self, need: Need) -> StateFinding:
        """A state that this venue alone has."""
        self._session.setup(self._recorder, need.state, {})
        self._armed.append((need.state, {}))
        return StateFinding("offered")

    def _ask_time(self, need: Need) -> StateFinding:
        self._session.setup(self._recorder, need.state, {"seconds": 1})
        return StateFinding("offered")

    def _caller(self, account: CallerAccount | None = None) -> Caller[Any]:
        caller: Caller[Any] = self._session.venue.caller(
            account or self._account, self._session, self._recorder, RetryBudget()
        )
        return caller

    def _stranger(self) -> Caller[Any]:
        return self._caller(self._session.other_account(self._recorder))

    def _provisioning(self) -> Orders:
        if self._orders is None:
            self._orders = Orders(self._session, self._recorder, self._caller(), self._stranger)
        return self._orders
