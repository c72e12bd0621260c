"""The provider states of the PredictStreet venue."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from venue_conformance.reference import load

from .predictstreet import Partner, StillClock, served, served_as


@pytest.fixture(scope="module")
def first() -> Iterator[Partner]:
    with served(seed=7, clock=StillClock()) as (_, partner):
        yield partner


@pytest.fixture
def partner(first: Partner) -> Partner:
    return first.other()


def test_the_target_file_describes_the_served_venue() -> None:
    with served() as (server, first):
        target = tomllib.loads(server.target_file)
        assert target["venue"] == "predictstreet"
        assert target["base_url"] == server.base_url
        assert target["credentials"] == first.credentials
        assert set(target["credentials"]) == {"api_key", "partner_kind", "wallet"}


@pytest.mark.parametrize("kind", ["single_wallet", "multi_wallet"])
def test_a_caller_of_either_kind_is_made(first: Partner, kind: str) -> None:
    credentials = first.other(kind).credentials
    assert credentials["partner_kind"] == kind
    assert credentials["wallet"] == credentials["wallet"].lower()
    assert len(credentials["api_key"]) == len("ps_live_") + 16 + 1 + 43
    assert first.state("caller")["credentials"]["partner_kind"] == "single_wallet"


def test_a_caller_without_an_identity_check_is_said_to_be_one(first: Partner) -> None:
    assert first.state("caller", kyc="none")["kyc"] == "none"
    assert "kyc" not in first.state("caller")
    assert first.ask_state("caller", {"kyc": "full"}).status_code == 501


@pytest.mark.parametrize("outcome", ["lock_invariant", "unknown"])
def test_an_armed_outcome_meets_the_owners_next_attempt_once(partner: Partner, outcome: str) -> None:
    before, armed, after = partner.orders(3)
    partner.state("cancel outcome", orderId=armed, outcome=outcome)
    stranger = partner.other()
    assert stranger.cancel([armed]).json()["notCancelled"] == {armed: "not_found"}

    answer = partner.cancel([before, armed, after, armed])

    assert answer.json() == {"cancelled": [before, after], "notCancelled": {armed: outcome}}
    assert partner.statuses([before, armed, after]) == ["cancelled", "open", "cancelled"]
    assert partner.cancel([armed]).json()["cancelled"] == [armed]
    assert partner.ask_state("cancel outcome", {"orderId": armed, "outcome": outcome}).status_code == 501


@pytest.mark.parametrize("status", [500, 503, 429, 408])
@pytest.mark.parametrize("after_commit", [False, True])
def test_an_armed_failure_meets_the_next_batches(partner: Partner, status: int, after_commit: bool) -> None:
    orders = partner.orders(2)
    partner.state("failing response", caller=partner.wallet, status=status, count=2, after_commit=after_commit)

    assert partner.cancel([]).status_code == 400  # is refused and uses none up
    assert partner.cancel(orders).status_code == status
    assert partner.statuses(orders) == ["cancelled" if after_commit else "open"] * 2
    assert partner.cancel(orders).status_code == status
    answer = partner.cancel(orders).json()

    assert answer["cancelled"] == ([] if after_commit else orders)


def test_teardown_disarms_an_outcome(partner: Partner) -> None:
    (order,) = partner.orders(1)
    for action in ("setup", "teardown"):
        answer = partner.ask_state("cancel outcome", {"orderId": order, "outcome": "unknown"}, action)
        assert answer.status_code == 200
    assert partner.cancel([order]).json()["cancelled"] == [order]


def test_time_passed_refills_budgets(partner: Partner) -> None:
    assert [partner.cancel(["x"]).status_code for _ in range(6)][-1] == 429
    partner.state("time passed", seconds=1)
    assert [partner.cancel(["x"]).status_code for _ in range(5)] == [200] * 5


@pytest.mark.parametrize(
    ("state", "params", "status"),
    [
        ("caller", {"partner_kind": "no_wallet"}, 501),
        ("definitive answers", {"on": True}, 501),
        ("cancel outcome", {"orderId": "nothing", "outcome": "unknown"}, 400),
    ],
)
def test_what_cannot_be_brought_about(partner: Partner, state: str, params: dict[str, Any], status: int) -> None:
    assert partner.ask_state(state, params).status_code == status


def test_variants_reach_the_wire() -> None:
    variants = load("predictstreet").variants
    with served_as(variants["sends-chunks"]()) as (_, first):
        answer = first.cancel(["x"])
        assert answer.headers["transfer-encoding"] == "chunked"
        assert answer.json()["notCancelled"] == {"x": "not_found"}
    with served_as(variants["closes-connections"]()) as (_, first):
        assert first.cancel(["x"]).headers["connection"] == "close"
        assert first.cancel(["x"]).status_code == 200
    with served_as(variants["refuses-for-the-rate-without-body"](clock=StillClock())) as (_, first):
        refused = [first.cancel(["x"]) for _ in range(6)][-1]
        assert (refused.status_code, refused.content, refused.headers["retry-after"]) == (429, b"", "1")
