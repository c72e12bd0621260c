"""What is asked: the body of a batch and its elements (batch-cancel page, Body)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar

from ..http import Request
from .base import Refusal, normal_address
from .cancels import Batch, Caller, Element
from .verify import Authenticated

MAX_CANCELS = 100
MAX_MARKET_ID = 65_535
MAX_ACCOUNT_INDEX = 9
_MAX_INT64 = 2**63 - 1
_MAX_ORDER_ID = 128
_EARLIEST_NS = 10**17
"""A time before this, in 1973, was meant in seconds or milliseconds."""
_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,36}", re.ASCII)


def is_client_id(text: str) -> bool:
    """Whether a text can be a client id."""
    return _CLIENT_ID.fullmatch(text) is not None


class BatchElements(Authenticated):
    """Reads the elements of a batch. Whatever is wrong with their form refuses the whole request."""

    form_refusal: ClassVar[int] = 400

    def read_batch(self, request: Request, caller: Caller) -> Batch:
        """The batch that a request asks for. Raises `Refusal` (400, 401, 403) for what is wrong with its form."""
        elements = tuple(self.read_element(number, item) for number, item in enumerate(self.read_cancels(request)))
        for element in elements:
            self.check_element(caller, element)
        return Batch(caller, elements, request.body, request.header("x-signature"))

    def read_cancels(self, request: Request) -> Sequence[Any]:
        """The items of `cancels`. Raises `Refusal` (400) unless there are 1 to 100 of them."""
        cancels = self.cancels_in(self.read_json(request.body))
        self.check_count(cancels)
        return cancels

    def cancels_in(self, document: Any) -> list[Any]:
        """The array `cancels` of a body. Raises `Refusal` (400) when it is missing or no array."""
        cancels = document.get("cancels") if isinstance(document, dict) else None
        if not isinstance(cancels, list):
            raise self.malformed("cancels must be an array")
        return cancels

    def check_count(self, cancels: Sequence[Any]) -> None:
        """Raises `Refusal` (400) for no cancel at all and for more than one hundred."""
        if not 1 <= len(cancels) <= MAX_CANCELS:
            raise self.malformed(f"cancels must hold 1 to {MAX_CANCELS} elements")

    def malformed(self, error: str) -> Refusal:
        """The refusal of a body that is not of the documented form."""
        return Refusal(self.form_refusal, error)

    # -- one element -----------------------------------------------------------------------------------------------

    def read_element(self, position: int, item: Any) -> Element:
        """One element. Raises `Refusal` (400) when a field is missing that must be there, or has the wrong type."""
        if not isinstance(item, dict):
            raise self.malformed("every cancel must be a JSON object")
        order_id, client_id = self.read_ids(position, item)
        return Element(
            position=position,
            address=self.read_element_address(item),
            market_id=self.integer_in(item, "marketId", 0, MAX_MARKET_ID),
            account_index=self.integer_in(item, "accountIndex", 0, MAX_ACCOUNT_INDEX),
            order_id=order_id,
            client_id=client_id,
            timestamp=self.read_element_timestamp(item),
            signature=self.text_in(item, "signature"),
            source=item,
        )

    def read_ids(self, position: int, item: dict[str, Any]) -> tuple[str | None, str | None]:
        """The order id or the client id of an element, the other one None. Raises `Refusal` (400)."""
        order_id, client_id = self.text_in(item, "orderId"), self.text_in(item, "clientId")
        if order_id is not None and client_id is not None:
            order_id, client_id = self.resolve_both_ids(position, order_id, client_id)
        elif order_id is None and client_id is None:
            self.check_neither_id(position)
        self.check_id_form(order_id, client_id)
        self.check_kind(item, "orderId" if order_id is not None else "clientId")
        return order_id, client_id

    def resolve_both_ids(self, position: int, order_id: str, client_id: str) -> tuple[str | None, str | None]:
        """Raises `Refusal` (400): an element names its order by one id. The page gives this number."""
        raise Refusal(400, "exactly one of orderId and clientId is allowed")

    def check_neither_id(self, position: int) -> None:
        """Raises `Refusal` (400): an element has to name an order."""
        raise self.malformed("one of orderId and clientId is required")

    def check_id_form(self, order_id: str | None, client_id: str | None) -> None:
        """Raises `Refusal` (400) for ids that could not have been given out."""
        if order_id is not None and not (0 < len(order_id) <= _MAX_ORDER_ID and _is_encodable(order_id)):
            raise self.malformed("invalid orderId")
        if client_id is not None and not is_client_id(client_id):
            raise self.malformed("invalid clientId")

    def check_kind(self, item: dict[str, Any], kind: str) -> None:
        """Raises `Refusal` (400) when `kind` names the other sort of id; it may be left out."""
        if "kind" in item and item["kind"] != kind:
            raise self.malformed("kind does not name the id that is given")

    def read_element_address(self, item: dict[str, Any]) -> str:
        """An element's own address as answers spell it. Raises `Refusal` (400) when it is missing or none."""
        written = item.get("address")
        address = normal_address(written) if isinstance(written, str) else None
        if address is None:
            raise self.malformed("invalid address in a cancel")
        return address

    def read_element_timestamp(self, item: dict[str, Any]) -> int | None:
        """An element's own timestamp, None when it has none. Raises `Refusal` (400) when it is no integer."""
        return self.integer_in(item, "timestamp", 1, _MAX_INT64) if "timestamp" in item else None

    def text_in(self, item: dict[str, Any], name: str) -> str | None:
        """A member that is a text if it is there. Raises `Refusal` (400) when it is anything else, null included."""
        if name not in item:
            return None
        value = item[name]
        if not isinstance(value, str):
            raise self.malformed(f"{name} must be a string")
        return value

    def integer_in(self, item: dict[str, Any], name: str, low: int, high: int) -> int:
        """A member that has to be an integer in a range. Raises `Refusal` (400)."""
        value = item.get(name)
        # bool is a kind of int to Python, but true is no market; 1.0 was not written as an integer.
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self.malformed(f"{name} must be an integer from {low} to {high}")
        return value

    # -- against the caller ----------------------------------------------------------------------------------------

    def check_element(self, caller: Caller, element: Element) -> None:
        """Raises `Refusal`: 401 a time in the wrong unit, 403 an address or account index that is not the key's."""
        if element.timestamp is not None:
            self.check_element_time(caller, element.timestamp)
        if element.address != caller.address:
            raise Refusal(403, "address in a cancel does not belong to the API key")
        if caller.key.account_index not in (None, element.account_index):
            raise Refusal(403, "accountIndex does not belong to the API key")

    def check_element_time(self, caller: Caller, nanoseconds: int) -> None:
        """Raises `Refusal` (401) for seconds and milliseconds."""
        if nanoseconds < _EARLIEST_NS:
            raise Refusal(401, "timestamp in a cancel must be Unix nanoseconds")


def _is_encodable(text: str) -> bool:
    """Whether the text is made of characters: JSON can also spell halves of one, which no signature can cover."""
    return not any("\ud800" <= character <= "\udfff" for character in text)
