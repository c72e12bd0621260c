"""Where credentials are written, who may read them, and where the target file's own headers go."""

from __future__ import annotations

import os
import signal
import stat
import time
from pathlib import Path

import pytest

from tests.command import SECRET, run_command, start_command, target_file
from tests.planted import Echo, leaks, write_target
from tests.tiny_server import TinyServer, tiny_server
from venue_conformance.plugin.sessions import shapes
from venue_conformance.target.file import Target, load_target
from venue_conformance.target.private_file import write_private
from venue_conformance.target.secrecy import redaction_of, warnings_of

LITERAL = f"""
    venue = "bayse"
    base_url = "https://staging.test:9001"
    environment = "shared sandbox"
    [credentials]
    public_key = "pk_test_1"
    secret_key = "{SECRET}"
"""
FROM_THE_ENVIRONMENT = LITERAL.replace(SECRET, "${KEY}")


def load(folder: Path, text: str, mode: int = 0o600) -> Target:
    file = folder / "target.toml"
    file.write_text(text)
    file.chmod(mode)
    return load_target(file, shapes(), {"KEY": SECRET})


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o664])
def test_secrets_that_others_may_read_are_warned_about(tmp_path: Path, mode: int) -> None:
    [warning] = warnings_of(load(tmp_path, LITERAL, mode))
    assert f"others on this machine may read it (mode {mode:o})" in warning
    assert "[credentials] secret_key; chmod 600" in warning
    assert SECRET not in warning


def test_nothing_is_said_of_a_file_that_tells_nobody_a_secret(tmp_path: Path) -> None:
    assert warnings_of(load(tmp_path, LITERAL, 0o600)) == []
    assert warnings_of(load(tmp_path, FROM_THE_ENVIRONMENT, 0o644)) == []


@pytest.mark.parametrize(
    ("table", "reported"),
    [
        (
            '[headers]\nX-Env = "sandbox"',
            "[headers] X-Env is a word that every report contains; it is masked in its own header",
        ),
        ('[headers]\nX-Env = "Orders"', "[headers] X-Env is a word that every report contains"),
        ('[headers]\nX-Version = "2"', ""),
        ('[headers]\nX-Key = "no-word-of-ours"', ""),
        ('[states]\nurl = "http://states.test/"\ntoken = "t0k"', "[states] token is shorter than 6 characters"),
    ],
)
def test_what_cannot_be_masked_everywhere_is_said(tmp_path: Path, table: str, reported: str) -> None:
    warnings = warnings_of(load(tmp_path, LITERAL + table))
    assert len(warnings) == bool(reported)
    assert reported in "".join(warnings)


def test_a_word_that_states_give_as_a_secret_does_not_garble_the_report(tmp_path: Path) -> None:
    redaction = redaction_of(load(tmp_path, LITERAL))
    redaction.learn(["orderId", "success", "conforms", "sandbox"])
    body = '{"orderId": "7", "success": true}'
    assert redaction.text(body) == body


def test_a_warning_is_one_line_and_changes_no_exit_status(tmp_path: Path) -> None:
    file = target_file(tmp_path, "http://127.0.0.1:9")
    reported = {}
    for mode in (0o644, 0o600):
        file.chmod(mode)
        done = run_command(tmp_path, "run", "--target", file, "--clause", "rows.echo-order-id")
        reported[mode] = done.status, done.errors.count("warning: ")
    assert reported == {0o644: (3, 1), 0o600: (3, 0)}


def test_a_private_file_is_its_owners_alone_whatever_was_there_before(tmp_path: Path) -> None:
    file = tmp_path / "target.toml"
    file.write_text("old")
    file.chmod(0o666)
    before = os.umask(0)
    try:
        write_private(file, "new")
    finally:
        os.umask(before)
    assert file.read_text() == "new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_serve_writes_its_target_file_for_its_owner_and_tells_nobody_what_it_is_sent(tmp_path: Path) -> None:
    import httpx

    serving = start_command(tmp_path, "serve", "bayse", "--write-target", "target.toml")
    file = tmp_path / "target.toml"
    ends = time.monotonic() + 30
    while not file.exists() and time.monotonic() < ends:
        time.sleep(0.02)
    url = load_target(file, shapes()).base_url
    for path in ("/v1/pm/orders/batch", f"/%00{SECRET}", "/_states"):
        httpx.request("POST", url + path, headers={"X-Public-Key": SECRET, "X-Gateway": SECRET}, content=SECRET)
    serving.send_signal(signal.SIGINT)
    output, errors = serving.communicate(timeout=20)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert leaks(output + errors, [SECRET]) == []


@pytest.mark.proof
def test_commands_that_need_no_target_say_no_secret_of_a_reference(tmp_path: Path) -> None:
    listed = run_command(tmp_path, "clauses", "bayse")
    tried = run_command(tmp_path, "mutants", "bayse", "--only", "replays-for-any-body", "--jobs", "1")
    assert (listed.status, tried.status) == (0, 0), tried.errors
    assert "sk_test_" not in listed.output + tried.output + tried.errors


def test_static_headers_go_to_the_target_files_own_addresses_only(tmp_path: Path) -> None:
    target = load(tmp_path, LITERAL + '[headers]\nX-Key = "no-word-of-ours"')
    for url in ("https://staging.test:9001/v1/ws", "wss://STAGING.test:9001/v1/ws", "wss://staging.test.:9001/"):
        assert target.headers_for(url) == target.headers
    for url in ("wss://staging.test/", "wss://staging.test:9002/", "wss://elsewhere.test:9001/", "ws://[::1]:9001/"):
        assert target.headers_for(url) == {}


def test_a_channel_and_states_elsewhere_get_no_static_header(tmp_path: Path, server: TinyServer) -> None:
    with tiny_server() as elsewhere:
        Echo(elsewhere, "arcus").planted += ["sk_test_of_nobody_at_all"]
        echo = Echo(server, "arcus", ws_url=f"ws{elsewhere.url.removeprefix('http')}/v1/ws")
        file = write_target(tmp_path, echo)
        run_command(tmp_path, "run", "--target", file, "--clause", "channel.event-per-cancelled-order")
        assert elsewhere.received, "a channel was opened where the states said"
        for received in elsewhere.received:
            assert received.header("Upgrade") == "websocket"
            assert received.header("X-Gateway-Key") is None
            assert received.header("Authorization") is None
        on_states = [each for each in server.received if each.path.startswith("/_states")]
        at_venue = [each for each in server.received if not each.path.startswith("/_states")]
        assert all(each.header("X-Gateway-Key") is None for each in on_states)
        assert all(each.header("X-Gateway-Key") for each in at_venue)
