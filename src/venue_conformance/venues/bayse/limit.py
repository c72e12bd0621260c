"""Seeks the limit of a Bayse target: how a caller comes to be answered 429 (batch-cancel page, closing note).

How many tokens a caller may spend at once is not documented, nor whether a deployment limits anybody. So batches of 100
are sent first, and, where none is refused, single ids, twenty at a time. What was found holds for the whole run.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from venue_conformance.client.orders import Orders
from venue_conformance.errors import NeverExercised, WayFault
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.caller import BayseCaller

Together = Callable[[Sequence[Callable[[], BatchAnswer | None]]], list[BatchAnswer | None]]

BATCHES, SINGLES, AT_ONCE = 8, 500, 20
#: Eight batches of 100 that take longer are not compared with anything.
SLOWEST_SECONDS = 5.0
NOWHERE = f"no 429 in {BATCHES} batches of 100 and {SINGLES} single ids, {AT_ONCE} at once"


@dataclass(frozen=True)
class Limit:
    """How the limit was met.

    ``by`` says what was refused with 429, None when nothing was. ``accepted`` are the batches of 100 that were carried
    out before, in ``seconds_per_id`` for each id; ``sent`` the single ids sent until one was refused. ``comparable``
    says that the single ids were not sent faster than the batches. ``otherwise`` are the batches that were neither
    carried out as usual nor refused with 429.
    """

    by: Literal["batches", "singles"] | None
    accepted: int
    sent: int
    seconds_per_id: float
    comparable: bool
    otherwise: int

    def __str__(self) -> str:
        if self.by is None:
            return NOWHERE
        if self.by == "batches":
            return f"{self.accepted} batches of 100 in a row, then 429"
        return f"{self.accepted} batches of 100 in a row without 429; 429 within {self.sent} single ids"


class LimitOfRun:
    """What the run has found of the limit. Safe to use from many threads."""

    def __init__(self) -> None:
        self._found: Limit | None = None
        self._lock = threading.Lock()

    def of(self, seek_it: Callable[[], Limit]) -> Limit:
        """The limit, sought by whoever asks first. Raises what the seeking raises."""
        with self._lock:
            self._found = self._found or seek_it()
            return self._found


class FillRate:
    """Keeps a caller from spending faster than another one spent before: a budget fills up while batches take time.

    ``seconds_per_id`` is what the other one took for each id. Whatever fills a budget up, and however often, fills it
    up as far for a caller who takes longer. Where that would take too long nobody is kept from anything, and a refusal
    says nothing when compared.
    """

    def __init__(self, caller: BayseCaller, seconds_per_id: float) -> None:
        self.comparable = seconds_per_id * 100 * BATCHES <= SLOWEST_SECONDS
        self._seconds_per_id = 1.5 * seconds_per_id if self.comparable else 0.0
        self._caller, self._next = caller, time.monotonic()

    def wait(self, ids: int) -> None:
        """Wait until so many ids may be sent; time that was lost before is not made up for."""
        self._caller.retry_budget.wait(max(0.0, self._next - time.monotonic()))
        self._next = time.monotonic() + self._seconds_per_id * ids


@dataclass(frozen=True)
class Pressed:
    """What came of sending batches until one was refused with 429: ``refusal``, None when none was.

    ``accepted`` batches were carried out as the first one was (or single ids were sent); ``otherwise`` are answers that
    are neither.
    """

    accepted: int
    refusal: BatchAnswer | None
    otherwise: tuple[BatchAnswer, ...]


def unknown_batches(orders: Orders) -> Iterator[list[str]]:
    """Batches of 100 ids that name no order, as many as are sent."""
    return (orders.unknown(100) for _ in range(BATCHES))


def press_by_batches(caller: BayseCaller, batches: Iterator[list[str]], seconds_per_id: float = 0.0) -> Pressed:
    """Send batches until one answers 429. One that is lost on its way says nothing."""
    pace, usual = FillRate(caller, seconds_per_id), set[str | None]()
    accepted, otherwise = 0, list[BatchAnswer]()
    for batch in islice(batches, BATCHES):
        pace.wait(100)
        answer = _tried(lambda batch=batch: caller.cancel_batch(batch, limit_asked=True))  # type: ignore[misc]
        if answer is None:
            continue
        if answer.status == 429:
            return Pressed(accepted, answer, tuple(otherwise))
        reasons = {_code(row) for row in answer.rows} if answer.accepted else set()
        usual = usual or reasons
        if answer.accepted and reasons == usual:
            accepted += 1
        else:
            otherwise.append(answer)
    return Pressed(accepted, None, tuple(otherwise))


def singles_at_once(
    caller: BayseCaller, batches: Sequence[tuple[ProvisionedOrder | str, str | None]], together: Together
) -> list[BatchAnswer | None]:
    """Send batches of one order each, with a key or without, at one moment; None stands for what was lost."""

    def send(order: ProvisionedOrder | str, key: str | None) -> BatchAnswer | None:
        return _tried(lambda: caller.cancel_batch([order], idempotency_key=key, limit_asked=True))

    return together([lambda order=order, key=key: send(order, key) for order, key in batches])  # type: ignore[misc]


def press_by_singles(
    caller: BayseCaller, orders: Orders, together: Together, seconds_per_id: float = 0.0
) -> tuple[int, BatchAnswer | None]:
    """Send single ids, so many at once, until one answers 429: how many were sent, and that answer."""
    pace = FillRate(caller, seconds_per_id)
    for sent in range(AT_ONCE, SINGLES + 1, AT_ONCE):
        pace.wait(AT_ONCE)
        for answer in singles_at_once(caller, [(each, None) for each in orders.unknown(AT_ONCE)], together):
            if answer is not None and answer.status == 429:
                return sent, answer
    return SINGLES, None


def seek(new_caller: Callable[[], BayseCaller], orders: Orders, together: Together) -> Limit:
    """Find out how a caller who has spent nothing is limited: one by batches, then another one by single ids."""
    started = time.monotonic()
    batches = press_by_batches(new_caller(), unknown_batches(orders))
    seconds_per_id = (time.monotonic() - started) / (100 * max(1, batches.accepted))
    otherwise = len(batches.otherwise)
    if batches.refusal is not None:
        return Limit("batches", batches.accepted, 0, seconds_per_id, True, otherwise)
    caller = new_caller()
    sent, refusal = press_by_singles(caller, orders, together, seconds_per_id)
    by: Literal["singles"] | None = None if refusal is None else "singles"
    return Limit(by, batches.accepted, sent, seconds_per_id, FillRate(caller, seconds_per_id).comparable, otherwise)


def press_likewise(
    caller: BayseCaller, limit: Limit, orders: Orders, together: Together, seconds_per_id: float = 0.0
) -> Pressed:
    """Send until one answers 429, in batches or in single ids, as the limit was met; ``seconds_per_id`` as for Pace."""
    if limit.by == "singles":
        sent, refusal = press_by_singles(caller, orders, together, seconds_per_id)
        return Pressed(sent, refusal, ())
    return press_by_batches(caller, unknown_batches(orders), seconds_per_id)


def press(caller: BayseCaller, limit: Limit, orders: Orders, together: Together) -> tuple[int, BatchAnswer]:
    """Put a caller over the limit in the way in which it was found: how many batches of 100 passed, and the 429.

    Raises NeverExercised when there is no limit, or when it is not met this time.
    """
    if limit.by is None:
        raise NeverExercised(NOWHERE)
    pressed = press_likewise(caller, limit, orders, together)
    if pressed.refusal is None:
        raise NeverExercised(f"the limit was met once ({limit}), and not when it was tried again")
    return pressed.accepted if limit.by == "batches" else 0, pressed.refusal


def _code(row: Mapping[str, Any]) -> str | None:
    error = row.get("error")
    return str(error.get("code")) if isinstance(error, dict) else None


def _tried(send: Callable[[], BatchAnswer]) -> BatchAnswer | None:
    """An answer, or None when it was lost on its way: so many are sent that this must not end the check."""
    try:
        return send()
    except WayFault:
        return None
