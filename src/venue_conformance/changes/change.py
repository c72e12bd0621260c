"""One change of a document, and JSON pointers, by which it is placed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

#: ``unsaid`` is what ours says and a document by somebody else merely leaves out.
Effect = Literal["breaking", "compatible", "documentation", "unsaid"]
#: Whose words a change is about: what the client says, what it is answered, or the operation as a whole.
Side = Literal["request", "response", "operation"]
EFFECTS: tuple[Effect, ...] = ("breaking", "compatible", "documentation", "unsaid")


@dataclass(frozen=True)
class Change:
    """A place of a document that says something else.

    ``where`` names it for a reader, ``place`` is its JSON pointer once references are followed, ``what`` is the change.
    ``counterexample`` is what a caller meets: no longer accepted, or newly answered. ``structural`` says that a whole
    part came or went (a status, a header, a property), and no mere bound of one. ``silent`` says that the newer
    document only leaves something out. ``places`` are the single keywords where several are one change.
    """

    effect: Effect
    side: Side
    where: str
    place: str
    what: str
    counterexample: str = ""
    structural: bool = False
    silent: bool = False
    places: tuple[str, ...] = ()


class _Absent:
    def __repr__(self) -> str:
        return "absent"


#: Stands for what one of two documents does not have.
ABSENT: Any = _Absent()


def pointer(*parts: object) -> str:
    """The JSON pointer of some keys."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def parts_of(place: str) -> list[str]:
    """The keys of a JSON pointer."""
    return [part.replace("~1", "/").replace("~0", "~") for part in place.split("/")[1:]]


def is_within(place: str, other: str) -> bool:
    """Whether a place is another one, or lies below it."""
    return place == other or place.startswith(other + "/")


def worst(effects: Iterable[Effect]) -> Effect | None:
    """The gravest of some effects, None of none."""
    found: Sequence[Effect] = sorted(effects, key=EFFECTS.index)
    return found[0] if found else None
