"""The documents of ``specs`` serve programs that nobody here has written: linters, a mock server, generators of types.

They are run by npx, which fetches them when they are used first: without Node, or without a way to the registry, these
tests are skipped. ``VENUE_CONFORMANCE_NODE`` may name a folder whose ``node_modules`` has them already.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from venue_conformance.contract.resources import resources_root, venue_names

pytestmark = pytest.mark.proof

SPECS = resources_root() / "specs"
PACKAGES = {
    "redocly": "@redocly/cli@2",
    "spectral": "@stoplight/spectral-cli@6",
    "prism": "@stoplight/prism-cli@5",
    "openapi-typescript": "openapi-typescript@7",
    "tsc": "typescript@5",
}
SECONDS = 300
every_venue = pytest.mark.parametrize("venue", venue_names())

CANCEL = {
    "address": "0xabcdef1234567890abcdef1234567890abcdef12",
    "marketId": 1,
    "accountIndex": 0,
    "kind": "orderId",
    "orderId": "a1b2c3d4e5f67890",
    "timestamp": 1790000000123456791,
    "signature": "8eb4194377b1531f694415e603449a40" * 4,
}
UUID = "3b0c6c1e-52a7-4f0d-9a3e-0d7f5b8e2c11"
#: A valid request of each venue: method, path, headers, body.
REQUESTS: dict[str, tuple[str, str, dict[str, str], Any]] = {
    "bayse": (
        "DELETE",
        "/v1/pm/orders/batch",
        {"X-Public-Key": "pk_test", "X-Timestamp": "1790000000", "X-Signature": "c2ln"},
        {"orderIds": [UUID]},
    ),
    "predictstreet": ("POST", "/api/orders/cancel-batch", {"X-Api-Key": "ps_live_1_a"}, {"orderIds": [UUID]}),
    "arcus": (
        "POST",
        f"/v1/batchCancelOrders?address={CANCEL['address']}",
        {"X-API-Key": "03" * 32, "X-Timestamp": "1790000000123456791", "X-Signature": "ab" * 64},
        {"cancels": [CANCEL]},
    ),
}


def command(tool: str) -> list[str]:
    """How a tool is called. Skips the test where it cannot be had."""
    folder = os.environ.get("VENUE_CONFORMANCE_NODE")
    if folder:
        return [str(Path(folder) / "node_modules" / ".bin" / tool)]
    npx = shutil.which("npx")
    if npx is None:
        pytest.skip("npx is not installed")
    package = PACKAGES[tool]
    called = [npx, "--yes", "--package", package, tool]
    probe = subprocess.run([*called, "--version"], capture_output=True, text=True, timeout=SECONDS)
    if probe.returncode and "npm" in probe.stderr:
        pytest.skip(f"npx does not get {package}: {probe.stderr[-300:]}")
    return called


def ran(called: list[str], *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*called, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=SECONDS, check=False
    )


@every_venue
def test_redocly_finds_no_error(venue: str, tmp_path: Path) -> None:
    done = ran(command("redocly"), "lint", SPECS / venue / "openapi.yaml", "--format=json", cwd=tmp_path)

    found = json.loads(done.stdout[done.stdout.index("{") :])
    assert found["totals"]["errors"] == 0, found["problems"]
    assert done.returncode == 0, done.stderr


@every_venue
def test_spectral_finds_no_error(venue: str, tmp_path: Path) -> None:
    rules = tmp_path / "ruleset.yaml"
    rules.write_text('extends: ["spectral:oas"]\n', encoding="utf-8")

    done = ran(
        command("spectral"), "lint", "--ruleset", rules, SPECS / venue / "openapi.yaml", "--format=json", cwd=tmp_path
    )

    severe = [each for each in json.loads(done.stdout or "[]") if each["severity"] == 0]
    assert severe == []
    assert done.returncode == 0, done.stderr


@contextmanager
def mocked(document: Path, folder: Path) -> Iterator[str]:
    """A mock server of a document; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    called = [*command("prism"), "mock", str(document), "--port", str(port)]
    log = (folder / "prism.log").open("w+")
    server = subprocess.Popen(called, stdout=log, stderr=log, start_new_session=True)
    try:
        began = time.monotonic()
        while "listening" not in (folder / "prism.log").read_text():
            assert server.poll() is None, (folder / "prism.log").read_text()
            assert time.monotonic() - began < SECONDS, (folder / "prism.log").read_text()
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(10)
        log.close()


@every_venue
def test_a_mock_server_takes_a_valid_request_and_no_other(venue: str, tmp_path: Path) -> None:
    method, path, headers, body = REQUESTS[venue]
    [member] = body
    with mocked(SPECS / venue / "openapi.yaml", tmp_path) as address:
        taken = httpx.request(method, f"{address}{path}", headers=headers, json=body)
        refused = httpx.request(method, f"{address}{path}", headers=headers, json={member: []})

    assert taken.status_code == 200, taken.text
    assert isinstance(taken.json(), dict)
    assert 400 <= refused.status_code < 500


#: What a program reads of an answer, without a cast.
READING = {
    "bayse": """
type Outcome = components["schemas"]["BatchOutcome"];
export const failed = (outcome: Outcome): string[] =>
  outcome.results.flatMap((row) => (row.success ? [] : [`${row.orderId}: ${row.error.code}`]));
""",
    "predictstreet": """
type Outcome = components["schemas"]["CancelBatchResponse"];
export const failed = (outcome: Outcome): string[] =>
  Object.entries(outcome.notCancelled).map(([id, reason]) => `${id}: ${reason}`);
""",
    "arcus": """
type Outcome = components["schemas"]["BatchCancelResponse"];
export const failed = (outcome: Outcome): string[] =>
  outcome.responses.map((row) => `${row.orderId ?? row.clientId}: ${row.status ?? row.rejectionReason}`);
""",
}


@every_venue
def test_types_are_generated_whose_rows_are_read_without_a_cast(venue: str, tmp_path: Path) -> None:
    made = ran(command("openapi-typescript"), SPECS / venue / "openapi.yaml", "-o", tmp_path / "venue.ts", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    reading = f'import type {{ components }} from "./venue";\n{READING[venue]}'
    (tmp_path / "reading.ts").write_text(reading, encoding="utf-8")

    done = ran(
        command("tsc"), "--noEmit", "--strict", "--target", "es2022", "--moduleResolution", "node10", "reading.ts",
        cwd=tmp_path,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout


def test_the_channel_is_read_by_the_parser_of_asyncapi(tmp_path: Path) -> None:
    folder = os.environ.get("VENUE_CONFORMANCE_NODE")
    if folder is None:
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("npm is not installed")
        folder = str(tmp_path)
        fetched = ran(
            [npm], "install", "--no-audit", "--no-fund", "--ignore-scripts", "@asyncapi/parser@3", cwd=tmp_path
        )
        if fetched.returncode:
            pytest.skip(f"npm does not get @asyncapi/parser: {fetched.stderr[-300:]}")
    script = Path(folder) / "parse-asyncapi.mjs"
    script.write_text(
        'import { Parser } from "@asyncapi/parser";\nimport fs from "node:fs";\n'
        'const read = await new Parser().parse(fs.readFileSync(process.argv[2], "utf8"));\n'
        "console.log(JSON.stringify({ parsed: Boolean(read.document), found: read.diagnostics }));\n",
        encoding="utf-8",
    )

    done = ran(["node"], script, SPECS / "arcus" / "asyncapi.yaml", cwd=Path(folder))

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["parsed"]
    assert [each for each in told["found"] if each["severity"] == 0] == []
