"""The PredictStreet venue over real sockets: the page's own example, and the names of what is refused."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
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


def test_wallets_are_refused_by_name(multi: Partner) -> None:
    wallet = multi.wallet
    for sent, code in (
        (None, "api_key_user_wallet_required"),
        ("", "api_key_user_wallet_required"),
        (wallet[:-1], "api_key_user_wallet_invalid"),
        (wallet + "0", "api_key_user_wallet_invalid"),
        (wallet[2:], "api_key_user_wallet_invalid"),
        ("0X" + wallet[2:], "api_key_user_wallet_invalid"),
        (wallet[:-1] + "g", "api_key_user_wallet_invalid"),
    ):
        answer = multi.cancel(["x"], X_User_Wallet=sent)
        assert (answer.status_code, answer.json()["code"]) == (401, code), sent


def test_the_limit_can_be_switched_off() -> None:
    with served(rate_limited=False) as (_, partner):
        answers = [partner.cancel(["x"]) for _ in range(30)]
    assert {answer.status_code for answer in answers} == {200}
    assert "x-ratelimit-limit" not in answers[0].headers


def test_other_paths_and_methods(single: Partner) -> None:
    assert single.get(BATCH).status_code == 405
    assert single.http.request("DELETE", BATCH).headers["allow"] == "POST"
    assert single.get("/api/elsewhere").json()["code"] == "not_found"
