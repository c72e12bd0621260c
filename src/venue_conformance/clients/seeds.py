"""Whether a report came of a seed: every account and order of a run follows from it, and can be made again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from venue_conformance.clients.driver import seed_of
from venue_conformance.clients.scenario import load_suite
from venue_conformance.reference.stage import Stage, make_stage
from venue_conformance.wire.redaction import MASK


def strays_from_seed(document: Mapping[str, Any], seed: int) -> str | None:
    """The first scenario of a client's report whose orders do not follow from a seed, in words; None where all do."""
    scenarios = {each.id: each for each in load_suite(document["target"]["venue"]).scenarios}
    checks = {check["id"]: check for check in document["checks"]}
    for told in document["client"]["scenarios"]:
        scenario = scenarios.get(told["id"].removesuffix(f"[{told['variant']}]"))
        if scenario is None:
            return f"{told['id']} is no scenario of this suite"
        stage = make_stage(
            document["target"]["venue"], seed=seed_of(seed, scenario, told["variant"]), variant=told["variant"]
        )
        if not asyncio.run(_follows(stage, checks[told["id"]]["steps"])):
            return f"the orders of {scenario.name} do not follow from the seed"
    return None


async def _follows(stage: Stage, steps: list[dict[str, Any]]) -> bool:
    """Bring a fresh venue into the same states, and compare what it makes."""
    own = stage.account_name((await stage.state("caller", {}))["credentials"])
    for step in steps:
        if step.get("state") not in ("caller", "orders"):
            continue
        params = {name: own if value == MASK else value for name, value in step["params"].items()}
        try:
            made = await stage.state(step["state"], params)
        except LookupError:
            return False
        told = step["values"]
        if isinstance(told.get("orders"), list) and told != made:
            return False
    return True
