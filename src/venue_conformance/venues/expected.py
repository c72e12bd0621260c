"""What the orders of a story must read as, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from venue_conformance.errors import Violation
from venue_conformance.target.state_values import ABSENT, StagedOrder

LIVE = frozenset({"open", "partially_filled"})
CANCELLED = "cancelled"


@dataclass(eq=False)
class ExpectedOrder:
    """An order of a story.

    ``kind`` is what the venue's rules go by (a status, "amm", "unknown"), ``owner`` the account's public name, empty
    for an id that names no order. ``possible`` are the statuses that it may have now, ``past`` all that it may have
    had: none at all, and open, before what made it has come to show. ``clause`` breaks when it reads as anything else.
    """

    label: str
    order: StagedOrder | str
    kind: str
    owner: str
    clause: str
    possible: frozenset[str] = frozenset()
    past: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.past |= self.possible | {ABSENT, "open"}

    @property
    def order_id(self) -> str:
        """The id."""
        return self.order if isinstance(self.order, str) else self.order.order_id

    @property
    def live(self) -> bool | None:
        """Whether it can be cancelled; None when that is not known."""
        can = {status in LIVE for status in self.possible}
        return can.pop() if len(can) == 1 else None if can else False

    def becomes(self, status: str, clause: str) -> None:
        """It has this status from now on; ``clause`` breaks when it does not read so."""
        self.possible = frozenset({status})
        self.past.add(status)
        self.clause = clause

    def may_become(self, status: str) -> None:
        """It may have this status from now on, or the one that it had."""
        self.possible |= {status}
        self.past.add(status)

    def __repr__(self) -> str:
        return self.label


def compare(
    expected: Sequence[ExpectedOrder],
    read: Callable[[Iterable[StagedOrder | str]], Mapping[str, str]],
    wait: Callable[[], bool],
) -> None:
    """Compare what orders read as with what they must.

    A status that the order has had before may be one whose change has not shown yet: ``wait`` then waits a little, and
    says whether there is still time. Raises Violation for any other status, and for a change that never shows.
    """
    while True:
        late: list[tuple[ExpectedOrder, str]] = []
        found = read([each.order for each in expected])
        for each in expected:
            status = found[each.order_id]
            if status in each.possible:
                continue
            if status not in each.past:
                raise _wrong(each, status)
            late.append((each, status))
        if not late:
            return
        if not wait():
            raise _wrong(*late[0])


def _wrong(expected: ExpectedOrder, status: str) -> Violation:
    wanted = " or ".join(sorted(expected.possible))
    return Violation(f"{expected.label} to read as {wanted}", status, expected.clause)
