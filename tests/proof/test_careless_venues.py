"""A venue that reads whatever names no order as "all of them": nobody's orders but the run's own are at stake there."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey

from tests.command import run_command
from tests.test_cli_replay_attacks import state
from venue_conformance.contract.resources import venue_names
from venue_conformance.reference import load
from venue_conformance.reference.http import Request, Response, json_response
from venue_conformance.reference.server import serve_in_thread
from venue_conformance.venues import venues

pytestmark = pytest.mark.proof

#: What generates requests, or sends odd ones.
CHOSEN = (
    "propert or race or fuzz or machine or limits or robustness or json_forms or request or edges or errors or near_ids"
)
#: The member of a batch's body that names its orders.
ARRAYS = {"bayse": "orderIds", "predictstreet": "orderIds", "arcus": "cancels"}


def names_all(venue: str, body: bytes) -> bool:
    """Whether somebody careless could take a body for "all orders", or for a short id of somebody's."""
    try:
        elements = json.loads(body)[ARRAYS[venue]]
    except (ValueError, KeyError, TypeError, RecursionError):
        return True
    if not isinstance(elements, list) or not elements:
        return True
    ids = [
        next((each[name] for name in ("orderId", "clientId") if isinstance(each.get(name), str)), None)
        if isinstance(each, dict)
        else each
        for each in elements
    ]
    return not all(isinstance(each, str) and len(re.sub(r"\W", "", each)) >= 8 for each in ids)


def identifiers(account: dict[str, str]) -> list[str]:
    """By what a request is known to be an account's."""
    if "private_key" in account:
        key = SigningKey(bytes.fromhex(account["private_key"])).verify_key.encode().hex()
        return [account["address"].lower(), key]
    return [account["public_key"].lower() if "public_key" in account else account["api_key"].lower()]


@pytest.mark.parametrize("offers_callers", [False, True])
@pytest.mark.parametrize("venue", venue_names())
def test_a_careless_venue_cancels_nothing_of_others(tmp_path: Path, venue: str, offers_callers: bool) -> None:
    asked: list[Request] = []
    made: list[dict[str, Any]] = []

    class Listening(load(venue).find()):  # type: ignore[misc]
        """Writes down what comes, provider states aside."""

        async def handle(self, request: Request) -> Response:
            if not request.path.startswith("/_states"):
                asked.append(request)
                return await super().handle(request)
            if json.loads(request.body).get("state") != "caller":
                return await super().handle(request)
            if not offers_callers:
                return json_response(501, {"error": "not offered"})
            answer = await super().handle(request)
            made.append(json.loads(answer.body)["credentials"])
            return answer

    with serve_in_thread(Listening()) as server:
        (tmp_path / "target.toml").write_text(server.target_file)
        own = tomllib.loads(server.target_file)["credentials"]
        name = next(own[key] for key in ("public_key", "wallet", "address") if key in own)
        # Orders of the very account of the target file, of which the run knows nothing.
        given = state(server, "orders", caller=name, count=20, status="open")["orders"]
        others = [each["orderId"] for each in given]
        done = run_command(
            tmp_path, "run", "--target", "target.toml", "--max-minutes", "1", "--", "-k", CHOSEN, seconds=400
        )
        read = state(server, "order statuses", orderIds=others)["statuses"]
    assert done.status in (0, 1, 3), done.output + done.errors
    assert set(read.values()) == {"open"}
    named = [request for request in asked if any(each in _text(request) for each in others)]
    assert named == []
    path = venues()[venue].batch_route[1]
    batches = [request for request in asked if request.path == path]
    assert len(batches) > 50
    careless = [request for request in batches if names_all(venue, request.body)]
    assert not [request for request in careless if any(each in _text(request) for each in identifiers(own))]
    assert bool(made) == offers_callers
    if offers_callers:
        assert len(careless) > 5, "the condition that is looked for comes about"
        fresh = {each for account in made for each in identifiers(account)}
        assert any(any(each in _text(request) for each in fresh) for request in careless)


def _text(request: Request) -> str:
    """All of a request, to be searched."""
    headers = " ".join(value for _, value in request.headers)
    return f"{request.path}?{request.query} {headers} {request.body.decode('utf-8', 'replace')}".lower()
