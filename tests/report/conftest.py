"""Builders for records, clauses and documents with everything that a test does not care about filled in."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from venue_conformance.contract.clauses import Clause
from venue_conformance.contract.sources import Page, Source
from venue_conformance.report.document import build_report
from venue_conformance.report.records import (
    BreachRecord,
    CheckRecord,
    ExchangeRecord,
    ObservationRecord,
    RunInfo,
    TargetInfo,
)

PAGE = Page("batch-cancel", "Batch cancel", "https://docs.example/batch-cancel", date(2026, 11, 21))
#: What a hostile target puts everywhere.
HOSTILE = (
    "</script><script>alert(1)</script><img src=x onerror=y> ' \" & ]]> --> \x00 \x07 \x1b[2J\x1b]0;owned\x07 "
    "\x9b31m \ud800 \udc80 \ufffe \u202egnissim\u202c [bold red]x[/] [/] :smile: `x` ``y`` | *b* @all\r\n# h\n"
)


def clause(name: str = "bayse.limits.one", level: str = "must", **fields: Any) -> Clause:
    values = {"promise": f"{name} holds.", "importance": "high", "sources": (Source(PAGE, "body", (1,)),), **fields}
    return Clause(id=name, level=level, **values)


def check(outcome: str = "passed", *clauses: str, broken: tuple[str, ...] | None = None, **fields: Any) -> CheckRecord:
    """A record of a run in which valid requests were accepted; a failed one broke its first clause, or ``broken``."""
    listed = list(clauses) or ["bayse.limits.one"]
    values = {"id": f"suites/bayse/test_limits.py::test_{outcome}", "title": "A check.", "duration_seconds": 0.1}
    values |= {"accepted": True, **fields}
    if outcome == "failed":
        found = listed[:1] if broken is None else broken
        reported = (values.get("expected") or "otherwise", values.get("actual") or "something else")
        values.setdefault("breaches", [BreachRecord(clause, *reported).to_dict() for clause in found])
    return CheckRecord(clauses=listed, outcome=outcome, **values)


def exchange(number: int = 1, **fields: Any) -> ExchangeRecord:
    values = {
        "method": "DELETE",
        "url": "http://127.0.0.1:9001/batch",
        "request_headers": {"Content-Type": "application/json"},
        "request_body": '{"orderIds": ["a"]}',
        "status": 200,
        "response_headers": {"Content-Type": "application/json"},
        "response_body": "{}",
        "started_at": "2026-01-01T00:00:00.000000+00:00",
        "duration_seconds": 0.01,
    }
    return ExchangeRecord(id=number, **{**values, **fields})


def run(**fields: Any) -> RunInfo:
    values = {"id": "r1", "started_at": "2026-01-01T00:00:00+00:00", "finished_at": "2026-01-01T00:00:09+00:00"}
    return RunInfo(**{**values, "seed": 7, "profile": "ci", "requests": 12, **fields})


def target(**fields: Any) -> TargetInfo:
    values = {"venue": "bayse", "base_url": "http://127.0.0.1:9001", "environment": "staging"}
    return TargetInfo(**{**values, "spec_version": "2025-11-01", "states": "url", **fields})


def document(
    clauses: list[Clause] | None = None,
    checks: list[CheckRecord] | None = None,
    observations: list[ObservationRecord] | None = None,
    exchanges: list[ExchangeRecord] | None = None,
    *,
    of_run: RunInfo | None = None,
    of_target: TargetInfo | None = None,
    **more: Any,
) -> dict[str, Any]:
    return build_report(
        of_run or run(),
        of_target or target(),
        [clause()] if clauses is None else clauses,
        [check()] if checks is None else checks,
        observations or [],
        exchanges or [],
        **more,
    )


def full_document(text: str) -> dict[str, Any]:
    """A report with one of everything, ``text`` wherever a target can put some."""
    failed = check(
        "failed",
        id="suites/bayse/test_limits.py::test_one[x]",
        expected=text,
        actual=text,
        exchanges=[1, 2],
        steps=[
            {"state": "orders", "params": {"count": 1, text: text}, "values": {"orders": [text]}},
            {"state": text, "params": {}, "values": None},
            {"exchange": 1},
            {"exchange": 2},
        ],
    )
    others = [
        check("not-tested", "bayse.rows.two", id="a.py::two", reason=text, needs=text),
        check("inconclusive", "bayse.rows.three", id="a.py::three", reason=text),
        check("error", "bayse.rows.four", id="a.py::four", reason=text),
        check("not-tested", "bayse.rows.five", id="a.py::five", reason=text),
    ]
    names = ["bayse.rows.two", "bayse.rows.three", "bayse.rows.four", "bayse.rows.five"]
    answer = {"response_headers": {"X-Evil": text, text: "1"}, "response_body": text, "fault": text}
    return document(
        [clause(), *(clause(name) for name in names), clause("bayse.rows.open", "open")],
        [failed, *others],
        [ObservationRecord("bayse.rows.open", text, "a.py::open")],
        [
            exchange(1, **answer, request_body=text, caller=text, signing={"other": text}),
            exchange(2, **answer, status=None, url=text),
        ],
        of_run=run(errors=[text], selection={"--clause": [text]}),
        of_target=target(environment=text, base_url=text, spec_version=text),
    )


@pytest.fixture(scope="session")
def make() -> Any:
    """The builders of this module: ``make.clause``, ``make.check``, ``make.document`` and so on."""

    class Builders:
        hostile = HOSTILE

    for builder in (clause, check, exchange, run, target, document, full_document):
        setattr(Builders, builder.__name__, staticmethod(builder))
    return Builders
