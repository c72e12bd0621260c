"""Gives back what a run has brought its target into: by teardowns of its provider states, and by nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from venue_conformance.errors import EnvironmentFault
from venue_conformance.target.setups import OPEN, Setup, Setups
from venue_conformance.target.state_values import statuses_of
from venue_conformance.target.states import States

_PAUSE_SECONDS = 0.2

_UNANSWERED = "the target's provider states did not say that it was undone"
_KEPT = "the target's provider states cannot undo it"
_STILL_OPEN = "still open, although the target's provider states said that it was undone"
_UNREAD = "whether it is still open cannot be read"
_LOST = "requested, but never answered"
_STOPPED = "there was no time left to undo it"


@dataclass(frozen=True)
class LeftOpen:
    """What could not be given back: one setup. ``orders`` are, or may be, open; empty where they are not known."""

    state: str
    caller: str | None
    orders: tuple[str, ...]
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """As it stands in a report's ``run.left_open``."""
        return {"state": self.state, "caller": self.caller, "orders": list(self.orders), "reason": self.reason}


@dataclass(frozen=True)
class GivenBack:
    """What came of it. ``open_before`` are the orders that read as open before, None where they cannot be read."""

    undone: int
    open_before: int | None
    left: tuple[LeftOpen, ...]


def give_back(states: States, setups: Setups, seconds: float, settle_seconds: float = 0.0) -> GivenBack:
    """Undo what has not been undone, and every setup whose orders still read as open.

    It takes so many seconds at most, of which an undone order may take ``settle_seconds`` to read so. Setups of which
    no answer came are undone last, by their params alone: the target then knows which orders nobody has given back.
    Never raises; a KeyboardInterrupt ends it, and what is left is reported.
    """
    work = GivingBack(states, setups, seconds)
    work.answered()
    return work.rest(settle_seconds)


class GivingBack:
    """The same in two steps, for whoever gives back what several runs have set up at one target.

    What no answer came of is undone once all of them have undone what they know the orders of: by its params alone a
    target could take what another journal tells of. Both steps together take so many seconds at most.
    """

    def __init__(self, states: States, setups: Setups, seconds: float) -> None:
        self._states, self._setups, self._seconds, self._ends = states, setups, seconds, 0.0
        self._undone = 0
        self._open_before: int | None = None
        self._stopped = False
        #: Orders that read as open at the last look; None when they cannot be read.
        self._open: set[str] | None = None

    def answered(self) -> None:
        """Undo what was answered, the newest first."""
        self._ends = time.monotonic() + self._seconds
        try:
            self._open = self._read()
            self._open_before = None if self._open is None else len(self._open)
            self._undo(each for each in self._to_undo() if each.values is not None)
        except KeyboardInterrupt:
            self._stopped = True

    def rest(self, settle_seconds: float) -> GivenBack:
        """Undo what no answer came of, and look what is left."""
        try:
            if not self._stopped:
                self._undo(each for each in self._to_undo() if each.values is None)
                self._settle(settle_seconds)
        except KeyboardInterrupt:
            self._stopped = True
        return GivenBack(self._undone, self._open_before, tuple(self._left()))

    def _undo(self, setups: Iterable[Setup]) -> None:
        for setup in setups:
            if self._over():
                return
            self._setups.undo(self._states, setup)
            self._undone += setup.known == "undone"

    def _settle(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while (self._open or self._undone) and not self._stopped:
            self._open = self._read()
            if not self._open or time.monotonic() >= deadline or self._over():
                return
            time.sleep(_PAUSE_SECONDS)

    def _to_undo(self) -> Sequence[Setup]:
        newest = self._setups.all[::-1]
        return [each for each in newest if each.may_be_undone or (each.known == "undone" and self._open_of(each))]

    def _open_of(self, setup: Setup) -> list[str]:
        return [order_id for order_id in setup.orders if self._open and order_id in self._open]

    def _over(self) -> bool:
        self._stopped = self._stopped or time.monotonic() >= self._ends
        return self._stopped

    def _read(self) -> set[str] | None:
        """Which orders of the run read as open; None where they cannot be read."""
        orders = [order_id for setup in self._setups.all for order_id in setup.orders]
        try:
            read = statuses_of(lambda params: self._states.setup("order statuses", params), orders)
        except EnvironmentFault:
            return None
        return {order_id for order_id, status in read.items() if status in OPEN}

    def _left(self) -> Iterator[LeftOpen]:
        for setup in self._setups.all:
            if reason := self._reason(setup):
                orders = setup.orders if self._open is None else self._open_of(setup)
                yield LeftOpen(setup.state, setup.caller, tuple(orders), reason)

    def _reason(self, setup: Setup) -> str | None:
        """Why a setup counts as not given back; None where it is, or there was nothing to be given back."""
        unanswered = _STOPPED if self._stopped else _UNANSWERED
        if setup.known == "asked" and setup.may_be_undone:
            return f"{_LOST}; {unanswered}"
        if setup.lost and setup.known == "kept" and setup.state == "orders":
            return f"{_LOST}; {_KEPT}"
        if setup.state != "orders":
            return unanswered if setup.known == "answered" and setup.may_be_undone else None
        if self._open is not None and not self._open_of(setup):
            return None
        if self._open is None and (setup.known == "undone" or not setup.orders):
            return None
        known = {"undone": _STILL_OPEN, "kept": _KEPT}.get(setup.known, unanswered)
        return known if self._open is not None else f"{known}; {_UNREAD}"
