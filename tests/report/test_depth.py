"""How deep generated requests got, in the document and in every rendering that tells of it."""

from __future__ import annotations

from io import StringIO
from typing import Any

from rich.console import Console

from venue_conformance.report.html import render_html
from venue_conformance.report.records import DepthRecord
from venue_conformance.report.summary import render_summary
from venue_conformance.report.terminal import print_report
from venue_conformance.report.view import reach

OPERATION = "DELETE /v1/pm/orders/batch"


def with_depth(make: Any, *records: DepthRecord) -> dict[str, Any]:
    document: dict[str, Any] = make.document(depth=records)
    return document


def test_a_run_without_generated_requests_has_no_depth(make: Any) -> None:
    document = make.document()

    assert "depth" not in document
    assert reach(document) == []


def test_depth_is_summed_over_checks_by_family(make: Any) -> None:
    document = with_depth(
        make,
        DepthRecord(OPERATION, "invalid body", "a.py::one", shape=3, core=1),
        DepthRecord(OPERATION, "invalid body", "a.py::two", shape=2, authentication=1),
        DepthRecord(OPERATION, "invalid signature", "a.py::two", authentication=4),
    )

    wrong_body, wrong_signature = reach(document)

    assert (wrong_body.sent, wrong_signature.sent) == (7, 4)
    assert wrong_body.depths == {"authentication": 1, "rate_limit": 0, "shape": 5, "core": 1, "failure": 0}


def test_every_rendering_for_people_tells_the_depth(make: Any) -> None:
    document = with_depth(make, DepthRecord(OPERATION, "invalid body", "a.py::one", shape=37, core=2))
    printed = StringIO()
    print_report(document, Console(file=printed, width=200))
    terminal = printed.getvalue()

    assert f"{OPERATION}, invalid body: 39 sent, 37 stopped at their shape, 2 reached the core" in terminal
    assert "<td>invalid body</td>" in render_html(document)
    assert "| invalid body | 39 | 0 | 0 | 37 | 2 | 0 |" in render_summary(document)


def test_hostile_text_in_depth_is_harmless(make: Any) -> None:
    document = with_depth(make, DepthRecord(make.hostile, "invalid body", "a.py::one", core=1))

    assert "<script>alert" not in render_html(document)
    assert "\x1b" not in render_summary(document)
