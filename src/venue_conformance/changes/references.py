"""Follows ``$ref`` within one document; nothing is ever fetched."""

from __future__ import annotations

from typing import Any

from venue_conformance.changes.change import ABSENT, parts_of, pointer
from venue_conformance.changes.pointed import ALTERNATIVES, child
from venue_conformance.changes.reading import Document, Unreadable

#: What holds values, not schemas: a ``$ref`` in it is data.
_VALUES = ("example", "examples", "enum", "const", "default")
_LONGEST_CHAIN = 50
_DEEPEST = 150
#: An operation has a few thousand values once its references are followed.
_MOST_VALUES = 100_000


class Resolver:
    """One document, whose references it follows."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._values = 0

    def resolved(self, node: Any) -> Any:
        """A part of the document with all its references put in.

        A schema that contains itself is followed once around; what is deeper stays open. Raises Unreadable for a
        reference that leads elsewhere, nowhere or only to itself, and for more values than a document has.
        """
        return self._resolved(node, (), 0)

    def target(self, reference: object) -> Any:
        """What a reference leads to. Raises Unreadable."""
        node: Any = {"$ref": reference}
        chain: list[str] = []
        while isinstance(node, dict) and isinstance(node.get("$ref"), str):
            chain.append(node["$ref"])
            if len(chain) > _LONGEST_CHAIN or chain[-1] in chain[:-1]:
                raise self._fault(f"the reference {_shown(chain[0])} leads only to itself")
            found = self._at(chain[-1])
            rest = {key: value for key, value in node.items() if key != "$ref"}
            node = {**found, **rest} if rest and isinstance(found, dict) else found
        return node

    def origin(self, place: str) -> str:
        """The pointer of a resolved place in the document as it is written, beginning with ``#``.

        What a schema says by way of one of its alternatives is written there.
        """
        written = self._written("#", self.document.content, parts_of(place), set())
        if written is not None:
            return written
        node: Any = self.document.content
        here = "#"
        for part in parts_of(place):
            here, node = self._followed(here, node, part)
            here, node = here + pointer(part), child(node, part)
        return here

    def behind(self, written: str) -> str:
        """Where what a written place refers to is written, or the place itself."""
        node: Any = self.document.content
        for part in parts_of(written[1:]):
            node = child(node, part)
        return self._followed(written, node, "")[0]

    def _followed(self, here: str, node: Any, unless: str) -> tuple[str, Any]:
        for _ in range(_LONGEST_CHAIN):
            if not (isinstance(node, dict) and isinstance(node.get("$ref"), str)) or unless in node:
                break
            here = node["$ref"]
            node = self._at(here)
        return here, node

    def _written(self, here: str, node: Any, parts: list[str], seen: set[tuple[str, int]]) -> str | None:
        if not parts:
            return here
        here, node = self._followed(here, node, parts[0])
        if (here, len(parts)) in seen:
            return None
        seen.add((here, len(parts)))
        below = child(node, parts[0], ABSENT)
        if below is not ABSENT:
            return self._written(here + pointer(parts[0]), below, parts[1:], seen)
        for key in ALTERNATIVES:
            alternatives = child(node, key)
            for number, each in enumerate(alternatives if isinstance(alternatives, list) else []):
                if (found := self._written(here + pointer(key, number), each, parts, seen)) is not None:
                    return found
        return None

    def _resolved(self, node: Any, path: tuple[str, ...], depth: int) -> Any:
        self._values += 1
        if depth > _DEEPEST:
            raise self._fault(f"with its references followed it is nested more than {_DEEPEST} deep")
        if self._values > _MOST_VALUES:
            raise self._fault(f"with its references followed it has more than {_MOST_VALUES} values")
        if isinstance(node, list):
            return [self._resolved(each, path, depth + 1) for each in node]
        if not isinstance(node, dict):
            return node
        reference = node.get("$ref")
        if isinstance(reference, str):
            target = self.target(reference)
            if reference in path:
                return {}
            found = self._resolved(target, (*path, reference), depth + 1)
            rest = {key: value for key, value in node.items() if key != "$ref"}
            if not rest or not isinstance(found, dict):
                return found
            return {**found, **self._resolved(rest, path, depth + 1)}
        return {
            key: value if key in _VALUES and not _may_be_schema(value) else self._resolved(value, path, depth + 1)
            for key, value in node.items()
        }

    def _at(self, reference: str) -> Any:
        if not reference.startswith("#"):
            raise self._fault(
                f"the reference {_shown(reference)} leads to another document; bundle them first, nothing is fetched"
            )
        node: Any = self.document.content
        for part in parts_of(reference[1:]):
            if isinstance(node, list) and part.isdigit() and int(part) < len(node):
                node = node[int(part)]
            else:
                node = node.get(part, ABSENT) if isinstance(node, dict) else ABSENT
        if node is ABSENT or (reference != "#" and not reference.startswith("#/")):
            raise self._fault(f"the reference {_shown(reference)} leads nowhere")
        return node

    def _fault(self, problem: str) -> Unreadable:
        return Unreadable(f"{self.document.name}: {problem}")


def _may_be_schema(value: Any) -> bool:
    """Whether what stands under such a key may be a schema: then the key is the name of a property."""
    return isinstance(value, dict) and ("$ref" in value or "type" in value)


def _shown(reference: str) -> str:
    return reference if len(reference) <= 100 else reference[:99] + "…"
