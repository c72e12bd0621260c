"""Requests at one moment, within a rate and within each account's budget."""

from __future__ import annotations

import time

import pytest

from venue_conformance.client.under_load import RoundPart
from venue_conformance.load.pacing import LoadPacer, share_of
from venue_conformance.wire.pacing import TokenBucket


def parts(count: int, tokens: int = 1, account: str | None = "one") -> list[RoundPart]:
    return [RoundPart(f"batch{number}", lambda: None, account, tokens) for number in range(count)]


def test_in_no_second_more_are_sent_than_the_rate_allows() -> None:
    pacer, sent = LoadPacer(None, 8), list[float]()
    for _ in range(3):
        pacer.pay(parts(4, account=None))
        sent += [time.monotonic()] * 4
    assert pacer.at_once == 8
    assert sent[8] - sent[0] > 0.9


class Clock:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += max(seconds, 1e-6)


@pytest.mark.parametrize("rate", [1, 2, 2.5, 7.9, 12.5, 25])
@pytest.mark.parametrize("workers", [1, 2, 3, 7])
def test_workers_together_keep_to_a_rate_in_every_second(
    monkeypatch: pytest.MonkeyPatch, rate: float, workers: int
) -> None:
    sent: list[float] = []
    for index in range(workers):
        clock, pacer = Clock(), LoadPacer(None, share_of(rate, index, workers))
        monkeypatch.setattr(pacer, "_clock", lambda clock=clock: clock.now)
        monkeypatch.setattr(pacer, "_sleep", clock.sleep)
        for _ in range(40):
            pacer.wait(None)
            sent.append(clock.now)
    most = max(sum(0 <= at - start < 1 for at in sent) for start in sent)
    assert rate / 2 < most <= rate or workers > rate


def test_an_account_is_kept_within_its_budget() -> None:
    pacer = LoadPacer(lambda: TokenBucket(rate=40, burst=20), None)
    began = time.monotonic()
    pacer.pay(parts(4, tokens=5))
    assert time.monotonic() - began < 0.2
    pacer.pay(parts(4, tokens=5))
    assert time.monotonic() - began > 0.45


def test_what_is_paid_for_does_not_wait_again() -> None:
    pacer = LoadPacer(lambda: TokenBucket(rate=0.1, burst=1), 1)
    pacer.pay(parts(1))
    with pacer.paid():
        assert pacer.wait("one") == 0
