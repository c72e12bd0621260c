"""Budgets: no window of time ever holds more than an account, or the whole run, may spend."""

from __future__ import annotations

import itertools
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venue_conformance.wire.pacing import Pacer, TokenBucket, Window


class FakeClock:
    """Time that passes only while somebody sleeps."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now
        self.naps: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.naps.append(seconds)
        # No real clock stands still, however short the nap.
        self.now += max(seconds, 1e-6)


def spent_within(sent: list[tuple[float, int]], seconds: float) -> int:
    """The most tokens that any window of this length holds."""
    return max(
        sum(tokens for at, tokens in sent[first:] if at - start <= seconds) for first, (start, _) in enumerate(sent)
    )


PAUSES = st.lists(st.tuples(st.floats(0, 8), st.integers(1, 120)), min_size=1, max_size=40)


@given(PAUSES, st.floats(0.5, 50), st.integers(1, 100), st.floats(0, 20))
def test_no_window_holds_more_than_a_bucket_gives(
    requests: list[tuple[float, int]], rate: float, burst: int, window: float
) -> None:
    clock = FakeClock()
    pacer = Pacer(lambda: TokenBucket(rate, burst), None, clock, clock.sleep)
    sent = []
    for pause, tokens in requests:
        clock.now += pause
        pacer.wait("alice", tokens)
        sent.append((clock.now, tokens))
    largest = max(burst, *(tokens for _, tokens in requests))
    assert spent_within(sent, window) <= largest + rate * window + 1e-3


@given(PAUSES, st.integers(1, 6), st.floats(0.1, 3))
def test_no_window_holds_more_requests_than_its_count(
    requests: list[tuple[float, int]], count: int, seconds: float
) -> None:
    clock = FakeClock()
    pacer = Pacer(lambda: Window(count, seconds), None, clock, clock.sleep)
    sent = []
    for pause, tokens in requests:
        clock.now += pause / 8
        pacer.wait("alice", tokens)
        sent.append((clock.now, 1))
    assert spent_within(sent, seconds * (1 - 1e-6)) <= count


@given(st.lists(st.sampled_from(["alice", "bob", None]), min_size=1, max_size=40), st.floats(0.5, 100))
def test_the_ceiling_counts_every_account_and_nobody_alike(accounts: list[str | None], ceiling: float) -> None:
    clock = FakeClock()
    pacer = Pacer(lambda: TokenBucket(20, 100), ceiling, clock, clock.sleep)
    sent = []
    for account in accounts:
        pacer.wait(account)
        sent.append(clock.now)
    assert all(later - earlier >= 1 / ceiling - 1e-6 for earlier, later in itertools.pairwise(sent))


def test_a_batch_beyond_the_burst_waits_for_a_full_bucket_and_is_paid_back() -> None:
    clock = FakeClock()
    pacer = Pacer(lambda: TokenBucket(20, 100), None, clock, clock.sleep)
    pacer.wait("alice", 101)
    assert clock.naps == []
    pacer.wait("alice", 1)
    assert clock.naps == [pytest.approx(2 / 20)]
    pacer.wait("alice", 500)
    assert sum(clock.naps) == pytest.approx(101 / 20 + 1 / 20, rel=1e-3)


def test_accounts_have_budgets_of_their_own() -> None:
    clock = FakeClock()
    pacer = Pacer(lambda: Window(1, 60), None, clock, clock.sleep)
    for account in ("alice", "bob", "carol"):
        pacer.wait(account)
    assert clock.naps == []
    pacer.wait("bob")
    assert clock.naps == [60]


@pytest.mark.parametrize("account", [None, "alice"])
def test_what_spends_nobodys_budget_never_waits(account: str | None) -> None:
    clock = FakeClock()
    pacer = Pacer(None if account else lambda: Window(1, 60), None, clock, clock.sleep)
    for _ in range(50):
        pacer.wait(account, 100)
    assert clock.naps == []


def test_an_idle_bucket_never_holds_more_than_its_burst() -> None:
    bucket = TokenBucket(20, 100)
    bucket.spend(0, 100)
    assert bucket.delay(3600, 100) == 0
    bucket.spend(3600, 100)
    assert bucket.delay(3600, 20) == pytest.approx(1)


def test_threads_that_wait_together_keep_the_ceiling() -> None:
    pacer = Pacer(None, 200)
    sent: list[float] = []

    def send() -> None:
        for _ in range(4):
            pacer.wait("alice")
            sent.append(time.monotonic())

    began = time.monotonic()
    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sent) == 32
    assert time.monotonic() - began >= 31 / 200


def test_a_rest_waits_for_room_and_takes_none_of_it() -> None:
    clock = FakeClock()
    pacer = Pacer(lambda: Window(5, 1.1), None, clock, clock.sleep)
    for _ in range(3):
        pacer.wait("alice")
    pacer.rest("alice", 2)
    pacer.rest("alice", 2)
    assert clock.naps == []
    pacer.rest("alice", 4)
    assert sum(clock.naps) == pytest.approx(1.1)
    for _ in range(5):
        pacer.wait("alice")
    assert sum(clock.naps) == pytest.approx(1.1)
