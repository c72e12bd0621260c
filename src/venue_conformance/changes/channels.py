"""What a changed AsyncAPI document means for clients: the address of the channel, and each message in its direction."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from venue_conformance.changes.change import ABSENT, Change, Side, pointer
from venue_conformance.changes.reading import Document, Unreadable
from venue_conformance.changes.references import Resolver
from venue_conformance.changes.schema_words import annotation_said
from venue_conformance.changes.schemas import Slot, schema_changes
from venue_conformance.changes.shapes import problem_of_schema

_TEXTS = ("title", "summary", "description", "examples", "tags", "externalDocs")


@dataclass(frozen=True)
class _Message:
    """A message: its name, whether the client sends it, its payload, its channel's address, its place.

    ``security`` is what a client has to show before; ``texts`` are those of its channel, by their place.
    """

    name: str
    sent: bool
    node: Mapping[str, Any]
    address: str
    place: str
    security: tuple[str, ...] = ()
    texts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def payload(self) -> Any:
        payload = self.node.get("payload", {})
        # AsyncAPI 3 may wrap a schema to say in which language it is written.
        return payload["schema"] if isinstance(payload, dict) and "schemaFormat" in payload else payload

    @property
    def constants(self) -> frozenset[tuple[str, str]]:
        """What a reader tells it apart by: members of the payload that have one value only."""
        payload = self.payload
        properties = payload.get("properties") if isinstance(payload, dict) else None
        found = set()
        for name, each in (properties or {}).items():
            each = each if isinstance(each, dict) else {}
            values = [each["const"]] if "const" in each else each.get("enum") or []
            if len(values) == 1:
                found.add((name, json.dumps(values[0])))
        return frozenset(found)


def channel_changes(ours: Document, old: Document, new: Document, *, foreign: bool) -> list[Change]:
    """What differs in the messages that our document describes. Raises Unreadable where none of them is described."""
    judged = _messages(ours)
    before, after = _messages(old), _messages(new)
    changes: list[Change] = []
    if not any(_like(each, before) for each in judged):
        raise Unreadable(f"{old.name}: it describes none of {', '.join(each.name for each in judged)}")
    if foreign and not any(_like(each, after) for each in judged):
        raise Unreadable(f"{new.name}: it describes none of {', '.join(each.name for each in judged)}")
    for one in judged:
        if (was := _like(one, before)) is None:
            continue
        side: Side = "request" if one.sent else "response"
        where = f"message {one.name}"
        now = _like(was, after)
        if now is None:
            gone = "the message is gone"
            changes.append(Change("breaking", side, where, one.place, gone, structural=True, silent=True))
            continue
        changes += _message_changes(one.place, was, now, side, where, foreign=foreign)
    if not foreign:
        infos = [document.content.get("info") for document in (old, new)]
        was_info, now_info = (each if isinstance(each, dict) else {} for each in infos)
        for key in {**was_info, **now_info}:
            if was_info.get(key) != now_info.get(key):
                changes.append(
                    Change("documentation", "operation", "the document", pointer("info", key), f"info {key}")
                )
    return changes


def _message_changes(
    place: str, was: _Message, now: _Message, side: Side, where: str, *, foreign: bool
) -> Iterator[Change]:
    if was.address != now.address and not (foreign and not now.address.startswith("/")):
        told, at = f"the address {was.address} → {now.address}", "/".join(place.split("/")[:3]) + "/address"
        yield Change("breaking", side, where, at, told, structural=True)
    if was.sent != now.sent and not foreign:
        told = f"{'sent' if was.sent else 'received'} → {'sent' if now.sent else 'received'} by the client"
        yield Change("breaking", side, where, place, told, structural=True)
    if was.security != now.security and was.sent:
        told = f"authentication: {_shown(was.security)} → {_shown(now.security)}"
        yield Change("breaking" if now.security else "compatible", side, where, place, told, structural=True)
    texts = [
        *((place + pointer(key), was.node.get(key, ABSENT), now.node.get(key, ABSENT)) for key in _TEXTS),
        *((at, was.texts[at], now.texts.get(at, ABSENT)) for at in was.texts),
    ]
    for at, before, after in texts:
        if before != after and not foreign:
            yield Change("documentation", side, where, at, annotation_said(at.rpartition("/")[2], before, after))
    headers = was.node.get("headers", {}), now.node.get("headers", {})
    yield from schema_changes(
        headers[0], headers[1], Slot(side, f"{where} headers", place + "/headers"), foreign=foreign
    )
    yield from schema_changes(was.payload, now.payload, Slot(side, where, place + "/payload"), foreign=foreign)


def _shown(security: tuple[str, ...]) -> str:
    return ", ".join(security) or "none"


def _like(message: _Message, others: list[_Message]) -> _Message | None:
    """The message that is meant by another author or version: of the same constants, or else of the same name."""
    alike = [each for each in others if message.constants and message.constants <= each.constants]
    named = [each for each in others if _bare(each.name) == _bare(message.name)]
    kinds = [
        each
        for each in others
        if {("type", value) for name, value in each.constants if name == "type"} & message.constants
    ]
    return next(iter([*(each for each in named if each in alike), *alike, *named, *kinds]), None)


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _messages(document: Document) -> list[_Message]:
    """The messages of a document. Raises Unreadable for one that is not as AsyncAPI has it."""
    resolver = Resolver(document)
    try:
        old_style = str(document.content["asyncapi"]).startswith("2.")
        found = list(_of_version_2(document, resolver) if old_style else _of_version_3(document, resolver))
    except (AttributeError, TypeError, KeyError, IndexError) as error:
        raise Unreadable(f"{document.name}: it is not as AsyncAPI has it: {error}") from error
    for each in found:
        for schema in (each.payload, each.node.get("headers")):
            if problem := problem_of_schema(schema):
                raise Unreadable(f"{document.name}: message {each.name}: {problem}")
    return found


def _message(name: str, sent: bool, node: Any, *more: Any) -> _Message:
    if not isinstance(node, dict):
        raise TypeError(f"message {name}: a mapping is expected")
    return _Message(name, sent, node, *more)


def _security(*holders: Mapping[str, Any]) -> tuple[str, ...]:
    """What a server and an operation ask for: of version 3 schemes, of version 2 names of them."""
    asked = [each for holder in holders for each in holder.get("security") or []]
    return tuple(sorted({str(each.get("type") or " + ".join(each)) for each in asked}))


def _of_version_3(document: Document, resolver: Resolver) -> Iterator[_Message]:
    channels, servers = document.content["channels"], document.content.get("servers") or {}
    sent: dict[tuple[str, str], bool] = {}
    first: Mapping[str, Any] = next(iter(resolver.resolved(servers).values()), {})
    security: dict[str, tuple[str, ...]] = {}
    for operation in (document.content.get("operations") or {}).values():
        operation = resolver.target(operation["$ref"]) if "$ref" in operation else operation
        channel = resolver.origin(operation["channel"]["$ref"][1:] + "/-").split("/")[-2]
        security[channel] = tuple(dict.fromkeys((*security.get(channel, ()), *_security(resolver.resolved(operation)))))
        names = [each["$ref"].split("/")[-1] for each in operation.get("messages") or []]
        replies = [each["$ref"].split("/")[-1] for each in (operation.get("reply") or {}).get("messages") or []]
        for name in names or channels[channel].get("messages") or {}:
            sent.setdefault((channel, name), operation["action"] == "send")
        for name in replies:
            sent[channel, name] = operation["action"] != "send"
    for channel, node in channels.items():
        node = resolver.target(node["$ref"]) if "$ref" in node else node
        for name, message in (node.get("messages") or {}).items():
            address = _server_path(resolver.resolved(servers)) + str(node.get("address") or "")
            yield _message(
                name,
                sent.get((channel, name), False),
                resolver.resolved(message),
                address,
                pointer("channels", channel, "messages", name),
                (*_security(first), *security.get(channel, ())),
                {pointer("channels", channel, key): node.get(key, ABSENT) for key in ("description", "summary")},
            )


def _of_version_2(document: Document, resolver: Resolver) -> Iterator[_Message]:
    server: Mapping[str, Any] = next(iter(resolver.resolved(document.content.get("servers") or {}).values()), {})
    for channel, item in document.content["channels"].items():
        for verb, is_sent in (("publish", True), ("subscribe", False)):
            message = resolver.resolved((item.get(verb) or {}).get("message") or {})
            for number, node in enumerate(message.get("oneOf") or ([message] if message else [])):
                name = str(node.get("name") or node.get("messageId") or f"{channel} {number + 1}")
                place = pointer("channels", channel, verb, "message")
                yield _message(name, is_sent, node, channel, place, _security(server, item[verb]))


def _server_path(servers: Mapping[str, Any]) -> str:
    first: Mapping[str, Any] = next(iter(servers.values()), {})
    path = str(first.get("pathname") or "")
    try:
        return (path or urlsplit(str(first.get("url") or "")).path).rstrip("/")
    except ValueError:
        return ""
