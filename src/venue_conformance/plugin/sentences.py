"""What a failed assertion expected and what came instead, in sentences rather than in the Python of the check."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
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
#: What asks a response about one order.
_REPORTS = frozenset({"cancelled", "reason", "outcome", "outcomes"})
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
    statement: str, comparison: Comparison | None, message: str, title: str, kind: str, show: Show, latest: str = ""
) -> tuple[str, str]:
    """What the assertion expected, and what came.

    ``statement`` is its source, ``comparison`` the operator and both values where it compares two, ``message`` what
    pytest makes of it otherwise, ``title`` what its check says of itself, ``kind`` the kind of breach that it names,
    ``latest`` the last response of the target, status and body. What has no words of its own here is expected as the
    title says, and came as the kind says.
    """
    test = _test_of(statement)
    if comparison is None:
        return _asked(test, message, latest) or (_sentence(title), _came(kind, None, show, latest))
    _, left, right = comparison
    if isinstance(test, ast.Compare):
        if expected := _status(test, right):
            return expected, latest if latest.startswith(f"{left} ") else _value(left, show)
        if expected := _read_back(test, right):
            return expected, _value(left, show)
        if words := _reported(test.left, left, right, show) or _whole_answers(test.left, left, right):
            return words
    if isinstance(right, Collection) and not right and not isinstance(right, str):
        return _sentence(title), _came(kind, left, show)
    if places := _differing(left, right):
        expected = ", ".join(f"{_value(right[place], show)} at place {place + 1}" for place in places)
        came = ", ".join(f"{_value(left[place], show)} at place {place + 1}" for place in places)
        return f"{_sentence(title)} (here: {expected})", f"{_came(kind, None, show)}: {came}"
    return f"{_sentence(title)} (here: {_value(right, show)})", _came(kind, left, show)


def _test_of(statement: str) -> ast.expr | None:
    try:
        [parsed] = ast.parse(" ".join(statement.split())).body
    except (SyntaxError, ValueError):
        return None
    return parsed.test if isinstance(parsed, ast.Assert) else None


def _asked(test: ast.expr | None, message: str, latest: str) -> tuple[str, str] | None:
    """The words for ``answer.accepted`` and the like; None for anything else."""
    denied = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    asked = test.operand if isinstance(test, ast.UnaryOp) and denied else test
    if not isinstance(asked, ast.Attribute) or asked.attr not in _QUESTIONS:
        return None
    answer = _ASKED.search(message)
    return _QUESTIONS[asked.attr][denied], answer[1] if answer else latest or "the opposite"


def _reported(asked: ast.expr, left: object, right: object, show: Show) -> tuple[str, str] | None:
    """The words for what a response reports of one order, or of each of several; None for anything else."""
    call = asked.elt if isinstance(asked, ast.ListComp) else asked
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr not in _REPORTS:
        return None
    if not isinstance(left, list) or not isinstance(right, list):
        return f"the order to be {_report(right, show)}", _report(left, show)
    wanted = [_report(each, show) for each in right]
    if len(set(wanted)) == 1 and len(wanted) > 1:
        expected = f"each of the {len(wanted)} orders to be {wanted[0]}"
    else:
        expected = f"the orders to be, in this sequence, {_several(wanted)}"
    places = _differing(left, right)
    came = [f"the one at place {place + 1} is {_report(left[place], show)}" for place in places]
    return expected, _several(came) if came else f"they are {_several([_report(each, show) for each in left])}"


def _report(value: object, show: Show) -> str:
    """What a response reports of one order: whether it was cancelled, or with which outcome or reason."""
    if value is None:
        return "reported without an outcome"
    if isinstance(value, bool):
        return "reported as cancelled" if value else "reported as not cancelled"
    return f"reported as {_value(value, show)}"


def _whole_answers(asked: ast.expr, left: object, right: object) -> tuple[str, str] | None:
    """The words for a response that has to repeat another, status and body; None for anything else."""
    if not isinstance(asked, ast.Tuple) or [getattr(each, "attr", None) for each in asked.elts] != ["status", "json"]:
        return None
    if not isinstance(left, tuple) or not isinstance(right, tuple):
        return None
    return f"the earlier response once more: {_whole(*right)}", _whole(*left)


def _whole(status: int, body: object) -> str:
    return f"{status} {json.dumps(body, ensure_ascii=False, separators=(',', ':'), default=str)}"


def _differing(left: object, right: object) -> list[int]:
    """The places at which two sequences of equal length differ; none for anything else."""
    if not isinstance(left, Sequence) or not isinstance(right, Sequence) or isinstance(left, str):
        return []
    if isinstance(right, str) or len(left) != len(right):
        return []
    return [place for place, (came, wanted) in enumerate(zip(left, right, strict=True)) if came != wanted]


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


def _came(kind: str, value: object, show: Show, latest: str = "") -> str:
    said = kind.replace("-", " ") if kind != UNNAMED else "it did not hold"
    if value is None:
        return f"{said}; the last response was {latest}" if latest else said
    return f"{said}: {_value(value, show)}"


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
