"""What a hostile target's text can do where it ends up: terminals, logs of CI servers, every report."""

from __future__ import annotations

import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from uuid import uuid4
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.command import Ended, report_of, run_command, target_file
from tests.tiny_server import Received, TinyServer, answer
from venue_conformance.contract.clauses import load_catalogue
from venue_conformance.report.console import open_console
from venue_conformance.report.document import load_report
from venue_conformance.report.text import inert

#: Whatever is obeyed somewhere. The long blanks bring an order to the beginning of a folded line.
EVIL = "\n".join(
    [
        "\x1b[2J\x1b]0;owned\x07\x9b31m",
        "::error file=app.js::pwned",
        "  ::stop-commands::token",
        "::SET-OUTPUT name=verdict::conforms",
        "##[error]pwned",
        "##vso[task.setvariable variable=verdict]conforms",
        "##teamcity[testFailed name='x']",
        "x" * 85 + "::add-mask::conforms",
        "\u202eesrever\u2066 \u200b\u2028\ufeff",
        "]]><failure/>",
        "<script>alert(1)</script><img src=x onerror=alert(1)>",
        "[click](https://evil.example/) ![](https://evil.example/i.png) | a | b",
        "`` ` ``` javascript:alert(1) @team #1",
        "=HYPERLINK(1)\t\ud800 \udfff \ufffe\x00",
    ]
)
#: Provider states with half a letter in a text are refused as a whole.
LESS_EVIL = re.sub("[\ud800-\udfff]", "", EVIL)
ORDER = re.compile(
    r"^\s*::(error|stop-commands|set-output|add-mask)|##\[|##vso\[|##teamcity\[", re.IGNORECASE | re.MULTILINE
)
OBEYED = set("\x1b\x07\x9b\x00\u202e\u2066\u200b\u2028\ufeff\ufffe")


def harmless(text: str) -> None:
    assert not OBEYED & set(text)
    assert ORDER.search(text) is None, ORDER.search(text)


class Links(HTMLParser):
    """Wherever a page leads, or takes something from."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("href", "src", "action", "srcdoc")]


class Evil:
    """A Bayse whose every text is evil, ids and names of members included, with states that are as bad."""

    def __init__(self, server: TinyServer, *, orders: bool = True) -> None:
        self._orders = orders
        server.behave = self

    def __call__(self, received: Received) -> bytes:
        asked = json.loads(received.body or b"{}") if received.path == "/_states" else {}
        params = asked.get("params", {})
        if asked.get("state") == "orders" and asked["action"] == "setup" and self._orders:
            made = [{"orderId": str(uuid4()), LESS_EVIL: LESS_EVIL} for _ in range(params.get("count", 1))]
            return self._answer(200, {"orders": made, LESS_EVIL: [LESS_EVIL]})
        if asked.get("state") == "order statuses":
            return self._answer(200, {"statuses": dict.fromkeys(params["orderIds"], "open"), LESS_EVIL: LESS_EVIL})
        if asked:
            return self._answer(500 if asked["state"] == "fill" else 501, {"reason": LESS_EVIL})
        rows = [{"orderId": EVIL, "success": EVIL, EVIL: EVIL}]
        return self._answer(200, {"engine": EVIL, "results": rows, "summary": EVIL, "message": EVIL})

    @staticmethod
    def _answer(status: int, values: dict) -> bytes:
        body = json.dumps(values).encode() + b" \xff\xfe"[: 3 * (status == 500)]
        head = f"HTTP/1.1 {status} \x1b[2J::error::\r\nContent-Length: {len(body)}\r\nX-Folded: a\r\n ::error::b\r\n"
        return head.encode() + b"X-Latin: \x9b31m \xc3\x28 ##[error]\r\nContent-Type: application/json\r\n\r\n" + body


def run_evil(folder: Path, server: TinyServer, *arguments: str) -> Ended:
    target_file(folder, server.url, states=f"{server.url}/_states", more="[limits]\nsettle_seconds = 0\n")
    return run_command(folder, "run", "--target", "target.toml", *arguments)


def test_no_command_and_no_report_lets_a_targets_text_act(tmp_path: Path, server: TinyServer) -> None:
    Evil(server)
    done = run_evil(
        tmp_path, server, "--clause", "rows.*", "--", "-rA", "--tb=long", "-k", "test_rows",
        "--junitxml=pytest.xml", "--alluredir=allure",
    )  # fmt: skip
    assert done.status in (1, 3, 4), done.errors
    assert "INTERNALERROR" not in done.output + done.errors
    harmless(done.output + done.errors)
    reports = tmp_path / "reports"
    load_report(reports)
    for file in reports.iterdir():
        if file.is_file():
            assert not OBEYED & set(file.read_text("utf-8")), file
    for junit in (reports / "junit.xml", tmp_path / "pytest.xml"):
        ElementTree.parse(junit)  # noqa: S314 - our own file
    page = (reports / "report.html").read_text("utf-8")
    assert "<script>alert" not in page
    assert "<img" not in page
    links = Links()
    links.feed(page)
    assert links.found
    # Besides its own parts the page points to the pages that document clauses, and to nothing that a target said.
    documented = {clause.source_url for clause in load_catalogue("bayse").values()}
    assert {link for link in links.found if not link.startswith("#")} <= documented
    summary = (reports / "summary.md").read_text("utf-8")
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", summary)
    assert "](" not in outside
    assert "<" not in outside
    results = json.loads((reports / "report.sarif").read_text("utf-8"))["runs"][0]["results"]
    assert all("](" not in result["message"]["text"] for result in results)
    for result in (tmp_path / "allure").glob("*-result.json"):
        json.loads(result.read_text("utf-8"))
    checks = report_of(reports)["checks"]
    assert any(each["outcome"] == "failed" for each in checks)


@pytest.mark.proof
def test_check_and_replay_let_it_act_as_little(tmp_path: Path, server: TinyServer) -> None:
    Evil(server)
    target_file(tmp_path, server.url, states=f"{server.url}/_states", more="[limits]\nsettle_seconds = 0\n")
    looked = run_command(tmp_path, "check", "target.toml")
    assert "broken" in looked.output
    harmless(looked.output + looked.errors)
    run_evil(tmp_path, server, "--clause", "isolation.unknown-not-found")
    reported = [each["id"] for each in report_of(tmp_path / "reports")["checks"] if each["exchanges"]]
    again = run_command(tmp_path, "replay", "reports", reported[0], "--target", "target.toml")
    assert "recorded" in again.output
    harmless(again.output + again.errors)


def test_a_redirect_is_told_without_acting(tmp_path: Path, server: TinyServer) -> None:
    server.always(answer(307, b"", ("Location", "/\x9b31m%0a::error::##[error]")))
    done = run_evil(tmp_path, server)
    assert done.status == 2
    harmless(done.output + done.errors)


@pytest.mark.parametrize("width", [20, 40, 80, 132])
def test_an_order_does_not_come_about_by_folding(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    for blanks in range(width):
        file = io.StringIO()
        open_console(file).print("x" * blanks + "::error::pwned ##[error] " + "y" * width, markup=False)
        assert ORDER.search(file.getvalue()) is None


@given(st.text(st.sampled_from(":#[] \nerorvsx\x1b"), max_size=60))
def test_inert_text_has_no_order_and_keeps_all_else(text: str) -> None:
    assert ORDER.search(inert(text)) is None
    assert inert(inert(text)) == inert(text)
    if ORDER.search(text) is None and "::e" not in text:
        assert inert(text) == text


@pytest.mark.parametrize("name", ["suites/bayse/test_rows.py::TestRows::test_x[a::b]", "a # b ## c", "http://[::1]:80"])
def test_what_is_no_order_stays(name: str) -> None:
    assert inert(name) == name
