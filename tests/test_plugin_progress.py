"""How far a run has come: what is said of it, and when."""

from __future__ import annotations

import io

from venue_conformance.plugin.progress import LiveLine, Progress, in_words, topics
from venue_conformance.report.console import open_console

CLAUSES = {"a": ["bayse.rows.one"], "b": ["bayse.rows.two"], "c": ["bayse.limits.one"]}


def progress(clock: list[float]) -> Progress:
    made = Progress(list(CLAUSES), lambda _: 2.0, topics(CLAUSES, several_venues=False), clock=lambda: clock[0])
    made.begin()
    made.accepting.add("bayse")
    return made


def test_nothing_counts_as_violated_before_a_valid_request_was_accepted() -> None:
    """At its end such a run accuses nobody."""
    so_far = progress([0.0])
    so_far.accepting.clear()
    assert so_far.end("c", 1, ["bayse.limits.one"]) == "limits"
    assert "0 violated" in so_far.topic_line("limits")
    so_far.accepting.add("bayse")
    assert "1 violated" in so_far.line().plain


def test_a_topic_ends_with_its_last_check() -> None:
    so_far = progress([0.0])
    assert so_far.end("a", 3, []) is None
    assert so_far.end("c", 1, []) == "limits"
    assert so_far.end("b", 2, ["bayse.rows.two"]) == "rows"
    assert so_far.topic_line("rows") == "rows: 2 checks done (3 of 3), 1 violated, 6 requests, 0 s"


def test_the_time_left_is_as_fast_as_the_target_has_been() -> None:
    clock = [0.0]
    so_far = progress(clock)
    assert so_far.expected == 6
    assert so_far.left() is None, "nobody knows yet"
    so_far.end("a", 1, [])
    clock[0] = 10.0
    assert so_far.left() == 20, "twice the two seconds that were left, five times as slow"


def test_the_line_says_what_goes_on() -> None:
    so_far = progress([0.0])
    so_far.start("c")
    assert so_far.line().plain.startswith("limits  0/3 checks  0 violated  0 requests")
    so_far.end("c", 4, ["bayse.limits.one"])
    so_far.phase = "reading the orders once more"
    assert so_far.line().plain.startswith("reading the orders once more  1/3 checks  1 violated  4 requests")


def test_of_several_venues_a_topic_is_the_venue() -> None:
    assert topics({"a": ["bayse.rows.one"]}, several_venues=True)("a") == "bayse"
    assert topics({}, several_venues=False)("a") == "checks"


def test_durations_in_words() -> None:
    assert [in_words(seconds) for seconds in (0.4, 59, 60, 108, 601)] == [
        "0 s",
        "59 s",
        "1 min",
        "1 min 48 s",
        "10 min",
    ]


def test_the_live_line_goes_when_it_is_over() -> None:
    out = io.StringIO()
    line = LiveLine(open_console(out, color="always"))
    line.start(progress([0.0]).line)
    line.stop()
    assert "starting" in out.getvalue()
    line.stop()
