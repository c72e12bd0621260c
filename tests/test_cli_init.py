"""``venue-conformance init``: what it writes can be used, and replaces nothing."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import yaml

from tests.command import run_command
from venue_conformance.cli import main
from venue_conformance.reference import load
from venue_conformance.reference.server import serve_in_thread

ADDRESS = ("--base-url", "http://127.0.0.1:9001")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("venue", "credentials"),
    [
        ("bayse", {"public_key": "${BAYSE_PUBLIC_KEY}", "secret_key": "${BAYSE_SECRET_KEY}"}),
        ("arcus", {"address": "${ARCUS_ADDRESS}", "private_key": "${ARCUS_PRIVATE_KEY}"}),
        (
            "predictstreet",
            {
                "api_key": "${PREDICTSTREET_API_KEY}",
                "partner_kind": "single_wallet",
                "wallet": "${PREDICTSTREET_WALLET}",
            },
        ),
    ],
)
@pytest.mark.parametrize("states", ["none", "url", "command", "inventory"])
def test_the_file_holds_what_was_said(folder: Path, venue: str, credentials: dict[str, str], states: str) -> None:
    assert main(["init", "--venue", venue, *ADDRESS, "--environment", 'a "b" \\', "--states", states]) == 0
    written = tomllib.loads((folder / "staging.toml").read_text())
    assert written["venue"] == venue
    assert written["environment"] == 'a "b" \\'
    assert written["credentials"] == credentials
    assert set(written.get("states", {})) == ({states} if states != "none" else set())


def test_a_command_is_written_as_a_program_and_its_arguments(folder: Path) -> None:
    wanted = ["init", "--venue", "bayse", *ADDRESS, "--states", "command"]
    assert main([*wanted, "--states-at", "python 'my states.py' --quiet"]) == 0
    written = tomllib.loads((folder / "staging.toml").read_text())
    assert written["states"] == {"command": ["python", "my states.py", "--quiet"]}


@pytest.mark.parametrize(
    ("at", "port"), [((), "8099"), (("--states", "url", "--states-at", "http://127.0.0.1:7001/s"), "7001")]
)
def test_the_recipe_is_started_on_the_port_that_the_file_asks(
    folder: Path, capsys: pytest.CaptureFixture[str], at: tuple[str, ...], port: str
) -> None:
    assert main(["init", "--venue", "bayse", *ADDRESS, "--recipe", "states.py", *at]) == 0
    assert f"python states.py {port} &" in capsys.readouterr().out
    written = tomllib.loads((folder / "staging.toml").read_text())
    assert f":{port}" in written["states"]["url"]


def test_what_it_writes_passes_check(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve_in_thread(load("bayse").venue_class()) as server:
        served = tomllib.loads(server.target_file)
        at = ("--base-url", served["base_url"], "--states", "url", "--states-at", served["states"]["url"])
        assert main(["init", "t.toml", "--venue", "bayse", *at, "--credential", "secret_key=MINE"]) == 0
        monkeypatch.setenv("BAYSE_PUBLIC_KEY", served["credentials"]["public_key"])
        monkeypatch.setenv("MINE", served["credentials"]["secret_key"])
        done = run_command(folder, "check", "t.toml")
    assert (done.status, done.output.splitlines()[-1]) == (0, "READY"), done.output + done.errors


def test_recipe_and_job(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = ["init", "--venue", "bayse", *ADDRESS, "--recipe", "my/states.py", "--ci"]
    assert main([*wanted, "github"]) == 0
    compile((folder / "my" / "states.py").read_text(), "states.py", "exec")
    job = yaml.safe_load((folder / ".github" / "workflows" / "conformance.yml").read_text())
    [run] = [step for step in job["jobs"]["conformance"]["steps"] if "run --target" in step.get("run", "")]
    assert set(run["env"]) == {"BAYSE_PUBLIC_KEY", "BAYSE_SECRET_KEY"}
    assert main([*wanted, "gitlab"]) == 2, "the target file is there already"
    assert "--force" in capsys.readouterr().err
    assert not (folder / "conformance.gitlab-ci.yml").exists(), "nothing is written where something is there"
    assert main([*wanted, "gitlab", "--force"]) == 0
    assert yaml.safe_load((folder / "conformance.gitlab-ci.yml").read_text())["conformance"]["script"]


@pytest.mark.parametrize(
    ("arguments", "reported"),
    [
        (["init"], "--venue: it is required"),
        (["init", "--venue", "bayse"], "--base-url: it is required"),
        (["init", "--venue", "bayse", "--base-url", "staging.example"], "https://staging.example:8443"),
        (["init", "--venue", "bayse", *ADDRESS, "--value", "secret_key=s"], "this is a secret"),
        (["init", "--venue", "bayse", *ADDRESS, "--value", "secret=s"], "did you mean secret_key?"),
        (["init", "--venue", "bayse", *ADDRESS, "--credential", "secret_key=a-b"], "no name of an environment"),
        (["init", "--venue", "bayse", *ADDRESS, "--credential", "secret_key"], "NAME=… is expected"),
        (["init", "--venue", "bayse", *ADDRESS, "--states", "command", "--states-at", "'"], "no command: No"),
        (["init", "--venue", "bayse", *ADDRESS, "--states", "none", "--recipe", "s.py"], "only --states url asks"),
    ],
)
def test_what_is_wrong_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], reported: str
) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert reported in said
    assert list(folder.iterdir()) == []


def test_it_asks_whoever_sits_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["bayse", "http://127.0.0.1:9001", "", "url"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: next(answers))
    assert main(["init"]) == 0
    written = tomllib.loads((folder / "staging.toml").read_text())
    assert (written["venue"], written["environment"], list(written["states"])) == ("bayse", "staging", ["url"])
