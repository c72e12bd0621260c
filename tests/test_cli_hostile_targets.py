"""A run against targets that misbehave on purpose: whose fault it is, and that the report stays fit to be read."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from uuid import uuid4

import pytest

from tests.command import SECRET, report_of, run_command, target_file
from tests.tiny_server import Received, TinyServer, answer, tiny_server
from venue_conformance.report.document import load_report

ONE = "bayse.idempotency.shortest-key"
#: A clause whose check reads the body of an answer, and that check.
READS = ("bayse.isolation.unknown-not-found", "test_unknown_order_is_not_found")


def judge(folder: Path, url: str, clause: str = ONE, check: str = "") -> tuple[int, str]:
    target_file(folder, url, more="[limits]\ntimeout_seconds = 0.5\n")
    chosen = ["--clause", clause, *(["--", "-k", check] if check else [])]
    done = run_command(folder, "run", "--target", "target.toml", *chosen)
    load_report(folder / "reports")
    assert "Traceback" not in done.errors
    return done.status, done.output


def test_a_base_url_that_redirects_is_not_the_venue(tmp_path: Path, server: TinyServer) -> None:
    with tiny_server() as elsewhere:
        server.always(answer(307, b"", ("Location", elsewhere.url + "/v1/pm/orders/batch")))
        target_file(tmp_path, server.url)
        done = run_command(tmp_path, "run", "--target", "target.toml")
        assert done.status == 2
        assert f"points to {elsewhere.url}" in done.output + done.errors
        assert len(server.received) == 1
        assert elsewhere.received == []


def test_a_redirect_to_what_is_no_url_is_told_as_one(tmp_path: Path, server: TinyServer) -> None:
    server.always(answer(308, b"", ("Location", "http://[::1")))
    target_file(tmp_path, server.url)
    done = run_command(tmp_path, "run", "--target", "target.toml")
    assert done.status == 2
    assert "points to what is no URL" in done.output + done.errors
    assert "Traceback" not in done.errors


@pytest.mark.parametrize(
    "body",
    [b'{"results": [', b"\x00\x00\x00", b"", b"[]", b"[" * 100_000, b'{"results": 7, "summary": NaN}', b"\xff\xfe{}"],
    ids=["cut off", "NUL bytes", "empty", "no object", "deep", "NaN", "no UTF-8"],
)
def test_one_unreadable_answer_for_every_request_accuses_nobody(
    tmp_path: Path, server: TinyServer, body: bytes
) -> None:
    server.always(answer(200, body, ("Content-Type", "application/json")))
    assert judge(tmp_path, server.url, *READS)[0] == 3
    assert "conforms" not in {clause["verdict"] for clause in report_of(tmp_path / "reports")["clauses"]}


def test_what_a_target_says_can_neither_act_in_a_terminal_nor_in_the_report(tmp_path: Path, server: TinyServer) -> None:
    evil = "\x1b[2J\x1b]0;owned\x07<script>alert(1)</script>\u202e\x00"
    server.always(answer(200, json.dumps({"results": evil}, ensure_ascii=False).encode()))
    status, output = judge(tmp_path, server.url, *READS)
    assert status == 3
    assert "\x1b]0;" not in output
    assert "\x07" not in output
    for file in (tmp_path / "reports").iterdir():
        if file.is_file():
            text = file.read_text(encoding="utf-8")
            assert not set("\x1b\x07\x00\u202e") & set(text), file
    assert "<script>alert" not in (tmp_path / "reports" / "report.html").read_text()


def test_an_answer_without_an_end_is_inconclusive(tmp_path: Path, server: TinyServer) -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not server.stopping.wait(0.01):
            connection.sendall(b"400\r\n" + b"x" * 0x400 + b"\r\n")

    server.always(endless)
    assert judge(tmp_path, server.url)[0] == 3
    assert report_of(tmp_path / "reports")["run"]["verdict"] == "inconclusive"


def test_a_target_that_is_not_there_is_inconclusive(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert judge(tmp_path, f"http://127.0.0.1:{port}")[0] == 3
    report = report_of(tmp_path / "reports")
    [clause] = report["clauses"]
    assert (clause["verdict"], clause["cause"]) == ("not-tested", "way")
    assert report["run"]["verdict"] == "inconclusive"
    assert clause["reason"] == report["run"]["probe"]["told"]


def test_refused_credentials_are_inconclusive_and_the_clocks_are_told(tmp_path: Path, server: TinyServer) -> None:
    server.always(answer(401, b"{}", ("Date", "Mon, 01 Jan 2001 00:00:00 GMT")))
    assert judge(tmp_path, server.url)[0] == 3
    assert "behind this machine's" in report_of(tmp_path / "reports")["clauses"][0]["reason"]


def test_with_wrong_credentials_nobody_is_blamed(tmp_path: Path, server: TinyServer) -> None:
    """Not even by checks that sign in their own way, or send many requests at one moment."""

    def refuses_all(request: Received) -> bytes:
        if request.path != "/_states":
            return answer(401, b'{"error": "invalid_signature", "message": "no", "statusCode": 401}')
        asked = json.loads(request.body)
        if asked["state"] == "orders":
            made = [{"orderId": str(uuid4())} for _ in range(asked["params"]["count"])]
            return answer(200, json.dumps({"orders": made}).encode())
        if asked["state"] == "order statuses":
            return answer(200, json.dumps({"statuses": dict.fromkeys(asked["params"]["orderIds"], "open")}).encode())
        return answer(501)

    server.behave = refuses_all
    target_file(tmp_path, server.url, states=f"{server.url}/_states", more="[limits]\nsettle_seconds = 0.1\n")
    chosen = ["-k", "test_authentication or test_race or test_idempotency_replay"]
    done = run_command(tmp_path, "run", "--target", "target.toml", "--", *chosen)
    report = report_of(tmp_path / "reports")
    assert done.status == 3
    assert report["run"]["verdict"] == "inconclusive"
    assert [check["id"] for check in report["checks"] if check["outcome"] in ("failed", "error")] == []


def test_no_secret_and_no_signature_is_written_anywhere(tmp_path: Path, server: TinyServer) -> None:
    """Not even when the target says them back."""

    def echo(request: object) -> bytes:
        received = server.received[-1]
        said = dict(received.headers)
        return answer(200, json.dumps({"secret": SECRET, "you": said}).encode(), ("X-Echo", SECRET))

    server.behave = echo
    _, output = judge(tmp_path, server.url, *READS)
    signatures = {request.header("X-Signature") for request in server.received}
    assert None not in signatures
    assert signatures
    written = [file.read_text("utf-8", "replace") for file in (tmp_path / "reports").rglob("*") if file.is_file()]
    assert written
    for secret in (SECRET, *map(str, signatures)):
        assert not any(secret in text or json.dumps(secret)[1:-1] in text for text in (output, *written))


def test_a_target_that_is_silent_from_the_start_ends_the_run_at_once(tmp_path: Path, server: TinyServer) -> None:
    server.always(lambda connection: None)
    status, _ = judge(tmp_path, server.url, "bayse.authentication.*")
    assert status == 3
    report = report_of(tmp_path / "reports")
    assert report["run"]["verdict"] == "inconclusive"
    assert len(server.received) <= 5


def test_without_a_probe_a_silent_target_is_not_asked_for_ever(tmp_path: Path, server: TinyServer) -> None:
    server.always(lambda connection: None)
    target_file(tmp_path, server.url, more="[limits]\ntimeout_seconds = 0.5\n")
    chosen = ["--no-probe", "--clause", "bayse.authentication.*"]
    assert run_command(tmp_path, "run", "--target", "target.toml", *chosen).status == 3
    document = report_of(tmp_path / "reports")
    assert len(document["checks"]) > 20
    assert len(server.received) == 5
    assert "failed 5 times in a row" in document["checks"][-1]["reason"]
    assert document["checks"][-1]["cause"] == "target-silent"
