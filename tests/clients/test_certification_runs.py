"""How a certification ends when it is stopped, runs out of time, or the suite itself is wrong."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.clients.support import RIGHT, certified, client_of, outcomes, reasons, run_command, verdicts, violated
from tests.command import report_of, start_command
from tests.test_cli_files import limited
from venue_conformance.clients.seeds import strays_from_seed
from venue_conformance.reference.bayse.venue import BayseVenue
from venue_conformance.reference.stage_server import ServedStage
from venue_conformance.report.folder import RunFolder
from venue_conformance.report.run_verdict import status_of
from venue_conformance.report.view import meaning
from venue_conformance.venues.bayse import recompute as recomputing

FEW = ("certify", "--adaptor", RIGHT, "--scenario", "one-open", "--scenario", "all-fail", "--quiet")
SLOW = """
class Mine(Client):
    def cancel(self, ids):
        time.sleep(30)
        return {}
"""


def test_an_interrupted_run_leaves_a_valid_report(tmp_path: Path) -> None:
    process = start_command(tmp_path, "certify", "--adaptor", client_of(tmp_path, SLOW), "--report-dir", "out")
    assert process.stdout is not None
    while "begins" not in process.stdout.readline():
        pass
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130
    document = report_of(tmp_path / "out")
    assert document["run"]["verdict"] == "interrupted"
    assert {check["outcome"] for check in document["checks"]} == {"inconclusive"}


def test_a_report_is_made_again_from_the_journal(tmp_path: Path) -> None:
    run_command(tmp_path, *FEW)
    folder = tmp_path / "reports"
    written = (folder / "conformance.json").read_text()
    assert "sk_test_" not in (folder / "journal.jsonl").read_text()
    (folder / "conformance.json").unlink()
    assert run_command(tmp_path, "report", "reports").status == 0
    made, again = json.loads(written), json.loads((folder / "conformance.json").read_text())
    assert again == made


def test_what_is_printed_and_summed_up_is_about_a_client(tmp_path: Path) -> None:
    """A reader of a job's page, or of a log, must not take it for a verdict on the venue."""
    ended = run_command(tmp_path, *FEW[:-1])
    [head] = [line.split() for line in ended.output.splitlines() if line.startswith("topic ")]
    assert " ".join(head) == "topic conforms not part of this run"
    summary = (tmp_path / "reports" / "summary.md").read_text().splitlines()
    assert summary[0] == "## client `plain-bayse-client` of `bayse`: conforms"
    document = report_of(tmp_path / "reports")
    document["clauses"][0]["verdict"] = document["run"]["verdict"] = "inconclusive"
    assert meaning(document) == "the client could not be judged"


def test_a_killed_run_leaves_what_it_saw(tmp_path: Path) -> None:
    run_command(tmp_path, *FEW)
    folder = tmp_path / "reports"
    header, first, *_ = (folder / "journal.jsonl").read_text().splitlines(keepends=True)
    (folder / "conformance.json").unlink()
    (folder / "journal.jsonl").write_text(header + first + '{"kind": "scen')
    ended = run_command(tmp_path, "report", "reports")
    assert ended.status == 130, ended.output + ended.errors
    found = {check["id"].rpartition("::")[2]: check for check in report_of(folder)["checks"]}
    assert sorted(check["outcome"] for check in found.values()) == ["inconclusive", "passed"]
    assert {check["cause"] for check in found.values()} == {None, "interrupted"}


def test_a_mistake_in_the_command_costs_no_earlier_report(tmp_path: Path) -> None:
    run_command(tmp_path, *FEW)
    earlier = (tmp_path / "reports" / "conformance.json").read_bytes()
    assert run_command(tmp_path, "certify", "--adaptor", RIGHT, "--scenario", "nothing-like-it").status == 2
    assert (tmp_path / "reports" / "conformance.json").read_bytes() == earlier


def test_a_folder_of_another_run_is_left_alone(tmp_path: Path) -> None:
    held = RunFolder.take(tmp_path / "reports")
    ended = run_command(tmp_path, *FEW)
    held.release()
    assert ended.status == 2
    assert "is writing here" in ended.errors
    assert list((tmp_path / "reports").iterdir()) == []


@pytest.mark.parametrize("more", [(), pytest.param(("--sign", "key"), marks=pytest.mark.proof)])
def test_a_full_disk_changes_no_verdict(tmp_path: Path, more: tuple[str, ...]) -> None:
    run_command(tmp_path, "keygen", "key")
    arguments = [each for each in FEW if each not in ("--scenario", "one-open", "all-fail")] if more else FEW
    done = limited(tmp_path, 100, *arguments, *more)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "exit status 0" in done.stdout
    assert done.stderr == "error: reports: the report cannot be written: File too large\n"
    assert not (tmp_path / "reports" / "conformance.json").exists()


def test_what_there_was_no_time_for_is_inconclusive(tmp_path: Path) -> None:
    began = time.monotonic()
    done = certified(client_of(tmp_path, SLOW), max_minutes=0.02, lanes=2)
    assert time.monotonic() - began < 15
    assert set(outcomes(done).values()) == {"inconclusive"}
    assert {check["cause"] for check in done.document["checks"]} == {"out-of-time"}
    assert "the time of the run is over" in reasons(done)
    assert status_of(done.document) == 3
    assert violated(done) == set()


def test_two_verifiers_that_disagree_are_the_suites_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    right = recomputing._decoded
    monkeypatch.setattr(recomputing, "_decoded", lambda *given: (right(*given) or b"")[::-1])
    done = certified(RIGHT, "one-open")
    assert outcomes(done) == {"one-open": "error"}
    assert "to the reference the signature fits, the recomputation denies it" in reasons(done)
    assert status_of(done.document) == 4


def test_a_stage_that_fails_is_the_suites_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any) -> Any:
        raise RuntimeError("a bug")

    monkeypatch.setattr(BayseVenue, "handle", broken)
    done = certified(RIGHT, "one-open")
    assert status_of(done.document) == 4
    assert "a bug" in reasons(done)


def test_a_reference_that_fails_in_mid_scenario_is_the_suites_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any) -> Any:
        raise RuntimeError("another bug")

    monkeypatch.setattr(BayseVenue, "cancel_batch", broken)
    done = certified(RIGHT, "one-open")
    assert outcomes(done) == {"one-open": "error"}
    assert "another bug" in reasons(done)


def test_a_clause_about_nothing_that_happened_is_not_exercised() -> None:
    found = verdicts(certified(RIGHT, "in-flight", "one-open"))
    assert found["idempotency.after-409"] == "conforms"
    assert found["retry.obeys-retry-after"] == "not-tested"
    assert found["signing.over-sent-bytes"] == "conforms"


def test_a_profile_can_be_asked_for(tmp_path: Path) -> None:
    never = client_of(tmp_path, "class Mine(Client):\n    def may_help(self, status): return False")
    done = certified(never, require="retrying")
    assert done.document["run"]["verdict"] == "partial"
    assert status_of(done.document) == 3
    assert "retry.obeys-retry-after" in {clause.split(".", 2)[2] for clause in done.document["client"]["not_exercised"]}


def test_advice_counts_where_it_is_asked_to(tmp_path: Path) -> None:
    body = """
    class Mine(Client):
        def headers(self, body, key):
            headers = super().headers(body, key)
            del headers["Content-Type"]
            return headers
    """
    adaptor = client_of(tmp_path, body)
    assert status_of(certified(adaptor, "one-open").document) == 0
    assert status_of(certified(adaptor, "one-open", strict=True).document) == 1


def test_a_report_is_held_against_its_seed() -> None:
    document = certified(RIGHT, "mixed", "one-open", "two-hundred-and-fifty", seed=11).document
    assert strays_from_seed(document, 11) is None
    assert "do not follow from the seed" in (strays_from_seed(document, 12) or "")
    document["client"]["scenarios"][0]["id"] = "invented"
    assert strays_from_seed(document, 11) == "invented is no scenario of this suite"


@pytest.mark.proof
def test_a_false_cancelled_counts_before_a_variant_too_and_other_errors_are_observed(tmp_path: Path) -> None:
    """A client that asks for 200 and looks at nothing else, before variants that answer otherwise."""
    adaptor = client_of(
        tmp_path,
        """
        class Mine(Client):
            def read(self, answer, ids):
                return dict.fromkeys(ids, ("cancelled", None))
        """,
    )
    done = certified(adaptor, "one-open", "mixed", variants=True)
    assert violated(done) == {"outcomes.never-claims-cancelled"}
    (told,) = [each["observed"] for each in done.document["observations"] if "variants" in each["observed"]]
    assert "errs at " in told
    assert "outcomes.never-claims-cancelled" in told
    assert verdicts(done)["robustness.permitted-variants"] == "observed"


def test_where_no_batch_cancel_arrives_the_report_says_what_did(tmp_path: Path) -> None:
    body = """
    class Mine(Client):
        def cancel(self, ids):
            plain.PATH = "/v1/orders/batch-cancel"
            return super().cancel(ids)
    """
    done = certified(client_of(tmp_path, body), "one-open")
    (schema,) = (each for each in done.document["clauses"] if each["id"] == "client.bayse.request.schema")
    assert schema["verdict"] == "not-tested"
    assert "no batch cancel arrived, but DELETE /v1/orders/batch-cancel" in schema["reason"]
    placing = client_of(tmp_path, body.replace("/v1/orders/batch-cancel", "/v1/pm/orders/batch/"), name="slash.py")
    assert "request.schema" in violated(certified(placing, "one-open"))


def test_a_machine_that_is_too_busy_is_named_and_nobody_is_accused(monkeypatch: pytest.MonkeyPatch) -> None:
    def comes_late(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(ServedStage, "state", comes_late)
    done = certified(RIGHT, "one-open", "mixed")
    assert set(outcomes(done).values()) == {"inconclusive"}
    assert "is this machine very busy" in reasons(done)
    assert status_of(done.document) == 3
