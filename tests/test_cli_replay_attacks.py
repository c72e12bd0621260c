"""A report that somebody made up makes ``replay`` touch no order that its run was not given."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.command import report_of, run_command
from venue_conformance.reference import load
from venue_conformance.reference.http import Request, Response
from venue_conformance.reference.server import RunningServer, serve_in_thread


@contextmanager
def recording(venue: str) -> Iterator[tuple[RunningServer, list[Request]]]:
    """A reference that remembers what it was asked, provider states aside."""
    asked: list[Request] = []

    class Recording(load(venue).find()):  # type: ignore[misc]
        """Remembers."""

        async def handle(self, request: Request) -> Response:
            asked.append(request)
            return await super().handle(request)

    with serve_in_thread(Recording()) as server:
        yield server, asked


def state(server: RunningServer, name: str, **params: Any) -> dict[str, Any]:
    asked = {"state": name, "params": params, "action": "setup"}
    values: dict[str, Any] = httpx.post(f"{server.base_url}/_states", json=asked).json()
    return values


def foreign_orders(server: RunningServer, count: int) -> list[str]:
    """Open orders of somebody who takes no part in any run."""
    credentials = state(server, "caller")["credentials"]
    name = next(credentials[key] for key in ("public_key", "wallet", "address") if key in credentials)
    return [each["orderId"] for each in state(server, "orders", caller=name, count=count, status="open")["orders"]]


def forged(document: dict[str, Any], check: str, foreign: str) -> dict[str, Any]:
    """The report with a foreign id in the place of every id that its check sent or asked for."""
    reported = next(each for each in document["checks"] if each["id"] == check)
    ids = {
        order["orderId"]
        for step in reported["steps"]
        if step.get("state") == "orders" and step["values"]
        for order in step["values"]["orders"]
    }
    text = json.dumps(document)
    for order_id in ids:
        text = text.replace(order_id, foreign)
    made_up: dict[str, Any] = json.loads(text)
    steps = next(each for each in made_up["checks"] if each["id"] == check)["steps"]
    for step in steps:
        if step.get("state") == "orders" and step["values"]:  # as if they had been called otherwise
            for order in step["values"]["orders"]:
                order["orderId"] = "another"
    return made_up


@pytest.fixture(
    scope="module",
    params=["bayse", *(pytest.param(venue, marks=pytest.mark.proof) for venue in ("arcus", "predictstreet"))],
)
def judged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A venue, and a folder with the report of a few checks against its reference."""
    folder, venue = tmp_path_factory.mktemp("judged"), request.param
    chosen = ("--clause", f"{venue}.isolation.*", "--clause", f"{venue}.lifecycle.*")
    assert run_command(
        folder, "run", "--venue", venue, *chosen, "--level", "must", "--keep-bodies", seconds=300
    ).status in (0, 3)
    return venue, folder


def test_no_foreign_order_is_named_by_a_forged_report(judged: tuple[str, Path], tmp_path: Path) -> None:
    venue, folder = judged
    document = report_of(folder / "reports")
    relevant = [
        check["id"]
        for check in document["checks"]
        if check["outcome"] == "passed" and any(step.get("state") == "orders" for step in check["steps"])
    ]
    assert len(relevant) >= 3
    with recording(venue) as (server, asked):
        (tmp_path / "target.toml").write_text(server.target_file)
        foreign = foreign_orders(server, 3)
        for check, order_id in zip(relevant[:: max(1, len(relevant) // 3)], foreign, strict=False):
            (tmp_path / "conformance.json").write_text(json.dumps(forged(document, check, order_id)))
            asked.clear()
            done = run_command(tmp_path, "replay", "conformance.json", check, "--target", "target.toml")
            assert done.status in (0, 1, 2, 3), done.output + done.errors
            assert "Traceback" not in done.output + done.errors
            raw = b"".join(request.body + request.path.encode() for request in asked)
            assert order_id.encode() not in raw
        assert set(state(server, "order statuses", orderIds=foreign)["statuses"].values()) == {"open"}


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/wallet/withdraw")])
def test_no_other_operation_is_used_by_a_forged_report(
    judged: tuple[str, Path], tmp_path: Path, method: str, path: str
) -> None:
    venue, folder = judged
    document = report_of(folder / "reports")
    check = next(each for each in document["checks"] if each["outcome"] == "passed" and each["steps"])
    numbers = {step["exchange"] for step in check["steps"] if "exchange" in step}
    for exchange in document["exchanges"]:
        if exchange["id"] in numbers:
            exchange["method"] = method
            exchange["url"] = exchange["url"].split("/v1/")[0].split("/api/")[0] + path
    (tmp_path / "conformance.json").write_text(json.dumps(document))
    with recording(venue) as (server, asked):
        (tmp_path / "target.toml").write_text(server.target_file)
        done = run_command(tmp_path, "replay", "conformance.json", check["id"], "--target", "target.toml")
        sent = [(request.method, request.path) for request in asked if request.path != "/_states"]
    assert done.status in (2, 3), done.output + done.errors
    assert "Traceback" not in done.output + done.errors
    assert sent == []
