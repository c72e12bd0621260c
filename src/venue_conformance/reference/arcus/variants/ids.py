"""Freedoms in what orders are called."""

from __future__ import annotations

import uuid
from typing import Any

from ..orders import Book, Order
from ..venue import ArcusVenue

_LEAST, _MOST = 10**18, 2**63 - 1


class NumbersItsOrders(ArcusVenue):
    """An order id may be a number in decimal digits, and what is none of 64 bits then has a fault of form."""

    concerns = ("arcus.lifecycle.unknown-is-no-http-error", "arcus.rows.echo-order-id")

    def new_order_id(self) -> str:
        return str(_LEAST + int(self.identities.digits(15), 16))

    def check_id_form(self, order_id: str | None, client_id: str | None) -> None:
        super().check_id_form(order_id, client_id)
        if order_id is not None and not (order_id.isdecimal() and int(order_id) <= _MOST):
            raise self.malformed("invalid orderId")


class CallsItsOrdersByUuid(ArcusVenue):
    """An order id may be a UUID with its dashes, and what is none then has a fault of form."""

    concerns = (
        "arcus.lifecycle.unknown-is-no-http-error",
        "arcus.rows.echo-order-id",
        "arcus.address.other-account",
    )

    def new_order_id(self) -> str:
        return str(uuid.UUID(self.identities.digits(32), version=4))

    def check_id_form(self, order_id: str | None, client_id: str | None) -> None:
        super().check_id_form(order_id, client_id)
        if order_id is not None and not _is_uuid(order_id):
            raise self.malformed("invalid orderId")


class HasOneOrderForAllLetterCasesOfAClientId(ArcusVenue):
    """Client ids that differ in letter case alone may be one, so that a second live order cannot have it."""

    concerns = ("arcus.isolation.unnamed-untouched", "arcus.target.client-id-alone")

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.book = _FoldingBook()


class _FoldingBook(Book):
    def add(self, order: Order) -> None:
        super().add(order)
        if order.client_id is not None:
            self._by_client_id[order.address, order.account_index, order.client_id.lower()] = order

    def named(self, address: str, account_index: int, client_id: str) -> Order | None:
        return super().named(address, account_index, client_id.lower())


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
