"""Valid bodies corrupted in one place, so that the orders they name are still in them somewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

#: What is put where something else belongs.
_STRANGE: SearchStrategy[Any] = st.sampled_from(
    [None, True, False, "", [], {}, 1, -1, 0.5, 1 << 70, [[]], [None], {"": None}]
)
_NAMES = st.sampled_from(["ids", "orders", "OrderIds", "orderids", "order_ids", "cancel", "Cancels", "data"])

#: Each makes something else of a value, in which the value, or what it holds, is still to be found.
_CORRUPTIONS: tuple[Callable[[Any], Any], ...] = (
    lambda value: [value],
    lambda value: {"0": value},
    lambda value: {"value": value},
    lambda value: json.dumps(value),
    lambda value: value[0] if isinstance(value, list) and value else [value],
    lambda value: dict.fromkeys(map(str, value), True) if isinstance(value, list | dict) else {str(value): True},
    lambda value: list(value.values()) if isinstance(value, dict) else [value, value],
    lambda value: [[each] for each in value] if isinstance(value, list) else [value, None],
)


@st.composite
def corrupted(draw: DrawFn, bodies: SearchStrategy[Any]) -> Any:
    """A body of ``bodies`` (objects with an array of elements) with one thing wrong, somewhere."""
    body = draw(bodies)
    members = body.items() if isinstance(body, dict) else ()
    member, elements = next((each for each in members if isinstance(each[1], list) and each[1]), (None, None))
    if member is None or elements is None:  # a body of another kind: then it is the whole of it
        return draw(st.sampled_from(_CORRUPTIONS))(body)
    rest = {name: value for name, value in body.items() if name != member}
    match draw(st.sampled_from(["body", "array", "element", "strange", "renamed", "many"])):
        case "body":
            return draw(st.sampled_from(_CORRUPTIONS))(body)
        case "array":
            return {**rest, member: draw(st.sampled_from(_CORRUPTIONS))(elements)}
        case "element":
            place = draw(st.integers(0, len(elements) - 1))
            corrupted_element = draw(st.sampled_from(_CORRUPTIONS))(elements[place])
            return {**rest, member: [*elements[:place], corrupted_element, *elements[place + 1 :]]}
        case "strange":
            place = draw(st.integers(0, len(elements)))
            return {**rest, member: [*elements[:place], draw(_STRANGE), *elements[place:]]}
        case "renamed":
            return {**rest, draw(_NAMES.filter(lambda name: name != member)): elements}
    return {**rest, member: [*elements, *([elements[-1]] * (101 - len(elements)))]}
