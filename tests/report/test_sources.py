"""Where a promise is documented can be followed from every rendering of a report."""

from __future__ import annotations

import io
import json

from rich.console import Console

from venue_conformance.report.console import open_console
from venue_conformance.report.html import render_html
from venue_conformance.report.sarif import render_sarif
from venue_conformance.report.terminal import print_report

URL = "https://docs.example/batch-cancel"


def violated(make):
    return make.document(checks=[make.check("failed", expected="422", actual="200")])


def test_a_terminal_links_the_source(make) -> None:
    out = io.StringIO()
    print_report(violated(make), Console(file=out, width=100, force_terminal=True, color_system="standard"))
    assert f";{URL}\x1b\\" in out.getvalue()


def test_a_pipe_has_the_address_behind_the_source(make) -> None:
    out = io.StringIO()
    print_report(violated(make), open_console(out))
    [line] = [line for line in out.getvalue().splitlines() if line.startswith("  source")]
    assert line.endswith(f"({URL})")


def test_html_links_the_source(make) -> None:
    assert f'<a href="{URL}"' in render_html(violated(make))


def test_sarif_has_the_source_as_help(make) -> None:
    [run] = json.loads(render_sarif(violated(make)))["runs"]
    assert {rule["helpUri"] for rule in run["tool"]["driver"]["rules"]} == {URL}
