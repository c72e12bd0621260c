"""Provider states over HTTP."""

from __future__ import annotations

import threading
import time
import tomllib

import httpx
import pytest

from venue_conformance.reference import ReferenceVenue
from venue_conformance.reference.server import RunningServer, serve_in_thread

from .conftest import SignedClient


def test_orders_lie_in_two_markets_at_least(client: SignedClient) -> None:
    made = client.state("orders", {"caller": client.name, "count": 2, "status": "open"}).json()["orders"]
    assert len({order["marketId"] for order in made}) == 2
    assert len({order["eventId"] for order in made}) == 2


@pytest.mark.parametrize("status", [500, 503, 429, 408])
@pytest.mark.parametrize("after_commit", [False, True])
def test_an_armed_failure_meets_the_next_batches(client: SignedClient, status: int, after_commit: bool) -> None:
    (order,) = client.orders(1)
    failure = {"caller": client.name, "status": status, "count": 2, "after_commit": after_commit}
    client.state("failing response", failure)

    assert client.cancel([order], "a-key").status_code == status
    assert client.statuses([order]) == ["cancelled" if after_commit else "open"]
    assert client.cancel([order], "a-key").status_code == status
    answer = client.cancel([order], "a-key")

    assert answer.status_code == 200
    assert "idempotent-replayed" not in answer.headers
    assert answer.json()["results"][0]["success"] is not after_commit


def test_a_held_request_claims_its_key_and_lets_others_pass(running: RunningServer, client: SignedClient) -> None:
    first, second = client.orders(2)
    client.state("held request", {"caller": client.name, "milliseconds": 1500})
    answers: list[httpx.Response] = []

    def held() -> None:
        with httpx.Client(base_url=running.base_url, trust_env=False) as http:
            answers.append(SignedClient(http, client.account).cancel([first], "held"))

    thread = threading.Thread(target=held)
    thread.start()
    time.sleep(0.15)
    assert client.cancel([first], "held").status_code == 409
    assert client.cancel([second], "held").status_code == 422
    assert client.cancel([second], "other").status_code == 200
    thread.join()

    assert answers[0].status_code == 200
    replay = client.cancel([first], "held")
    assert replay.headers["idempotent-replayed"] == "true"
    assert replay.content == answers[0].content


def test_time_passed_ages_keys_but_not_timestamps(bayse: ReferenceVenue) -> None:
    with (
        serve_in_thread(bayse.venue_class()) as server,
        httpx.Client(base_url=server.base_url, trust_env=False) as http,
    ):
        client = SignedClient(http, tomllib.loads(server.target_file)["credentials"])
        client.cancel(["nothing"], "a-key")
        client.state("time passed", {"seconds": 23 * 3600})
        assert "idempotent-replayed" in client.cancel(["nothing"], "a-key").headers
        client.state("time passed", {"seconds": 2 * 3600})
        assert "idempotent-replayed" not in client.cancel(["nothing"], "a-key").headers
