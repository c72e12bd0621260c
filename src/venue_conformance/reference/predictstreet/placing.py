"""The terms of an order to place, read from a request (docs: concepts/trading/placing-orders)."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from .base import Refusal
from .orders import Terms

PLACE_FIELDS = frozenset(
    {
        *("marketId", "side", "outcome", "price", "quantity", "nonce", "expiry", "maker", "signature"),
        *("clientOrderId", "type", "timeInForce", "postOnly"),
    }
)
"""The fields that a request to place may have. Nonce, maker and signature are taken as they are."""

_TICK = Decimal("0.01")
_SMALLEST = Decimal("0.000001")
_LARGEST = Decimal("1e12")


def rests(terms: Terms) -> bool:
    """Whether an order that finds no match may stay in the book."""
    return terms.order_type == "limit" and terms.time_in_force == "gtc"


def read_terms(document: dict[str, Any]) -> Terms:
    """The terms of an order to place. Raises `Refusal` (400) for terms that the venue documents as wrong."""
    price = _decimal(document, "price", _TICK)
    if not 0 < price < 1:
        raise _invalid("price must lie between 0 and 1")
    order_type = _choice(document, "type", ("limit", "market"), "limit")
    time_in_force = _choice(document, "timeInForce", ("gtc", "ioc", "fok"), "gtc" if order_type == "limit" else "ioc")
    if order_type == "market" and time_in_force == "gtc":
        raise Refusal(400, "invalid_tif", "A market order cannot rest")
    expiry = document.get("expiry", 0)
    if isinstance(expiry, bool) or not isinstance(expiry, int) or not 0 <= expiry < 2**53:
        raise _invalid("expiry must be a Unix time in seconds")
    client_order_id = document.get("clientOrderId")
    if client_order_id is not None:
        client_order_id = _text(client_order_id, "clientOrderId")
    return Terms(
        market_id=_text(document.get("marketId"), "marketId"),
        side=_choice(document, "side", ("buy", "sell"), None),
        outcome=_choice(document, "outcome", ("0", "1"), None),
        price=f"{price:f}",
        quantity=f"{_decimal(document, 'quantity', _SMALLEST):f}",
        order_type=order_type,
        time_in_force=time_in_force,
        expiry=expiry,
        vault=_text(document.get("maker", "unsigned"), "maker"),
        client_order_id=client_order_id,
    )


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 200 or not value.isprintable():
        raise _invalid(f"{name} must be a text of 1 to 200 printable characters")
    return value


def _choice(document: dict[str, Any], name: str, known: tuple[str, ...], default: str | None) -> str:
    value = document.get(name, default)
    if not isinstance(value, str) or value not in known:
        raise _invalid(f"{name} must be one of {', '.join(known)}")
    return value


def _decimal(document: dict[str, Any], name: str, step: Decimal) -> Decimal:
    """A positive number, sent as text or as a number, that is a whole multiple of a step."""
    value = document.get(name)
    if isinstance(value, bool) or not isinstance(value, (str, int, float)) or len(str(value)) > 30:
        raise _invalid(f"{name} must be a decimal number")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise _invalid(f"{name} must be a decimal number") from None
    if not number.is_finite() or not 0 < number <= _LARGEST or number % step:
        raise _invalid(f"{name} must be a positive multiple of {step:f}")
    return number


def _invalid(message: str) -> Refusal:
    return Refusal(400, "validation_failed", message)
