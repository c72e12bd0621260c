"""A slip on a command line is told in one line that names it, and says what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from venue_conformance.cli import main


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The only line that a command says, which ends with bad usage."""
    try:
        status = main(arguments)
    except SystemExit as left:
        status = int(left.code or 0)
    output, errors = capsys.readouterr()
    assert (status, output) == (2, "")
    assert errors.startswith("error: ")
    assert errors.endswith("\n")
    assert errors.count("\n") == 1
    return errors.rstrip("\n")


@pytest.mark.parametrize("port", ["80000", "-5", "http"])
def test_a_port_that_is_none(capsys: pytest.CaptureFixture[str], port: str) -> None:
    assert f"--port: {port} is no port; ports go from 0 to 65535" in said(capsys, "serve", "bayse", f"--port={port}")


@pytest.mark.parametrize("more", [(), ("--step", "pass")], ids=["alone", "staged"])
def test_a_target_file_that_cannot_be_written(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, more: tuple[str, ...]
) -> None:
    file = tmp_path / "nowhere" / "target.toml"
    told = said(capsys, "serve", "bayse", "--write-target", str(file), *more)
    assert told == f"error: --write-target {file}: No such file or directory"


def test_a_script_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "serve", "bayse", "--step", "nosuch.yaml") == "error: --step nosuch.yaml: no such file"
    assert "do is one of pass, " in said(capsys, "serve", "bayse", "--step", "pas")


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        ("run --tagret x.toml", "unrecognized arguments: --tagret; did you mean --target? See venue-conformance run "),
        ("load --tagret x.toml", "did you mean --target? See venue-conformance load --help"),
        ("load --tagret=x.toml --users 2", "did you mean --target?"),
        ("check x.toml --wat", "unrecognized arguments: --wat; see venue-conformance check --help"),
        ("--verison", "did you mean --version? See venue-conformance --help"),
        ("rn", "did you mean run?"),
        ("", "the following arguments are required: COMMAND"),
        ("run --profile smok", "did you mean smoke?"),
        ("init --venue byse", "did you mean bayse?"),
        ("diff bayse --fial-on any", "did you mean --fail-on?"),
        ("load", "load needs --target FILE"),
    ],
)
def test_what_was_meant(capsys: pytest.CaptureFixture[str], arguments: str, hint: str) -> None:
    assert hint in said(capsys, *arguments.split())


@pytest.mark.parametrize("command", ["run", "load"])
def test_a_target_file_without_its_option(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "staging.toml").touch()
    assert f"staging.toml is a file: {command} --target staging.toml" in said(capsys, command, "staging.toml")


@pytest.mark.parametrize(
    ("adaptor", "reason"),
    [
        ("cat", ": it names no protocol, and this program speaks protocol 1"),
        ("true", "--adaptor true: no usable answer to hello (see docs/adaptor-protocol.md): it has ended with exit "),
        ("sh -c 'echo broken >&2; exit 3'", "): it has ended with exit status 3"),
        ("nosuchprog", "--adaptor nosuchprog: it cannot be started: No such file or directory"),
        ("'", "this is no command: No closing quotation"),
    ],
)
def test_an_adaptor_that_is_none(capsys: pytest.CaptureFixture[str], adaptor: str, reason: str) -> None:
    told = said(capsys, "certify", "--adaptor", adaptor)
    assert reason in told
    assert told.count("broken") == 2 * ("broken" in adaptor), "what it complains of is said once, behind its command"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("--spec nosuch.yaml", "--spec nosuch.yaml: No such file or directory"),
        ("--clause limitz.one", "--clause limitz.one: no clause id matches"),
        ("--max-minutes -1", "--max-minutes -1: must be more than 0"),
    ],
)
def test_a_mistake_of_run_is_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: str, told: str
) -> None:
    ended = said(capsys, "run", "bayse", "--report-dir", str(tmp_path / "out"), *arguments.split())
    assert ended == f"error: {told}"


def test_a_file_that_cannot_be_written_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("c.md").mkdir()
    document = Path(__file__).parents[1] / "specs" / "bayse" / "openapi.yaml"
    told = said(capsys, "diff", "bayse", str(document), "--report", "json=c.md")
    assert told == "error: c.md: the report cannot be written: Is a directory"
