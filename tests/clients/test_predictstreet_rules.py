"""PredictStreet's rules, held against recordings that are written down: what is a breach, and what must not be one."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Iterable, Mapping

import pytest

from tests.clients.support import certified
from tests.clients.test_rules import call
from venue_conformance.clients.faulty import adaptor_of
from venue_conformance.clients.protocol import OrderReport, Report
from venue_conformance.clients.recording import Call, Recording
from venue_conformance.clients.scenario import Broken, Kept, Observed, load_suite
from venue_conformance.clients.seeds import strays_from_seed
from venue_conformance.reference.http import Request
from venue_conformance.reference.predictstreet.staging import verifies
from venue_conformance.reference.predictstreet.venue import PredictStreetVenue
from venue_conformance.reference.stage import Arrival
from venue_conformance.venues.predictstreet.keys import MULTI_WALLET, SINGLE_WALLET
from venue_conformance.venues.predictstreet.recompute import fits

RULES = {rule.rule: rule.judge for rule in load_suite("predictstreet").rules}
KEY = "ps_live_0123456789abcdef_" + "s" * 43
MINE, OTHER = "0x" + "a1" * 20, "0x" + "b2" * 20


def arrival(
    number: int,
    ids: list[str],
    began: float,
    *,
    cancelled: Iterable[str] = (),
    reasons: Mapping[str, str] | None = None,
    status: int = 200,
    headers: tuple[tuple[str, str], ...] = (("X-Api-Key", KEY), ("X-User-Wallet", MINE)),
    target: str = "/api/orders/cancel-batch",
    method: str = "POST",
) -> Arrival:
    body = json.dumps({"orderIds": ids}).encode()
    made = Arrival(number, began, began, time.time(), method, target, headers, body)
    made.is_batch, made.status, made.answered = True, status, began + 0.01
    made.answer_body = json.dumps({"cancelled": list(cancelled), "notCancelled": reasons or {}}).encode()
    return made


def recorded(calls: Iterable[Call], arrivals: Iterable[Arrival], kind: str = MULTI_WALLET) -> Recording:
    keys = {"api_key": KEY, "partner_kind": kind, "wallet": MINE}
    recording = Recording("predictstreet", frozenset(), keys, list(calls), list(arrivals))
    recording.assign()
    return recording


def kinds(rule: str, recording: Recording) -> list[type[Kept | Broken | Observed]]:
    return [type(each) for each in RULES[rule](recording)]


# -- answers -----------------------------------------------------------------------------------------------------------


def answered(reason: str, row: OrderReport | None, became: str, *, error: str | None = None) -> Recording:
    """One order that was answered so, what the client says of it, and what it is."""
    asked = call(1, ["a"], 0, 10, after=became)
    asked.report = Report(() if row is None else (row,), error)  # type: ignore[arg-type]
    return recorded([asked], [arrival(1, ["a"], 1, reasons={"a": reason})])


@pytest.mark.parametrize(
    ("row", "became", "found"),
    [
        (OrderReport("a", "terminal"), "filled", Kept),
        (OrderReport("A", "unknown"), "filled", Kept),
        (OrderReport("a", "pending"), "filled", Kept),
        (None, "filled", Kept),
        (OrderReport("a", "refused", "already_terminal"), "filled", Kept),
        (OrderReport("a", "cancelled"), "cancelled", Kept),
        (OrderReport("a", "refused"), "filled", Broken),
        (OrderReport("a", "not_found"), "filled", Broken),
        (OrderReport("a", "cancelled"), "filled", Broken),
    ],
)
def test_what_may_be_said_of_a_finished_order(row: OrderReport | None, became: str, found: type) -> None:
    assert kinds("outcomes.terminal-is-done", answered("already_terminal", row, became)) == [found]


def test_an_error_for_finished_orders_alone_is_a_breach_and_one_of_the_way_is_none() -> None:
    done = OrderReport("a", "terminal")
    assert kinds("outcomes.terminal-is-done", answered("already_terminal", done, "filled", error="refused")) == [
        Kept,
        Broken,
    ]
    assert kinds("outcomes.terminal-is-done", answered("already_terminal", done, "filled", error="transport")) == [Kept]


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (OrderReport("a", "not_found"), Kept),
        (OrderReport("a", "refused"), Kept),
        (OrderReport("a", "unknown"), Kept),
        (OrderReport("a", "cancelled"), Broken),
        (OrderReport("a", "terminal"), Broken),
    ],
)
def test_what_may_be_said_of_an_order_that_is_not_there(row: OrderReport, found: type) -> None:
    assert kinds("outcomes.not-found", answered("not_found", row, "absent")) == [found]


def test_the_last_answer_that_was_heard_counts() -> None:
    first, second = arrival(1, ["a"], 1, reasons={"a": "unknown"}), arrival(2, ["a"], 2, cancelled=["a"])
    asked = call(1, ["a"], 0, 10, OrderReport("a", "cancelled"))
    assert kinds("outcomes.terminal-is-done", recorded([asked], [first, second])) == []
    again = arrival(3, ["a"], 3, reasons={"a": "already_terminal"})
    again.fault = "the stage ended the connection without an answer"
    said = call(1, ["a"], 0, 10, OrderReport("a", "refused"))
    assert kinds("outcomes.terminal-is-done", recorded([said], [first, second, again])) == []


def test_a_lock_at_odds_concerns_its_own_order() -> None:
    answer = arrival(1, ["a", "b"], 1, cancelled=["a"], reasons={"b": "lock_invariant"})
    right = call(1, ["a", "b"], 0, 10, OrderReport("a", "cancelled"), OrderReport("b", "refused"))
    assert set(kinds("outcomes.lock-invariant", recorded([right], [answer]))) == {Kept}
    cautious = call(1, ["a", "b"], 0, 10, OrderReport("b", "unknown"))
    assert set(kinds("outcomes.lock-invariant", recorded([cautious], [answer]))) == {Kept}
    spoilt = call(1, ["a", "b"], 0, 10, OrderReport("a", "refused"), OrderReport("b", "refused"))
    assert Broken in kinds("outcomes.lock-invariant", recorded([spoilt], [answer]))
    gone = call(1, ["a", "b"], 0, 10, OrderReport("a", "cancelled"), OrderReport("b", "not_found"))
    gone.after = {"a": "cancelled", "b": "open"}
    assert Broken in kinds("outcomes.lock-invariant", recorded([gone], [answer]))


# -- sent again --------------------------------------------------------------------------------------------------------


def test_only_what_was_answered_for_good_may_not_be_sent_again() -> None:
    first = arrival(1, ["a", "b"], 1, cancelled=["a"], reasons={"b": "unknown"})
    asked = call(1, ["a", "b", "c"], 0, 10)
    alone, along, whole = (arrival(2, ids, 2) for ids in (["b"], ["b", "c"], ["a", "b"]))
    assert kinds("retry.unknown-alone", recorded([asked], [first, alone])) == [Kept]
    assert kinds("retry.unknown-alone", recorded([asked], [first, along])) == [Kept]
    assert kinds("retry.unknown-alone", recorded([asked], [first, whole])) == [Broken]


def test_a_batch_that_failed_as_a_whole_may_be_sent_again_as_a_whole() -> None:
    first = arrival(1, ["a", "b"], 1, status=503)
    again = arrival(2, ["a", "b"], 2, cancelled=["a", "b"])
    assert kinds("retry.unknown-alone", recorded([call(1, ["a", "b"], 0, 10)], [first, again])) == []


def test_all_of_a_batch_may_be_unknown_and_sent_again() -> None:
    first = arrival(1, ["a", "b"], 1, reasons={"a": "unknown", "b": "unknown"})
    again = arrival(2, ["a", "b"], 2, cancelled=["a", "b"])
    assert kinds("retry.unknown-alone", recorded([call(1, ["a", "b"], 0, 10)], [first, again])) == [Kept]


# -- keys and wallets --------------------------------------------------------------------------------------------------

HEADERS = {
    "the wallet": ((("X-User-Wallet", MINE),), [Kept], [Kept], [Kept]),
    "the wallet in capital letters": ((("x-user-wallet", "0x" + MINE[2:].upper()),), [Kept], [Kept], [Kept]),
    "none": ((), [Broken], [], []),
    "an empty one": ((("X-User-Wallet", ""),), [Broken], [], []),
    "another": ((("X-User-Wallet", OTHER),), [Kept], [Kept], [Broken]),
    "without 0x": ((("X-User-Wallet", MINE[2:]),), [Kept], [Broken], [Kept]),
    "twice": ((("X-User-Wallet", MINE), ("X-User-Wallet", MINE)), [Kept], [Broken], [Kept]),
}


@pytest.mark.parametrize("what", HEADERS)
def test_a_wallet_is_declared_in_its_form_and_for_its_call(what: str) -> None:
    wallets, every, form, of_this_call = HEADERS[what]
    batch = arrival(1, ["a"], 1, headers=(("X-Api-Key", KEY), *wallets))
    recording = recorded([call(1, ["a"], 0, 10)], [batch])
    assert kinds("wallet.every-request", recording) == every
    assert kinds("wallet.form", recording) == form
    assert kinds("wallet.of-this-call", recording) == of_this_call
    single = recorded([call(1, ["a"], 0, 10)], [batch], SINGLE_WALLET)
    for rule in ("wallet.every-request", "wallet.form", "wallet.of-this-call"):
        assert kinds(rule, single) == []
    assert kinds("key.stands-alone", single) == [Kept]
    assert kinds("key.stands-alone", recording) == []


def test_a_call_for_another_wallet_declares_that_one() -> None:
    asked = call(1, ["a"], 0, 10)
    asked.wallet = OTHER
    headers = (("X-Api-Key", KEY), ("X-User-Wallet", OTHER))
    assert kinds("wallet.of-this-call", recorded([asked], [arrival(1, ["a"], 1, headers=headers)])) == [Kept]
    assert kinds("wallet.of-this-call", recorded([asked], [arrival(1, ["a"], 1)])) == [Broken]


def test_reads_under_a_key_declare_a_wallet_too_and_public_ones_need_not() -> None:
    read = arrival(1, [], 1, method="GET", target="/api/orders/open", headers=(("X-Api-Key", KEY),))
    public = arrival(2, [], 1, method="GET", target="/api/markets", headers=())
    assert kinds("wallet.every-request", recorded([], [read])) == [Broken]
    assert kinds("wallet.every-request", recorded([], [public])) == []


def test_both_verifiers_say_the_same_of_keys_and_wallets() -> None:
    """The reference's and ours, over every header that a client may come up with."""
    venue = PredictStreetVenue(seed=1)
    account = venue.first_account
    credentials = venue.credentials(account)
    keys = ["", account.api_key, f"Bearer {account.api_key}", account.secret, f"{account.api_key}\xa0", "ps_live_x_y"]
    wallets = ["", MINE, MINE.upper(), MINE[2:], f"{MINE}\xa0", f"{MINE}, {OTHER}", "0x" + "\xb2" * 40]
    for key, wallet in itertools.product(
        [*([each] for each in keys), [], [keys[1]] * 2], [*([w] for w in wallets), []]
    ):
        headers = (*(("x-api-key", each) for each in key), *(("x-user-wallet", each) for each in wallet))
        ours = fits("POST", "/", headers, b"", credentials)
        theirs = asyncio.run(verifies(venue, Request("POST", "/", "", headers)))
        assert ours in (theirs, None), headers
    assert fits("POST", "/", (("X-Api-Key", account.api_key),), b"", credentials) is True


def test_orders_follow_from_the_seed() -> None:
    document = certified(adaptor_of("predictstreet"), "mixed", "two-wallets-by-turns", seed=11).document
    assert strays_from_seed(document, 11) is None
    assert "do not follow from the seed" in (strays_from_seed(document, 12) or "")


def test_a_key_is_sent_once_in_its_header_and_nowhere_else() -> None:
    twice = arrival(1, ["a"], 1, headers=(("X-Api-Key", KEY), ("X-Api-Key", KEY)))
    assert kinds("key.header", recorded([], [twice])) == [Broken]
    assert kinds("key.header", recorded([], [arrival(1, ["a"], 1, headers=(("x-api-key", f" {KEY} "),))])) == [Kept]
    query = arrival(1, ["a"], 1, target=f"/api/orders/cancel-batch?key={KEY}")
    assert kinds("secrets.stay-home", recorded([], [query])) == [Broken]
    traced = arrival(1, ["a"], 1, target="/api/orders/cancel-batch?trace=7")
    assert kinds("secrets.stay-home", recorded([], [traced])) == [Kept]
    assert kinds("request.schema", recorded([], [traced])) == [Kept]


def test_other_routes_and_bodies_are_no_batch_cancel() -> None:
    assert kinds("request.schema", recorded([], [arrival(1, ["a"], 1, method="DELETE")])) == [Broken]
    objects = arrival(1, ["a"], 1)
    objects.body = b'{"orderIds": [{"orderId": "a"}]}'
    assert kinds("request.schema", recorded([], [objects])) == [Broken]
    empty = arrival(1, [], 1)
    assert kinds("request.schema", recorded([], [empty])) == [Kept]
    assert kinds("limits.one-to-hundred", recorded([], [empty])) == [Broken]


def test_what_a_client_has_read_needs_not_be_sent() -> None:
    for rule, before, said, expected in (
        ("outcomes.terminal-is-done", "filled", "terminal", [Kept]),
        ("outcomes.terminal-is-done", "filled", "refused", []),
        ("outcomes.not-found", "absent", "not_found", [Kept]),
        ("outcomes.not-found", "open", "not_found", []),
    ):
        asked = Call(1, ({"orderId": "a"},), 0, 10, Report((OrderReport("a", said),)), before={"a": before})
        assert kinds(rule, recorded([asked], [])) == expected, (rule, before, said)
