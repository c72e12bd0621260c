"""Orders in lots: many are asked for at once, handed out bit by bit, and forgotten once nobody will name them again."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from venue_conformance.client.session import Session
from venue_conformance.target.state_values import ProvisionedOrder, read_orders
from venue_conformance.wire.recorder import Recorder

#: How many orders are asked for at once where the target makes as many as it is asked for.
_LOT = 100


@dataclass
class _Lot:
    params: dict[str, Any]
    values: dict[str, Any]
    ids: frozenset[str]
    waiting: list[ProvisionedOrder] = field(default_factory=list)
    named: set[str] = field(default_factory=set)


class Lots:
    """The orders of one group."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lots: list[_Lot] = []
        self._lock = threading.Lock()

    def take(self, owner: str, count: int, options: Mapping[str, Any]) -> list[ProvisionedOrder]:
        """Open orders of an account. Raises NotTested where there are no more."""
        params = {"caller": owner, "status": "open", **options}
        with self._lock:
            taken: list[ProvisionedOrder] = []
            for lot in self._lots:
                if {**params, "count": lot.params["count"]} == lot.params:
                    taken += self._from(lot, count - len(taken))
            if len(taken) < count:
                missing = count - len(taken)
                lot = self._ask(params, self._many(missing))
                taken += self._from(lot, missing)
        return taken

    def _many(self, missing: int) -> int:
        """How many to ask for where so many are missing: no more than a run may have, as long as these will do."""
        if self._session.states.kind == "inventory":
            return missing
        left = self._session.allowance.orders_left
        return max(missing, _LOT if left is None else min(_LOT, left))

    def strangers(self, count: int) -> list[ProvisionedOrder]:
        """Orders of an inventory that belong to somebody else."""
        with self._lock:
            lot = self._ask({"owner": "stranger", "status": "open"}, count)
            return self._from(lot, count)

    def settle(self, order_ids: Iterable[str]) -> None:
        """No round will name these again: what is done with is given back and forgotten."""
        gone = set(order_ids)
        with self._lock:
            for lot in list(self._lots):
                lot.named -= gone
                if not lot.named and not lot.waiting:
                    self._give_back(lot)

    def close(self) -> None:
        """Give everything back."""
        with self._lock:
            for lot in list(self._lots):
                self._give_back(lot)

    def _from(self, lot: _Lot, count: int) -> list[ProvisionedOrder]:
        taken, lot.waiting = lot.waiting[:count], lot.waiting[count:]
        lot.named.update(order.order_id for order in taken)
        return taken

    def _ask(self, params: dict[str, Any], count: int) -> _Lot:
        session = self._session
        asked = {**params, "count": count}
        values = session.setup(Recorder(), "orders", asked)
        orders = read_orders(values, asked)
        session.ledger.enter_orders(orders)
        session.sample = session.sample or orders[0]
        lot = _Lot(asked, values, frozenset(order.order_id for order in orders), list(orders))
        self._lots.append(lot)
        return lot

    def _give_back(self, lot: _Lot) -> None:
        session = self._session
        self._lots.remove(lot)
        setup = session.setups.find("orders", lot.params, lot.values)
        session.states.teardown("orders", lot.params, lot.values)
        if setup is not None and setup.known == "undone":
            # Nobody will ask after it any more, and a long run has many.
            session.setups.forget(setup)
            session.ledger.forget(lot.ids)
