"""``venue-conformance run`` through its real output: exit statuses, reports, interruptions."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import environment, report_of, run_command, start_command, target_file, verdicts
from tests.tiny_server import TinyServer, answer
from venue_conformance.cli import main
from venue_conformance.contract.resources import resources_root
from venue_conformance.errors import ClientFault
from venue_conformance.reference import load
from venue_conformance.reference.server import serve_in_thread
from venue_conformance.report.document import load_report
from venue_conformance.report.journal import read_journal

#: A clause with one check, which needs no state.
ONE = "bayse.idempotency.shortest-key"
#: What this mutant breaks.
MUTANT = "refuses-short-keys"


def test_the_embedded_reference_conforms_and_nothing_lies_outside_the_report(tmp_path: Path) -> None:
    work, scratch = tmp_path / "work", tmp_path / "scratch"
    work.mkdir()
    scratch.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "venue_conformance", "run", "--venue", "bayse", "--clause", ONE, "--report-dir", "out"],
        cwd=work,
        env={**environment(work), "TMPDIR": str(scratch)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "conforms" in done.stdout
    assert "warning" not in done.stdout.lower()
    assert [path.name for path in work.iterdir()] == ["out"]
    assert list(scratch.iterdir()) == []
    report = load_report(work / "out")
    assert report["run"]["verdict"] == "conforms"
    assert read_journal(work / "out" / "journal.jsonl").finished


def test_a_mutant_violates(tmp_path: Path) -> None:
    with serve_in_thread(load("bayse").find(mutant=MUTANT)()) as server:
        (tmp_path / "target.toml").write_text(server.target_file)
        (tmp_path / "target.toml").chmod(0o600)
        done = run_command(tmp_path, "run", "--target", "target.toml", "--clause", ONE)
        assert done.status == 1
        assert verdicts(report_of(tmp_path / "reports")) == {ONE: "violates"}
        printed = f"venue-conformance replay reports/conformance.json {ONE} --target target.toml"
        assert f"replay the first: {printed}" in done.output
        name, *arguments = shlex.split(printed)
        assert name == "venue-conformance"
        again = run_command(tmp_path, *arguments)
    assert (again.status, again.errors) == (1, ""), "the command works as it is printed"
    assert "still violates" in again.output.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "reported"),
    [
        (["run", "--venue", "bays"], "bayse"),
        (
            ["run", "--venue", "bayse", "--clause", "bayse.limits.one-acepted"],
            "did you mean bayse.limits.one-accepted?",
        ),
        (["run", "--target", "there-is-none.toml"], "cannot be read"),
        (["run", "--venue", "bayse", "--max-minutes", "-1"], "--max-minutes -1: must be more than 0"),
        (["run", "--venue", "bayse", "--", "-k", "no_check_is_called_so"], "no check was selected"),
        (["check", "there-is-none.toml"], "cannot be read"),
        (["mutants", "bayse", "--only", "replays-unsined"], "did you mean 'replays-unsigned'?"),
        (["replay", "there-is-none", "x"], "cannot be read"),
    ],
)
def test_bad_usage(tmp_path: Path, arguments: list[str], reported: str) -> None:
    done = run_command(tmp_path, *arguments)
    assert done.status == 2
    assert reported in done.output + done.errors
    assert "Traceback" not in done.errors


def test_all_that_is_wrong_with_a_target_file_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "target.toml").write_text('venue = "bays"\nbase_url = "ftp://x"\nenviroment = "staging"\n')
    done = run_command(tmp_path, "check", "target.toml")
    assert done.status == 2
    for reported in ('did you mean "bayse"?', "base_url", 'did you mean "environment"?', "[credentials]"):
        assert reported in done.errors


@pytest.mark.parametrize(
    ("states", "reported"),
    [
        ('inventory = "none.json"', "none.json: the inventory cannot be read: No such file or directory"),
        ('inventory = "orders.json"', 'orders[0] status: "opn" is an unknown status; did you mean "open"?'),
        ('command = ["./none.sh"]', "[states] command: there is no file"),
    ],
)
def test_states_that_cannot_be_used_are_told_before_the_first_check(tmp_path: Path, states: str, reported: str) -> None:
    (tmp_path / "orders.json").write_text('{"orders": [{"orderId": "a", "owner": "caller", "status": "opn"}]}')
    target_file(tmp_path, "http://127.0.0.1:9", more=f"[states]\n{states}\n")
    done = run_command(tmp_path, "run", "--target", "target.toml")
    assert done.status == 2
    assert reported in done.errors
    assert not (tmp_path / "reports").exists()


def test_a_report_folder_that_cannot_be_one_is_bad_usage(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run_command(tmp_path, "run", "--venue", "bayse", "--report-dir", "file/reports")
    assert done.status == 2
    assert "--report-dir" in done.errors
    assert "Traceback" not in done.errors


def test_a_bug_of_the_command_never_looks_like_a_violation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("venue_conformance.cli.clauses.load_catalogue", lambda venue: 1 / 0)
    assert main(["clauses", "bayse"]) == 4


def test_without_states_a_run_is_partial_unless_that_is_allowed(tmp_path: Path, server: TinyServer) -> None:
    target_file(tmp_path, server.url)
    command = ["run", "--target", "target.toml", "--clause", "bayse.independence.markets"]
    done = run_command(tmp_path, *command)
    assert done.status == 3
    assert report_of(tmp_path / "reports")["run"]["verdict"] == "partial"
    assert "[states]" in report_of(tmp_path / "reports")["clauses"][0]["reason"]
    # Nothing at all was judged, which is not for anybody to allow.
    assert run_command(tmp_path, *command, "--allow-untested").status == 3


def test_after_the_given_minutes_nothing_is_started(tmp_path: Path, server: TinyServer) -> None:
    target_file(tmp_path, server.url)
    done = run_command(tmp_path, "run", "--target", "target.toml", "--clause", ONE, "--max-minutes", "0.000001")
    assert done.status == 3
    assert server.received == []
    assert "minutes" in report_of(tmp_path / "reports")["clauses"][0]["reason"]


def test_an_error_in_a_check_is_the_suites_fault(tmp_path: Path, server: TinyServer) -> None:
    (tmp_path / "breaks.py").write_text("def pytest_runtest_call(item):\n    raise TypeError('a bug of ours')\n")
    target_file(tmp_path, server.url)
    code = "import sys; sys.path.insert(0, '.'); from venue_conformance.cli import main; raise SystemExit(main())"
    arguments = ["run", "--target", "target.toml", "--clause", ONE, "--", "-p", "breaks"]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4
    assert "TypeError: a bug of ours" in str(report_of(tmp_path / "reports")["checks"])


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_a_report(tmp_path: Path, server: TinyServer, sent: signal.Signals) -> None:
    server.always(lambda _: _hold(server))
    target_file(tmp_path, server.url)
    running = start_command(tmp_path, "run", "--target", "target.toml", "--clause", "bayse.authentication.status-401")
    _wait_for_a_request(running, server, 1)
    running.send_signal(sent)
    output, errors = running.communicate(timeout=30)
    assert running.returncode == 130, output + errors
    report = load_report(tmp_path / "reports")
    assert report["run"]["interrupted"] is True
    assert {clause["verdict"] for clause in report["clauses"]} <= {"not-tested", "observed"}
    assert read_journal(tmp_path / "reports" / "journal.jsonl").finished


def test_a_killed_run_leaves_a_journal_without_a_footer(tmp_path: Path, server: TinyServer) -> None:
    server.in_turn(answer(418), answer(418), lambda _: _hold(server))  # the first for the probe
    target_file(tmp_path, server.url)
    running = start_command(tmp_path, "run", "--target", "target.toml", "--clause", "bayse.authentication.*")
    _wait_for_a_request(running, server, 3)
    running.kill()
    running.communicate(timeout=30)
    journal = tmp_path / "reports" / "journal.jsonl"
    with pytest.raises(ClientFault, match="without a footer"):
        read_journal(journal)
    left = read_journal(journal, allow_unfinished=True)
    ended, planned = [check.id for check in left.checks], [each["id"] for each in left.others["plan"]]
    assert len(ended) == 1
    assert set(ended) < set(planned)


def test_pytest_alone_gives_the_same_verdicts(tmp_path: Path) -> None:
    with serve_in_thread(load("bayse").find(mutant=MUTANT)()) as server:
        (tmp_path / "target.toml").write_text(server.target_file)
        chosen = ["--target", tmp_path / "target.toml", "--clause", "bayse.idempotency.longest-*", "--clause", ONE]
        run_command(tmp_path, "run", *chosen, "--report-dir", tmp_path / "command")
        bare = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "suites/bayse", *map(str, chosen)]
        done = subprocess.run(
            [*bare, "--report-dir", str(tmp_path / "pytest")],
            cwd=resources_root(),
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1, done.stdout + done.stderr
    found = verdicts(report_of(tmp_path / "pytest"))
    assert found == verdicts(report_of(tmp_path / "command"))
    assert set(found.values()) == {"violates", "conforms"}


def _hold(server: TinyServer) -> None:
    server.stopping.wait(60)


def _wait_for_a_request(running: subprocess.Popen[str], server: TinyServer, count: int) -> None:
    while len(server.received) < count:
        with pytest.raises(subprocess.TimeoutExpired):  # it must not end before that
            running.wait(0.02)
