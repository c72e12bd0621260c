from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from venue_conformance.errors import ClientFault, Inconclusive, NotTested
from venue_conformance.target.command_states import CommandStates
from venue_conformance.target.states import open_states

from .conftest import Load


def script(folder: Path, text: str, name: str = "provision.py") -> Path:
    path = folder / name
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o755)
    return path


def states_of(folder: Path, text: str, limit_seconds: float = 30.0) -> CommandStates:
    script(folder, text)
    return CommandStates(["./provision.py"], folder, limit_seconds)


ECHO = (
    "import json, os, sys\nprint(json.dumps({'asked': json.load(sys.stdin), 'cwd': os.getcwd(), 'argv': sys.argv[1:]}))"
)


def test_one_object_in_one_object_out(load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path, ECHO)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    states = open_states(load('[states]\ncommand = ["./provision.py", "--fast"]'))
    assert states.kind == "command"
    values = states.setup("fill", {"orderId": "1", "part": True})
    assert values["asked"] == {"state": "fill", "params": {"orderId": "1", "part": True}, "action": "setup"}
    assert os.path.samefile(values["cwd"], tmp_path)
    assert values["argv"] == ["--fast"]
    states.close()


def test_a_bare_name_is_looked_up_in_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    script(tmp_path / "bin", ECHO, "provision-states")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    assert CommandStates(["provision-states"], tmp_path).setup("fill", {})["argv"] == []


def test_programs_that_are_none(tmp_path: Path) -> None:
    script(tmp_path, ECHO).chmod(0o644)
    for name, says in {
        "provision.py": 'there is no program "provision.py" in PATH; .* written "./provision.py"',
        "./nowhere.sh": "there is no file .*nowhere.sh",
        "./provision.py": "may not be executed",
    }.items():
        with pytest.raises(ClientFault, match=says):
            CommandStates([name], tmp_path)


def test_exit_status_3_is_not_offered(tmp_path: Path) -> None:
    with pytest.raises(NotTested, match=r"^the target does not offer orders with status expired$") as caught:
        states_of(tmp_path, "raise SystemExit(3)").setup("orders", {"caller": "a", "status": "expired"})
    assert caught.value.needs == "orders"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("import sys; print('x' * 300 + 'no db', file=sys.stderr); sys.exit(1)", "exit status 1; it said: …x*no db$"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", "was ended by signal 15"),
        ("pass", "succeeded, but its output is empty$"),
        ("print('hello')", "its output is not JSON: .*: hello"),
        ("print('[]')", "its output is JSON, but not an object"),
        ("print('{}{}')", "its output is not JSON"),
    ],
)  # fmt: skip
def test_anything_else_is_inconclusive(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(Inconclusive, match=says) as caught:
        states_of(tmp_path, text).setup("orders", {})
    assert "./provision.py, asked for orders," in caught.value.reason


def test_a_callers_credentials_are_never_quoted(tmp_path: Path) -> None:
    with pytest.raises(Inconclusive) as caught:
        states_of(tmp_path, "print('s3cret')").setup("caller", {})
    assert "s3cret" not in caught.value.reason


def test_what_the_system_cannot_start_is_inconclusive(tmp_path: Path) -> None:
    states = states_of(tmp_path, "")
    (tmp_path / "provision.py").write_text("#!/nowhere/interpreter\n")
    with pytest.raises(Inconclusive, match="could not be started: "):
        states.setup("orders", {})


HANGS = """#!/bin/sh
sleep 600 &
echo "$$ $!" > pids
echo still placing >&2
"""


def gone(pid: int) -> bool:
    """Whether a process has ended; one that only waits to be reaped by init counts."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.parametrize(
    ("last", "says"), [("wait", "was still running after"), ("", "what it started was still running after")]
)
def test_the_whole_process_group_is_killed(tmp_path: Path, last: str, says: str) -> None:
    states = states_of(tmp_path, "", limit_seconds=2)
    (tmp_path / "provision.py").write_text(HANGS + last)
    with pytest.raises(Inconclusive, match=says) as caught:
        states.setup("orders", {})
    assert "still placing" in caught.value.reason
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    latest = time.monotonic() + 20
    while not all(gone(pid) for pid in pids):
        assert time.monotonic() < latest, "a process outlived its group"
        time.sleep(0.02)


def test_teardown_never_raises(tmp_path: Path) -> None:
    states = states_of(tmp_path, "import sys; open('torn', 'w').write(sys.stdin.read()); raise SystemExit(3)")
    states.teardown("orders", {"count": 1})
    assert '"action": "teardown"' in (tmp_path / "torn").read_text()
    (tmp_path / "provision.py").unlink()
    states.teardown("orders", {})


def test_a_command_that_does_not_read_its_input_is_right(tmp_path: Path) -> None:
    states = states_of(tmp_path, "print('{}')")
    assert states.setup("order statuses", {"orderIds": ["x" * 40] * 5000}) == {}


OVERLAPS = """
import os, time
try:
    os.mkdir("busy")
except FileExistsError:
    raise SystemExit("calls overlap")
time.sleep(0.05)
os.rmdir("busy")
print("{}")
"""


def test_calls_never_overlap(tmp_path: Path) -> None:
    states = states_of(tmp_path, OVERLAPS)
    failures: list[Exception] = []

    def ask() -> None:
        try:
            states.setup("orders", {})
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
