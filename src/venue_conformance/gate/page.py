"""A comparison of two reports as one HTML page."""

from __future__ import annotations

from typing import Any

from venue_conformance.gate.comment import sum_of
from venue_conformance.gate.compare import Comparison
from venue_conformance.report.pages.environment import render_page
from venue_conformance.report.run_verdict import verdict_words
from venue_conformance.report.text import moment


def render_comparison(comparison: Comparison) -> str:
    """What is different, the gravest first; the page says so where nothing is."""
    old, new = comparison.old, comparison.new
    facts: dict[str, Any] = {
        "verdict": lambda each: verdict_words(each),
        "started": lambda each: moment(each["run"]["started_at"]),
        "environment": lambda each: each["target"]["environment"],
        "target": lambda each: each["target"]["base_url"],
        "tool": lambda each: each["tool"]["version"],
        "contract": lambda each: each["target"]["spec_version"],
        "run": lambda each: each["run"]["id"],
    }
    return render_page(
        "compare.html",
        f"{new['target']['venue']}: {old['run']['verdict']} → {new['run']['verdict']}",
        comparison=comparison,
        old=old,
        new=new,
        words_old=moment(old["run"]["started_at"]),
        words_new=moment(new["run"]["started_at"]),
        sum="The two reports say the same." if comparison.is_equal else f"{sum_of(comparison)}",
        facts=[(name, of(old), of(new)) for name, of in facts.items()],
    )
