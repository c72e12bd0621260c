"""Linearizability: whether some serial order of operations explains what all of them reported.

Operations take effect one at a time, each at some moment between its start and its end. The search walks through
starts and ends in the order of time and keeps every configuration that is still possible: which of the running
operations have taken effect, and what the orders are by then. Two ways that lead to the same configuration are
followed once. Where nothing overlaps there is one configuration, so that long histories cost no more than a walk.

Orders are independent of each other as long as only single orders are looked at, so each is searched alone; with
whole batches, operations that share orders, directly or by way of others, are searched together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from venue_conformance.histories.life_cycle import LifeCycle
from venue_conformance.histories.operation import Operation

#: Configurations looked at for one group of operations before the search gives up.
DEFAULT_EFFORT = 2_000_000

#: Operations that have taken effect, the last one first: (operation, those before it).
_Chain = tuple[Operation, "_Chain"] | None
#: What differs from the agreed states, and which running operations have taken effect.
_Configuration = tuple[frozenset[tuple[str, str]], frozenset[int]]


@dataclass(frozen=True)
class Linearizable:
    """A serial order that explains everything: ``order`` holds the operations that took effect, group by group."""

    order: tuple[Operation, ...]


@dataclass(frozen=True)
class NotLinearizable:
    """No serial order explains what was told.

    ``operation`` is the first one to end for which no place was left, ``overlapping`` ran at the same time, ``states``
    is what its orders could have been by then, per possibility.
    """

    operation: Operation
    overlapping: tuple[Operation, ...]
    states: tuple[Mapping[str, str], ...]

    def __str__(self) -> str:
        others = "; ".join(str(operation) for operation in self.overlapping) or "nothing"
        return f"no serial order has a place for {self.operation}, which overlapped with: {others}"


@dataclass(frozen=True)
class LinearizabilityUnknown:
    """The search was given up: too much overlapped."""

    effort: int


def check_linearizability(
    operations: Iterable[Operation],
    life_cycle: LifeCycle,
    initial: Mapping[str, str] | None = None,
    *,
    whole_batches: bool = False,
    effort: int = DEFAULT_EFFORT,
) -> Linearizable | NotLinearizable | LinearizabilityUnknown:
    """Look for a serial order that explains what all operations told.

    ``initial`` is the state of each order before all of them, ``life_cycle.initial`` where it does not say. Without
    ``whole_batches`` each order needs a serial order of its own; with it, all steps of an operation happen at once.
    """
    known = dict(initial or {})
    found: list[Operation] = []
    for group in _groups(list(operations), whole_batches):
        result = _Search(life_cycle, known, effort).run(group)
        if not isinstance(result, Linearizable):
            return result
        found.extend(result.order)
    return Linearizable(tuple(found))


def _groups(operations: Sequence[Operation], whole_batches: bool) -> Iterator[list[Operation]]:
    """Operations that must be searched together; those without any step explain themselves."""
    if not whole_batches:
        by_order: dict[str, list[Operation]] = defaultdict(list)
        for operation in operations:
            for order in operation.steps:
                by_order[order].append(operation if len(operation.steps) == 1 else operation.only(order))
        yield from by_order.values()
        return
    leader: dict[str, str] = {}

    def find(order: str) -> str:
        while leader.setdefault(order, order) != order:
            leader[order] = leader[leader[order]]
            order = leader[order]
        return order

    for operation in operations:
        first, *others = operation.steps or ("",)
        for other in others:
            leader[find(other)] = find(first)
    together: dict[str, list[Operation]] = defaultdict(list)
    for operation in operations:
        if operation.steps:
            together[find(next(iter(operation.steps)))].append(operation)
    yield from together.values()


class _Search:
    """The search over one group of operations."""

    def __init__(self, life_cycle: LifeCycle, initial: Mapping[str, str], effort: int) -> None:
        self._cycle, self._moves = life_cycle, life_cycle.moves
        self._effort, self._left = effort, effort
        # What all configurations agree on.
        self._agreed: dict[str, str] = dict(initial)
        self._running: dict[int, Operation] = {}

    def run(self, operations: Sequence[Operation]) -> Linearizable | NotLinearizable | LinearizabilityUnknown:
        """Walk through the starts and ends of the operations; of one moment, starts come first."""
        moments = [(operation.start, 0, number) for number, operation in enumerate(operations)]
        moments += [(operation.end, 1, number) for number, operation in enumerate(operations)]
        moments.sort()
        possible: dict[_Configuration, _Chain] = {(frozenset(), frozenset()): None}
        for _, ends, number in moments:
            if not ends:
                self._running[number] = operations[number]
                continue
            reached = self._take_effect(possible, number)
            if self._left < 0:
                return LinearizabilityUnknown(self._effort)
            operation = self._running.pop(number)
            if not reached:
                return self._not_linearizable(operation, possible)
            possible = self._agree(reached)
        return Linearizable(_in_order(next(iter(possible.values()))))

    def _take_effect(self, possible: dict[_Configuration, _Chain], number: int) -> dict[_Configuration, _Chain]:
        """The configurations in which the operation has taken effect (or never will), reached from the possible ones.

        Other running operations take effect before it only where that leads somewhere.
        """
        optional = self._running[number].maybe
        reached: dict[_Configuration, _Chain] = {}
        seen: set[_Configuration] = set()
        waiting = list(possible.items())
        while waiting:
            configuration, chain = waiting.pop()
            if configuration in seen:
                continue
            seen.add(configuration)
            self._left -= 1
            if self._left < 0:
                return {}
            changes, done = configuration
            if number in done:
                reached.setdefault((changes, done - {number}), chain)
                continue
            if optional:
                reached.setdefault(configuration, chain)
            waiting.extend(self._next(changes, done, chain))
        return reached

    def _next(
        self, changes: frozenset[tuple[str, str]], done: frozenset[int], chain: _Chain
    ) -> list[tuple[_Configuration, _Chain]]:
        """Where one further running operation leads that takes effect now."""
        ways: list[tuple[_Configuration, _Chain]] = []
        for number, operation in self._running.items():
            after = None if number in done else self._apply(changes, operation)
            if after is None:
                continue
            way = ((after, done | {number}), (operation, chain))
            if after is changes:
                # It fits and changes nothing, so that nothing is gained by letting it wait.
                return [way]
            ways.append(way)
        return ways

    def _apply(self, changes: frozenset[tuple[str, str]], operation: Operation) -> frozenset[tuple[str, str]] | None:
        """What differs from the agreed states once the operation took effect, None when it cannot take effect."""
        states = dict(changes)
        changed = False
        for order, event in operation.steps.items():
            before = states.get(order)
            if before is None:
                before = self._agreed.get(order, self._cycle.initial)
            after = self._moves.get((before, event))
            if after is None:
                return None
            if after != before:
                states[order] = after
                changed = True
        return frozenset(states.items()) if changed else changes

    def _agree(self, possible: dict[_Configuration, _Chain]) -> dict[_Configuration, _Chain]:
        """Move what has become certain out of the configurations: there is but one."""
        if len(possible) > 1:
            return possible
        [((changes, done), chain)] = possible.items()
        if changes:
            self._agreed.update(changes)
        return {(frozenset(), done): chain}

    def _not_linearizable(self, operation: Operation, possible: Mapping[_Configuration, _Chain]) -> NotLinearizable:
        before = {order: self._agreed.get(order, self._cycle.initial) for order in operation.steps}
        states = [
            {**before, **{order: state for order, state in changes if order in before}} for changes, _ in possible
        ]
        return NotLinearizable(operation, tuple(self._running.values()), tuple(states))


def _in_order(chain: _Chain) -> tuple[Operation, ...]:
    operations: list[Operation] = []
    while chain is not None:
        operation, chain = chain
        operations.append(operation)
    return tuple(reversed(operations))
