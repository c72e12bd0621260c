"""What a changed HTTP operation means for callers: rules for what is no schema, and containment for what is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from venue_conformance.changes.change import ABSENT, Change, Effect, Side, pointer
from venue_conformance.changes.differences import same
from venue_conformance.changes.schema_words import annotation_said, shown
from venue_conformance.changes.schemas import Slot, schema_changes
from venue_conformance.changes.security import Credential, Security, Way, scheme_changes, ways_said

#: Text of an operation, a parameter, a header, a response.
_TEXTS = ("description", "summary", "operationId", "tags", "deprecated", "externalDocs", "example", "examples")
#: That a venue refuses because time or tokens are used up, or fails, is nothing that it promises.
_TRANSIENT = ("408", "429", "default")
#: Header parameters that OpenAPI ignores.
_IGNORED_HEADERS = ("accept", "content-type", "authorization")


class OperationChanges:
    """Compares one operation of two resolved documents."""

    def __init__(self, name: str, place: str, *, foreign: bool) -> None:
        self._name = name
        self._place = place
        self._foreign = foreign

    def between(self, old: ResolvedOperation, new: ResolvedOperation) -> Iterator[Change]:
        """What differs."""
        yield from self._texts(old.node, new.node, "operation", self._name, self._place)
        yield from self._security(old, new)
        yield from self._parameters(old, new)
        yield from self._body(old.node.get("requestBody") or {}, new.node.get("requestBody") or {})
        yield from self._responses(old.responses, new.responses)

    def _change(
        self, effect: Effect, side: Side, where: str, place: str, what: str, *, silent: bool = False, whole: bool = True
    ) -> Change:
        return Change(effect, side, where, place, what, "", structural=whole, silent=silent)

    def _schema(self, old: Any, new: Any, side: Side, where: str, place: str) -> Iterator[Change]:
        yield from schema_changes(old, new, Slot(side, where, place), foreign=self._foreign)

    def _texts(self, old: Any, new: Any, side: Side, where: str, place: str) -> Iterator[Change]:
        for key in _TEXTS:
            was, now = (each.get(key, ABSENT) for each in (old, new))
            if not same(was, now) and not (key == "deprecated" and was in (False, ABSENT) and now in (False, ABSENT)):
                yield self._change("documentation", side, where, place + pointer(key), annotation_said(key, was, now))

    def _security(self, old: ResolvedOperation, new: ResolvedOperation) -> Iterator[Change]:
        where, place = f"{self._name} authentication", self._place + "/security"
        for effect, keys, told in scheme_changes(old.security, new.security):
            yield self._change(effect, "request", where, place + pointer(*keys), told)
        credentials = old.security.credentials | new.security.credentials
        was, now = old.ways_in(credentials), new.ways_in(credentials)
        if was == now:
            return
        labels = old.labels | new.labels
        if lost := was - now:
            told = f"no longer enough: {ways_said(lost, labels)}; accepted now: {ways_said(now, labels)}"
            yield self._change("breaking", "request", where, place, told, silent=now == {frozenset()})
        else:
            told = f"accepted as well: {ways_said(now - was, labels)}"
            yield self._change("compatible", "request", where, place, told)

    def _parameters(self, old: ResolvedOperation, new: ResolvedOperation) -> Iterator[Change]:
        credentials = old.security.credentials | new.security.credentials
        for key in sorted(old.parameters.keys() | new.parameters.keys()):
            where = f"{self._name} {key[0]} parameter {(old.parameters.get(key) or new.parameters[key])['name']}"
            was, now = old.parameters.get(key), new.parameters.get(key)
            place = self._place + pointer("parameters", ".".join(key))
            if now is None:
                if key not in new.needed(credentials):
                    yield self._change("breaking", "request", where, place, "the parameter is gone", silent=True)
            elif was is None:
                required = bool(now.get("required"))
                if key not in old.needed(credentials):
                    word = "a new parameter, required" if required else "a new parameter, optional"
                    yield self._change("breaking" if required else "compatible", "request", where, place, word)
            else:
                if bool(was.get("required")) != bool(now.get("required")) and key not in credentials:
                    word = "now required" if now.get("required") else "no longer required"
                    effect: Effect = "breaking" if now.get("required") else "compatible"
                    yield self._change(effect, "request", where, place + "/required", word)
                before, after = _style(was), _style(now)
                for style in before:
                    if before[style] != after[style]:
                        told = f"{style} {shown(before[style])} → {shown(after[style])}"
                        yield self._change("breaking", "request", where, place + pointer(style), told)
                yield from self._texts(was, now, "request", where, place)
                yield from self._schema(_schema_of(was), _schema_of(now), "request", where, place + "/schema")

    def _body(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
        where, place = f"{self._name} request body", self._place + "/requestBody"
        if bool(old.get("required")) != bool(new.get("required")) and (old or new):
            effect: Effect = "breaking" if new.get("required") else "compatible"
            word = "now required" if new.get("required") else "no longer required"
            yield self._change(effect, "request", where, place + "/required", word)
        yield from self._texts(old, new, "request", where, place)
        yield from self._contents(old, new, "request", where, place)

    def _responses(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
        met: set[str] = set()
        headers = {name.lower() for each in new.values() for name in each.get("headers") or {}}
        for code in old:
            where, place = f"{self._name} response {code}", self._place + pointer("responses", code)
            counterpart = _counterpart(code, old, new)
            if counterpart is not None:
                met.add(counterpart)
                yield from self._response(old[code], new[counterpart], where, place, headers, code)
            elif not self._is_spelled_out(code, old, new):
                whole = code not in _TRANSIENT and not code.startswith("5")
                told = "the status is no longer documented"
                yield self._change("breaking", "response", where, place, told, silent=True, whole=whole)
        for code in new:
            if code in met or code in old:
                continue
            where, place = f"{self._name} response {code}", self._place + pointer("responses", code)
            if (wider := _range_of(code)) in old:
                above = self._place + pointer("responses", wider)
                yield from self._response(old[wider], new[code], where, above, headers, code)
                continue
            replaces = _is_success(code) and not any(_is_success(each) and each in new for each in old)
            effect: Effect = "breaking" if replaces else "compatible"
            told = "the status is newly documented" + (", in place of every older one of success" if replaces else "")
            yield self._change(effect, "response", where, place, told)

    def _is_spelled_out(self, code: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
        """Whether a range such as 2XX, or a status beside it, is said by single statuses, or by the range."""
        if code.upper().endswith("XX"):
            return any(_range_of(each) == code.upper() for each in new)
        # Where ours permits any status of a range, another author may name the one that it is.
        is_named = self._foreign and _range_of(code) in old and any(_range_of(each) == _range_of(code) for each in new)
        return is_named or _range_of(code) in new

    def _response(self, old: Any, new: Any, where: str, place: str, somewhere: set[str], code: str) -> Iterator[Change]:
        """What differs in one answer; ``somewhere`` are the headers of all answers of the newer document."""
        yield from self._texts(old, new, "response", where, place)
        was_headers, now_headers = (
            {name.lower(): (name, each) for name, each in (one.get("headers") or {}).items()} for one in (old, new)
        )
        for key in {**was_headers, **now_headers}:
            name, was = was_headers.get(key) or (now_headers[key][0], None)
            now = now_headers[key][1] if key in now_headers else None
            told, at = f"{where} header {name}", place + pointer("headers", name)
            if now is None:
                gone, whole = "the header is gone", key not in somewhere
                yield self._change("breaking", "response", told, at, gone, silent=True, whole=whole)
            elif was is None:
                yield self._change("compatible", "response", told, at, "the header is new")
            else:
                if was.get("required") and not now.get("required"):
                    yield self._change(
                        "breaking", "response", told, at + "/required", "no longer required", silent=True
                    )
                elif now.get("required") and not was.get("required"):
                    yield self._change("compatible", "response", told, at + "/required", "now required")
                yield from self._texts(was, now, "response", told, at)
                yield from self._schema(_schema_of(was), _schema_of(now), "response", told, at + "/schema")
        yield from self._contents(old, new, "response", where, place, whole=_is_success(code))

    def _contents(
        self, old: Mapping[str, Any], new: Mapping[str, Any], side: Side, where: str, place: str, *, whole: bool = True
    ) -> Iterator[Change]:
        was, now = _media(old), _media(new)
        for key in {**was, **now}:
            name = (was.get(key) or now[key])[0]
            at = place + pointer("content", name)
            if key not in now:
                # An answer without a body is not described further; one with another body is another answer.
                silent = not now or name == "*/*"
                told = f"the media type {name} is gone"
                yield self._change("breaking", side, where, at, told, silent=silent, whole=whole)
            elif key not in was:
                yield self._change("compatible", side, where, at, f"the media type {name} is new")
            else:
                mine, theirs = was[key][1], now[key][1]
                yield from self._texts(mine, theirs, side, where, at)
                yield from self._schema(mine.get("schema", {}), theirs.get("schema", {}), side, where, at + "/schema")


class ResolvedOperation:
    """An operation with its references followed: what its path item says for all of them is part of it."""

    def __init__(self, node: Mapping[str, Any], item: Mapping[str, Any], document: Mapping[str, Any]) -> None:
        self.node = node
        self.responses: Mapping[str, Any] = {str(code): each for code, each in (node.get("responses") or {}).items()}
        self.responses = {code: each or {} for code, each in self.responses.items()}
        self.parameters: dict[Credential, Mapping[str, Any]] = {}
        for owner in (item, node):
            for each in owner.get("parameters") or []:
                key = parameter_key(each)
                if key is not None and key not in {("header", ignored) for ignored in _IGNORED_HEADERS}:
                    self.parameters[key] = each
        self.security = Security(node.get("security", document.get("security")), document.get("schemes", {}))

    @property
    def labels(self) -> dict[Credential, str]:
        """How a reader calls what may stand for a credential."""
        named = {key: f"{each['name']} ({each['in']})" for key, each in self.parameters.items()}
        return named | {key: each.label for key, each in self.security.schemes.items()}

    def ways_in(self, credentials: set[Credential]) -> set[Way]:
        """What is enough to authenticate; credentials may stand among the parameters instead."""
        also = {key for key, each in self.parameters.items() if each.get("required") and key in credentials}
        return {way | also for way in self.security.ways}

    def needed(self, credentials: set[Credential]) -> set[Credential]:
        """The credentials that every way needs."""
        return set(frozenset.intersection(*self.ways_in(credentials)))


def parameter_key(node: Any) -> Credential | None:
    """What a parameter is known by: where it stands, and its name, of a header in lower case."""
    if not isinstance(node, dict) or not isinstance(node.get("name"), str) or not isinstance(node.get("in"), str):
        return None
    return node["in"], node["name"].lower() if node["in"] == "header" else node["name"]


def _style(parameter: Mapping[str, Any]) -> dict[str, Any]:
    """How a parameter is written, with what OpenAPI says where it is left out."""
    style = parameter.get("style") or ("form" if parameter.get("in") in ("query", "cookie") else "simple")
    explode = parameter.get("explode", style == "form")
    return {"style": style, "explode": explode, "allowReserved": bool(parameter.get("allowReserved"))}


def _schema_of(parameter: Mapping[str, Any]) -> Any:
    if "schema" in parameter:
        return parameter["schema"]
    media = list((parameter.get("content") or {}).values())
    return media[0].get("schema", {}) if media and isinstance(media[0], dict) else {}


def _media(holder: Mapping[str, Any]) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """The media types, parameters such as charset left out."""
    return {
        name.partition(";")[0].strip().lower(): (name, each if isinstance(each, dict) else {})
        for name, each in (holder.get("content") or {}).items()
    }


def _counterpart(code: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    """Which status of the newer document a status of the older one is to be compared with."""
    if code in new:
        return code
    wider = _range_of(code)
    return wider if wider in new and wider not in old else None


def _range_of(code: str) -> str:
    return f"{code[:1]}XX" if len(code) == 3 and code.isdigit() else ""


def _is_success(code: str) -> bool:
    return code.startswith("2")


def absent_operation(name: str, place: str, elsewhere: str) -> Change:
    """An operation that the newer document does not have."""
    moved = f"; the document has {elsewhere}" if elsewhere else ""
    return Change("breaking", "operation", name, place, f"the operation is gone{moved}", structural=True)
