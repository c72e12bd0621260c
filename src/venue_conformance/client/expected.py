"""What the orders of a sequence must read as, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from venue_conformance.client.assessment import Assessment
from venue_conformance.errors import Violation
from venue_conformance.target.state_values import ABSENT, ProvisionedOrder

LIVE = frozenset({"open", "partially_filled"})
CANCELLED = "cancelled"


@dataclass(eq=False)
class ExpectedOrder:
    """An order of a sequence.

    ``kind`` is what the venue's rules go by (a status, "amm", "unknown"), ``owner`` the account's public name, empty
    for an id that names no order. ``possible`` are the statuses that it may have now, ``past`` all that it may have
    had: none at all, and open, before what made it has come to show. ``clause`` breaks when it reads as anything else.
    ``is_unseen`` says that it has not been read since something was done that may have changed it.
    """

    label: str
    order: ProvisionedOrder | str
    kind: str
    owner: str
    clause: str
    possible: frozenset[str] = frozenset()
    past: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.past |= self.possible | {ABSENT, "open"}
        self._made_as, self.is_unseen = (self.possible, self.clause), False

    @property
    def order_id(self) -> str:
        """The id."""
        return self.order if isinstance(self.order, str) else self.order.order_id

    @property
    def live(self) -> bool | None:
        """Whether it can be cancelled; None when that is not known."""
        can = {status in LIVE for status in self.possible}
        return can.pop() if len(can) == 1 else None if can else False

    @property
    def is_judged(self) -> bool:
        """Whether anything has been done since it was made of which ``clause`` says what becomes of the order."""
        return (self.possible, self.clause) != self._made_as

    def seen(self) -> None:
        """It has been read, and reads as it must."""
        self.is_unseen = False

    def stays(self, clause: str) -> None:
        """It stays as it is by this clause, unless it has yet to be seen what became of it before."""
        if not self.is_unseen:
            self.clause = clause
        self.is_unseen = True

    def becomes(self, status: str, clause: str) -> None:
        """It has this status from now on; ``clause`` breaks when it does not read so."""
        self.possible = frozenset({status})
        self.past.add(status)
        self.clause = clause
        self.is_unseen = True

    def may_become(self, status: str) -> None:
        """It may have this status from now on, or the one that it had."""
        self.possible |= {status}
        self.past.add(status)
        self.is_unseen = True

    def reads(self, status: str) -> None:
        """Believe what it reads as, after an answer that says nothing of it; what was live may be cancelled yet."""
        late = {CANCELLED} if status in LIVE else set()
        self.possible = frozenset({status, *late})
        self.past |= self.possible
        self.seen()

    def __repr__(self) -> str:
        return self.label


def compare(
    expected: Sequence[ExpectedOrder],
    read: Callable[[Iterable[ProvisionedOrder | str]], Mapping[str, str]],
    wait: Callable[[], bool],
    assess: Assessment | None = None,
    *,
    knows: Callable[[str], bool] = lambda clause: False,  # noqa: ARG005
) -> None:
    """Compare what orders read as with what they must.

    A status that the order has had before may be one whose change has not shown yet: ``wait`` then waits a little, and
    says whether there is still time. Any other status is a breach, and so is a change that never shows: reported, and
    believed from then on, or raised where nobody has said how breaches are to be reported. Where ``knows`` says that
    the clause is known to be broken, nobody waits: whether the change is late or never comes, it is believed.
    """
    assess = assess or Assessment()
    while True:
        found = read([each.order for each in expected])
        wrong = [each for each in expected if found[each.order_id] not in each.possible]
        late = [each for each in wrong if found[each.order_id] in each.past]
        waits = [each for each in late if not knows(each.clause)]
        if waits and wait():
            continue
        break
    for each in expected:
        if each.is_judged:
            assess.exercised.add(each.clause)
        if each not in wrong:
            each.seen()
    # What can never be right is told first.
    for each in sorted(wrong, key=lambda each: each in late):
        report(each, found[each.order_id], assess, doubtful=each in late and each not in waits)


def glance(expected: Sequence[ExpectedOrder], found: Mapping[str, str], assess: Assessment) -> None:
    """Compare what orders read as with what they must, and leave those out whose change may not have shown yet."""
    for each in expected:
        status = found[each.order_id]
        if status in each.possible:
            if each.is_judged:
                assess.exercised.add(each.clause)
            each.seen()
        elif status not in each.past:
            report(each, status, assess)


def report(each: ExpectedOrder, status: str, assess: Assessment, *, doubtful: bool = False) -> None:
    """Believe what an order reads as, and say that it is wrong, unless that is ``doubtful``."""
    violation = Violation(
        f"{each.label} to read as {' or '.join(sorted(each.possible))}", status, each.clause, kind="other-fate"
    )
    each.reads(status)
    if not doubtful:
        assess.report(violation)
