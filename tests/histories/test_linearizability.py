"""Histories made by hand: some that a serial order explains, and some that none does."""

from __future__ import annotations

import itertools
import math
import random
import time

import pytest

from venue_conformance.histories import (
    LifeCycle,
    LinearizabilityUnknown,
    Linearizable,
    NotLinearizable,
    Operation,
    check_linearizability,
)

CYCLE = LifeCycle(
    "open",
    {
        ("open", "cancelled"): "cancelled",
        ("open", "failed"): "open",
        ("open", "filled"): "filled",
        ("cancelled", "terminal"): "cancelled",
        ("filled", "terminal"): "filled",
        ("open", "reads open"): "open",
        ("cancelled", "reads cancelled"): "cancelled",
    },
)


def operation(name: str, start: float, end: float, maybe: bool = False, **steps: str) -> Operation:
    return Operation(name, start, end, steps, maybe)


def names(explanation: object) -> list[str]:
    assert isinstance(explanation, Linearizable)
    return [operation.name for operation in explanation.order]


def both_ways(*operations: Operation, **initial: str) -> tuple[bool, bool]:
    """Whether each order alone, and whether whole batches, have an explanation."""
    results = [check_linearizability(operations, CYCLE, initial, whole_batches=whole) for whole in (False, True)]
    assert not any(isinstance(result, LinearizabilityUnknown) for result in results)
    return isinstance(results[0], Linearizable), isinstance(results[1], Linearizable)


def test_no_operations_are_linearizable() -> None:
    assert names(check_linearizability([], CYCLE)) == []


def test_an_operation_without_steps_needs_no_place() -> None:
    refused = operation("refused with 429", 0, 10)

    assert both_ways(refused, operation("first", 0, 1, a="cancelled"), operation("second", 2, 3, a="terminal")) == (
        True,
        True,
    )


def test_one_after_the_other() -> None:
    first, second = operation("first", 0, 1, a="cancelled"), operation("second", 2, 3, a="terminal")

    assert names(check_linearizability([second, first], CYCLE, whole_batches=True)) == ["first", "second"]


def test_order_is_not_cancelled_twice() -> None:
    assert both_ways(operation("one", 0, 1, a="cancelled"), operation("two", 0, 1, a="cancelled")) == (False, False)


def test_an_order_is_not_terminal_before_it_was_cancelled() -> None:
    assert both_ways(operation("one", 0, 1, a="terminal"), operation("two", 2, 3, a="cancelled")) == (False, False)


def test_overlapping_operations_may_take_effect_in_either_order() -> None:
    assert both_ways(operation("one", 0, 2, a="terminal"), operation("two", 1, 3, a="cancelled")) == (True, True)


def test_operations_that_touch_at_one_moment_may_take_effect_in_either_order() -> None:
    assert both_ways(operation("one", 0, 1, a="terminal"), operation("two", 1, 2, a="cancelled")) == (True, True)


def test_nobody_cancelled_what_everybody_found_terminal() -> None:
    assert both_ways(operation("one", 0, 1, a="terminal"), operation("two", 0, 1, a="terminal")) == (False, False)


def test_the_state_before_everything_counts() -> None:
    assert both_ways(operation("one", 0, 1, a="terminal"), a="filled") == (True, True)
    assert both_ways(operation("one", 0, 1, a="cancelled"), a="filled") == (False, False)


def test_a_failed_cancel_leaves_the_order_open() -> None:
    assert both_ways(operation("one", 0, 1, a="failed"), operation("two", 2, 3, a="cancelled")) == (True, True)
    assert both_ways(operation("one", 0, 1, a="cancelled"), operation("two", 2, 3, a="failed")) == (False, False)


def test_two_batches_that_each_won_one_order_are_no_whole_batches() -> None:
    one = operation("one", 0, 1, a="cancelled", b="terminal")
    two = operation("two", 0, 1, a="terminal", b="cancelled")

    assert both_ways(one, two) == (True, False)


def test_the_winner_of_overlapping_batches_takes_all() -> None:
    one = operation("one", 0, 1, a="cancelled", b="cancelled", c="cancelled")
    two = operation("two", 0, 1, b="terminal", c="terminal", d="cancelled")

    assert both_ways(one, two) == (True, True)


def test_three_batches_in_a_ring_have_no_order() -> None:
    ring = [
        operation("one", 0, 1, a="cancelled", b="terminal"),
        operation("two", 0, 1, b="cancelled", c="terminal"),
        operation("three", 0, 1, c="cancelled", a="terminal"),
    ]

    assert both_ways(*ring) == (True, False)


def test_three_batches_in_a_row_have_an_order() -> None:
    row = [
        operation("one", 0, 1, a="cancelled", b="terminal"),
        operation("two", 0, 1, b="cancelled", c="terminal"),
        operation("three", 0, 1, c="cancelled"),
    ]

    assert names(check_linearizability(row, CYCLE, whole_batches=True)) == ["three", "two", "one"]


def test_time_forbids_an_order_that_the_answers_would_allow() -> None:
    one = operation("one", 0, 1, a="cancelled", b="terminal")
    two = operation("two", 2, 3, b="cancelled")

    assert both_ways(one, two) == (False, False)
    assert both_ways(one, operation("two", 0.5, 3, b="cancelled")) == (True, True)


def test_a_reader_that_saw_half_a_batch() -> None:
    batch = operation("batch", 0, 10, a="cancelled", b="cancelled")
    reader = operation("reader", 4, 5, a="reads cancelled", b="reads open")

    assert both_ways(batch, reader) == (True, False)


def test_readers_that_saw_time_run_backwards() -> None:
    batch = operation("batch", 0, 10, a="cancelled")
    readers = [operation("early", 1, 2, a="reads cancelled"), operation("late", 3, 4, a="reads open")]

    assert both_ways(batch, *readers) == (False, False)
    assert both_ways(batch, operation("early", 1, 2, a="reads open"), operation("late", 3, 4, a="reads cancelled")) == (
        True,
        True,
    )


@pytest.mark.parametrize("later", ["cancelled", "terminal"])
def test_an_operation_without_an_answer_may_have_happened_or_not(later: str) -> None:
    lost = operation("lost", 0, math.inf, maybe=True, a="cancelled")

    assert both_ways(lost, operation("later", 5, 6, a=later)) == (True, True)


def test_an_operation_without_an_answer_happened_whole_or_not_at_all() -> None:
    lost = operation("lost", 0, 1, maybe=True, a="cancelled", b="cancelled")
    later = operation("later", 2, 3, a="terminal", b="cancelled")

    assert both_ways(lost, later) == (True, False)


def test_an_operation_without_an_answer_did_not_happen_before_it_began() -> None:
    lost = operation("lost", 5, math.inf, maybe=True, a="cancelled")

    assert both_ways(lost, operation("early", 0, 1, a="terminal")) == (False, False)


def test_what_has_no_place_is_named_with_what_overlapped() -> None:
    one = operation("one", 0, 2, a="cancelled", b="terminal")
    two = operation("two", 1, 3, a="terminal", b="cancelled")

    result = check_linearizability([one, two], CYCLE, whole_batches=True)

    assert isinstance(result, NotLinearizable)
    assert (result.operation, result.overlapping) == (one, (two,))
    assert result.states == ({"a": "open", "b": "open"},)
    assert str(result) == (
        "no serial order has a place for one (a: cancelled, b: terminal), "
        "which overlapped with: two (a: terminal, b: cancelled)"
    )


def test_an_operation_does_not_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="late ends before it starts"):
        operation("late", 2, 1)


def test_a_search_that_grows_too_far_is_given_up() -> None:
    lost = [operation(f"lost {n}", 0, math.inf, maybe=True, **{f"order{n}": "cancelled"}) for n in range(40)]
    touching_all = Operation("all", 1, 2, {f"order{n}": "failed" if n else "terminal" for n in range(40)})

    assert check_linearizability(
        [*lost, touching_all], CYCLE, whole_batches=True, effort=1000
    ) == LinearizabilityUnknown(1000)


def simulated(rng: random.Random, whole: bool, orders: int, batches: int) -> list[Operation]:
    """Batches that overlap at random and were really carried out one after the other, whole or order by order."""
    batch_orders = [rng.sample(range(orders), rng.randint(1, orders)) for _ in range(batches)]
    starts = [rng.uniform(0, 4) for _ in range(batches)]
    ends = [start + rng.uniform(0.1, 3) for start in starts]
    moments: list[tuple[float, int, list[int]]] = []
    for number, chosen in enumerate(batch_orders):
        groups = [chosen] if whole else [[order] for order in chosen]
        moments += [(rng.uniform(starts[number], ends[number]), number, group) for group in groups]
    cancelled: set[int] = set()
    reported: list[dict[str, str]] = [{} for _ in range(batches)]
    for _, number, group in sorted(moments):
        for order in group:
            reported[number][f"o{order}"] = "terminal" if order in cancelled else "cancelled"
            cancelled.add(order)
    return [Operation(f"b{n}", starts[n], ends[n], reported[n]) for n in range(batches)]


def brute_force(operations: list[Operation]) -> bool:
    """Whether any permutation explains whole batches, by trying them all."""
    for order in itertools.permutations(operations):
        states: dict[str, str] = {}
        fits = all(later.end >= earlier.start for earlier, later in itertools.combinations(order, 2))
        for each in order if fits else ():
            for name, event in each.steps.items():
                after = CYCLE.after(states.get(name, "open"), event)
                if after is None:
                    fits = False
                    break
                states[name] = after
            if not fits:
                break
        if fits:
            return True
    return False


@pytest.mark.parametrize("seed", range(60))
def test_what_really_ran_whole_is_linearizable_and_the_rest_is_judged_as_brute_force_does(seed: int) -> None:
    rng = random.Random(seed)
    whole, torn = simulated(rng, True, 4, 6), simulated(rng, False, 3, 5)

    assert isinstance(check_linearizability(whole, CYCLE, whole_batches=True), Linearizable)
    assert isinstance(check_linearizability(torn, CYCLE), Linearizable)
    assert isinstance(check_linearizability(torn, CYCLE, whole_batches=True), Linearizable) == brute_force(torn)


def test_an_explanation_is_a_serial_order() -> None:
    operations = simulated(random.Random(7), True, 6, 8)
    found = check_linearizability(operations, CYCLE, whole_batches=True)
    assert isinstance(found, Linearizable)

    states: dict[str, str] = {}
    for each in found.order:
        for order, event in each.steps.items():
            after = CYCLE.after(states.get(order, "open"), event)
            assert after is not None
            states[order] = after
    assert sorted(each.name for each in found.order) == sorted(each.name for each in operations)


@pytest.mark.parametrize("whole", [False, True])
def test_forty_thousand_operations(whole: bool) -> None:
    """Realistic histories, mostly one after the other with some batches that overlap, take about a second."""
    rng = random.Random(1)
    cancelled: set[int] = set()
    operations = []
    for number in range(40_000):
        chosen = [number // 4, max(0, number // 4 - rng.randrange(20))]
        steps = {f"o{order}": "terminal" if order in cancelled else "cancelled" for order in dict.fromkeys(chosen)}
        cancelled.update(chosen)
        length = 2.5 if rng.random() < 0.1 else 0.5
        operations.append(Operation(f"op {number}", number - length / 2, number + length / 2, steps))

    began = time.process_time()
    result = check_linearizability(operations, CYCLE, whole_batches=whole)

    assert isinstance(result, Linearizable)
    assert time.process_time() - began < 10, "about one second is meant; a loaded machine may take longer"
