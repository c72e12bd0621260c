"""Right clients that differ pass, in another language and over HTTP too; what they never do is not exercised."""

from __future__ import annotations

import http.server
import json
import shutil
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.clients.right_clients import RIGHT_CLIENTS
from tests.clients.support import RIGHT, SAMPLES, certified, client_of, outcomes, verdicts
from venue_conformance.clients.certification import Certification
from venue_conformance.report.run_verdict import status_of


def accused(done: Certification) -> dict[str, str]:
    return {
        clause["id"]: f"{clause['verdict']}: {clause['reason']}"
        for clause in done.document["clauses"]
        if clause["verdict"] not in ("conforms", "observed", "not-exercised")
        and not clause["id"].endswith("permitted-variants")
    }


#: Those that differ most; the others are tried by ``make proof``.
OTHERS = ("has one key", "retries after", "reports small", "sends what is left")
EVERY_TIME = [name for name in RIGHT_CLIENTS if not name.startswith(OTHERS)]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Certification]:
    """Those that are tried every time."""
    return tried(tmp_path_factory.mktemp("clients"), EVERY_TIME)


def tried(folder: Path, names: list[str]) -> dict[str, Certification]:
    """All of them at once: most of each run is waiting."""
    commands = [client_of(folder, RIGHT_CLIENTS[name], name=f"c{number}.py") for number, name in enumerate(names)]
    with ThreadPoolExecutor(8) as pool:
        return dict(zip(names, pool.map(lambda command: certified(command, strict=True), commands), strict=True))


@pytest.mark.parametrize("name", EVERY_TIME)
def test_it_is_accused_of_nothing(results: dict[str, Certification], name: str) -> None:
    done = results[name]
    assert accused(done) == {}
    assert status_of(done.document) == 0


def test_one_that_never_retries_breaks_no_clause_about_retries(results: dict[str, Certification]) -> None:
    found = verdicts(results["sends no key and never retries"])
    assert {rule for rule, verdict in found.items() if verdict == "not-exercised"} == {
        "signing.fresh-each-try",
        "retry.obeys-retry-after",
        "idempotency.key-form",
        "idempotency.one-key-one-body",
        "idempotency.retry-same-key",
        "idempotency.after-409",
    }
    client = results["sends no key and never retries"].document["client"]
    assert client["profiles"] == ["core"]
    assert len(client["not_exercised"]) == 6


def test_how_rows_are_matched_is_observed(results: dict[str, Certification]) -> None:
    seen = {each["observed"] for each in results["matches rows by position"].document["observations"]}
    assert "rows are matched by position" in seen


@pytest.mark.skipif(shutil.which("node") is None, reason="no node")
def test_one_in_another_language_passes() -> None:
    done = certified(f"node {Path(__file__).with_name('client.mjs')}", strict=True)
    assert accused(done) == {}
    assert done.document["client"]["language"].startswith("Node")


@contextmanager
def over_http() -> Iterator[str]:
    """The plain client behind an address, a client for each session."""
    sys.path.insert(0, str(SAMPLES))
    from bayse import Client, Failed  # type: ignore[import-not-found]

    sessions: dict[str, Client] = {}

    class Adaptor(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer: dict[str, object] = {"id": asked["id"]}
            if asked["op"] == "hello":
                name = {"name": "plain", "version": "1", "language": "Python over HTTP"}
                can = ["timeout", "sessions", "concurrent"]
                answer |= {"protocol": 1, "venue": "bayse", "client": name, "can": can}
            elif asked["op"] == "open":
                keys = asked["credentials"]
                sessions[asked["session"]] = Client(asked["base_url"], keys["public_key"], keys["secret_key"])
            elif asked["op"] == "cancel":
                try:
                    rows = sessions[asked["session"]].cancel([order["orderId"] for order in asked["orders"]])
                except Failed as failed:
                    rows, answer["error"] = failed.rows, {"kind": failed.kind, "status": failed.status}
                answer["rows"] = [{"orderId": order, "outcome": outcome} for order, (outcome, _) in rows.items()]
            data = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Adaptor)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        sys.path.remove(str(SAMPLES))


def test_one_behind_an_address_passes_and_takes_two_calls_at_once() -> None:
    with over_http() as address:
        done = certified(address, strict=True)
    assert accused(done) == {}
    assert outcomes(done)["two-calls-at-once"] == "passed"


@pytest.mark.proof
def test_the_others_are_accused_of_nothing_either(tmp_path: Path) -> None:
    others = [name for name in RIGHT_CLIENTS if name not in EVERY_TIME]
    assert [(name, accused(done)) for name, done in tried(tmp_path, others).items() if accused(done)] == []


@pytest.mark.proof
def test_the_plain_client_passes_ten_times_in_a_row() -> None:
    for seed in range(10):
        done = certified(RIGHT, seed=seed, strict=True)
        assert accused(done) == {}, seed


@pytest.mark.proof
def test_the_plain_client_passes_before_every_permitted_variant() -> None:
    done = certified(RIGHT, variants=True, strict=True)
    assert accused(done) == {}
    told = [each["observed"] for each in done.document["observations"] if "variants" in each["observed"]]
    assert told == [f"errs at 0 of {told[0].split()[4]} variants"]
