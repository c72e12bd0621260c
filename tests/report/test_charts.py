"""The counts of clauses as bars, as a page draws them."""

from __future__ import annotations

from venue_conformance.report.pages.charts import bars, tally


def test_a_bar_counts_what_can_be_judged_and_names_what_was_left_out() -> None:
    verdicts = [("conforms", None), ("not-tested", "not-selected"), ("not-tested", "state"), ("excluded", None)]
    [bar] = bars([{"level": "must", "verdict": verdict, "cause": cause} for verdict, cause in verdicts], "level")
    assert (bar.name, bar.total) == ("must", 3)
    assert bar.told == "1 not-tested, 1 conforms, 1 not part of this run, 1 excluded"
    assert [part.left for part in bar.parts] == [0.0, 25.0, 50.0, 75.0]


def test_what_the_user_left_out_is_not_called_untested() -> None:
    left_out = {"level": "must", "verdict": "not-tested", "cause": "not-selected"}
    untested = {"level": "should", "verdict": "not-tested", "cause": "state"}
    heads, levels = tally([left_out, untested])
    assert heads == ["not-tested", "not part of this run"]
    assert levels == [("must", [0, 1]), ("should", [1, 0]), ("open", [0, 0])]
