"""What a run has brought its target into, noted before it is asked for, so that it can be given back."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

#: States that change nothing: they are not noted.
READING = frozenset({"order statuses"})
#: States that nobody can take back. An account that was made stays; it owns nothing once its orders are given back.
LASTING = frozenset({"caller", "fill", "time passed"})
#: The statuses of orders that a market could still match.
OPEN = frozenset({"open", "partially_filled"})

Known = Literal["asked", "answered", "failed", "not made", "undone", "kept"]
"""What is known of a setup: it was asked for, and no answer came; it was answered with values; it was refused, or
answered with what cannot be read; it was not offered, or not even sent; the target says that it is undone, or that it
does not undo it."""
_LATER = frozenset({"answered", "failed", "not made", "undone", "kept"})


@dataclass
class Setup:
    """One state that was asked for; ``values`` are None unless they were answered.

    ``lost`` says of one that was undone, or kept, that its answer had never come.
    """

    id: str
    state: str
    params: Mapping[str, Any]
    values: Mapping[str, Any] | None = None
    known: Known = "asked"
    lost: bool = False

    @property
    def caller(self) -> str | None:
        """The public name of the account that it was set up for."""
        name = self.params.get("caller")
        return name if isinstance(name, str) else None

    @property
    def orders(self) -> list[str]:
        """The ids of the orders that it made and that were open then."""
        if self.state != "orders" or self.params.get("status", "open") not in OPEN:
            return []
        given = (self.values or {}).get("orders")
        listed = [each.get("orderId") for each in given if isinstance(each, dict)] if isinstance(given, list) else []
        return [order_id for order_id in listed if isinstance(order_id, str) and order_id]

    @property
    def may_be_undone(self) -> bool:
        """Whether there may be something to be given back of which nobody has said what became of it."""
        return self.state not in LASTING and self.known in ("asked", "answered", "failed")

    def learn(self, known: Known, values: Mapping[str, Any] | None = None) -> None:
        """Take note of what became of it."""
        self.lost = self.lost or (self.known == "asked" and known in ("undone", "kept"))
        self.known, self.values = known, self.values if values is None else values


class Undoing(Protocol):
    """What provider states do for a teardown: see ``States.teardown``."""

    def teardown(
        self, state: str, params: Mapping[str, object], values: Mapping[str, object] | None = None
    ) -> bool | None:
        """True when the target says that it is undone, False when it does not undo it, None when it said nothing."""
        ...


@dataclass
class Setups:
    """The setups of one run, the oldest first. Safe to use from many threads.

    ``note`` is handed a plain record of each change: of what is about to be asked, before it is.
    """

    note: Callable[[dict[str, Any]], None] | None = None
    all: list[Setup] = field(default_factory=list)
    _numbers: Any = field(default_factory=itertools.count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def unsettled(self) -> bool:
        """Whether there may be something to be given back of which nobody has said what became of it."""
        return any(setup.may_be_undone for setup in self.all)

    def asks(self, state: str, params: Mapping[str, Any]) -> Setup:
        """Note that a state is about to be asked for."""
        setup = Setup(f"{os.getpid()}.{next(self._numbers)}", state, dict(params))
        with self._lock:
            self.all.append(setup)
        self._report({"id": setup.id, "known": "asked", "state": state, "params": setup.params})
        return setup

    def learn(self, setup: Setup, known: Known, values: Mapping[str, Any] | None = None) -> None:
        """Note what became of it. What an account signs with is not kept."""
        setup.learn(known, {} if setup.state == "caller" and values is not None else values)
        values_known = {} if values is None else {"values": setup.values}
        self._report({"id": setup.id, "known": known, **values_known})

    def undo(self, states: Undoing, setup: Setup) -> None:
        """Let the target undo a setup, with the values that it answered. Never raises."""
        done = states.teardown(setup.state, setup.params, setup.values)
        if done is not None:
            self.learn(setup, "undone" if done else "kept")

    def forget(self, setup: Setup) -> None:
        """Let a setup go of which nobody will ask any more: a long run has many."""
        with self._lock:
            self.all = [each for each in self.all if each is not setup]

    def forget_unmade(self) -> None:
        """Let those go that were not offered, or cannot be taken back by anybody: nothing of them is open."""
        with self._lock:
            self.all = [each for each in self.all if each.known != "not made" and each.state not in LASTING]

    def find(self, state: str, params: Mapping[str, Any], values: Mapping[str, Any] | None = None) -> Setup | None:
        """The setup that answered these very ``values``, or else the newest of a state with these params.

        Only one that was answered and has not been undone.
        """

        def fits(each: Setup) -> bool:
            same = each.params == params if values is None else each.values is values
            return each.known == "answered" and each.state == state and same

        with self._lock:
            # What a check gives back is among the newest.
            return next((each for each in reversed(self.all) if fits(each)), None)

    def _report(self, record: dict[str, Any]) -> None:
        if self.note is not None:
            self.note(record)

    @classmethod
    def from_records(
        cls, records: Iterable[Mapping[str, Any]], note: Callable[[dict[str, Any]], None] | None = None
    ) -> Setups:
        """The setups of a journal. What is no record of a setup is left out."""
        found: dict[str, Setup] = {}
        for record in records:
            name, known = record.get("id"), record.get("known")
            if not isinstance(name, str):
                continue
            if known == "asked" and isinstance(record.get("state"), str) and isinstance(record.get("params"), dict):
                found[name] = Setup(name, record["state"], record["params"])
            elif name in found and known in _LATER:
                values = record.get("values")
                found[name].learn(known, values if isinstance(values, dict) else None)
        return cls(note, list(found.values()))
