"""Orders for requests that are to be refused, at targets that make orders of few kinds or none."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from venue_conformance.client.orders import Orders
from venue_conformance.errors import NotTested
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus.caller import ArcusCaller
from venue_conformance.venues.arcus.sentinels import Sentinels


class FewOrders(Orders):
    """Orders without client ids, or none at all."""

    def __init__(self, count: int) -> None:
        self.left = count

    def open(self, count: int = 1, **options: Any) -> list[ProvisionedOrder]:
        if options or count > self.left:
            raise NotTested("no such orders", "orders")
        return [ProvisionedOrder(f"order{number}", 1, 0, None, "open", "CLOB", "0xab") for number in range(count)]

    def unknown(self, count: int = 1) -> list[str]:
        return [f"unknown{number}" for number in range(count)]

    def after(self, control_order: ProvisionedOrder, orders: Any) -> dict[str, str]:
        return {order.order_id: "open" for order in orders}


class Agreeable(ArcusCaller):
    """Whatever it sends is accepted."""

    def __init__(self) -> None:
        """Nothing is needed."""

    def cancel_batch(self, *_: Any, **__: Any) -> Any:
        return SimpleNamespace(accepted=True)


def test_without_orders_unknown_ids_will_do_until_their_effect_is_asked_for() -> None:
    sentinels = Sentinels(Agreeable(), FewOrders(0))
    assert sentinels.place(2) == ["unknown0", "unknown1"]
    with pytest.raises(NotTested):
        sentinels.touched()


def test_orders_without_client_ids_are_not_given_up_with_those_that_have_some() -> None:
    sentinels = Sentinels(Agreeable(), FewOrders(2))
    with pytest.raises(NotTested):
        sentinels.place(2, client_ids=True)

    assert len(sentinels.place(2)) == 2
    assert sentinels.touched() == {}
