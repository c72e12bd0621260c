"""Pages as a browser shows them: wide and narrow, dark, on paper, by keyboard, and inert whatever a target said.

Needs Chromium: without it these are skipped, but for CI, which installs it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from venue_conformance.gate.compare import compare
from venue_conformance.gate.history import remember, render_trend
from venue_conformance.gate.page import render_comparison
from venue_conformance.report.html import render_html
from venue_conformance.report.index import render_index

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
OPEN_ALL = "document.querySelectorAll('details').forEach(each => { each.open = true; })"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None and not os.environ.get("CI"):
        pytest.skip("there is no Chromium")
    assert CHROMIUM is not None, "CI has no Chromium: .ci/run installs it"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


class Opened:
    """A page that was opened, and whatever it tried that a report may not."""

    def __init__(self, browser: Any, file: Path, **context: Any) -> None:
        self.context = browser.new_context(**{"viewport": {"width": 1400, "height": 1000}, **context})
        self.page = self.context.new_page()
        self.troubles: list[str] = []
        self.page.on("console", lambda message: self.troubles.append(message.text))
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("dialog", lambda dialog: self.troubles.append(dialog.message))
        self.page.on("request", lambda request: self._asked(request.url))
        self.page.goto(file.as_uri())

    def _asked(self, url: str) -> None:
        if not url.startswith("file://"):
            self.troubles.append(url)


def violated(make, many: int = 4, of: int = 110) -> dict:
    """A report of about the size of a venue's, with some violations by requests of one kind that overlap."""
    clauses = [make.clause(f"bayse.topic{number % 9}.clause-{number}") for number in range(of)]
    exchanges = [
        make.exchange(
            number,
            started_at=f"2026-01-01T00:00:00.{number:04d}00+00:00",
            response_body=f'{{"number": {number}, "results": [{"1, " * 60}1]}}',
            status=(200, 409, 500)[number % 3],
        )
        for number in range(1, 41)
    ]
    broken = [
        make.check(
            "failed",
            clause.id,
            id=f"suites/bayse/test_x.py::test_{clause.id}",
            exchanges=list(range(1, 41)),
            steps=[{"state": "orders", "params": {"count": 2}, "values": {}}, *({"exchange": n} for n in range(1, 41))],
        )
        for clause in clauses[:many]
    ]
    kept = [make.check("passed", clause.id, id=f"suites/bayse/test_y.py::{clause.id}") for clause in clauses[many:]]
    return make.document(clauses, [*broken, *kept], exchanges=exchanges)


@pytest.fixture
def open_page(browser, tmp_path) -> Iterator[Any]:
    opened: list[Opened] = []

    def open_it(text: str, fragment: str = "", **context: Any) -> Opened:
        file = tmp_path / f"page{len(opened)}.html"
        file.write_text(text, encoding="utf-8")
        opened.append(Opened(browser, file, **context))
        if fragment:
            opened[-1].page.goto(f"{file.as_uri()}#{fragment}")
        return opened[-1]

    yield open_it
    for each in opened:
        each.context.close()


def test_nothing_that_a_target_said_acts(make, open_page, tmp_path) -> None:
    document = make.full_document(make.hostile)
    texts = [
        render_html(document),
        render_comparison(compare(make.document(), document)),
        render_trend(remember(tmp_path / "history", document)),
        render_index({"bayse": document}),
    ]
    for text in texts:
        opened = open_page(text)
        opened.page.evaluate(OPEN_ALL)
        opened.page.evaluate(OPEN_ALL)  # what opening has filled in
        assert opened.page.locator("img").count() == 0
        assert opened.troubles == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_narrow_window(make, open_page, scheme) -> None:
    opened = open_page(render_html(violated(make)), color_scheme=scheme)
    opened.page.set_viewport_size({"width": 400, "height": 800})
    opened.page.evaluate(OPEN_ALL)
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 400
    assert opened.troubles == []


def test_a_fragment_leads_to_a_clause_and_its_evidence(make, open_page) -> None:
    page = open_page(render_html(violated(make)), fragment="bayse.topic1.clause-1").page
    row = page.locator("[id='bayse.topic1.clause-1']")
    assert row.get_attribute("open") is not None
    assert "expected" in row.inner_text().lower()
    assert row.locator("svg.timing rect").count() >= 2
    row.locator("details[data-exchange] > summary").last.click()
    assert '"number": 40' in row.locator("details[data-exchange] pre").last.inner_text()
    row.get_by_role("button", name="copy").first.click()


def test_a_passed_check_tells_what_it_sent(make, open_page) -> None:
    check = make.check(exchanges=[1], steps=[{"note": "a remark"}, {"exchange": 1}])
    page = open_page(render_html(make.document(checks=[check], exchanges=[make.exchange(1)]))).page
    page.locator("[id='bayse.limits.one'] > summary").click()
    page.locator("details[data-check] > summary").click()
    told = page.locator("details[data-check]").inner_text()
    assert "a remark" in told
    assert "#1 DELETE" in told


def test_search_and_filters_stand_in_the_address(make, open_page) -> None:
    from playwright.sync_api import expect

    page = open_page(render_html(violated(make)), fragment="verdict=violates&q=clause-2").page
    # Not wait_for_function, whose polling the page's own policy forbids.
    shown = page.locator("#shown")
    expect(shown).to_have_text("1 of 110 clauses")
    page.keyboard.press("Escape")
    expect(shown).to_have_text("110 of 110 clauses")
    page.keyboard.press("/")
    expect(page.locator("[name=q]")).to_be_focused()
    page.keyboard.type("clause-10")
    page.wait_for_url("**#q=clause-10")
    page.keyboard.press("Escape")
    expect(shown).to_have_text("110 of 110 clauses")
    for clause in ("bayse.topic0.clause-0", "bayse.topic1.clause-1"):
        page.keyboard.press("j")
        expect(page.locator(f"[id='{clause}'] :focus")).to_have_count(1)


def test_four_violations_fit_on_eight_pages_of_paper(make, open_page) -> None:
    printed = open_page(render_html(violated(make))).page.pdf(format="A4", prefer_css_page_size=True)
    assert 3 <= printed.count(b"/Type /Page\n") <= 8


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (1400, "dark"), (400, "light"), (400, "dark")])
def test_everybody_can_read_the_pages(make, open_page, tmp_path, width, scheme) -> None:
    from axe_playwright_python.sync_playwright import Axe

    everything = make.full_document("x")
    texts = [render_html(violated(make, 1, 2)), render_html(everything)]
    if (width == 400) == (scheme == "dark"):
        texts += [
            render_comparison(compare(make.document(), everything)),
            render_trend(remember(tmp_path / "history", everything)),
            render_index({"bayse": everything}),
        ]
    for text in texts:
        page = open_page(text, color_scheme=scheme, viewport={"width": width, "height": 900}).page
        page.evaluate(OPEN_ALL)
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response
        assert any(rule["id"] == "color-contrast" for rule in found["passes"])
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found["violations"]] == []


@pytest.mark.proof
def test_a_hundred_violations_open_within_a_second(make, browser, tmp_path) -> None:
    file = tmp_path / "page.html"
    file.write_text(render_html(violated(make, 100)), encoding="utf-8")
    context = browser.new_context()
    page = context.new_page()
    measured = context.new_cdp_session(page)
    # The time that the page's own thread worked, whatever else the machine does.
    measured.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(file.as_uri())
    metrics = {each["name"]: each["value"] for each in measured.send("Performance.getMetrics")["metrics"]}
    context.close()
    assert metrics["TaskDuration"] < 1
