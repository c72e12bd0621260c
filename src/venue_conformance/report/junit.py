"""The report as JUnit XML, as CI servers read it: one test case for each check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from venue_conformance.report.run_verdict import status_of, verdict_words
from venue_conformance.report.step_lines import last_lines
from venue_conformance.report.text import cut, one_line, printable
from venue_conformance.report.view import (
    actual,
    exchanges_by_id,
    expected,
    is_advisory,
    pardon,
    request_text,
    response_text,
    steps,
)

_MESSAGE = 1000
#: CI servers show this text as it is: the last steps and moderate bodies say more there than everything.
_STEPS, _EXCHANGES, _BODY = 20, 3, 8 * 1024


def render_junit(document: Mapping[str, Any]) -> str:
    """Failed checks are failures, inconclusive and broken ones errors, untested ones skipped with their reason.

    A check that found only advisory clauses broken passes, and says so, unless the run was strict. One that found
    nothing broken but what a baseline accepts is skipped, with the reason in the baseline.
    """
    run, target, counts = document["run"], document["target"], document["counts"]["checks"]
    errors = counts["inconclusive"] + counts["error"] + len(run["errors"])
    pardons = {c["id"]: why for c in document["checks"] if (why := pardon(c, document))}
    advisory = [c["id"] for c in document["checks"] if c["id"] not in pardons and _is_advisory(c, document)]
    totals = {
        "tests": str(len(document["checks"]) + len(run["errors"])),
        "failures": str(counts["failed"] - len(advisory) - len(pardons)),
        "errors": str(errors),
        "skipped": str(counts["not-tested"] + len(pardons)),
        "time": _seconds(sum(check["duration_seconds"] for check in document["checks"])),
    }
    # The published schema (junit-10.xsd) knows no number of skipped cases of all suites.
    of_all = {name: number for name, number in totals.items() if name != "skipped"}
    suites = Element("testsuites", {"name": "venue-conformance", **of_all})
    suite = SubElement(
        suites, "testsuite", {"name": _line(target["venue"]), **totals, "timestamp": _line(run["started_at"][:19])}
    )
    facts = {
        "verdict": verdict_words(document),
        "exit_status": status_of(document),
        "seed": run["seed"],
        "profile": run["profile"],
        "base_url": target["base_url"],
    }
    _properties(suite, [(name, str(value)) for name, value in facts.items()])
    clauses = {clause["id"]: clause for clause in document["clauses"]}
    exchanges = exchanges_by_id(document)
    for check in document["checks"]:
        lenient, why = check["id"] in advisory, pardons.get(check["id"])
        _case(suite, target["venue"], check, clauses, exchanges, advisory=lenient, why=why)
    for number, error in enumerate(run["errors"], 1):
        case = SubElement(suite, "testcase", {"classname": _line(target["venue"]), "name": f"suite error {number}"})
        _outcome(case, "error", "suite error", error, error)
    indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(suites, encoding="unicode")}\n'


def _case(
    suite: Element,
    venue: str,
    check: Mapping[str, Any],
    clauses: Mapping[str, Mapping[str, Any]],
    exchanges: Mapping[int, Mapping[str, Any]],
    *,
    advisory: bool,
    why: str | None,
) -> None:
    file, _, name = check["id"].partition("::")
    main = next((breach["clause"] for breach in check["breaches"]), next(iter(check["clauses"]), ""))
    topic = main.split(".")[1] if main.count(".") >= 2 else "none"
    case = SubElement(
        suite,
        "testcase",
        {
            "classname": _line(f"{venue}.{topic}"),
            "name": _line(name or file),
            "time": _seconds(check["duration_seconds"]),
        },
    )
    promise = clauses[main]["promise"] if main in clauses else ""
    reason = check["reason"] or "no reason given"
    told = [f"clauses: {', '.join(check['clauses'])}", f"check: {check['id']}"]
    match check["outcome"]:
        case "failed" if why is not None:
            SubElement(case, "skipped", {"message": _line(why)})
        case "failed" if advisory:
            told.append(f"advisory clause {main} broken: expected {expected(check)}, got {actual(check)}")
        case "failed":
            message = f"{main}: expected {expected(check)}, got {actual(check)}"
            _outcome(case, "failure", main, message, _failure_text(check, main, promise, exchanges))
        case "inconclusive" | "error" as kind:
            _outcome(case, "error", kind, reason, reason)
        case "not-tested":
            needs = f" (needs: {check['needs']})" if check["needs"] else ""
            SubElement(case, "skipped", {"message": _line(reason + needs)})
    # Properties and the file of a case are not in the schema.
    SubElement(case, "system-out").text = printable(cut("\n".join(told), _BODY))


def _is_advisory(check: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
    return check["outcome"] == "failed" and is_advisory(check, document)


def _failure_text(
    check: Mapping[str, Any], clause: str, promise: str, exchanges: Mapping[int, Mapping[str, Any]]
) -> str:
    trace = steps(check)
    shown = [exchanges[number] for number in check["exchanges"][-_EXCHANGES:] if number in exchanges]
    parts = [
        f"clause:   {clause}\npromise:  {promise}",
        f"expected: {cut(expected(check), _BODY)}\nactual:   {cut(actual(check), _BODY)}",
        f"replay:   {check['replay'] or '(nothing was sent)'}",
        "\n".join(last_lines(trace, exchanges, _STEPS)[0]),
        *(f"{request_text(each, _BODY)}\n\n{response_text(each, _BODY)}" for each in shown),
    ]
    return "\n\n".join(part for part in parts if part)


def _outcome(case: Element, tag: str, kind: str, message: str, text: str) -> None:
    SubElement(case, tag, {"type": _line(kind), "message": _line(message)}).text = printable(cut(text))


def _properties(parent: Element, pairs: list[tuple[str, str]]) -> None:
    if pairs:
        properties = SubElement(parent, "properties")
        for name, value in pairs:
            SubElement(properties, "property", {"name": name, "value": _line(value)})


def _line(text: str) -> str:
    return one_line(text, _MESSAGE)


def _seconds(value: float) -> str:
    return f"{value:.3f}"
