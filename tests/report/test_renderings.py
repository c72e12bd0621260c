"""What CI servers, code scanners and job pages get, and that nothing from the target acts in it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from venue_conformance.report.html import render_html
from venue_conformance.report.junit import render_junit
from venue_conformance.report.sarif import render_sarif
from venue_conformance.report.summary import code, render_summary

#: Any text, and more often than chance would have it the characters that mark something up somewhere.
hostile_text = (
    st.lists(
        st.sampled_from(
            [
                "<",
                ">",
                "&",
                '"',
                "'",
                "]]>",
                "-->",
                "</script>",
                "</pre>",
                "</title>",
                "\x00",
                "\x1b",
                "\ud800",
                "`",
                "\n",
            ]
        )
        | st.text(st.characters(codec=None, exclude_categories=()), max_size=5),
        min_size=1,
        max_size=8,
    )
    .map("".join)
    .filter(bool)
)
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Page(HTMLParser):
    """The tags of a page with their attributes' names, and the texts between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, ...]] = []
        self.values: list[tuple[str, str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, *(name for name, _ in attrs)))
        self.values += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag) -> None:
        self.tags.append((f"/{tag}",))

    def handle_comment(self, data) -> None:
        self.tags.append(("comment",))

    def unknown_decl(self, data) -> None:
        self.tags.append(("declaration",))


def parse(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text.encode())  # noqa: S314  it is our own text that is to be well-formed


def shape(element: ElementTree.Element) -> object:
    """Tags and attribute names of an XML tree, without any text."""
    return (element.tag, sorted(element.attrib), [shape(child) for child in element])


class TestHtml:
    """One file, safe to open."""

    @quick
    @given(hostile_text)
    @example("</script><script>alert(1)</script>")
    @example("<!-- <![CDATA[ <?x")
    def test_no_text_becomes_markup(self, make, text) -> None:
        page = Page(render_html(make.full_document(text)))
        assert page.tags == Page(render_html(make.full_document("x"))).tags

    def test_it_asks_nobody_for_anything(self, make) -> None:
        text = render_html(make.full_document(make.hostile + "https://evil.example/"))
        page = Page(text)
        assert not [value for value in page.values if value[1] in ("src", "srcset", "action", "style", "background")]
        # Only a reader who clicks leaves the page: for where a clause is documented.
        left = {value for _, name, value in page.values if name == "href" and not value.startswith("#")}
        assert left == {"https://docs.example/batch-cancel"}
        assert not [value for value in page.values if value[1].startswith("on")]
        assert "@import" not in text
        assert "url(" not in text

    def test_its_policy_allows_its_own_script_and_style_and_nothing_else(self, make) -> None:
        text = render_html(make.full_document("x"))
        policy = next(value for tag, name, value in Page(text).values if (tag, name) == ("meta", "content"))
        for tag in ("style", "script"):
            (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
            digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
            assert f"{tag}-src 'sha256-{digest}'" in policy
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy

    def test_each_violation_is_proved(self, make) -> None:
        text = render_html(make.full_document("it came so"))
        for wanted in ("bayse.limits.one holds.", "it came so", "X-Evil", "venue-conformance replay conformance.json"):
            assert wanted in text

    def test_tables_have_headers_and_captions(self, make) -> None:
        page = Page(render_html(make.full_document("x")))
        tables = sum(tag[0] == "table" for tag in page.tags)
        assert tables == sum(tag[0] == "caption" for tag in page.tags) == sum(tag[0] == "thead" for tag in page.tags)
        assert {value for tag, name, value in page.values if (tag, name) == ("th", "scope")} == {"col", "row"}
        assert all("scope" in tag for tag in page.tags if tag[0] == "th")

    def test_control_characters_never_reach_the_file(self, make) -> None:
        text = render_html(make.full_document(make.hostile))
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\ufffe\ud800-\udfff]", text)

    def test_huge_bodies_are_cut(self, make) -> None:
        big = "<" * (8 * 1024 * 1024)
        document = make.document(
            checks=[make.check("failed", exchanges=[1])],
            exchanges=[make.exchange(1, request_body=big, response_body=big)],
        )
        assert len(render_html(document)) < 2_000_000
        assert len(render_junit(document)) < 200_000
        assert len(document["exchanges"][0]["request_body"]) == len(big)

    def test_a_run_of_many_violations_stays_of_a_size_that_can_be_opened(self, make) -> None:
        clauses = [make.clause(f"bayse.many.n{number}") for number in range(100)]
        checks = [make.check("failed", each.id, id=each.id, exchanges=list(range(1, 31))) for each in clauses]
        exchanges = [
            make.exchange(number, response_body="x" * 60_000, request_body="y" * 60_000) for number in range(1, 31)
        ]
        text = render_html(make.document(clauses, checks, exchanges=exchanges))
        assert len(text) < 30_000_000
        assert "The last 20 of 30 steps" in text

    def test_a_clean_report_has_no_section_of_violations(self, make) -> None:
        text = render_html(make.document())
        assert "Violations" not in text
        assert "every clause that was judged is kept" in text


class TestJunit:
    """JUnit XML as CI servers read it."""

    @quick
    @given(hostile_text)
    @example("]]>")
    def test_no_text_becomes_markup(self, make, text) -> None:
        tree = parse(render_junit(make.full_document(text)))
        assert shape(tree) == shape(parse(render_junit(make.full_document("x"))))

    @pytest.mark.parametrize(
        ("outcome", "tag"),
        [
            ("failed", "failure"),
            ("inconclusive", "error"),
            ("error", "error"),
            ("not-tested", "skipped"),
            ("passed", None),
        ],
    )
    def test_each_outcome_has_its_element(self, make, outcome, tag) -> None:
        checks = [make.check(outcome, reason="because", needs="held request", expected="a", actual="b")]
        tree = parse(render_junit(make.document(checks=checks)))
        (case,) = tree.iter("testcase")
        assert [child.tag for child in case if child.tag != "system-out"] == ([tag] if tag else [])
        counts = {name: int(tree.find("testsuite").attrib[name]) for name in ("failures", "errors", "skipped")}
        assert sum(counts.values()) == (1 if tag else 0)
        assert tree.attrib["tests"] == "1"
        if tag == "skipped":
            assert case.find("skipped").attrib["message"] == "because (needs: held request)"

    def test_a_case_is_named_by_venue_topic_and_check(self, make) -> None:
        checks = [
            make.check("failed", "bayse.limits.one", "bayse.rows.two", broken=("bayse.rows.two",), id="a/b.py::t[1]")
        ]
        document = make.document([make.clause(), make.clause("bayse.rows.two")], checks)
        (case,) = parse(render_junit(document)).iter("testcase")
        assert (case.attrib["classname"], case.attrib["name"]) == ("bayse.rows", "t[1]")
        assert "clauses: bayse.limits.one, bayse.rows.two" in case.find("system-out").text
        assert "bayse.rows.two holds." in str(case.find("failure").text)

    def test_a_fault_of_the_suite_is_a_case_of_its_own(self, make) -> None:
        tree = parse(render_junit(make.document(of_run=make.run(errors=["collection broke"]))))
        assert tree.attrib["errors"] == "1"
        assert [each.attrib["message"] for each in tree.iter("error")] == ["collection broke"]


class TestSarif:
    """SARIF as code scanning services read it."""

    @pytest.mark.parametrize(
        ("importance", "level"), [("critical", "error"), ("high", "error"), ("medium", "warning"), ("low", "note")]
    )
    def test_a_violated_clause_is_one_result_as_loud_as_it_is_important(self, make, importance, level) -> None:
        checks = [make.check("failed", id="a.py::x"), make.check("failed", id="a.py::y")]
        clauses = [make.clause("bayse.rows.other"), make.clause(importance=importance)]
        run = json.loads(render_sarif(make.document(clauses, checks)))["runs"][0]
        (result,) = run["results"]
        assert (result["ruleId"], result["level"]) == ("bayse.limits.one", level)
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert [place["physicalLocation"]["artifactLocation"]["uri"] for place in result["locations"]] == ["a.py"]

    def test_hostile_text_stays_text(self, make) -> None:
        text = render_sarif(make.full_document(make.hostile))
        sarif = json.loads(text)
        assert sarif["version"] == "2.1.0"
        assert "\\u001b" not in text
        assert not sarif["runs"][0]["invocations"][0]["executionSuccessful"]


class TestSummary:
    """Markdown for a job page."""

    @given(hostile_text)
    @example("`")
    @example("a ``` b")
    @example("")
    def test_a_code_span_cannot_be_left(self, text) -> None:
        span = code(text)
        fence = re.match("`+", span).group()
        inside = span[len(fence) : -len(fence)]
        assert span.endswith(fence)
        assert not any(len(run) == len(fence) for run in re.findall("`+", inside))
        assert not inside.startswith("`")
        assert not inside.endswith("`")
        assert "\n" not in span

    def test_it_tells_the_verdict_and_each_violation(self, make) -> None:
        text = render_summary(make.full_document("it came so"))
        assert "## `bayse`: violates" in text
        assert "actual: `it came so`" in text
        assert "needs `it came so`: 1 clause" in text

    def test_it_fits_on_a_job_page(self, make) -> None:
        clauses = [make.clause(f"bayse.many.n{number}") for number in range(300)]
        checks = [
            make.check("failed", each.id, id=f"{each.id}{number}", actual="\x00" * 900, expected="\x00" * 900)
            for each in clauses
            for number in range(7)
        ]
        text = render_summary(make.document(clauses, checks))
        assert len(text.encode()) < 1_000_000
        assert text.endswith("The rest is in the report.\n")
