"""The PredictStreet venue over real sockets: who is served, what is understood, and what the answers look like."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator

import pytest

from venue_conformance.reference.server import RunningServer

from .predictstreet import BATCH, Partner, served

PAGE_EXAMPLE = r"""
curl --request POST \
  --url https://core-api.adipredictstreet.com/api/orders/cancel-batch \
  --header 'Content-Type: application/json' \
  --header 'X-Api-Key: <api-key>' \
  --data '
{
  "orderIds": [
    "<string>"
  ]
}
'
"""


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[RunningServer, Partner]]:
    with served(seed=7) as both:
        yield both


@pytest.fixture
def single(running: tuple[RunningServer, Partner]) -> Partner:
    return running[1].other("single_wallet")


@pytest.fixture
def multi(running: tuple[RunningServer, Partner]) -> Partner:
    return running[1].other("multi_wallet")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_example_of_the_page_runs_unchanged_but_for_host_and_key(
    running: tuple[RunningServer, Partner], single: Partner
) -> None:
    example = PAGE_EXAMPLE.replace("https://core-api.adipredictstreet.com", running[0].base_url)
    example = example.replace("<api-key>", single.credentials["api_key"])
    environment = {"PATH": os.environ["PATH"], "NO_PROXY": "*"}
    done = subprocess.run(
        ["sh", "-c", f"{example.rstrip()} --write-out {shlex.quote('|%{http_code}')}"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert done.stdout == '{"cancelled":[],"notCancelled":{"<string>":"not_found"}}|200'


def test_keys_are_refused_by_name(single: Partner, multi: Partner) -> None:
    key = single.credentials["api_key"]
    key_id, secret = key[8:24], key[25:]
    others_secret = multi.credentials["api_key"][25:]
    for sent, code in (
        (None, "auth_required"),
        ("", "auth_required"),
        ("nonsense", "api_key_bad_format"),
        (f"ps_live_{key_id}", "api_key_bad_format"),
        (f"ps_live_{key_id}_", "api_key_bad_format"),
        (f"pk_live_{key_id}_{secret}", "api_key_bad_format"),
        (f"ps_live_{key_id[:-1]}_{secret}", "api_key_bad_format"),
        (f"ps_test_{key_id}_{secret}", "api_key_unknown_key"),
        (f"ps_live_{'0' * 16}_{secret}", "api_key_unknown_key"),
        (f"ps_live_{key_id}_{secret[:-1]}", "api_key_bad_secret"),
        (f"ps_live_{key_id}_{secret}A", "api_key_bad_secret"),
        (f"ps_live_{key_id}_{secret.swapcase()}", "api_key_bad_secret"),
        (f"ps_live_{key_id}_{others_secret}", "api_key_bad_secret"),
    ):
        answer = single.cancel(["x"], X_Api_Key=sent)
        assert (answer.status_code, answer.json()["code"]) == (401, code), sent
        assert set(answer.json()) == {"code", "message", "details"}


def test_what_only_staff_can_bring_about_is_refused_by_name(running: tuple[RunningServer, Partner]) -> None:
    server, first = running
    partner = first.other()
    venue = server.venue
    account = venue.accounts[partner.credentials["api_key"][8:24]]  # type: ignore[attr-defined]
    for code in ("api_key_revoked", "api_key_expired", "api_key_suspended", "api_key_ip_denied"):
        account.refused_as = code
        answer = partner.cancel(["x"])
        assert (answer.status_code, answer.json()["code"]) == (401, code)
    account.refused_as = None
    venue.banned_wallets.add(partner.wallet)  # type: ignore[attr-defined]
    assert partner.cancel(["x"]).json()["code"] == "wallet_banned"
    venue.banned_wallets.clear()  # type: ignore[attr-defined]
    account.scopes = frozenset({"portfolio:read"})
    answer = partner.cancel(["x"])
    assert answer.status_code == 403
    assert answer.json()["code"] == "api_key_scope_missing"
    assert answer.json()["details"] == {"requiredScope": "orders:write", "have": ["portfolio:read"]}
    assert partner.get("/api/orders/open").status_code == 200
    account.wallet = None
    assert partner.cancel(["x"]).json()["code"] == "api_key_no_associated_wallet"


def test_a_multi_wallet_key_declares_its_wallet(multi: Partner, single: Partner) -> None:
    (order,) = multi.orders(1)
    wallet = multi.wallet
    assert multi.cancel([order]).status_code == 200
    for sent, code in (
        (None, "api_key_user_wallet_required"),
        ("", "api_key_user_wallet_required"),
        (wallet[:-1], "api_key_user_wallet_invalid"),
        (wallet + "0", "api_key_user_wallet_invalid"),
        (wallet[2:], "api_key_user_wallet_invalid"),
        ("0X" + wallet[2:], "api_key_user_wallet_invalid"),
        (wallet[:-1] + "g", "api_key_user_wallet_invalid"),
    ):
        answer = multi.cancel([order], X_User_Wallet=sent)
        assert (answer.status_code, answer.json()["code"]) == (401, code), sent
    (own,) = single.orders(1)
    other = multi.other("multi_wallet")
    assert other.cancel([own]).json() == {"cancelled": [], "notCancelled": {own: "not_found"}}
    spelled = "0x" + single.wallet[2:].upper()
    assert other.cancel([own], X_User_Wallet=spelled).json() == {"cancelled": [own], "notCancelled": {}}


@pytest.mark.parametrize("declared", ["0x" + "1" * 40, "nonsense", ""])
def test_a_single_wallet_key_may_declare_what_it_likes(single: Partner, declared: str) -> None:
    (order,) = single.orders(1)
    assert single.cancel([order], X_User_Wallet=declared).json()["cancelled"] == [order]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"null",
        b"1",
        b'"x"',
        b"[]",
        b'["x"]',
        b"{}",
        b'{"orderIds": null}',
        b'{"orderIds": "x"}',
        b'{"orderIds": {}}',
        b'{"orderIds": []}',
        b'{"orderIds": ["x", 1]}',
        b'{"orderIds": ["x", null]}',
        b'{"orderIds": ["x", ["x"]]}',
        b'{"orderIds": ["x"], "orderIds": ["y"]}',
        b'{"orderIds": ["x"], "more": 1}',
        b'{"orderIds": [NaN]}',
        b"[" * 100_000,
        b'{"orderIds": [' + b"1" * 10_000 + b"]}",
    ],
)
def test_invalid_bodies_are_refused(single: Partner, body: bytes) -> None:
    answer = single.post(BATCH, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")


@pytest.mark.parametrize("text", ["", "\0", "\ud800", "' OR 1=1 --", "x" * 100_000, "Ω", "__proto__"])
def test_a_text_that_is_no_uuid_names_no_order(single: Partner, text: str) -> None:
    (order,) = single.orders(1)
    assert single.cancel([text, order]).json() == {"cancelled": [order], "notCancelled": {text: "not_found"}}


def test_the_bounds_of_a_batch(single: Partner) -> None:
    orders = single.orders(101)
    assert single.cancel(orders).status_code == 400
    assert single.cancel([*orders[:100], orders[0]]).status_code == 400
    assert set(single.statuses(orders)) == {"open"}
    assert single.cancel(orders[:100]).json() == {"cancelled": orders[:100], "notCancelled": {}}
    assert single.cancel([orders[100]] * 100).json() == {"cancelled": [orders[100]], "notCancelled": {}}
    assert set(single.statuses(orders)) == {"cancelled"}


def test_each_distinct_id_has_one_outcome(single: Partner, multi: Partner) -> None:
    ended = {status: single.orders(1, status)[0] for status in ("filled", "cancelled", "rejected", "expired")}
    foreign = [*multi.orders(1), *multi.orders(1, "filled")]
    (opened,), (partial,) = single.orders(1), single.orders(1, "partially_filled")
    batch = [opened, *ended.values(), "nothing", *foreign, partial, opened, ended["filled"], foreign[0]]

    answer = single.cancel(batch)

    reasons = {**dict.fromkeys(ended.values(), "already_terminal"), **dict.fromkeys(["nothing", *foreign], "not_found")}
    assert answer.status_code == 200
    assert answer.json() == {"cancelled": [opened, partial], "notCancelled": reasons}
    assert single.statuses([opened, partial, *ended.values()]) == ["cancelled", "cancelled", *ended]
    assert multi.statuses(foreign) == ["open", "filled"]
    assert single.cancel([opened, partial]).json()["notCancelled"] == dict.fromkeys(
        [opened, partial], "already_terminal"
    )


def test_a_wallet_may_send_five_at_once_and_five_a_second(single: Partner) -> None:
    answers = [single.cancel(["x"]) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["4", "3", "2", "1", "0", "0", "0"]
    refused = answers[-1]
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["x-ratelimit-limit"] == "5"
    assert 0 <= int(refused.headers["x-ratelimit-reset"]) - time.time() <= 2.5
    assert abs(int(refused.headers["x-server-time"]) / 1000 - time.time()) < 2
    assert single.post("/api/orders/cancel", {"orderId": "x"}).status_code == 200  # a budget of its own
    assert single.other().cancel(["x"]).status_code == 200
    time.sleep(0.25)
    assert single.cancel(["x"]).status_code == 200


def test_all_keys_and_spellings_of_a_wallet_share_its_budget(multi: Partner) -> None:
    others = [multi.other("multi_wallet") for _ in range(3)]
    upper = "0x" + multi.wallet[2:].upper()
    passed = [
        partner.cancel(["x"], X_User_Wallet=wallet).status_code == 200
        for partner in [multi, *others]
        for wallet in (multi.wallet, upper)
    ]
    assert sum(passed) in (5, 6)
    assert all(other.cancel(["x"]).status_code == 200 for other in others)


def test_evenly_paced_requests_are_never_refused(single: Partner) -> None:
    for _ in range(16):
        assert single.cancel(["x"]).status_code == 200
        time.sleep(0.25)


def test_the_limit_can_be_switched_off() -> None:
    with served(rate_limited=False) as (_, partner):
        answers = [partner.cancel(["x"]) for _ in range(30)]
    assert {answer.status_code for answer in answers} == {200}
    assert "x-ratelimit-limit" not in answers[0].headers


def test_other_paths_and_methods(single: Partner) -> None:
    assert single.get(BATCH).status_code == 405
    assert single.http.request("DELETE", BATCH).headers["allow"] == "POST"
    assert single.get("/api/elsewhere").json()["code"] == "not_found"
