"""What an Allure report is told of a check, when one is asked for with --alluredir."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import allure
import pytest
from allure_commons.model2 import Parameter

from venue_conformance.contract.clauses import Catalogue, Clause

_LISTENER = "allure_listener"
#: How many clauses a title has room for.
_NAMED = 3
_ACCEPTED = "accepted by the baseline"
_SEVERITIES = {"critical": "critical", "high": "normal", "medium": "minor", "low": "trivial"}


def report_to_allure(
    config: pytest.Config, serialized: Mapping[str, Any], catalogue: Catalogue, *, accepted: bool = False
) -> None:
    """Title and label a check by its clauses, link where they are documented, and attach its exchanges.

    It is known by its id alone, so that it has one history however its parameters print. ``accepted`` says that a
    baseline accepts all that it found broken. All of it is masked, like everything that is written.
    """
    listener: Any = config.pluginmanager.getplugin(_LISTENER)
    if listener is None:
        return
    check = serialized["check"]
    _identify(listener.allure_logger.get_test(None), check["id"])
    named = ", ".join(check["clauses"][:_NAMED]) + (" …" if len(check["clauses"]) > _NAMED else "")
    # allure carries no types.
    dynamic: Any = vars(allure)["dynamic"]
    dynamic.title(f"{named}: {check['title']}")
    dynamic.tag(*check["clauses"], *([_ACCEPTED] if accepted else []))
    clauses = [catalogue[name] for name in check["clauses"] if name in catalogue]
    if clauses:
        dynamic.severity(_SEVERITIES[_gravest(clauses).importance])
        dynamic.epic(serialized["venue"])
        dynamic.feature(*dict.fromkeys(clause.topic for clause in clauses[:_NAMED]))
        dynamic.story(*(clause.id for clause in clauses[:_NAMED]))
    for name in check["clauses"][:_NAMED]:
        if (clause := catalogue.get(name)) and clause.source_url:
            dynamic.link(clause.source_url, name=f"{name}: {clause.source}")
    for number, exchange in enumerate(serialized["exchanges"], 1):
        name = f"{number}: {exchange['method']} {exchange['url']} → {exchange['status'] or exchange['fault']}"
        allure.attach(json.dumps(exchange, indent=2), name, allure.attachment_type.JSON)


def _identify(result: Any, check: str) -> None:
    """Give a result the check's own id as its identity: addresses of objects and ports make no new tests of it."""
    if result is None:
        return
    name, _, case = check.partition("[")
    result.fullName = check
    result.testCaseId = _digest(name)
    result.historyId = _digest(check)
    result.parameters = [Parameter(name="case", value=case.removesuffix("]"))] if case else []


def _digest(text: str) -> str:
    return hashlib.md5(text.encode(errors="replace"), usedforsecurity=False).hexdigest()


def _gravest(clauses: list[Clause]) -> Clause:
    return min(clauses, key=lambda clause: (clause.level != "must", clause.weight))
