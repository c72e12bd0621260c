"""Two reports compared as a page, and the trend of many."""

from __future__ import annotations

import json

import pytest

from venue_conformance.errors import ClientFault
from venue_conformance.gate.compare import compare
from venue_conformance.gate.history import remember, render_trend
from venue_conformance.gate.page import render_comparison
from venue_conformance.report.index import render_index


def test_a_comparison_tells_what_got_worse(make) -> None:
    page = render_comparison(compare(make.document(), make.document(checks=[make.check("failed", actual="<b>200")])))
    assert "Worse (1)" in page
    assert 'id="bayse.limits.one"' in page
    assert "&lt;b&gt;200" in page
    assert "The two reports say the same." in render_comparison(compare(make.document(), make.document()))


def test_a_history_grows_run_by_run_and_tells_what_changed(make, tmp_path) -> None:
    outcomes = ("passed", "failed", "passed")
    for day, outcome in enumerate(outcomes, 1):
        run = make.run(id=f"r{day}", started_at=f"2026-01-0{day}T00:00:00+00:00")
        entries = remember(tmp_path, make.document(checks=[make.check(outcome)], of_run=run))
    other = make.document(of_target=make.target(environment="elsewhere"), of_run=make.run(id="other"))
    assert len(remember(tmp_path, other)) == 1
    assert [each.verdict for each in entries] == ["conforms", "violates", "conforms"]
    page = render_trend(entries)
    assert "conforms → violates" in page
    assert "violates → conforms" in page
    assert page.index("2026-01-03T") < page.index("conforms → violates")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", json.dumps({"format": "venue-conformance history 1"})])
def test_a_file_that_is_no_entry_is_told(make, tmp_path, text) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ClientFault, match=r"a\.json"):
        remember(tmp_path, make.document())


def test_an_index_leads_to_each_report(make) -> None:
    page = render_index({"arcus": make.document(), "bayse": make.document(checks=[make.check("failed")])})
    assert 'href="arcus/report.html"' in page
    assert 'href="bayse/report.html#bayse.limits.one"' in page


def test_pages_keep_what_a_target_said_inert(make, tmp_path) -> None:
    document = make.full_document(make.hostile)
    hostile = [
        render_comparison(compare(make.document(), document)),
        render_trend(remember(tmp_path, document)),
        render_index({"bayse": document}),
    ]
    for page in hostile:
        assert "<script>alert" not in page
        assert "<img" not in page
        assert not set(page) & set("\x00\x07\x1b\x9b\u202e\ufffe")
