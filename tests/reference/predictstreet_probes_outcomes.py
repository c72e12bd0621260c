"""Probes of what becomes of orders, and of how answers say so."""

from __future__ import annotations

import json
from typing import Any

from .predictstreet_probes import NOBODYS, Asker, probes, succeeded

REASONS = {"not_found", "already_terminal", "lock_invariant", "unknown"}
ENDED = ("filled", "cancelled", "rejected", "expired")


def has_shape(body: bytes) -> bool:
    answer: Any = json.loads(body)
    cancelled, others = answer.get("cancelled"), answer.get("notCancelled")
    return isinstance(cancelled, list) and isinstance(others, dict) and all(isinstance(one, str) for one in cancelled)


@probes("response.shape")
async def shape(first: Asker) -> None:
    caller = await first.caller()
    orders = await caller.orders(1)
    assert has_shape((await caller.cancel(orders)).body)
    assert has_shape((await caller.cancel([NOBODYS])).body)


@probes("outcomes.every-id")
async def every_id(first: Asker) -> None:
    caller = await first.caller()
    batch = [*await caller.orders(98), NOBODYS[:-1] + "a", *await caller.orders(1, "filled")]
    cancelled, others = await caller.outcome(batch)
    assert sorted(each.lower() for each in (*cancelled, *others)) == sorted(each.lower() for each in batch)


@probes("outcomes.once")
async def once(first: Asker) -> None:
    caller = await first.caller()
    cancelled, others = await caller.outcome([*await caller.orders(3), NOBODYS])
    assert len(cancelled) == len({order_id.lower() for order_id in cancelled})
    assert not set(cancelled) & set(others)


@probes("outcomes.reasons")
async def reasons(first: Asker) -> None:
    caller = await first.caller()
    ended = [(await caller.orders(1, status))[0] for status in ENDED]
    _, others = await caller.outcome([*ended, NOBODYS])
    assert set(others.values()) <= REASONS


@probes("independence.bad-id-affects-no-other")
async def mixed_batch(first: Asker) -> None:
    caller, other = await first.caller(), await first.caller()
    for bad in (NOBODYS, (await other.orders(1))[0], (await caller.orders(1, "filled"))[0]):
        orders = await caller.orders(2)
        cancelled, _ = await caller.outcome([orders[0], bad, orders[1]])
        assert cancelled == sorted(orders)
        assert await caller.poll_until(orders, "cancelled")


@probes("outcomes.none-cancelled")
async def none_cancelled(first: Asker) -> None:
    caller = await first.caller()
    assert succeeded(await caller.cancel([NOBODYS]))
    assert succeeded(await caller.cancel(await caller.orders(2, "filled")))


@probes("outcomes.lock-invariant")
async def lock_invariant(first: Asker) -> None:
    caller = await first.caller()
    for status in ("open", "partially_filled"):
        (order,) = await caller.orders(1, status)
        await caller.state("cancel outcome", orderId=order, outcome="lock_invariant")
        assert await caller.outcome([order]) == ([], {order: "lock_invariant"})
    first_order, last = await caller.orders(2)
    await caller.state("cancel outcome", orderId=last, outcome="lock_invariant")
    assert await caller.outcome([first_order, last]) == ([first_order], {last: "lock_invariant"})


@probes("outcomes.lock-invariant-rest")
async def lock_invariant_rest(first: Asker) -> None:
    caller = await first.caller()
    for count in (1, 2):
        before, *armed, after = await caller.orders(count + 2)
        for order in armed:
            await caller.state("cancel outcome", orderId=order, outcome="lock_invariant")
        assert (await caller.outcome([before, *armed, after]))[0] == sorted([before, after])
        assert await caller.poll_until([before, after], "cancelled")


@probes("outcomes.unknown")
async def unknown(first: Asker) -> None:
    caller = await first.caller()
    (order,) = await caller.orders(1)
    await caller.state("cancel outcome", orderId=order, outcome="unknown")
    assert await caller.outcome([order]) == ([], {order: "unknown"})


@probes("outcomes.unknown-retry")
async def unknown_retry(first: Asker) -> None:
    caller = await first.caller()
    (order,) = await caller.orders(1)
    await caller.state("cancel outcome", orderId=order, outcome="unknown")
    await caller.cancel([order])
    assert await caller.outcome([order]) == ([order], {})


@probes("outcomes.failed-stays-open")
async def failed_stays_open(first: Asker) -> None:
    caller = await first.caller()
    orders = await caller.orders(2)
    for order, outcome in zip(orders, ("unknown", "lock_invariant"), strict=True):
        await caller.state("cancel outcome", orderId=order, outcome=outcome)
        await caller.cancel([order])
    assert await caller.statuses(orders) == ["open", "open"]


@probes("duplicates.collapsed")
async def collapsed(first: Asker) -> None:
    caller = await first.caller()
    (order,) = await caller.orders(1)
    assert await caller.outcome([order, order]) == ([order], {})


@probes("duplicates.any-spread")
async def any_spread(first: Asker) -> None:
    caller = await first.caller()
    one, two, three = await caller.orders(3)
    assert await caller.outcome([one, two, one]) == (sorted([one, two]), {})
    assert await caller.outcome([three] * 100) == ([three], {})


@probes("duplicates.same-reason")
async def same_reason(first: Asker) -> None:
    caller = await first.caller()
    (ended,) = await caller.orders(1, "filled")
    assert (await caller.outcome([ended, NOBODYS] * 2))[1] == {ended: "already_terminal", NOBODYS: "not_found"}


@probes("isolation.unknown-not-found")
async def isolation_unknown(first: Asker) -> None:
    assert await first.outcome([NOBODYS]) == ([], {NOBODYS: "not_found"})


@probes("isolation.foreign-not-found")
async def foreign(first: Asker) -> None:
    orders = await (await first.caller()).orders(2)
    await first.state("cancel outcome", orderId=orders[1], outcome="unknown")
    assert await first.outcome(orders) == ([], dict.fromkeys(orders, "not_found"))


@probes("isolation.foreign-terminal")
async def foreign_terminal(first: Asker) -> None:
    other = await first.caller()
    orders = [(await other.orders(1, status))[0] for status in ("open", *ENDED)]
    await other.cancel(orders[:1])
    assert await first.outcome(orders) == ([], dict.fromkeys(orders, "not_found"))


@probes("isolation.indistinguishable")
async def indistinguishable(first: Asker) -> None:
    # Clocks and budgets move on by themselves now and then; what tells foreign orders apart does so every time.
    assert any([await looks_the_same(first) for _ in range(5)])


async def looks_the_same(first: Asker) -> bool:
    """Whether the answer about a foreign order differs in nothing that the answers around it share."""
    caller, other = await first.caller(), await first.caller()
    foreign = await other.orders(1)

    async def looks(order_id: str) -> dict[str, str]:
        answer = await caller.cancel([order_id])
        body = json.loads(answer.body.replace(order_id.encode(), b"ID"))
        fields = {f"field {name}": str(value) for name, value in body.items()}
        return {"status": str(answer.status), **dict(answer.headers), **fields}

    before, asked, after = await looks(NOBODYS), await looks(foreign[0]), await looks(NOBODYS[:-1] + "1")
    steady = [name for name in before if before[name] == after.get(name)]
    return set(asked) == set(before) and all(asked[name] == before[name] for name in steady)


@probes("isolation.foreign-untouched")
async def foreign_untouched(first: Asker) -> None:
    other = await first.caller()
    orders = await other.orders(2)
    await first.cancel(orders)
    assert await other.statuses(orders) == ["open", "open"]


@probes("lifecycle.open-cancelled")
async def lifecycle_open(first: Asker) -> None:
    orders = await first.orders(1)
    assert (await first.outcome(orders))[0] == orders


@probes("lifecycle.partially-filled-cancelled")
async def partially_filled(first: Asker) -> None:
    orders = await first.orders(1, "partially_filled")
    assert (await first.outcome(orders))[0] == orders
    assert await first.poll_until(orders, "cancelled")


@probes("lifecycle.read-back")
async def read_back(first: Asker) -> None:
    orders = await first.orders(2)
    assert (await first.outcome(orders))[0] == sorted(orders)
    assert await first.poll_until(orders, "cancelled")


def _ends_with(status: str) -> None:
    @probes(f"lifecycle.{status}-is-final")
    async def ended(first: Asker) -> None:
        orders = await first.orders(1, status)
        assert await first.outcome(orders) == ([], {orders[0]: "already_terminal"})


for _status in ENDED:
    _ends_with(_status)


@probes("lifecycle.re-cancel")
async def re_cancel(first: Asker) -> None:
    orders = await first.orders(2)
    assert (await first.outcome(orders))[0] == sorted(orders)
    for _ in range(3):
        assert await first.outcome(orders) == ([], dict.fromkeys(orders, "already_terminal"))
    await first.rest()
    again = await first.orders(1)
    await first.state("failing response", caller=first.wallet, status=500, count=1, after_commit=True)
    await first.cancel(again)
    assert (await first.outcome(again))[0] == []
    await first.state("time passed", seconds=3600)
    assert await first.outcome(orders) == ([], dict.fromkeys(orders, "already_terminal"))


@probes("lifecycle.terminal-unchanged")
async def terminal_unchanged(first: Asker) -> None:
    orders = [(await first.orders(1, status))[0] for status in ENDED]
    await first.cancel(orders)
    assert await first.statuses(orders) == list(ENDED)


@probes("isolation.unnamed-untouched")
async def unnamed_untouched(first: Asker) -> None:
    older, named, younger = await first.orders(3)
    await first.cancel([named])
    await first.cancel([NOBODYS])
    await first.cancel([NOBODYS, *await first.orders(1)])
    assert await first.statuses([older, younger]) == ["open", "open"]
