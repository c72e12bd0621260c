"""Two versions of an API document of a venue: what changed, and which clauses it touches.

Of a document only the operations are looked at that ours describes. Without an older version it is held against ours,
and only what goes below it counts: somebody else wrote it, and what is left out is not always denied.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from venue_conformance.changes.change import EFFECTS, Change, Effect, parts_of, pointer, worst
from venue_conformance.changes.channels import channel_changes
from venue_conformance.changes.clause_places import ClausePlaces, Places, known_places
from venue_conformance.changes.operations import OperationChanges, ResolvedOperation, absent_operation, parameter_key
from venue_conformance.changes.reading import Document, Kind, Unreadable, read_document
from venue_conformance.changes.references import Resolver
from venue_conformance.changes.servers import server_changes
from venue_conformance.changes.shapes import problem_of_operation
from venue_conformance.changes.versions import modernized
from venue_conformance.contract.clauses import Catalogue
from venue_conformance.contract.resources import root_of, venue_names

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True)
class Touching:
    """A change with the clauses that it touches.

    ``pointer`` is where it stands as the document is written: in the newer one, or, what is gone, in the older one.
    ``also`` names the other places that refer to it.
    """

    change: Change
    pointer: str
    clauses: tuple[str, ...]
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class DocumentComparison:
    """Everything that differs between two versions of a document, the gravest first.

    ``others`` counts operations that are not looked at. ``against_ours`` says that there was no older version.
    """

    venue: str
    kind: str
    old: str
    new: str
    changes: tuple[Touching, ...]
    others: int = field(default=0)
    against_ours: bool = False

    @property
    def effect(self) -> Effect | None:
        """The gravest effect, None where nothing counts."""
        return worst(each.change.effect for each in self.changes if each.change.effect != "unsaid")

    @property
    def clauses(self) -> tuple[str, ...]:
        """Every clause that a change touches which counts."""
        counted = (each for each in self.changes if each.change.effect != "unsaid")
        return tuple(dict.fromkeys(clause for each in counted for clause in each.clauses))


def our_document(venue: str, kind: Kind = "openapi") -> Document:
    """What this suite has of a venue. Raises Unreadable where it has none of that kind."""
    file = root_of(venue) / "specs" / venue / f"{kind}.yaml"
    if not file.is_file():
        raise Unreadable(f"{venue} has no {kind} document to compare with")
    return _read_ours(file)


@cache
def _read_ours(file: Path) -> Document:
    return read_document(file)


@cache
def _our_places(venue: str, kind: Kind) -> Places:
    return known_places(our_document(venue, kind))


def compare_documents(catalogue: Catalogue, new: Document, old: Document | None = None) -> DocumentComparison:
    """What differs between two documents, or between ours and one by somebody else.

    Raises Unreadable when a document cannot be understood, or describes nothing that is judged here.
    """
    ours = our_document(catalogue.venue, new.kind)
    if old is not None and old.kind != new.kind:
        raise Unreadable(
            f"{old.name} is {old.kind}, {new.name} is {new.kind}: two versions of one document are expected"
        )
    base = old or ours
    if new.kind == "asyncapi":
        found, others = channel_changes(ours, base, new, foreign=old is None), 0
    else:
        found, others = _operation_changes(catalogue.venue, ours, base, new, foreign=old is None)
    if old is not None:
        found += server_changes(old, new)
    places = ClausePlaces(catalogue, new.kind, _our_places(catalogue.venue, new.kind))
    touching: dict[tuple[str, ...], Touching] = {}
    for change in found:
        clauses = _touched(change, places)
        weighed = _weighed(change, places, catalogue) if old is None else change
        if weighed is None:
            continue
        # What is written once and referred to from several places is one change.
        written = written_at(base if weighed.silent else new, weighed.place, whole=bool(weighed.places))
        one = touching.setdefault((written, weighed.effect, weighed.what), Touching(weighed, written, ()))
        touching[written, weighed.effect, weighed.what] = replace(
            one,
            clauses=tuple(dict.fromkeys((*one.clauses, *clauses))),
            also=(*one.also, weighed.where) if weighed.where not in (one.change.where, *one.also) else one.also,
        )
    ordered = sorted(touching.values(), key=lambda each: EFFECTS.index(each.change.effect))
    return DocumentComparison(
        catalogue.venue, new.kind, base.name, new.name, tuple(ordered), others, against_ours=old is None
    )


def _weighed(change: Change, places: ClausePlaces, catalogue: Catalogue) -> Change | None:
    """What a difference between ours and somebody else's counts for.

    What is left out counts where a whole part is missing that a ``must`` clause points at; bounds that are not written
    down are not denied. Where only open questions rest on a place, nothing can go below what is promised there.
    """
    if change.effect != "breaking":
        return None
    if change.silent:
        counts = change.structural and any(catalogue[each].level == "must" for each in places.promised_at(change.place))
    else:
        levels = {catalogue[each].level for each in _touched(change, places)}
        counts = levels != {"open"}
    return change if counts else replace(change, effect="unsaid")


def _touched(change: Change, places: ClausePlaces) -> tuple[str, ...]:
    touched = (places.touched_by(place) for place in change.places or (change.place,))
    return tuple(dict.fromkeys(clause for each in touched for clause in each))


def _describes(document: Document, venue: str) -> bool:
    """Whether a document has an operation of the document that this suite has of a venue."""
    try:
        return bool(_operations(document).keys() & _operations(our_document(venue)).keys())
    except Unreadable:
        return False


def _operation_changes(
    of: str, ours: Document, old: Document, new: Document, *, foreign: bool
) -> tuple[list[Change], int]:
    judged = _operations(ours)
    before, after = _operations(old), _operations(new)
    if not before.keys() & judged.keys():
        names = ", ".join(_named(key) for key in judged)
        raise Unreadable(f"{old.name}: it does not describe {names}")
    changes: list[Change] = []
    for key in judged.keys() & before.keys():
        name, place = _named(key), pointer("paths", *key)
        if key not in after:
            # A document of something else is a mistake, not a venue without the operation.
            elsewhere = _elsewhere(before[key], after)
            others = [venue for venue in venue_names() if venue != of and _describes(new, venue)] if foreign else []
            if others:
                raise Unreadable(f"{new.name}: it describes the operation of {others[0]}, not {name} of {of}")
            if foreign and not elsewhere:
                raise Unreadable(f"{new.name}: it does not describe {name}")
            changes.append(absent_operation(name, place, elsewhere))
            continue
        one, other = (_operation(document, item, key) for document, item in ((old, before[key]), (new, after[key])))
        changes += OperationChanges(name, place, foreign=foreign).between(one, other)
    if not foreign:
        changes += _document_texts(old, new)
    return changes, len(after.keys() - judged.keys())


Key = tuple[str, str]


def _operations(document: Document) -> dict[Key, Mapping[str, Any]]:
    """The path items by path and method; a path begins with that of the server."""
    resolver = Resolver(document)
    found: dict[Key, Mapping[str, Any]] = {}
    for path, item in document.content["paths"].items():
        item = resolver.target(item["$ref"]) if isinstance(item, dict) and isinstance(item.get("$ref"), str) else item
        if not isinstance(item, dict):
            continue
        for method in _METHODS:
            if isinstance(item.get(method), dict):
                servers = item[method].get("servers") or item.get("servers") or document.content.get("servers")
                found[_server_path(servers) + path, method] = item
    return found


def _server_path(servers: Any) -> str:
    first = servers[0].get("url", "") if isinstance(servers, list) and servers and isinstance(servers[0], dict) else ""
    url = str(first)
    try:
        path = url.partition("}")[2] if url.startswith("{") else urlsplit(url).path
    except ValueError:
        return ""
    return path.rstrip("/")


def _operation(document: Document, item: Mapping[str, Any], key: Key) -> ResolvedOperation:
    resolver = Resolver(document)
    components = document.content.get("components")
    schemes = (components if isinstance(components, dict) else {}).get("securitySchemes")
    schemes = schemes if isinstance(schemes, dict) else {}
    shared = {name: each for name, each in item.items() if name == "parameters"}
    old_style = str(document.content.get("openapi", "")).startswith("3.0")
    node, around = (modernized(resolver.resolved(each), old_style=old_style) for each in (item[key[1]], shared))
    context = {"schemes": resolver.resolved(schemes), "security": _list(document.content.get("security"))}
    for part in (node, around):
        if problem := problem_of_operation(part):
            raise Unreadable(f"{document.name}: {_named(key)}: {problem}")
    return ResolvedOperation(node, around, context)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _elsewhere(item: Mapping[str, Any], after: Mapping[Key, Mapping[str, Any]]) -> str:
    """Where an operation may have gone: the same path, or the same end of it, or the same operationId."""
    ids = {each["operationId"] for each in item.values() if isinstance(each, dict) and "operationId" in each}
    for key, other in after.items():
        node = other[key[1]]
        if other is item or node.get("operationId") in ids:
            return _named(key)
    return ""


def _document_texts(old: Document, new: Document) -> list[Change]:
    infos = [document.content.get("info") for document in (old, new)]
    was, now = (each if isinstance(each, dict) else {} for each in infos)
    return [
        Change("documentation", "operation", "the document", pointer("info", key), f"info {key}")
        for key in {**was, **now}
        if was.get(key) != now.get(key)
    ]


def _named(key: Key) -> str:
    return f"{key[1].upper()} {key[0]}"


def written_at(document: Document, place: str, *, whole: bool = False) -> str:
    """The pointer at which a document has a resolved place, beginning with ``#``.

    Of a ``whole`` schema it is where that is written to which a reference at the place leads.
    """
    written = _written_at(document, place)
    return Resolver(document).behind(written) if whole else written


def _written_at(document: Document, place: str) -> str:
    parts, resolver = parts_of(place), Resolver(document)
    if parts[0] == "paths" and len(parts) > 2:
        item = _operations(document).get((parts[1], parts[2]), {})
        keys = [path for path, each in document.content["paths"].items() if each is item]
        parts[1] = keys[0] if keys else parts[1]
        node = item.get(parts[2], {})
        if parts[3:4] == ["security"] and len(parts) > 4:
            return resolver.origin(pointer("components", "securitySchemes", *parts[4:]))
        if parts[3:] == ["security"] and "security" not in node:
            return "#/security"
        if parts[3:4] == ["parameters"]:
            for owner, above in ((node, parts[:3]), (item, parts[:2])):
                for number, each in enumerate(_list(owner.get("parameters"))):
                    key = parameter_key(
                        resolver.target(each["$ref"]) if isinstance(each, dict) and "$ref" in each else each
                    )
                    if key is not None and ".".join(key) == parts[4]:
                        return resolver.origin(pointer(*above, "parameters", number, *parts[5:]))
    return resolver.origin(pointer(*parts))
