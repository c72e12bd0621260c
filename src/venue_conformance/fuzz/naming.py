"""Sees to it that generated data name no order that a run may not touch (target protocol, section 4)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from random import random
from typing import Any

from venue_conformance.client.fuzzing import NOTHING, SLOTS, BatchOrder, may_repeat, slot_of
from venue_conformance.client.outgoing import long_words
from venue_conformance.target.ledger import ID_LENGTH, Ledger
from venue_conformance.target.state_values import ProvisionedOrder

#: More than any venue's page permits, and than any generated batch names.
LARGEST_BATCH = 110


class Naming:
    """Puts orders into the slots of generated bodies, and makes whatever else could name an order name none.

    ``plain`` are members whose values never name an order, ``members`` what the document calls its members and the
    texts that it limits them to. Other texts and numbers elsewhere get 64 random bits or more.
    """

    def __init__(self, ledger: Ledger, plain: Iterable[str], members: Iterable[str]) -> None:
        self._ledger, self._plain, self._members = ledger, frozenset(plain), frozenset(members)
        self._next: Iterator[int] | None = None
        self._taken: set[int] = set()

    def name(self, body: Any, slots: Sequence[BatchOrder], *, spread: bool = False) -> Any:
        """The body with an order in each slot and nothing else that could name one.

        With ``spread`` each mention takes the next of the slots, whichever slot was meant; else a mention that is not
        to repeat another takes the next one that is free.
        """
        self._next, self._taken = count() if spread else None, set()
        if body is NOTHING:
            return body
        if isinstance(body, bytes):
            return self._raw(body, slots)
        return self._value(body, slots)

    def _raw(self, body: bytes, slots: Sequence[BatchOrder]) -> Any:
        try:
            return self._value(json.loads(body), slots)
        except (ValueError, RecursionError):
            pass
        if any(long_words(body)):
            return self._raw(body[: ID_LENGTH - 1], slots)  # random bytes now and then hold a long text of letters
        if any(byte < 0x80 and chr(byte).isalnum() for byte in body):
            return body + b" " + self._ledger.salt().encode()
        return body

    def _value(self, value: Any, slots: Sequence[BatchOrder]) -> Any:
        match value:
            case str():
                return self._text(value, slots)
            case bool() | None:
                return value
            case int():
                return (1 if value >= 0 else -1) * self._ledger.number()
            case float():
                return random() + 0.5
            case list():
                return [self._value(each, slots) for each in value]
            case dict():
                return {self._member(key): self._under(key, each, slots) for key, each in value.items()}
        return value

    def _text(self, text: str, slots: Sequence[BatchOrder]) -> str:
        slot = slot_of(text)
        if slot is not None:
            return slots[self._place(slot, len(slots), repeat=may_repeat(text))].order_id
        if text in self._members or not any(character.isalnum() for character in text):
            return text
        return f"{text}-{self._ledger.salt()}"

    def _place(self, slot: int, count: int, *, repeat: bool) -> int:
        if self._next is not None:
            return next(self._next) % count
        place = slot % count
        while not repeat and place in self._taken and len(self._taken) < count:
            place = (place + 1) % count
        self._taken.add(place)
        return place

    def _member(self, key: str) -> str:
        if key in self._members or not any(character.isalnum() for character in key):
            return key
        return f"{key}-{self._ledger.salt()}"

    def _under(self, key: str, value: Any, slots: Sequence[BatchOrder]) -> Any:
        return value if key in self._plain else self._value(value, slots)


def fill_slots(orders: Sequence[BatchOrder], unknown: Callable[[int], list[str]]) -> list[BatchOrder]:
    """An order for every slot: an unknown one first, then the given ones, then unknown ones enough for any batch."""
    first, *others = (BatchOrder(order_id, "unknown") for order_id in unknown(max(SLOTS, LARGEST_BATCH)))
    return [first, *orders, *others]


def of_kind(kind: str, orders: Iterable[ProvisionedOrder]) -> list[BatchOrder]:
    """The orders, each with its kind."""
    return [BatchOrder(order, kind) for order in orders]
