"""Mistakes on a command line, and report folders that cannot be: told in one line, and nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import Ended
from tests.mistakes import CREDENTIALS, EARLIER, Commands, Mistake, commands, ids
from tests.tiny_server import TinyServer, tiny_server

_RUN = ("run", "--target", "target.toml")


def _option(name: str, says: str, *arguments: str, variables: dict[str, str] | None = None, **more: str) -> Mistake:
    return Mistake(name, says, arguments=arguments, variables=variables or {}, **more)  # type: ignore[arg-type]


OPTION_MISTAKES = [
    _option("minutes below none", r"--max-minutes -1: must be more than 0", *_RUN, "--max-minutes", "-1"),
    _option("minutes that are no number", r"--max-minutes nan: must be more than 0", *_RUN, "--max-minutes", "nan"),
    _option("minutes in words", r"--max-minutes: invalid float value: 'ten'", *_RUN, "--max-minutes", "ten"),
    _option("a seed in words", r"--seed: invalid int value: 'abc'", *_RUN, "--seed", "abc"),
    _option(
        "a clause that there is not",
        r"--clause bayse\.limitz: no clause id matches",
        *_RUN,
        "--clause",
        "bayse.limitz",
    ),
    _option(
        "a clause that there is not, for worker processes",
        r"--clause limitz\.one: no clause id matches",
        *(*_RUN, "--clause", "limitz.one", "--", "-n", "2"),
    ),
    _option("a level that there is not", r"--level: invalid choice: 'might'", *_RUN, "--level", "might"),
    _option("a profile that there is not", r"--profile: invalid choice: 'weekly'", *_RUN, "--profile", "weekly"),
    _option("two targets", r"give only one of --target FILE, VENUE and --embedded", *_RUN, "bayse"),
    _option("a venue that there is not", r"bays: no such venue; .*did you mean bayse\?", "run", "bays"),
    _option(
        "no target in CI", r"no target: name one \(--target FILE\), or --embedded", "run", variables={"CI": "true"}
    ),
    _option(
        "a target that is not there",
        r"nowhere\.toml: the target file cannot be read: No such file",
        "run",
        "--target",
        "nowhere.toml",
    ),
    _option(
        "a target that is a folder",
        r"reports: the target file cannot be read: Is a directory",
        "run",
        "--target",
        "reports",
    ),
    _option("checks that there are not", r"no check was selected; widen", *_RUN, "--", "-k", "no_such_check"),
    _option("a -k that cannot be read", r"Wrong expression passed to '-k': test_\(", *_RUN, "--", "-k", "test_("),
    _option(
        "an option that pytest does not know",
        r"unrecognized arguments: --no-such-option",
        *_RUN,
        "--",
        "--no-such-option",
    ),
    _option(
        "a report that is not there", r"nowhere: there is no report|nowhere.*No such file", "replay", "nowhere", "x"
    ),
    _option("a report that is none", r"conformance\.json", "replay", "reports", "x"),
]

#: What stands where a report is to go: a name, how to make it, what is said.
FOLDERS = {
    "a file": ("taken", r"--report-dir.*taken.*(File exists|Not a directory)"),
    "a file above it": ("taken/reports", r"--report-dir.*taken.*Not a directory"),
    "a name that is too long": ("a" * 300, r"--report-dir.*File name too long"),
    "a place where none can be made": ("/proc/no/reports", r"--report-dir.*/proc/no.*No such file or directory"),
    "a link to nowhere": ("dangling", r"--report-dir.*dangling.*(File exists|No such file)"),
    "a link to itself": ("loop", r"--report-dir.*loop.*(Too many levels of symbolic links|File exists)"),
    "a folder in the report's place": ("holding", r"holding/conformance\.json.*Is a directory"),
}


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    with commands(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture
def silent() -> Iterator[TinyServer]:
    with tiny_server() as server:
        yield server


def _said(ended: Ended) -> list[str]:
    """What was said."""
    return [line for line in (ended.output + ended.errors).splitlines() if line.strip()]


@pytest.mark.parametrize("mistake", OPTION_MISTAKES, ids=ids(OPTION_MISTAKES))
def test_a_mistake_on_the_command_line(command: Commands, tmp_path: Path, silent: TinyServer, mistake: Mistake) -> None:
    Mistake(**{**vars(mistake), "base_url": silent.url}).make(tmp_path)
    ended = command.run(tmp_path, *mistake.arguments, variables={"CI": "", **mistake.variables})
    assert "Traceback" not in ended.output + ended.errors
    assert ended.status == 2
    said = _said(ended)
    assert len(said) == 1, said
    assert re.search(mistake.says, said[0]), said[0]
    assert silent.connections == 0
    assert (tmp_path / "reports" / "conformance.json").read_text() == EARLIER


@pytest.mark.parametrize(("report_dir", "says"), FOLDERS.values(), ids=FOLDERS)
def test_a_report_folder_that_cannot_be(
    command: Commands, tmp_path: Path, silent: TinyServer, report_dir: str, says: str
) -> None:
    Mistake("", "", base_url=silent.url).make(tmp_path)
    (tmp_path / "taken").write_text("mine")
    (tmp_path / "dangling").symlink_to("nowhere/at/all")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "holding" / "conformance.json").mkdir(parents=True)
    ended = command.run(tmp_path, *_RUN, "--report-dir", report_dir)
    assert "Traceback" not in ended.output + ended.errors
    said = _said(ended)
    assert (ended.status, len(said)) == (2, 1), said
    assert re.search(says, said[0]), said[0]
    assert (tmp_path / "taken").read_text() == "mine"
    assert silent.connections == 0, "nothing is sent by a run that could not be written down"


@pytest.mark.parametrize(
    "arguments", [_RUN, ("check", "target.toml"), (*_RUN, "--no-probe"), ("replay", "reports", "x")]
)
def test_no_command_sends_anything_to_production(
    command: Commands, tmp_path: Path, silent: TinyServer, arguments: tuple[str, ...]
) -> None:
    """Neither to base_url nor to the provider states."""
    Mistake("", "").make(tmp_path)
    (tmp_path / "target.toml").write_text(
        f'venue = "bayse"\nbase_url = "{silent.url}"\nenvironment = "live-eu"\n'
        f'[credentials]\n{CREDENTIALS["bayse"]}\n[states]\nurl = "{silent.url}/_states"\n'
    )
    if arguments[0] == "replay":
        report = Path(__file__).parents[1] / "reports" / "sample"
        arguments = ("replay", str(report), _a_check_of(report), "--target", "target.toml")
    ended = command.run(tmp_path, *arguments)
    assert (ended.status, silent.connections) == (2, 0)
    assert 'this is production: its environment is called "live-eu"' in ended.errors


def _a_check_of(report: Path) -> str:
    import json

    checks = json.loads((report / "conformance.json").read_text())["checks"]
    return str(next(check["id"] for check in checks if any("exchange" in step for step in check["steps"])))
