"""What sequences and races run in: accounts, orders, and what the target offers beyond them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from venue_conformance.client.caller import Caller
from venue_conformance.client.orders import Orders
from venue_conformance.client.session import CallerAccount, Session
from venue_conformance.errors import NotTested
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.wire.recorder import Recorder, Remark

Recruit = Callable[[CallerAccount], Caller[Any]]


@dataclass
class Scenario:
    """The accounts and orders of one sequence; the other account is made when it is first needed."""

    caller: Caller[Any]
    orders: Orders
    other: Callable[[], Caller[Any]]
    fresh: bool


@dataclass
class ScenarioEnvironment:
    """Makes a scenario for each sequence, and remembers what the target turned out not to offer."""

    session: Session
    recorder: Recorder
    recruit: Recruit
    missing: set[str] = field(default_factory=set)
    _armed: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def makes_callers(self) -> bool:
        """Whether each sequence has accounts of its own. Raises NotTested where orders cannot be made as needed."""
        if self.session.states.kind in ("inventory", "none"):
            raise NotTested("the target has to make orders on request", "orders")
        return self.session.main_account(self.recorder).origin == "state"

    def scenario(self) -> Scenario:
        """Accounts for one sequence: fresh ones where the target makes them."""
        caller = self.recruit(self.session.main_account(self.recorder))
        others: list[Caller[Any]] = []

        def other() -> Caller[Any]:
            if not others:
                others.append(self.recruit(self.session.other_account(self.recorder)))
            return others[0]

        orders = Orders(self.session, self.recorder, caller, stranger=other)
        return Scenario(caller, orders, other, caller.account.origin == "state")

    def other_of(self, scenario: Scenario) -> Caller[Any]:
        """The scenario's other caller; the caller itself where there is no second account."""
        try:
            return scenario.other()
        except NotTested:
            return scenario.caller

    def offered(self, state: str, params: dict[str, Any]) -> bool:
        """Bring the target into a state; False when it does not offer it, which is not asked again."""
        kind = _kind(state, params)
        if kind in self.missing:
            return False
        try:
            self.session.setup(self.recorder, state, params)
        except NotTested:
            self.missing.add(kind)
            return False
        return True

    def orders_of(self, make: Callable[[], list[ProvisionedOrder]], kind: str) -> list[ProvisionedOrder]:
        """Orders of a kind; none where the target does not make them, which is not asked again."""
        if kind in self.missing:
            return []
        try:
            return make()
        except NotTested:
            if kind == "open":
                raise
            self.missing.add(kind)
            return []

    def fail_next(self, caller: Caller[Any], status: int, *, after_commit: bool) -> bool:
        """Let the caller's next batch fail; False where that is not offered."""
        params = {"caller": caller.name, "status": status, "count": 1, "after_commit": after_commit}
        if not self.offered("failing response", params):
            return False
        self._armed.append(("failing response", params))
        return True

    def remark(self, text: str) -> None:
        """Say in the steps what the next steps are."""
        self.recorder.add(Remark(text))

    def close(self) -> None:
        """Disarm what was armed."""
        for state, params in self._armed:
            self.session.states.teardown(state, params)
        self._armed.clear()


def _kind(state: str, params: dict[str, Any]) -> str:
    said = {name: value for name, value in params.items() if name not in ("caller", "orderId", "count", "seconds")}
    return f"{state} {sorted(said.items())}"
