"""What an Allure report is told of a check, when one is asked for with --alluredir."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import allure
import pytest

from venue_conformance.contract.clauses import Catalogue

_LISTENER = "allure_listener"
#: How many clauses a title has room for.
_NAMED = 3
_ACCEPTED = "accepted by the baseline"


def report_to_allure(
    config: pytest.Config, serialized: Mapping[str, Any], catalogue: Catalogue, *, accepted: bool = False
) -> None:
    """Title a check by its clauses, link where they are documented, and attach its exchanges.

    ``accepted`` says that a baseline accepts all that it found broken.
    All of it is masked, like everything that is written.
    """
    if not config.pluginmanager.hasplugin(_LISTENER):
        return
    check = serialized["check"]
    named = ", ".join(check["clauses"][:_NAMED]) + (" …" if len(check["clauses"]) > _NAMED else "")
    # allure carries no types.
    dynamic: Any = vars(allure)["dynamic"]
    dynamic.title(f"{named}: {check['title']}")
    dynamic.tag(*check["clauses"], *([_ACCEPTED] if accepted else []))
    for name in check["clauses"][:_NAMED]:
        if (clause := catalogue.get(name)) and clause.source_url:
            dynamic.link(clause.source_url, name=f"{name}: {clause.source}")
    for number, exchange in enumerate(serialized["exchanges"], 1):
        name = f"{number}: {exchange['method']} {exchange['url']} → {exchange['status'] or exchange['fault']}"
        allure.attach(json.dumps(exchange, indent=2), name, allure.attachment_type.JSON)
