"""Orders for requests that are to be refused: whether such a request cancelled one after all."""

from __future__ import annotations

from typing import Any

from venue_conformance.client.orders import Orders
from venue_conformance.errors import NotTested, Presupposed
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus.caller import ArcusCaller


class Sentinels:
    """Open orders of the caller, named in requests that must not be carried out.

    Where the target makes no orders, ids that name none take their place, once a valid batch of such an id was
    accepted: then whatever is refused is not refused for that.
    """

    def __init__(self, caller: ArcusCaller, orders: Orders) -> None:
        self._caller, self.orders = caller, orders
        self._placed: list[ProvisionedOrder] = []
        self._without: NotTested | None = None

    def place(self, count: int = 1, **options: Any) -> list[ProvisionedOrder | str]:
        """So many of them. Raises NotTested when neither orders nor unknown ids will do.

        With ``options`` only orders will do: a target that makes none like these may make others.
        """
        if options:
            self._placed += (placed := self.orders.open(count, **options))
            return [*placed]
        with self.orders.optional() as missing:
            self._placed += (placed := self.orders.open(count))
            return [*placed]
        [self._without] = missing
        unknown = self.orders.unknown(count)
        if not self._caller.cancel_batch(unknown[:1]).accepted:
            raise self._without
        return [*unknown]

    def touched(self) -> dict[str, str]:
        """Those that do not read as open, by id, once the effect of a valid cancel sent last has shown.

        Raises Presupposed when that is not accepted, NotTested when its effect does not show, or without orders.
        """
        if self._without is not None:
            raise self._without
        [control] = self.orders.open(1)
        answer = self._caller.cancel_batch([control])
        if not answer.accepted:
            raise Presupposed(self._caller.session.venue.accepts, f"a valid batch was answered {answer!r}")
        read = self.orders.after(control, self._placed)
        return {order_id: status for order_id, status in read.items() if status != "open"}
