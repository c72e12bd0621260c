"""The report in the Common Test Report Format (CTRF): one test for each check."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from venue_conformance.report.run_verdict import status_of, verdict_words
from venue_conformance.report.text import one_line, plain, printable
from venue_conformance.report.view import actual, expected, is_advisory, pardon

#: A status of CTRF for each outcome; ``other`` is what nobody may read as passed or failed.
_STATUS = {"passed": "passed", "failed": "failed", "not-tested": "skipped", "inconclusive": "other", "error": "other"}


def render_ctrf(document: Mapping[str, Any]) -> str:
    """Failed checks are failed, untested and accepted ones skipped; inconclusive and broken ones are ``other``."""
    run, target = document["run"], document["target"]
    tests = [_test(check, document) for check in document["checks"]]
    tests += [
        {
            "name": f"suite error {number}",
            "status": "other",
            "duration": 0,
            "rawStatus": "error",
            "message": _line(told),
        }
        for number, told in enumerate(run["errors"], 1)
    ]
    count = {status: sum(test["status"] == status for test in tests) for status in ("passed", "failed", "skipped")}
    start, stop = (_milliseconds(run[name] or run["started_at"]) for name in ("started_at", "finished_at"))
    report = {
        "reportFormat": "CTRF",
        "specVersion": "0.0.0",
        "runId": run["id"],
        "generatedBy": f"{document['tool']['name']} {document['tool']['version']}",
        "results": {
            "tool": {"name": document["tool"]["name"], "version": document["tool"]["version"]},
            "summary": {
                "tests": len(tests),
                **count,
                "pending": 0,
                "other": len(tests) - sum(count.values()),
                "start": start,
                "stop": stop,
            },
            "tests": tests,
            "extra": {
                "verdict": run["verdict"],
                "words": verdict_words(document),
                "exitStatus": status_of(document),
                "venue": target["venue"],
                "environment": target["environment"],
                "baseUrl": target["base_url"],
                "seed": run["seed"],
            },
        },
    }
    return json.dumps(plain(report), indent=1, allow_nan=False) + "\n"


def _test(check: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    file, _, _ = check["id"].partition("::")
    why = pardon(check, document)
    advisory = check["outcome"] == "failed" and why is None and is_advisory(check, document)
    status = "skipped" if why else "passed" if advisory else _STATUS[check["outcome"]]
    told = why or check["reason"] or ""
    if check["outcome"] == "failed" and not why:
        told = f"{'advisory clause broken: ' if advisory else ''}expected {expected(check)}, got {actual(check)}"
    return {
        "testId": check["id"],
        "name": check["id"],
        "status": status,
        "rawStatus": check["outcome"],
        "duration": round(check["duration_seconds"] * 1000),
        "filePath": file,
        "tags": list(check["clauses"]),
        "retries": check["repeats"],
        **({"message": _line(told)} if told else {}),
        **(
            {"trace": printable(f"replay: {check['replay']}")}
            if check["outcome"] == "failed" and check["replay"]
            else {}
        ),
        "extra": {"title": check["title"], "cause": check["cause"]},
    }


def _line(text: str) -> str:
    return one_line(text, 2000)


def _milliseconds(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)
