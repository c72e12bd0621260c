"""In which order checks are tried against orders that somebody prepared by hand."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import httpx

from tests.command import report_of, run_command
from venue_conformance.reference import load
from venue_conformance.reference.server import serve_in_thread


def test_an_inventory_serves_those_first_who_need_little(tmp_path: Path) -> None:
    with serve_in_thread(load("predictstreet").venue_class()) as server:
        file = tmp_path / "target.toml"
        file.write_text(server.target_file)
        wallet = tomllib.loads(server.target_file)["credentials"]["wallet"]
        asked = {"state": "orders", "action": "setup", "params": {"caller": wallet, "count": 60, "status": "open"}}
        made = httpx.post(f"{server.base_url}/_states", json=asked, trust_env=False).json()["orders"]
        listed = [{"orderId": each["orderId"], "owner": "caller", "status": "open"} for each in made]
        (tmp_path / "orders.json").write_text(json.dumps({"orders": listed}))
        file.write_text(server.target_file.partition("[states]")[0] + '[states]\ninventory = "orders.json"\n')
        chosen = ["--clause", "predictstreet.lifecycle.open-cancelled", "--clause", "predictstreet.outcomes.once"]
        run_command(tmp_path, "run", "--target", "target.toml", *chosen)
    several = [len(set(check["clauses"])) > 1 for check in report_of(tmp_path / "reports")["checks"]]
    assert set(several) == {True, False}
    assert several == sorted(several)
