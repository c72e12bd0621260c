"""Whether a request about one order can be told from a request about an order that does not exist."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from venue_conformance.wire.exchange import Answer

#: A difference must come back in so many rounds, so that nothing that merely changes with time is taken for one: not
#: even a header that says at random which of two servers answered, but once in 16000 times.
ROUNDS = 5
#: Follows from the length of the id, which is no secret.
_IGNORED = frozenset({"header content-length"})

Send = Callable[[list[Any]], Answer]


def differences(send: Send, order_id: str, unknown: Callable[[], str]) -> dict[str, tuple[str, str]]:
    """Where answers about ``order_id`` differ from answers about unknown ids, as ``{place: (unknown's, this one's)}``.

    Each round asks about an unknown id, about this one and about a second unknown id. What differs between the two
    unknown ones (a clock, a counter, a request id) does not count. A difference must show in every round, and what was
    seen of this id in one round must not be seen of an unknown one in another: servers that take turns do that.
    """
    lasting: dict[str, list[tuple[str, str]]] = {}
    for number in range(ROUNDS):
        before, this, after = (_view(send([asked]), asked) for asked in (unknown(), order_id, unknown()))
        found = {
            place: [*lasting.get(place, ()), (before.get(place, "absent"), this.get(place, "absent"))]
            for place in before.keys() | this.keys() | after.keys()
            if before.get(place) == after.get(place) != this.get(place) and (number == 0 or place in lasting)
        }
        lasting = {place: pairs for place, pairs in found.items() if not _traded(pairs)}
        if not lasting:
            break
    return {place: pairs[-1] for place, pairs in lasting.items()}


def _traded(pairs: list[tuple[str, str]]) -> bool:
    return bool({unknowns for unknowns, _ in pairs} & {this for _, this in pairs})


def _view(answer: Answer, asked: str) -> dict[str, str]:
    """Every part of an answer by its place, the id asked about taken out."""
    parts = {"status": str(answer.status)}
    for name, value in answer.exchange.headers:
        parts[f"header {name.lower()}"] = value
    try:
        _walk("body", json.loads(answer.text), parts)
    except (ValueError, RecursionError):
        parts["body"] = answer.text
    return {_without(asked, place): _without(asked, value) for place, value in parts.items() if place not in _IGNORED}


def _walk(place: str, value: Any, parts: dict[str, str]) -> None:
    parts[place] = type(value).__name__ if isinstance(value, dict | list) else json.dumps(value)
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        _walk(f"{place}.{key}", item, parts)


def _without(asked: str, text: str) -> str:
    return text.replace(asked, "<id>").replace(asked.lower(), "<id>").replace(asked.upper(), "<id>")
