"""OpenAPI 3.0 schemas as 3.1 writes them, so that the two can be compared."""

from __future__ import annotations

from typing import Any


def modernized(node: Any, *, old_style: bool) -> Any:
    """A resolved part of a document; of 3.0 ``nullable`` and boolean exclusive bounds are put in today's keywords."""
    if isinstance(node, list):
        return [modernized(each, old_style=old_style) for each in node]
    if not isinstance(node, dict):
        return node
    made = {key: modernized(value, old_style=old_style) for key, value in node.items()}
    if isinstance(made.get("type"), list) and len(made["type"]) == 1:
        made["type"] = made["type"][0]
    if not old_style:
        return made
    if made.get("nullable") is True and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
        if isinstance(made.get("enum"), list) and None not in made["enum"]:
            made["enum"] = [*made["enum"], None]
    if isinstance(made.get("nullable"), bool):
        del made["nullable"]
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if made.get(exclusive) is True and bound in made:
            made[exclusive] = made.pop(bound)
        elif made.get(exclusive) is False:
            del made[exclusive]
    return made
