"""How a caller shows who he is, and what a change of it means for him."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from venue_conformance.changes.change import Effect
from venue_conformance.changes.differences import same
from venue_conformance.changes.schema_words import annotation_said

#: Where something stands that a caller sends, and its name, of a header in lower case.
Credential = tuple[str, str]
Way = frozenset[Credential]
#: What a document says of a scheme without asking anything of a caller.
_TEXTS = ("description", "bearerFormat")
_URLS = ("authorizationUrl", "tokenUrl")


@dataclass(frozen=True)
class Scheme:
    """A security scheme of a document: its name there, how a reader calls it, and what stands in it."""

    name: str
    label: str
    node: Mapping[str, Any]


class Security:
    """The ways in which one operation is authenticated."""

    def __init__(self, required: Any, schemes: Mapping[str, Any]) -> None:
        self.schemes: dict[Credential, Scheme] = {}
        self._scopes: dict[Way, list[frozenset[str]]] = {}
        for way in required if isinstance(required, list) else []:
            if isinstance(way, dict):
                self._add(way, schemes)
        self._scopes = self._scopes or {frozenset(): [frozenset()]}

    def _add(self, way: Mapping[str, Any], schemes: Mapping[str, Any]) -> None:
        credentials, scopes = set(), set()
        for name, asked in way.items():
            node = schemes.get(name)
            node = node if isinstance(node, dict) else {}
            credential, label = _credential(node, name)
            self.schemes[credential] = Scheme(name, label, node)
            credentials.add(credential)
            scopes |= {str(each) for each in asked} if isinstance(asked, list) else set()
        self._scopes.setdefault(frozenset(credentials), []).append(frozenset(scopes))

    @property
    def credentials(self) -> set[Credential]:
        """Every header and the like that some way to authenticate needs."""
        return {each for way in self._scopes for each in way}

    @property
    def ways(self) -> set[Way]:
        """What is enough to authenticate."""
        return set(self._scopes)

    def scopes(self, way: Way) -> list[frozenset[str]]:
        """The sets of scopes each of which is enough for a way."""
        return self._scopes.get(way, [frozenset()])


#: Its effect, the scheme that it is about (None for all of them) with the keys below it, what it is.
SchemeChange = tuple[Effect, tuple[str, ...], str]


def scheme_changes(old: Security, new: Security) -> Iterator[SchemeChange]:
    """What differs in schemes that both documents ask for, and in the scopes."""
    for credential in old.schemes.keys() & new.schemes.keys():
        was, now = old.schemes[credential], new.schemes[credential]
        for key in _TEXTS:
            if not same(was.node.get(key), now.node.get(key)):
                told = annotation_said(key, was.node.get(key), now.node.get(key))
                yield "documentation", (now.name, key), f"{now.label}: {told}"
        yield from _flow_changes(was, now)
    for way in old.ways & new.ways:
        before, after = old.scopes(way), new.scopes(way)
        if set(before) == set(after):
            continue
        kept = all(any(each <= one for each in after) for one in before)
        told = f"scopes: {_or(before)} → {_or(after)}"
        yield "compatible" if kept else "breaking", (), told


def _flow_changes(was: Scheme, now: Scheme) -> Iterator[SchemeChange]:
    flows, others = (each.node.get("flows") for each in (was, now))
    flows, others = (each if isinstance(each, dict) else {} for each in (flows, others))
    for name in {**flows, **others}:
        at, flow, other = (now.name, "flows", name), flows.get(name), others.get(name)
        if not isinstance(flow, dict) or not isinstance(other, dict):
            word: Effect = "compatible" if isinstance(other, dict) else "breaking"
            yield word, at, f"{now.label}: the flow {name} is {'new' if word == 'compatible' else 'gone'}"
            continue
        for key in _URLS:
            if not same(flow.get(key), other.get(key)):
                yield "breaking", (*at, key), f"{now.label}: {key} {flow.get(key)} → {other.get(key)}"


def _or(scopes: Iterable[frozenset[str]]) -> str:
    return " or ".join(sorted(" + ".join(sorted(each)) or "none" for each in scopes))


def _credential(scheme: Mapping[str, Any], name: str) -> tuple[Credential, str]:
    match scheme.get("type"):
        case "apiKey":
            where, key = str(scheme.get("in")), str(scheme.get("name"))
            return (where, key.lower() if where == "header" else key), f"{key} ({where})"
        case "http":
            kind = str(scheme.get("scheme"))
            return ("http", kind.lower()), f"HTTP {kind}"
        case "oauth2":
            return ("oauth2", ""), "OAuth 2"
        case "openIdConnect":
            return ("openIdConnect", str(scheme.get("openIdConnectUrl", ""))), "OpenID Connect"
        case None:
            return ("None", name), name
        case kind:
            return (str(kind), ""), str(kind)


def ways_said(ways: Iterable[Way], labels: Mapping[Credential, str]) -> str:
    """Some ways to authenticate, for a reader."""
    return " or ".join(
        sorted(" + ".join(sorted(labels.get(each, each[1]) for each in way)) or "no credentials" for way in ways)
    )
