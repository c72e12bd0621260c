"""The orders that a run may touch: those it was handed, and ids that cannot exist."""

from __future__ import annotations

import re
import secrets
import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from random import Random
from urllib.parse import unquote

from venue_conformance.errors import Inconclusive, NotTested
from venue_conformance.target.state_values import ProvisionedOrder

#: So many letters and digits hold 64 random bits, and so many make a text long enough to be somebody's id.
ID_LENGTH = 16
#: So many decimal digits do.
DECIMAL_LENGTH = 20
#: JSON numbers from here on are read differently by different readers; whatever they name, it is no order.
_HUGE = 1 << 80
UUID_SHAPE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")
_DECIMAL = re.compile(r"[0-9]+")
_HEXADECIMAL = re.compile(r"(0[xX])?([0-9a-f]{16,}|[0-9A-F]{16,})")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_NEITHER_LETTER_NOR_DIGIT = re.compile(r"[^0-9a-z]+")


class Ledger:
    """Every id that may stand in a request of this run (target protocol, section 4). Safe to use from many threads.

    What it makes is as random as the machine can, whatever the run's seed: no run may name what an earlier one named.
    """

    def __init__(self) -> None:
        self._random = secrets.SystemRandom()
        self._owners: dict[str, str] = {}
        self._handed_out: set[str] = set()
        self._near: set[str] = set()
        self._made: set[str] = set()
        self._numbers: set[int] = set()
        self._lock = threading.Lock()

    def enter(self, order_ids: Iterable[str], owner: str = "") -> None:
        """Take note of ids that a provider state or the inventory handed out as ``owner``'s.

        Raises Inconclusive when one of them was handed out as another owner's before.
        """
        with self._lock:
            for order_id in order_ids:
                known = self._owners.setdefault(order_id, owner)
                if known != owner:
                    raise Inconclusive(
                        f'the provider state "orders" handed out the id "{order_id}" twice, to {known} and to {owner}'
                    )
                self._handed_out.add(order_id.lower())

    def enter_orders(self, orders: Sequence[ProvisionedOrder]) -> None:
        """Take note of orders that were handed out, by their ids and their client ids. Raises as ``enter`` does.

        A client id is one order's only among those of an account, so that several accounts may have the same.
        """
        for order in orders:
            self.enter([order.order_id], order.owner)
            if order.client_id:
                with self._lock:
                    self._owners.setdefault(order.client_id, order.owner)
                    self._handed_out.add(order.client_id.lower())

    def forget(self, order_ids: Iterable[str]) -> None:
        """Let orders go that were given back and that no request will name again: a long run has many."""
        with self._lock:
            for order_id in order_ids:
                self._owners.pop(order_id, None)
                self._handed_out.discard(order_id.lower())

    def unknown(self, count: int = 1, make: Callable[[Random], str] | None = None) -> list[str]:
        """Ids of orders that do not exist: version 4 UUIDs, 122 random bits each, or what ``make`` makes of 64 or more.

        Raises NotTested where what ``make`` makes is an order that was handed out.
        """
        with self._lock:
            ids = [(make or random_uuid)(self._random) for _ in range(count)]
            for order_id in ids:
                if order_id.lower() in self._handed_out:
                    raise NotTested(f"an order has the id {order_id}, which was made at random", cause="condition")
                self._remember(order_id)
        return ids

    def salt(self) -> str:
        """64 random bits as 16 hexadecimal digits: a text with them in it names no order."""
        salt = f"{self._random.getrandbits(64):016x}"
        with self._lock:
            self._remember(salt)
        return salt

    def number(self, digits: int | None = None) -> int:
        """A number that is no order's, of at least 64 random bits; ``digits`` is how long its text is, 20 at least."""
        if digits is None:
            number = _HUGE + self._random.getrandbits(64)
        else:
            number = self._random.randrange(10 ** (digits - 1), 10**digits)
        with self._lock:
            self._numbers.add(number)
            self._remember(str(number))
        return number

    def admit_near(self, text: str) -> None:
        """Let a text stand for an order that nearly has it as its id, once a read-back has said that none has."""
        with self._lock:
            self._near.add(text)

    def knows(self, value: str | int) -> bool:
        """Whether an id was handed out, was read as absent, or holds 64 random bits that were made here."""
        with self._lock:
            if isinstance(value, int):
                return abs(value) in self._numbers
            return value in self._owners or value in self._near or self._is_made(value)

    def is_named_in(self, path: str, body: bytes | None) -> bool:
        """Whether a request may name an order that was handed out, in any letter case or escaping; True in doubt."""
        try:
            text = (body or b"").decode()
        except UnicodeDecodeError:
            return True
        if "\0" in text:  # another encoding
            return True
        plain = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text).replace("\\/", "/")
        searched = f"{unquote(path)}\n{path}\n{text}\n{plain}".lower()
        with self._lock:
            return any(order_id in searched for order_id in self._handed_out)

    def _remember(self, made: str) -> None:
        """By its first letters and digits, so that it is known inside a longer text, too, and in any case."""
        self._made.add(_folded(made)[:ID_LENGTH])

    def _is_made(self, text: str) -> bool:
        folded = _folded(text)
        return any(folded[at : at + ID_LENGTH] in self._made for at in range(len(folded) - ID_LENGTH + 1))


def holds_64_bits(order_id: str) -> bool:
    """Whether an id is as long as one with 64 random bits: a UUID, 16 hexadecimal or 20 decimal digits."""
    if _DECIMAL.fullmatch(order_id):
        return len(order_id) >= DECIMAL_LENGTH
    return UUID_SHAPE.fullmatch(order_id) is not None or _HEXADECIMAL.fullmatch(order_id) is not None


def require_64_bits(order_id: str) -> None:
    """Raise NotTested for an id of fewer than 64 random bits: whatever is nearly such a one may be somebody's order."""
    if not holds_64_bits(order_id):
        raise NotTested(f"whatever is nearly {order_id} may be another order's id", "ids of 64 random bits")


def random_uuid(random: Random) -> str:
    """A version 4 UUID: 122 random bits."""
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def _folded(text: str) -> str:
    return _NEITHER_LETTER_NOR_DIGIT.sub("", text.lower())
