"""Procedures run aside: side by side, each under its own check, and one after the other where accounts are few."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.command import report_of
from venue_conformance.reference import load
from venue_conformance.reference.http import Request, Response, json_response
from venue_conformance.reference.server import serve_in_thread

pytest_plugins = ["pytester"]

CHECKS = """
import pytest, threading
from venue_conformance.errors import NeverExercised, Violation, WayFault

MET = threading.Barrier(3, timeout=TIMEOUT)
TRIES = []

def meets(aside, how):
    order, = aside.orders.open(1)
    try:
        MET.wait()
        together = True
    except threading.BrokenBarrierError:
        together = False
    aside.caller.cancel_batch([order])
    if how == "breaks":
        raise Violation(f"together: {together}", "that", "bayse.rows.summary")
    if how == "misses":
        raise NeverExercised(f"together: {together}")
    assert together

def falters(aside):
    TRIES.append(aside.caller.cancel_batch(aside.orders.unknown(1)))
    if len(TRIES) < 3:
        raise WayFault("reset", "reset")

@pytest.mark.clause("bayse.rows.summary")
@pytest.mark.aside(procedure=meets)
@pytest.mark.parametrize("run_aside", [{"how": how} for how in ("passes", "breaks", "misses")], indirect=True)
def test_meets(run_aside):
    run_aside()

@pytest.mark.clause("bayse.rows.echo-order-id")
@pytest.mark.aside(procedure=falters)
def test_falters(run_aside):
    run_aside()
"""


class OffersNoAccounts(load("bayse").find()):  # type: ignore[misc]
    async def handle(self, request: Request) -> Response:
        if b'"caller"' in request.body and b'"state": "caller"' in request.body.replace(b'":"', b'": "'):
            return json_response(501, {"message": "not offered"})
        return await super().handle(request)  # type: ignore[no-any-return]


def checks_of(pytester: pytest.Pytester, venue: Any, timeout: float) -> dict[str, Any]:
    with serve_in_thread(venue()) as server:
        (pytester.path / "target.toml").write_text(server.target_file)
        pytester.makepyfile(test_checks=CHECKS.replace("TIMEOUT", str(timeout)))
        pytester.makeconftest((Path(__file__).parents[1] / "conftest.py").read_text())
        for name in ("fixtures", "suites"):
            (pytester.path / name).symlink_to(Path(__file__).parents[1] / name)
        pytester.runpytest_subprocess("test_checks.py", "--target", "target.toml", "-p", "no:cacheprovider")
    report = report_of(pytester.path / "reports")
    return {check["id"].rpartition("::test_")[2]: check for check in report["checks"]}


def test_procedures_run_side_by_side_each_under_its_check(pytester: pytest.Pytester) -> None:
    checks = checks_of(pytester, load("bayse").find(), 20)
    assert checks["meets[run_aside0]"]["outcome"] == "passed"
    assert checks["meets[run_aside1]"]["outcome"] == "failed"
    assert checks["meets[run_aside1]"]["expected"] == "together: True"
    assert checks["meets[run_aside2]"]["outcome"] == "not-tested"
    # What each sent stands with its own check.
    assert [len(check["exchanges"]) for name, check in checks.items() if name.startswith("meets")] == [1, 1, 1]


def test_a_procedure_that_met_a_fault_runs_again(pytester: pytest.Pytester) -> None:
    checks = checks_of(pytester, load("bayse").find(), 20)
    assert (checks["falters"]["outcome"], checks["falters"]["faults"]) == ("passed", ["reset", "reset"])
    assert len(checks["falters"]["exchanges"]) == 3


def test_where_no_accounts_are_made_they_run_in_turn(pytester: pytest.Pytester) -> None:
    checks = checks_of(pytester, OffersNoAccounts, 0.1)
    assert checks["meets[run_aside1]"]["expected"] == "together: False"
    assert checks["meets[run_aside2]"]["reason"] == "never exercised: together: False"
