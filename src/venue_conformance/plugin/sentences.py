"""What a failed assertion expected and what came instead, in sentences rather than in the Python of the check."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from venue_conformance.errors import UNNAMED

#: How many members of a collection are shown.
_MOST = 6
#: By what an answer is asked for, what is expected of it, and what is when that is denied.
_QUESTIONS: Mapping[str, tuple[str, str]] = {
    "accepted": ("the request to be accepted", "the request not to be accepted"),
    "refused": ("the request to be rejected (4xx)", "the request not to be rejected"),
    "succeeded": ("the request to succeed (2xx)", "the request not to succeed"),
    "replayed": ("the stored response, marked as a replay", "a response that is not marked as a replay"),
}
_ASKED = re.compile(r"where (?:True|False|None) = (.*)\.(\w+)$", re.DOTALL)
#: The operators of an expected status.
_STATUS: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "status {}",
    ast.NotEq: "any status but {}",
    ast.Lt: "a status below {}",
    ast.In: "one of the statuses {}",
    ast.NotIn: "none of the statuses {}",
}

Show = Callable[[object], str]
Comparison = tuple[str, Any, Any]


def in_sentences(
    statement: str, comparison: Comparison | None, message: str, title: str, kind: str, show: Show
) -> tuple[str, str]:
    """What the assertion expected, and what came.

    ``statement`` is its source, ``comparison`` the operator and both values where it compares two, ``message`` what
    pytest makes of it otherwise, ``title`` what its check says of itself, ``kind`` the kind of breach that it names.
    What has no words of its own here is expected as the title says, and came as the kind says.
    """
    test = _test_of(statement)
    if comparison is None:
        return _asked(test, message) or (_sentence(title), _came(kind, None, show))
    _, left, right = comparison
    if isinstance(test, ast.Compare):
        if expected := _status(test, right) or _read_back(test, right):
            return expected, _value(left, show)
        if _source(test.left).endswith(".outcome(order.order_id)"):
            return f"the order to be reported as {_value(right, show)}", f"reported as {_value(left, show)}"
    if isinstance(right, Collection) and not right and not isinstance(right, str):
        return _sentence(title), _came(kind, left, show)
    return f"{_sentence(title)}; that is {_value(right, show)}", _came(kind, left, show)


def _test_of(statement: str) -> ast.expr | None:
    try:
        [parsed] = ast.parse(" ".join(statement.split())).body
    except (SyntaxError, ValueError):
        return None
    return parsed.test if isinstance(parsed, ast.Assert) else None


def _asked(test: ast.expr | None, message: str) -> tuple[str, str] | None:
    """The words for ``answer.accepted`` and the like; None for anything else."""
    denied = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    asked = test.operand if isinstance(test, ast.UnaryOp) and denied else test
    if not isinstance(asked, ast.Attribute) or asked.attr not in _QUESTIONS:
        return None
    answer = _ASKED.search(message)
    return _QUESTIONS[asked.attr][denied], answer[1] if answer else "the opposite"


def _status(test: ast.Compare, right: object) -> str | None:
    words = _STATUS.get(type(test.ops[0]))
    if words is None or not _source(test.left).endswith(".status"):
        return None
    return words.format(", ".join(map(str, right)) if isinstance(right, Collection) else right)


def _read_back(test: ast.Compare, right: object) -> str | None:
    """The words for orders that are to read back as something."""
    source = _source(test.left)
    wanted = right.values() if isinstance(right, Mapping) else right
    if not any(f"orders.{read}(" in source for read in ("poll_until", "after", "statuses")):
        return None
    if not isinstance(wanted, Collection) or len(statuses := set(map(str, wanted))) != 1:
        return None
    [status] = statuses
    who = "the order" if isinstance(right, Mapping) and len(right) == 1 else "each order"
    return f"{who} to read back as {status}"


def _source(node: ast.expr) -> str:
    return ast.unparse(node)


def _sentence(title: str) -> str:
    return title.rstrip(".") or "the promise to hold"


def _came(kind: str, value: object, show: Show) -> str:
    said = kind.replace("-", " ") if kind != UNNAMED else "it did not hold"
    return said if value is None else f"{said}: {_value(value, show)}"


def _value(value: object, show: Show) -> str:
    """A value as one would write it down; what is none of JSON's is shown as pytest does."""
    if isinstance(value, str):
        return value or "nothing"
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "yes", False: "no"}[value]
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, Mapping):
        return _several([f"{_value(name, show)}: {_value(each, show)}" for name, each in value.items()])
    if isinstance(value, list | tuple | set | frozenset):
        return _several([_value(each, show) for each in value])
    return show(value)


def _several(parts: list[str]) -> str:
    more = f" and {len(parts) - _MOST} more" if len(parts) > _MOST else ""
    return ", ".join(parts[:_MOST]) + more if parts else "nothing"
