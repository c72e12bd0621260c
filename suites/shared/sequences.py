"""What the sequences of every venue have in common: orders that come into being, are filled, and are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, initialize, multiple, rule

from venue_conformance.client.expected import CANCELLED, ExpectedOrder
from venue_conformance.errors import Inconclusive
from venue_conformance.fuzz.machine import VenueMachine, judged

#: A kind of order, and those of which a sequence may begin with some besides open ones.
a_kind = st.runner().flatmap(lambda sequence: st.sampled_from(sequence.kinds))
another_kind = st.runner().flatmap(
    lambda sequence: st.sampled_from([kind for kind in sequence.kinds if kind != "open"])
)


class OrderSequence(VenueMachine):
    """Two callers and their orders. A venue's sequence adds what can be asked of them."""

    #: What orders may be; what is here more than once comes more often.
    kinds: ClassVar[Sequence[str]]
    orders = Bundle("orders")

    def make(self, kind: str, count: int) -> list[ExpectedOrder]:
        """So many orders of a kind; none where the target does not make them."""
        raise NotImplementedError

    def clause_of(self, status: str) -> str:
        """The clause that breaks when an order of the caller's that came to have a status does not read so."""
        raise NotImplementedError

    @initialize(target=orders, live=st.integers(0, 3), others=st.lists(another_kind, max_size=4))
    def begin(self, live: int, others: list[str]) -> MultipleResults[ExpectedOrder]:
        """A sequence begins with orders of some kinds."""
        return self._made({"open": live, **Counter(others)})

    @rule(target=orders, kind=a_kind, count=st.integers(1, 3))
    def make_orders(self, kind: str, count: int) -> MultipleResults[ExpectedOrder]:
        """Orders of a kind come into being."""
        return self._made({kind: count})

    def _made(self, counts: dict[str, int]) -> MultipleResults[ExpectedOrder]:
        wanted = {kind: count for kind, count in counts.items() if count}
        if not wanted:
            return multiple()
        self.doing(f"orders are made: {', '.join(f'{count} {kind}' for kind, count in wanted.items())}")
        made = [each for kind, count in wanted.items() for each in judged(self, self.make, kind, count) or ()]
        self.known += [each for each in made if each.owner]
        return multiple(*made)

    @rule(each=orders, part=st.booleans())
    def fill(self, each: ExpectedOrder, part: bool) -> None:
        """An order is filled, wholly or in part."""
        if each.live is not True:
            return
        self.doing(f"{each.label} is filled{' in part' if part else ''}")
        if judged(self, self.environment.offered, "fill", {"orderId": each.order_id, "part": part}):
            status = "partially_filled" if part else "filled"
            each.becomes(status, self.clause_of(status))

    def require_effect_as_armed(self, live: Sequence[ExpectedOrder], *, after_commit: bool) -> None:
        """Go on only where a failure came when it was to come, before or after its effect on these orders.

        Else a gateway may have answered in its place, and the failure waits for a later batch. Where some orders were
        cancelled and some were not, the sequence goes on, and judges that. Raises Inconclusive.
        """
        if self.scenario is None or not live:
            return
        orders, named = self.scenario.orders, [each.order for each in live if not isinstance(each.order, str)]
        read = set((orders.poll_until(named) if after_commit else orders.statuses(named)).values())
        if after_commit and CANCELLED not in read:
            raise Inconclusive("a failure that was to come after the effect of a batch came without it")
        if not after_commit and read == {CANCELLED}:
            raise Inconclusive("a failure that was to come before the effect of a batch came after it")

    @rule()
    def look(self) -> None:
        """Every order is read."""
        if self.known:
            self.doing("every order is read")
            judged(self, self.read_back)

    def read_back(self) -> None:
        """Compare every order with what it must read as."""
        self.compare(self.known)
