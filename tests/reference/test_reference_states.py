"""Provider states over HTTP."""

from __future__ import annotations

import tomllib

import httpx
import pytest

from venue_conformance.reference import ReferenceVenue
from venue_conformance.reference.server import serve_in_thread

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
