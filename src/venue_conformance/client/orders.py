"""Orders to be cancelled: provisioned in the target, read back from it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from venue_conformance.client.caller import Caller, id_of
from venue_conformance.client.lasting import CANCELLED
from venue_conformance.client.needs import needs
from venue_conformance.client.polling import Polling
from venue_conformance.client.session import Session
from venue_conformance.contract.manifest import Need
from venue_conformance.errors import EnvironmentFault, NotTested, Presupposed, Violation
from venue_conformance.target.ledger import require_64_bits
from venue_conformance.target.state_values import ABSENT, ProvisionedOrder, read_orders, read_statuses
from venue_conformance.wire.recorder import Recorder

#: The promise on which it rests that something can be missed at all.
_CANCELLED = "lifecycle.open-cancelled"


class Orders:
    """The orders of one check.

    ``stranger`` makes another account on first use, so that a check without foreign orders needs none. ``clause`` is
    the one that the check judges, None where it judges several.
    """

    _goes_on = False

    def __init__(
        self,
        session: Session,
        recorder: Recorder,
        caller: Caller[Any],
        stranger: Callable[[], Caller[Any]],
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        clause: str | None = None,
    ) -> None:
        self._session, self._recorder, self._caller, self._stranger = session, recorder, caller, stranger
        self._clause = clause
        self._sleep, self._clock = sleep, clock
        self._owners: dict[str, Caller[Any]] = {}
        self._foreign: set[str] = set()
        self._provisioned: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = []

    def note(self, need: Need) -> None:
        """Note among the steps of the check what it asks for, unless it goes on without."""
        if not self._goes_on:
            self._recorder.needs.add(need)

    @contextmanager
    def optional(self) -> Iterator[list[NotTested]]:
        """Ask for what the check goes on without where the target does not offer it; hands back what is missing."""
        before, self._goes_on, missing = self._goes_on, True, list[NotTested]()
        try:
            yield missing
        except NotTested as fault:
            missing.append(fault)
        finally:
            self._goes_on = before

    def open(self, count: int = 1, **options: Any) -> list[ProvisionedOrder]:
        """Open orders of the caller."""
        return self.make(count, "open", **options)

    @needs("orders")
    def make(
        self, count: int = 1, status: str = "open", *, owner: Caller[Any] | None = None, **options: Any
    ) -> list[ProvisionedOrder]:
        """Orders of the caller, or of ``owner``, in a status; ``options`` are further params of the state `orders`."""
        holder = owner or self._caller
        orders = self._provision({"caller": holder.name, "count": count, "status": status, **options})
        self._owners.update((order.order_id, holder) for order in orders)
        return orders

    @needs("orders")
    @needs("orders", owner="stranger")
    def foreign(self, count: int = 1, status: str = "open", **options: Any) -> list[ProvisionedOrder]:
        """Orders of somebody else in a status."""
        if status != "open" and "engine" not in options:
            self.note(Need("orders", "stranger", status))
        if self._session.states.kind == "inventory":
            orders = self._provision({"owner": "stranger", "count": count, "status": status, **options})
        else:
            orders = self.make(count, status, owner=self._stranger(), **options)
        self._foreign.update(order.order_id for order in orders)
        return orders

    def unknown(self, count: int = 1) -> list[str]:
        """Ids that name no order."""
        if self._session.venue.unknown_id is not None and self._session.sample is None:
            with self.optional():  # a target without orders shows no id to be imitated
                self.make(1, "cancelled")
        return self._session.ledger.unknown(count, self._session.unknown_id)

    def nearly(self, order: ProvisionedOrder, text: str) -> str:
        """The text, which nearly is an own order's id, once it is certain to be no other order's.

        Raises NotTested unless the id has 64 random bits and a read-back says that no order has this one.
        """
        require_64_bits(order.order_id)
        read = self.statuses([text])[text]
        if read != ABSENT:
            raise NotTested(
                f"{text} reads as {read}, not as absent, so that it may be another order's id", cause="state"
            )
        self._session.ledger.admit_near(text)
        return text

    def nearly_by_client(self, order: ProvisionedOrder, text: str) -> str:
        """The text, which nearly is the client id of an order that was provisioned here.

        Client ids belong to their account. Raises NotTested unless that is one which owns nothing but orders of this
        run, and where another of these has this very client id.
        """
        owner = self._owners.get(order.order_id)
        if owner is None or owner.account.origin != "state":
            raise NotTested(
                "an id similar to a client id may name another order of an account that is not fresh", "caller"
            )
        if self._session.ledger.knows(text):
            raise NotTested(f"{text} is the client id of another order", cause="condition")
        self._session.ledger.admit_near(text)
        return text

    def _provision(self, params: dict[str, Any]) -> list[ProvisionedOrder]:
        values = self._session.setup(self._recorder, "orders", params)
        orders = read_orders(values, params)
        self._session.ledger.enter_orders(orders)
        self._session.sample = self._session.sample or orders[0]
        self._provisioned.append((params, values, [order.order_id for order in orders]))
        if orders[0].client_id != params.get("client_id", orders[0].client_id):
            raise NotTested(f"the target does not make an order of the client id {params['client_id']}", "orders")
        return orders

    @needs("order statuses")
    def statuses(self, orders: Iterable[ProvisionedOrder | str]) -> dict[str, str]:
        """What the orders read as now, all of one moment where the target can tell.

        Raises NotTested when neither the state `order statuses` nor the venue's own read is offered.
        """
        wanted = {id_of(order): order for order in orders}
        if not wanted:
            return {}
        if not self._foreign.isdisjoint(wanted):
            self.note(Need("order statuses", "owner", "stranger"))
        try:
            values = self._session.setup(self._recorder, "order statuses", {"orderIds": list(wanted)})
        except NotTested as missing:
            return {order_id: self._own_read(order, missing) for order_id, order in wanted.items()}
        read = read_statuses(values, list(wanted))
        for order in wanted.values():
            if isinstance(order, ProvisionedOrder) and read[order.order_id] == CANCELLED:
                self._note_cancelled(order)
        return read

    def _note_cancelled(self, order: ProvisionedOrder) -> None:
        """An order that was live once is cancelled: it must still be so at the end of the run."""
        clause = self._session.venue.cancels.get(order.status)
        if clause is not None:
            self._session.remembered.cancelled(order, clause)

    def _own_read(self, order: ProvisionedOrder | str, missing: NotTested) -> str:
        owner = None if isinstance(order, str) else self._owners.get(order.order_id)
        if isinstance(order, str) or owner is None:
            raise missing
        return owner.read_status(order)

    def status_of(self, order: ProvisionedOrder) -> str:
        """What one order reads as now."""
        return self.statuses([order])[order.order_id]

    def poll_until(
        self,
        orders: Sequence[ProvisionedOrder],
        status: str = "cancelled",
        *,
        beside: Sequence[ProvisionedOrder] = (),
    ) -> dict[str, str]:
        """What the orders read as once all have the status, or once the target's time to settle is over.

        ``beside`` are further orders, read at the same moment. A later read may tell of an earlier one: two copies of
        the venue's data that answer by turns do so.
        """
        polling = Polling(self._session.settle_seconds, self._sleep, self._clock)
        while True:
            read = self.statuses([*orders, *beside])
            if all(read[order.order_id] == status for order in orders) or not polling.wait():
                return read

    def after(
        self, control_order: ProvisionedOrder, orders: Sequence[ProvisionedOrder], *, for_good: bool = True
    ) -> dict[str, str]:
        """What the orders read as at a moment when a rightly cancelled ``control_order`` reads as cancelled.

        An order that still reads as before was then not merely slow to change, and what is not cancelled must not be so
        at the end of the run either, unless it is not ``for_good``. Raises NotTested when the control order does not
        come to read as cancelled: nothing can be said then.
        """
        read = self.poll_until([control_order], beside=orders)
        if read[control_order.order_id] != CANCELLED:
            raise Presupposed(_CANCELLED, "the effect of a valid cancel never showed, so that none can be missed")
        read = {order.order_id: read[order.order_id] for order in orders}
        if for_good and self._clause is not None:
            for order in orders:
                self.note_staying(order, read[order.order_id], self._clause)
        return read

    def note_staying(self, order: ProvisionedOrder, status: str, clause: str) -> None:
        """An order is not cancelled, by this clause: it must not be so at the end of the run either."""
        if status in (CANCELLED, ABSENT) or self._session.states.kind not in ("url", "command"):
            return
        if not self._session.remembered.has_control:
            self._session.remembered.has_control = True
            self._make_control()
        self._session.remembered.stays(order, status, clause)

    def _make_control(self) -> None:
        """Make an order that no request ever names. When that is cancelled, the target does so by itself."""
        recorder = Recorder()
        with suppress(EnvironmentFault):
            account = self._session.main_account(recorder)
            params = {"caller": account.name, "count": 1, "status": "open"}
            [order] = orders = read_orders(self._session.setup(recorder, "orders", params), params)
            self._session.ledger.enter_orders(orders)
            self._session.remembered.stays(order, "open", clause="")

    def use_up(self, count: int) -> None:
        """Spend what is armed for the caller's next ``count`` batches on such as cancel nothing, however they end.

        A target need not undo what it was asked to arm, so that it would meet whoever comes next.
        """
        with suppress(EnvironmentFault, Violation):
            for _ in range(count):
                self._caller.cancel_batch(self.unknown(1))

    def close(self) -> None:
        """Undo what can be undone of the orders provisioned; what must stay as it is, the end of the run gives back."""
        for params, values, order_ids in reversed(self._provisioned):
            if not self._session.remembered.keep(order_ids):
                self._session.states.teardown("orders", params, values)
