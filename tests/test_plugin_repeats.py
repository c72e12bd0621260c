"""A check that meets a fault of the way starts again, with fresh fixtures; what became of it is counted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.command import report_of, verdicts
from tests.test_plugin_records import run_plugin
from tests.tiny_server import TinyServer

pytest_plugins = ["pytester"]

CHECKS = """
import pytest
from venue_conformance.errors import NotTested, TargetSilent, WayFault
from venue_conformance.plugin.check import check_of
from venue_conformance.wire.exchange import Exchange, Request
from venue_conformance.wire.recorder import Remark

TRIES = {}

def go(request):
    name = request.node.name
    TRIES[name] = TRIES.get(name, 0) + 1
    check_of(request.node).session.health.accept('me')
    sent = Request("POST", "/", (), None)
    check_of(request.node).recorder.add(Exchange(sent, "http://x/", 0.0, 0.1, "2026-01-01T00:00:00+00:00", 503))
    check_of(request.node).recorder.add(Remark(f"try {TRIES[name]}"))
    return TRIES[name]

@pytest.fixture
def fresh(request):
    made = []
    yield made
    assert made == ["mine"]

@pytest.mark.clause("bayse.rows.summary")
def test_meets_two_faults(request, fresh):
    fresh.append("mine")
    number = go(request)
    if number < 3:
        raise WayFault("the answer was 503", "503" if number == 1 else "reset")

@pytest.mark.clause("bayse.rows.echo-order-id")
def test_meets_one_every_time(request):
    raise WayFault(f"reset in try {go(request)}", "reset")

@pytest.mark.clause("bayse.rows.engine")
def test_fails_after_a_fault(request):
    if go(request) == 1:
        raise WayFault("reset", "reset")
    assert 1 == 2

@pytest.mark.clause("bayse.rows.success-flag")
def test_is_not_repeated_for_a_silent_target(request):
    go(request)
    raise TargetSilent("nobody answers")

@pytest.fixture
def meets_one_at_its_beginning(request):
    if go(request) == 1:
        raise WayFault("the states broke the connection", "reset")

@pytest.mark.clause("bayse.rows.one-per-order")
def test_begins_again(meets_one_at_its_beginning):
    pass
"""


@pytest.fixture
def document(pytester: pytest.Pytester, server: TinyServer) -> dict[str, Any]:
    _, folder = run_plugin(pytester, server.url, checks=CHECKS)
    found: dict[str, Any] = report_of(folder)
    return found


def test_what_passes_when_repeated_has_passed_and_is_counted(document: dict[str, Any]) -> None:
    checks = {check["id"].rpartition("::test_")[2]: check for check in document["checks"]}
    ends = {name: (check["outcome"], check["repeats"], check["faults"]) for name, check in checks.items()}
    assert ends == {
        "meets_two_faults": ("passed", 2, ["503", "reset"]),
        "meets_one_every_time": ("inconclusive", 3, ["reset"] * 3),
        "fails_after_a_fault": ("failed", 1, ["reset"]),
        "is_not_repeated_for_a_silent_target": ("inconclusive", 0, []),
        "begins_again": ("passed", 1, ["reset"]),
    }
    assert checks["meets_one_every_time"]["cause"] == "way"
    assert checks["is_not_repeated_for_a_silent_target"]["cause"] == "target-silent"
    found = verdicts(document)
    assert (found["bayse.rows.summary"], found["bayse.rows.echo-order-id"]) == ("conforms", "inconclusive")
    assert found["bayse.rows.engine"] == "violates"


def test_every_try_was_sent_and_only_the_last_is_told(document: dict[str, Any]) -> None:
    [check] = [check for check in document["checks"] if check["id"].endswith("test_meets_two_faults")]
    assert len(check["exchanges"]) == 3
    assert check["steps"] == [{"exchange": check["exchanges"][-1]}, {"note": "try 3"}]
    assert document["run"]["requests"] == len(document["exchanges"]) == 3 + 4 + 2 + 1 + 2
