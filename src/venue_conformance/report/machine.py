"""What commands print for programs, with ``--format json``: one document on standard output, keys are only added."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from venue_conformance.report.run_verdict import status_of, verdict_words, worst
from venue_conformance.report.view import (
    actual,
    contested,
    expected,
    meaning,
    probe_warning,
    repeats,
    suite_errors,
    untested,
    violations,
    with_verdict,
)

Document = Mapping[str, Any]


def run_values(documents: Mapping[str, Document], folders: Mapping[str, Path]) -> dict[str, Any]:
    """What came of a run, for a program: per venue the verdict and why; the whole report lies in ``report``."""
    return {
        "exit_status": worst(status_of(document) for document in documents.values()),
        "reports": [_report(document, folders.get(venue)) for venue, document in documents.items()],
    }


def _report(document: Document, folder: Path | None) -> dict[str, Any]:
    run, target = document["run"], document["target"]
    return {
        **{name: target[name] for name in ("venue", "base_url", "environment")},
        **{name: run[name] for name in ("verdict", "requests", "seed", "profile")},
        "exit_status": status_of(document),
        "summary": verdict_words(document),
        "meaning": meaning(document),
        "report": None if folder is None else str(folder / "conformance.json"),
        "counts": document["counts"],
        "violations": [
            {
                **{name: clause[name] for name in ("id", "promise", "level", "importance", "follows")},
                "checks": [
                    {
                        "id": check["id"],
                        "expected": expected(check),
                        "actual": actual(check),
                        "replay": check["replay"],
                    }
                    for check in checks
                ],
            }
            for clause, checks in violations(document, counting=True)
        ],
        "inconclusive": [
            {"id": clause["id"], "reason": clause["reason"]} for clause in with_verdict(document, "inconclusive")
        ],
        "not_tested": [
            {"cause": group.cause, "is_state": group.is_need, "clauses": group.clauses} for group in untested(document)
        ],
        "contested": [{"id": clause, "observed": text} for clause, text in contested(document)],
        "repeats": repeats(document),
        "warning": probe_warning(document),
        "errors": suite_errors(document),
    }
