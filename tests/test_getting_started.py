"""The page for beginners: every command on it is run as it stands, and says what it says there."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.command import environment
from venue_conformance.reference import load
from venue_conformance.reference.server import serve_in_thread

PAGE = Path(__file__).parents[1] / "docs" / "getting-started.md"
#: What the page calls its staging system.
ADDRESS = "http://127.0.0.1:9001"
#: Exit statuses of the commands that find something.
STATUS = {"check no-states.toml": 3, "run": 1, "replay": 1, "--target mended.toml": 0}


#: One process for all of them: most of what a command takes is the time until everything is imported.
ALL_IN_TURN = """
import contextlib, json, sys
from venue_conformance.cli import main
statuses = []
for number, arguments in enumerate(json.loads(sys.argv[1])):
    with open(f"said-{number}", "w") as file, contextlib.redirect_stdout(file):
        statuses.append(main(arguments))
print(json.dumps(statuses))
"""


@dataclass(frozen=True)
class Said:
    """A command of the page, and the lines that it prints there."""

    command: str
    lines: list[str]


def on_the_page() -> Iterator[Said]:
    for block in re.findall(r"^```console\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        command, _, output = block.partition("\n")
        assert command.startswith("$ venue-conformance "), command
        yield Said(command.removeprefix("$ "), [line for line in output.splitlines() if line not in ("", "…")])


def status_of(command: str) -> int:
    return next((status for part, status in reversed(STATUS.items()) if part in command), 0)


def alike(text: str) -> str:
    """A line without what differs from run to run."""
    return " ".join(re.sub(r"\d+(?:\.\d+)?", "N", text.partition("…")[0]).split())


def test_every_command_does_what_the_page_says(tmp_path: Path) -> None:
    described = load("bayse")
    with (
        serve_in_thread(described.find(mutant="replays-for-any-body")()) as staging,
        serve_in_thread(described.venue_class()) as mended,
    ):
        own = tomllib.loads(staging.target_file)["credentials"]
        keys = {"BAYSE_PUBLIC_KEY": own["public_key"], "BAYSE_SECRET_KEY": own["secret_key"]}
        for name, text in (
            ("no-states.toml", staging.target_file.partition("[states]")[0]),
            ("mended.toml", mended.target_file),
        ):
            (tmp_path / name).write_text(text)
            (tmp_path / name).chmod(0o600)
        page = list(on_the_page())
        commands = [shlex.split(said.command.replace(ADDRESS, staging.base_url))[1:] for said in page]
        done = subprocess.run(
            [sys.executable, "-c", ALL_IN_TURN, json.dumps(commands)],
            cwd=tmp_path,
            env={**environment(tmp_path), **keys},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    statuses = json.loads(done.stdout)
    assert len(statuses) == len(page) == 7
    for number, (said, status) in enumerate(zip(page, statuses, strict=True)):
        output = (tmp_path / f"said-{number}").read_text().replace(staging.base_url, ADDRESS)
        assert status == status_of(said.command), f"{said.command}\n{output}{done.stderr}"
        printed = [alike(line) for line in output.splitlines()]
        for line in said.lines:
            assert any(each.startswith(alike(line)) for each in printed), f"{said.command}\n{line}\n{output}"


@pytest.mark.parametrize("page", ["getting-started.md", "output.md", "how-it-is-checked.md", "provider-states.md"])
def test_links_lead_somewhere(page: str) -> None:
    text = (PAGE.parent / page).read_text(encoding="utf-8")
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    assert [link for link in links if link and not (PAGE.parent / link).exists()] == []


def test_the_readme_leads_to_pages_that_are_there() -> None:
    root = PAGE.parents[1]
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", (root / "README.md").read_text())]
    # The picture is made from the report of a run.
    missing = [link for link in links if not (root / link).exists() and link != "docs/report.png"]
    assert missing == []
