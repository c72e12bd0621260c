"""How the references read JSON and write the TOML of a target file, each in one strict way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def strict_json(body: bytes) -> Any:
    """The JSON of a body in UTF-8. Raises ValueError, also for NaN and the like and for a name given twice."""
    return json.loads(body.decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=_no_twins)


def toml_lines(texts: Mapping[str, str]) -> list[str]:
    """Texts by their names, a line each, as TOML writes them: a JSON string is a TOML basic string."""
    return [f"{name} = {json.dumps(text)}" for name, text in texts.items()]


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a name is given twice")
    return document
