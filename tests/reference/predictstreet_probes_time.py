"""Probes of what shows only in the course of time: races, latency and the rate."""

from __future__ import annotations

import asyncio
import time

from .predictstreet_probes import NOBODYS, Asker, burst, overspent, probes, refused, succeeded


@probes("atomicity.no-partial-view")
async def no_partial_view(first: Asker) -> None:
    orders = await first.orders(100)
    batch = asyncio.create_task(first.cancel(orders))
    for _ in range(5000):
        seen = set(await first.statuses(orders))
        assert len(seen) == 1
        if batch.done() and seen == {"cancelled"}:
            break
        await asyncio.sleep(0.001)
    assert succeeded(await batch)


@probes("atomicity.committed-before-answer")
async def committed_before_answer(first: Asker) -> None:
    orders = await first.orders(2)
    assert (await first.outcome(orders))[0] == sorted(orders)
    assert await first.outcome(orders) == ([], dict.fromkeys(orders, "already_terminal"))


async def overlapping(first: Asker) -> tuple[list[str], list[tuple[list[str], dict[str, str]]]]:
    """The answers to two batches of one wallet, one in the reverse order of the other, by keys of their own."""
    caller, other = await first.caller("multi_wallet"), await first.caller("multi_wallet")
    orders = await caller.orders(20)
    both = (caller.outcome(orders), other.outcome(orders[::-1], x_user_wallet=caller.wallet))
    return orders, list(await asyncio.gather(*both))


@probes("atomicity.cancelled-once")
async def cancelled_once(first: Asker) -> None:
    orders, answers = await overlapping(first)
    assert sorted(order_id for cancelled, _ in answers for order_id in cancelled) == sorted(orders)


@probes("atomicity.serial")
async def serial(first: Asker) -> None:
    _, answers = await overlapping(first)
    assert sorted(len(cancelled) for cancelled, _ in answers) == [0, 20]


@probes("atomicity.failed-batch")
async def failed_batch(first: Asker) -> None:
    for after_commit in (False, True):
        orders = await first.orders(4)
        await first.state("failing response", caller=first.wallet, status=500, count=1, after_commit=after_commit)
        assert (await first.cancel(orders)).status == 500
        assert await first.poll_until(orders, "cancelled" if after_commit else "open")


@probes("latency.bounded")
async def bounded(first: Asker) -> None:
    orders = await first.orders(100)
    began = time.perf_counter()
    assert succeeded(await first.cancel([NOBODYS]))
    one = time.perf_counter() - began
    began = time.perf_counter()
    assert succeeded(await first.cancel(orders))
    assert time.perf_counter() - began < max(3 * one, one + 0.4)


@probes("rate-limit.enforced")
async def enforced(first: Asker) -> None:
    assert not all(succeeded(answer) for answer in await overspent(first))


@probes("rate-limit.sustained")
async def sustained(first: Asker) -> None:
    at_once = sum(map(succeeded, await overspent(first)))
    other = await first.caller()
    passed = 0
    for _ in range(16):  # four seconds, with eighty requests in each
        passed += sum(map(succeeded, await burst(other, 20)))
        await other.state("time passed", seconds=0.25)
    assert passed <= 2 * at_once + 5 * 4 + 5


async def paced(asker: Asker, ids: list[str]) -> bool:
    """Whether 24 requests pass that are sent at 4 a second, by the venue's clock."""
    for _ in range(24):
        if not succeeded(await asker.cancel(ids)):
            return False
        await asker.state("time passed", seconds=0.25)
    return True


@probes("rate-limit.below-never-refused")
async def below_never_refused(first: Asker) -> None:
    assert await paced(first, [NOBODYS])


@probes("rate-limit.counts-requests")
async def counts_requests(first: Asker) -> None:
    assert await paced(first, [f"{NOBODYS[:-3]}{number:03}" for number in range(100)])


@probes("rate-limit.refused-cancels-nothing")
async def refused_for_the_rate_cancels_nothing(first: Asker) -> None:
    orders = await first.orders(40)
    await overspent(first)
    answers = await asyncio.gather(*(first.cancel([order]) for order in orders))
    spared = [order for order, answer in zip(orders, answers, strict=True) if refused(answer)]
    assert set(await first.statuses(spared)) == {"open"}


@probes("rate-limit.recovers")
async def recovers(first: Asker) -> None:
    sent = len(await overspent(first))
    await first.state("time passed", seconds=sent / 5 + 1)
    assert succeeded(await first.cancel([NOBODYS]))


@probes("rate-limit.accounts-independent")
async def other_wallets(first: Asker) -> None:
    other = await first.caller()
    await overspent(first)
    assert succeeded(await other.cancel([NOBODYS]))


@probes("rate-limit.other-wallets-same-key")
async def other_wallets_same_key(first: Asker) -> None:
    caller, other = await first.caller("multi_wallet"), await first.caller("multi_wallet")
    await overspent(caller)
    assert succeeded(await caller.cancel([NOBODYS], x_user_wallet=other.wallet))


@probes("rate-limit.one-bucket-per-spelling")
async def one_bucket_per_spelling(first: Asker) -> None:
    caller, plain = await first.caller("multi_wallet"), await first.caller("multi_wallet")
    digits = caller.wallet[2:]
    spellings = [digits[:cut].upper() + digits[cut:] for cut in range(0, 40, 5)]
    passed = sum(succeeded(answer) for answer in await burst(plain))
    sent = (caller.cancel([NOBODYS], x_user_wallet="0x" + spellings[turn % 8]) for turn in range(40))
    answers = await asyncio.gather(*sent)
    assert sum(map(succeeded, answers)) <= 2 * passed + 3


@probes("rate-limit.one-bucket-over-keys")
async def one_bucket_over_keys(first: Asker) -> None:
    callers = [await first.caller("multi_wallet") for _ in range(8)]
    passed = sum(succeeded(answer) for answer in await burst(await first.caller("multi_wallet")))
    wallet = callers[0].wallet
    sent = (callers[turn % 8].cancel([NOBODYS], x_user_wallet=wallet) for turn in range(40))
    answers = await asyncio.gather(*sent)
    assert sum(map(succeeded, answers)) <= 2 * passed + 3


@probes("rate-limit.declared-wallet-ignored")
async def declared_wallet_ignored(first: Asker) -> None:
    caller = await first.caller()
    passed = sum(map(succeeded, await burst(await first.caller())))
    sent = (caller.cancel([NOBODYS], x_user_wallet=f"0x{turn % 8:040x}") for turn in range(40))
    assert sum(map(succeeded, await asyncio.gather(*sent))) <= 2 * passed + 3


@probes("rate-limit.status-429")
async def rate_status(first: Asker) -> None:
    assert {answer.status for answer in await overspent(first) if refused(answer)} == {429}


async def headers_of_a_refusal(first: Asker) -> dict[str, str]:
    return next((dict(answer.headers) for answer in await overspent(first) if refused(answer)), {})


@probes("rate-limit.retry-after")
async def retry_after(first: Asker) -> None:
    said = (await headers_of_a_refusal(first)).get("retry-after", "")
    assert said.isdecimal()
    assert int(said) >= 1


@probes("rate-limit.headers")
async def rate_headers(first: Asker) -> None:
    headers = await headers_of_a_refusal(first)
    for name in ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"):
        assert headers.get(name, "").isdecimal(), name
