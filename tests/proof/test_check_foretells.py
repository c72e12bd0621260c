"""What ``check`` foretells, a run on the same file judges: as many must clauses, whatever the target offers."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.command import report_of, run_command
from venue_conformance.reference import load
from venue_conformance.reference.server import serve_in_thread

pytestmark = pytest.mark.proof

#: A command that hands on what it is asked for, if it is one of these. It is started a thousand times in a run, so it
#: loads as little as it can.
HANDING_ON = """
import json, socket, sys
asked = json.load(sys.stdin)
params = asked["params"]
if asked["state"] not in ("orders", "order statuses") or params.get("status", "open") != "open":
    sys.exit(3)
if params.get("engine", "CLOB") != "CLOB":
    sys.exit(3)
host, port = sys.argv[1], int(sys.argv[2])
body = json.dumps(asked).encode()
head = f"POST /_states HTTP/1.1\\r\\nHost: {host}\\r\\nConnection: close\\r\\nContent-Type: application/json\\r\\n"
with socket.create_connection((host, port)) as connection:
    connection.sendall(f"{head}Content-Length: {len(body)}\\r\\n\\r\\n".encode() + body)
    answer = connection.makefile("rb").read()
status, _, rest = answer.partition(b"\\r\\n\\r\\n")
if b" 200 " not in status[:20]:
    sys.exit(3 if b" 501 " in status[:20] else 1)
print(rest.decode())
"""


def judged_by_a_run(folder: Path) -> int:
    run_command(folder, "run", "--target", "target.toml", seconds=600)
    clauses = report_of(folder / "reports")["clauses"]
    return sum(clause["level"] == "must" and clause["verdict"] in ("conforms", "violates") for clause in clauses)


@pytest.mark.parametrize("venue", ["bayse", "arcus", "predictstreet"])
@pytest.mark.parametrize("offers", ["states", "command", "inventory", "none", "dead", "wrong secret"])
def test_as_many_must_clauses_are_judged(tmp_path: Path, venue: str, offers: str) -> None:
    with serve_in_thread(load(venue).venue_class()) as server:
        alone = server.target_file.partition("[states]")[0]
        host, _, port = server.base_url.removeprefix("http://").partition(":")
        handing_on = json.dumps([sys.executable, "-I", "-S", "states.py", host, port])
        text = {
            "states": server.target_file,
            "none": alone,
            "dead": alone.replace(server.base_url, "http://127.0.0.1:9"),
            "command": f"{alone}[states]\ncommand = {handing_on}",
            "inventory": f'{alone}[states]\ninventory = "orders.json"',
            "wrong secret": _with_another_secret(alone),
        }[offers]
        if offers == "inventory":
            (tmp_path / "orders.json").write_text(json.dumps({"orders": _inventory(server.base_url, alone)}))
        (tmp_path / "states.py").write_text(HANDING_ON)
        (tmp_path / "target.toml").write_text(text)
        (tmp_path / "target.toml").chmod(0o600)
        checked = run_command(tmp_path, "check", "target.toml", "--format", "json", seconds=600)
        assert json.loads(checked.output)["must_clauses"]["judged"] == judged_by_a_run(tmp_path), checked.output


def _with_another_secret(target_file: str) -> str:
    """A file whose secret is one of the right form that nobody has issued."""
    lines = target_file.splitlines()
    secret = next(line for line in lines if line.startswith(("secret_key", "private_key", "api_key")))
    name, _, value = secret.partition(" = ")
    digits = value.strip('"')
    other = digits[:-4] + ("0" * 4 if not digits.endswith("0000") else "1" * 4)
    return target_file.replace(secret, f'{name} = "{other}"')


def _inventory(base_url: str, target_file: str) -> list[dict[str, Any]]:
    """Orders prepared by hand: 900 open ones of the file's own account, and some of every other kind."""

    def asked(state: str, **params: Any) -> dict[str, Any]:
        asking = {"state": state, "action": "setup", "params": params}
        values: dict[str, Any] = httpx.post(f"{base_url}/_states", json=asking).raise_for_status().json()
        return values

    def name_of(credentials: Mapping[str, str]) -> str:
        return next(credentials[name] for name in ("public_key", "address", "wallet") if name in credentials)

    own = name_of(tomllib.loads(target_file)["credentials"])
    other = name_of(asked("caller")["credentials"])
    wanted = [("caller", own, "open", 900), ("stranger", other, "open", 20)]
    wanted += [("caller", own, status, 10) for status in ("filled", "cancelled", "partially_filled")]
    return [
        {**order, "owner": owner, "status": status}
        for owner, account, status, count in wanted
        for order in asked("orders", caller=account, count=count, status=status)["orders"]
    ]
