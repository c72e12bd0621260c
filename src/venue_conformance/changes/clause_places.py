"""Which clauses rest on which places of our documents: the ``openapi`` and ``asyncapi`` keys of ``clauses.yaml``.

Another author names and groups things otherwise, so a place is known by where it stands once references are followed,
alternatives (oneOf, anyOf, allOf) left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from venue_conformance.changes.change import is_within, parts_of, pointer
from venue_conformance.changes.operations import parameter_key
from venue_conformance.changes.pointed import annotation_in
from venue_conformance.changes.reading import Document, Kind
from venue_conformance.changes.references import Resolver
from venue_conformance.contract.clauses import Catalogue

_ALTERNATIVE = re.compile(r"/(?:oneOf|anyOf|allOf)/\d+(?=/|$)")
#: How deep an operation lies: paths, the path, the method.
_OPERATION = 3
_COMBINING = re.compile(r"/(?:oneOf|anyOf|allOf)$")


Places = Mapping[str, Sequence[str]]
_ROOTS: Mapping[Kind, str] = {"openapi": "paths", "asyncapi": "channels"}


class ClausePlaces:
    """The clauses of a venue by the places of one of its documents."""

    def __init__(self, catalogue: Catalogue, kind: Kind, places: Places) -> None:
        self._root = _ROOTS[kind]
        self._by_place = places
        self._pointers = [
            (clause.id, place)
            for clause in catalogue.values()
            for place in (clause.openapi if kind == "openapi" else clause.asyncapi)
        ]

    def at(self, written: str) -> set[str]:
        """The clauses of a place of our document as it is written: of it and below, else of the closest around it."""
        return self._upon(written) or self._around(written)

    def promised_at(self, place: str) -> set[str]:
        """The clauses that point at a resolved place itself, neither around it nor below."""
        origins = self._by_place.get(_bare(place), ())
        return {clause for clause, written in self._pointers if written in origins}

    def touched_by(self, place: str) -> tuple[str, ...]:
        """The clauses that a change at a resolved place of any document touches."""
        if not place.startswith(f"/{self._root}/"):
            return ()
        sought = _bare(place)
        parts = parts_of(sought)
        found = set[str]()
        if parts[_OPERATION : _OPERATION + 1] == ["security"] and len(parts) > _OPERATION + 1:
            # Of one scheme, by the name that it has with us; another author's names say nothing.
            named = self._upon("#/components/securitySchemes" + pointer(parts[_OPERATION + 1]))
            return self._ordered(named or self._upon("#/components/securitySchemes"))
        if parts[-1] == "security":
            found = self._upon("#/security") | self._upon("#/components/securitySchemes")
        if (last := annotation_in(parts)) is not None and parts[last] != "default":
            sought = pointer(*parts[:last])
            if last == _OPERATION:  # its text may be about anything, and its clauses about no more than it
                return self._ordered(self._around(self._by_place[sought][0] if sought in self._by_place else "#"))
        if len(parts) > 1 and parts[-2] == "properties" and sought not in self._by_place:
            for origin in self._by_place.get(pointer(*parts[:-2]), ()):
                found |= self._upon(origin + "/additionalProperties")
        if sought not in self._by_place and parts[3:4] == ["responses"] and len(parts) > 4:
            # A status that ours permits without naming it.
            wider = pointer(*parts[:4], f"{parts[4][:1]}XX", *parts_of(sought)[5:])
            sought = wider if pointer(*parts_of(wider)[:5]) in self._by_place else sought
        known = sought
        while known and known not in self._by_place:
            known = known.rpartition("/")[0]
        tail, direct = sought[len(known) :], set(found)
        for origin in self._by_place.get(known, ()):
            direct |= self._upon(origin + tail)
        while not direct - found and known:
            for origin in self._by_place.get(known, ()):
                direct |= self._around(origin + tail)
            known, tail = known.rpartition("/")[0], ""
        return self._ordered(direct)

    def _upon(self, written: str) -> set[str]:
        return {clause for clause, place in self._pointers if is_within(place, written)}

    def _around(self, written: str) -> set[str]:
        around = [(len(place), clause) for clause, place in self._pointers if is_within(written, place)]
        closest = max((length for length, _ in around), default=0)
        return {clause for length, clause in around if length == closest}

    def _ordered(self, found: set[str]) -> tuple[str, ...]:
        return tuple(clause for clause in dict.fromkeys(each for each, _ in self._pointers) if clause in found)


def known_places(document: Document) -> Places:
    """Every resolved place of our document, as another author's is known, with the places it is written at."""
    resolver, root = Resolver(document), _ROOTS[document.kind]
    found: dict[str, list[str]] = {}
    for place, known in _places(resolver.resolved(document.content[root]), pointer(root), pointer(root)):
        origins = found.setdefault(_bare(known), [])
        # Where it stands, and, behind a reference, where what it refers to does.
        for origin in (resolver.origin(place), resolver.origin(place + "/-").rpartition("/")[0]):
            if origin not in origins:
                origins.append(origin)
    return found


def _places(node: Any, at: str, known: str) -> Iterator[tuple[str, str]]:
    """The places of a resolved node, each as it stands and as it is known: a parameter by its name."""
    yield at, known
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in children:
        if isinstance(node, dict) or isinstance(value, dict):
            named = parameter_key(value) if known.endswith("/parameters") else None
            yield from _places(value, at + pointer(key), known + pointer(".".join(named) if named else key))


def _bare(place: str) -> str:
    """A place without what authors differ in: alternatives, the case of a header's name."""
    parts = parts_of(_COMBINING.sub("", _ALTERNATIVE.sub("", place)))
    return pointer(
        *(part.lower() if number and parts[number - 1] == "headers" else part for number, part in enumerate(parts))
    )
