"""Requests at one moment, within a rate and within each account's budget."""

from __future__ import annotations

import time

from venue_conformance.client.under_load import RoundPart
from venue_conformance.load.pacing import LoadPacer
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
