"""The report as SARIF 2.1.0, as code scanning services read it: a rule for each clause, a result for each violation."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from venue_conformance.report.run_verdict import status_of, verdict_words
from venue_conformance.report.text import one_line, plain, printable
from venue_conformance.report.view import actual, expected, meaning, suite_errors, violations

_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
_SENTENCE = 2000


def render_sarif(document: Mapping[str, Any]) -> str:
    """Rules are the clauses in scope; the level of a result follows from its clause's importance, advisory: note."""
    run, clauses = document["run"], document["clauses"]
    index = {clause["id"]: number for number, clause in enumerate(clauses)}
    errors = suite_errors(document)
    sarif = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": document["tool"]["name"],
                        "semanticVersion": document["tool"]["version"],
                        "rules": [_rule(clause) for clause in clauses],
                    }
                },
                "automationDetails": {"id": f"venue-conformance/{quote(document['target']['venue'])}/"},
                "invocations": [
                    {
                        "executionSuccessful": not errors and not run["interrupted"],
                        "exitCode": status_of(document),
                        "exitCodeDescription": _line(f"{verdict_words(document)}: {meaning(document)}"),
                        "startTimeUtc": run["started_at"],
                        "toolExecutionNotifications": [
                            {"level": "error", "message": {"text": _line(error)}} for error in errors
                        ],
                    }
                ],
                "results": [
                    _result(clause, checks, index[clause["id"]], document) for clause, checks in violations(document)
                ],
                "columnKind": "unicodeCodePoints",
            }
        ],
    }
    return json.dumps(plain(sarif), indent=1, allow_nan=False) + "\n"


def _rule(clause: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": clause["id"],
        "shortDescription": {"text": _line(clause["promise"])},
        "fullDescription": {"text": _line(f"{clause['promise']} ({clause['source']})")},
        **({"helpUri": clause["source_url"]} if clause["source_url"] else {}),
        "help": {"text": _line(f"{clause['level']} clause, importance {clause['importance']}, {clause['source']}")},
        "defaultConfiguration": {"level": _LEVELS[clause["importance"]]},
        "properties": {
            "tags": [clause["topic"], clause["level"]],
            "importance": clause["importance"],
            "verdict": clause["verdict"],
        },
    }


def _result(
    clause: Mapping[str, Any], checks: list[Mapping[str, Any]], rule: int, document: Mapping[str, Any]
) -> dict[str, Any]:
    target, counts = document["target"], clause["level"] == "must" or document["run"]["strict"]
    mark = _fingerprint(clause)
    return {
        "ruleId": clause["id"],
        "ruleIndex": rule,
        "kind": "fail",
        "level": _LEVELS[clause["importance"]] if counts else "note",
        "message": {"text": _text(clause, checks)},
        "locations": [_location(file) for file in _files(document, checks)],
        "fingerprints": {"violation/v1": mark},
        # By the first of these GitHub knows an alert again, wherever in a file it stands.
        "partialFingerprints": {"primaryLocationLineHash": f"{mark}:1", "clause/v1": clause["id"]},
        **_suppressed(clause),
        "properties": {"baseUrl": _line(target["base_url"]), "checks": [check["id"] for check in checks]},
    }


def _files(document: Mapping[str, Any], checks: list[Mapping[str, Any]]) -> list[str]:
    """Where results point to: the file that the user named, else the target file, else the checks themselves."""
    named = document["run"].get("sarif_location") or document["target"].get("file")
    if named:
        return [named]
    files = list(dict.fromkeys(check["id"].partition("::")[0] for check in checks))
    return files[:10] or [f"specs/{document['target']['venue']}/clauses.yaml"]


def _location(file: str) -> dict[str, Any]:
    path = Path(plain(file))
    where = {"uri": path.as_uri()} if path.is_absolute() else {"uri": quote(path.as_posix()), "uriBaseId": "%SRCROOT%"}
    return {"physicalLocation": {"artifactLocation": where, "region": {"startLine": 1}}}


def _fingerprint(clause: Mapping[str, Any]) -> str:
    """What a violation is known by in every run: its clause and the kinds of breach that were met."""
    told = " ".join([clause["id"], *sorted(each["fingerprint"] for each in clause["fingerprints"])])
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _suppressed(clause: Mapping[str, Any]) -> dict[str, Any]:
    """That a baseline accepts a breach, in the words of SARIF (3.27.23)."""
    forgiven = clause.get("forgiven")
    if not forgiven:
        return {}
    who = ", ".join(filter(None, (forgiven["owner"], forgiven["ticket"])))
    told = f"{forgiven['why']} ({who}, until {forgiven['expires']})"
    return {"suppressions": [{"kind": "external", "status": "accepted", "justification": _line(told)}]}


def _text(clause: Mapping[str, Any], checks: list[Mapping[str, Any]]) -> str:
    parts = [clause["promise"]]
    for check in checks:
        parts.append(f"Expected: {_line(expected(check))}")
        parts.append(f"Actual: {_line(actual(check))}")
        if check["replay"]:
            parts.append(f"Replay: {_line(check['replay'])}")
    if not checks and clause["reason"]:
        parts.append(_line(clause["reason"]))
    # A text in brackets before one in parentheses would be a link (SARIF 2.1.0, 3.11.6).
    return printable("\n".join(parts)).replace("](", "] (")


def _line(text: str) -> str:
    return one_line(text, _SENTENCE).replace("](", "] (")
