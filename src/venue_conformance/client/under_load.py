"""Rounds of a load test: requests that users send at one moment, and what their answers are held against.

A venue's rounds know how it is to be pressed and judged; who sends them, and how fast, is not for them to know.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Protocol

from venue_conformance.client.assessment import Assessment
from venue_conformance.client.caller import Caller
from venue_conformance.client.races import CANCELS, FILLED, FILLS, FILLS_NOT, Blame, judge_history, labels_of
from venue_conformance.client.session import Session
from venue_conformance.errors import NotTested
from venue_conformance.histories import Operation
from venue_conformance.target.state_values import ProvisionedOrder

CANCELLED, OPEN = "cancelled", "open"
#: For how long a batch is held.
HELD_MILLISECONDS = 40
#: What earlier rounds are called in the words of a history.
_EARLIER = "an earlier round"


@dataclass(frozen=True)
class LoadCheck:
    """One way of pressing a venue, and the clauses that it may find broken. ``refused`` is that of valid batches.

    ``greedy`` says that an account exceeds its budget meanwhile.
    """

    name: str
    title: str
    clauses: tuple[str, ...]
    refused: str
    greedy: bool = False


@dataclass(frozen=True)
class RoundPart:
    """What one user does in a round: ``call``, which costs ``account`` so many ``tokens`` (none: nobody's budget).

    ``batch`` are the ids of the orders that it is about. ``sends`` says that it sends a request to the venue.
    """

    name: str
    call: Callable[[], Any]
    account: str | None = None
    tokens: int = 1
    batch: tuple[str, ...] = ()
    sends: bool = True


@dataclass(frozen=True)
class Done:
    """What came of a part, between two moments (monotonic seconds).

    ``result`` is None where no answer came: then ``fault`` says why, and nobody knows whether it took effect, unless it
    was ``kept_back``. Its end is then without bound.
    """

    name: str
    result: Any
    start: float
    end: float
    batch: tuple[str, ...] = ()
    fault: str | None = None
    kept_back: bool = False

    @property
    def server_error(self) -> int | None:
        """The 5xx that it was answered with, None for any other answer."""
        status = getattr(self.result, "status", None)
        return status if isinstance(status, int) and status >= 500 else None

    @property
    def unknown(self) -> bool:
        """Whether it was sent, and no answer tells what it did."""
        return not self.kept_back and (self.result is None or self.server_error is not None)

    @property
    def answered(self) -> bool:
        """Whether there is an answer that tells what it did."""
        return self.result is not None and not self.unknown


@dataclass
class Round:
    """The parts of one round, and what judges what came of them."""

    parts: Sequence[RoundPart]
    judge: Callable[[Sequence[Done]], None]


class UserGroup(Protocol):
    """What the rounds of one group of users are handed: an account of its own, its orders, and who sends for it."""

    random: Random
    assess: Assessment
    """Where what is found is told."""

    @property
    def size(self) -> int:
        """How many users send at one moment."""
        ...

    @property
    def caller(self) -> Caller[Any]:
        """The group's own account."""
        ...

    def caller_of(self, name: str, params: Mapping[str, Any] | None = None) -> Caller[Any]:
        """A further account, made at its first use; ``params`` as for the state `caller`. Raises NotTested."""
        ...

    def open(self, count: int, *, owner: Caller[Any] | None = None, **options: Any) -> list[ProvisionedOrder]:
        """Open orders that no earlier round has named, of the group's account or of ``owner``."""
        ...

    def kept(self, name: str, count: int, *, owner: Caller[Any] | None = None) -> list[ProvisionedOrder]:
        """Orders that live as long as the group: they must never be cancelled."""
        ...

    def setup(self, state: str, params: Mapping[str, Any]) -> bool:
        """Bring the target into a state; False where it does not offer that for these params."""
        ...

    def unknown(self, count: int) -> list[str]:
        """Ids that name no order."""
        ...

    def run(self, parts: Sequence[RoundPart]) -> list[Done]:
        """Have users send further parts at one moment, within the account's budget."""
        ...

    def statuses(self, orders: Sequence[ProvisionedOrder], wanted: str | None = None) -> dict[str, str]:
        """What orders read as once all read as ``wanted``, or the target's time to settle is over."""
        ...

    def at_once(self, ids: Sequence[str]) -> dict[str, str]:
        """What orders read as at one moment. Raises NotTested where the target cannot tell that."""
        ...

    def observe(self, clause: str, observed: str) -> None:
        """Note what no promise speaks of."""
        ...

    @property
    def ended(self) -> list[tuple[ProvisionedOrder, float]]:
        """Orders of earlier rounds that were told cancelled and read so, with the moment since when."""
        ...

    def remember(self, orders: Iterable[ProvisionedOrder]) -> None:
        """These were told cancelled and read so: a later round may name them again."""
        ...

    @property
    def session(self) -> Session:
        """The worker's session with the target."""
        ...

    @property
    def settle_seconds(self) -> float:
        """How long an effect may take to show."""
        ...

    def measure(self, name: str, seconds: float) -> None:
        """Note how long something took, in this round or another."""
        ...

    def measured(self, name: str) -> list[float]:
        """What was noted lately under a name."""
        ...

    def usual(self, name: str) -> float:
        """How many seconds parts of a name have taken lately."""
        ...

    def order(self, order_id: str) -> ProvisionedOrder:
        """An order of this round by its id."""
        ...

    def out_of_time(self) -> bool:
        """Whether nothing more should begin."""
        ...

    def judge_within_budget(self, refused: bool, clause: str) -> None:
        """Take note of whether the group's account was ``refused`` with 429 within its budget, beside a greedy one."""
        ...


Prepare = Callable[[UserGroup], Round]


@dataclass(frozen=True)
class RoundKind:
    """One kind of round, and how often it comes beside the others."""

    check: LoadCheck
    prepare: Prepare
    weight: int = 1


@dataclass(frozen=True)
class LoadScript:
    """How a venue is pressed and judged under load.

    ``group`` is how many users share an account at most: so many that its budget lets them send at one moment.
    """

    kinds: tuple[RoundKind, ...]
    group: int


def operation(done: Done, steps: Mapping[str, str]) -> Operation:
    """An answered part as an operation of a history."""
    return Operation(done.name, done.start, done.end, dict(steps))


def unknown_operations(done: Done, event: str = CANCELS) -> list[Operation]:
    """What a part may have done of which nobody knows: each order by itself, at any time after it began, or never."""
    return [Operation(done.name, done.start, math.inf, {order_id: event}, maybe=True) for order_id in done.batch]


def operations_of(
    dones: Iterable[Done], events: Callable[[Any, Sequence[str]], Mapping[str, str]], judge: Callable[[Done], None]
) -> list[Operation]:
    """What batches and fills say happened to their orders.

    ``events`` are what an answer says of the orders of its batch, and ``judge`` looks at each that succeeded.
    """
    told: list[Operation] = []
    for done in dones:
        if done.unknown:
            told += unknown_operations(done, "filled" if done.name.startswith("fill") else "cancelled")
        elif isinstance(done.result, str):
            told.append(operation(done, dict.fromkeys(done.batch, done.result)))
        elif done.answered:
            told.append(operation(done, events(done.result, done.batch)))
            if done.result.succeeded:
                judge(done)
    return told


def earlier_operations(orders: Iterable[tuple[ProvisionedOrder, float]]) -> list[Operation]:
    """What earlier rounds have done to orders that are named again."""
    return [Operation(_EARLIER, since - 1, since, {order.order_id: CANCELS}) for order, since in orders]


def fill(group: UserGroup, name: str, order: ProvisionedOrder) -> RoundPart:
    """Fill an order, as if the market had matched it."""

    def call() -> str:
        return FILLS if group.setup("fill", {"orderId": order.order_id, "part": False}) else FILLS_NOT

    return RoundPart(name, call, batch=(order.order_id,), sends=False, tokens=0)


def hold(group: UserGroup, share: float = 0.5) -> bool:
    """In a share of rounds, where the target can: hold a batch inside the venue, so that more of them overlap."""
    if group.random.random() >= share:
        return False
    return group.setup("held request", {"caller": group.caller.name, "milliseconds": HELD_MILLISECONDS})


def behind(group: UserGroup, part: RoundPart, name: str) -> RoundPart:
    """A part that begins a moment later: at any time while parts of a name, which take longer, are under way."""
    pause = group.random.uniform(0, 1.5 * group.usual(name))

    def call() -> Any:
        time.sleep(pause)
        return part.call()

    return replace(part, call=call)


def require_fills(group: UserGroup) -> None:
    """Raise NotTested where the target does not fill an order."""
    [probe] = group.open(1)
    if not group.setup("fill", {"orderId": probe.order_id, "part": False}):
        raise NotTested("the target does not offer fill", "fill")


def judge_ends(
    group: UserGroup, opened: Sequence[ProvisionedOrder], history: Sequence[Operation], blame: Blame, *, named: set[str]
) -> None:
    """Hold what was told of orders, and what they read as afterwards, against the promises.

    ``named`` are those of an answered batch. What an unanswered one did to the others shows in no read-back: it may
    still be on its way.
    """
    labels = labels_of(opened)
    not_linearizable = judge_history(history, blame, group.assess, labels=labels, observe=group.observe)
    told: dict[str, set[str]] = {}
    for each in history:
        if not each.maybe:
            for order_id, event in each.steps.items():
                told.setdefault(order_id, set()).add(event)
    unsure = {order_id for each in history if each.maybe for order_id in each.steps}
    known = [order for order in opened if order.order_id in told and order.order_id not in not_linearizable]
    filled = [order for order in known if FILLS in told[order.order_id]]
    cancelled = [
        order
        for order in known
        if order not in filled
        and (CANCELS in told[order.order_id] or (order.order_id in named and order.order_id not in unsure))
    ]
    read = group.statuses(cancelled, CANCELLED) | group.statuses(filled, FILLED)
    right = []
    for order in (*cancelled, *filled):
        wanted = FILLED if order in filled else CANCELLED
        holds = group.assess.expect(
            read[order.order_id] == wanted,
            f"{labels[order.order_id]} to read as {wanted}, as was told",
            read[order.order_id],
            blame.reported,
            kind="report-differs-from-read-back",
        )
        if holds and order in cancelled:
            right.append(order)
    group.remember(right)


def judge_untouched(group: UserGroup, orders: Sequence[ProvisionedOrder], clause: str, whose: str) -> None:
    """Orders that nobody rightly named still read as open."""
    read = group.statuses(orders)
    changed = sorted({status for status in read.values() if status != OPEN})
    group.assess.expect(not changed, f"{whose} to stay open", ", ".join(changed), clause, kind="order-touched")
