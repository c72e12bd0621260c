"""What a request names, read as carelessly as a venue might read it, and whether it may go out.

Nothing leaves a run that names an order which the run was not given (target protocol, section 4). What could be read as
"all orders", or as somebody's short id, leaves it only in the name of an account that owns nothing of worth.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from venue_conformance.errors import NotSent, SuiteFault
from venue_conformance.target.ledger import ID_LENGTH, Ledger
from venue_conformance.wire.exchange import Request

WORDS = re.compile(r"[^\W_](?:[\w-]*[^\W_])?")
_SHOWN = 80


@dataclass(frozen=True)
class IdPositions:
    """Where the requests of a venue name orders.

    ``routes`` are the operations that a run may use, as method and path with ``{id}`` where that names an order; the
    first is the batch cancel. ``array`` is the member of its body whose elements name the orders: texts, or objects
    with one of ``ids``. ``plain`` are the members of bodies, and of queries, that never name one.
    """

    routes: tuple[tuple[str, str], ...]
    array: str
    ids: frozenset[str] = frozenset()
    plain: frozenset[str] = field(default_factory=frozenset)

    @property
    def words(self) -> frozenset[str]:
        """What stands in requests without naming anything."""
        parts = {part for _, path in self.routes for part in path.split("/")}
        return self.ids | self.plain | {self.array} | parts


class Outgoing:
    """Looks at the requests of one venue before they are sent."""

    def __init__(self, positions: IdPositions, ledger: Ledger) -> None:
        self._positions, self._ledger = positions, ledger

    def require_safe(self, request: Request, *, disposable: bool) -> None:
        """Let a request pass, in the name of an account that is ``disposable`` or not.

        Raises SuiteFault where it names an order that the run was not given, or is no operation that a run may use,
        and NotSent where only a disposable account may send it.
        """
        path, _, query = request.path.partition("?")
        named = self._named_in_path(request.method, path)
        queried = (
            value for name, value in parse_qsl(query, keep_blank_values=True) if name not in self._positions.plain
        )
        doubts = [self._doubt_of(text) for text in (*named, *queried)]
        if request.body:
            doubts += self._doubts_of_body(request.body)
        elif path == self._positions.routes[0][1]:
            doubts.append("no body")
        doubt = next((doubt for doubt in doubts if doubt), None)
        if doubt and not disposable:
            raise NotSent(doubt)

    def _named_in_path(self, method: str, path: str) -> list[str]:
        """The ids in a path, which is one of the venue's operations."""
        parts = path.split("/")
        for known, template in self._positions.routes:
            places = template.split("/")
            if known == method and len(places) == len(parts):
                pairs = list(zip(places, parts, strict=True))
                if all(place in ("{id}", part) for place, part in pairs):
                    return [unquote(part) for place, part in pairs if place == "{id}"]
        raise SuiteFault(f"{method} {path[:_SHOWN]} is no operation that a run may use")

    def _doubts_of_body(self, body: bytes) -> Iterator[str | None]:
        try:
            document = json.loads(body, object_pairs_hook=_Members)
        except (ValueError, RecursionError):
            yield from self._doubts_of_text(body)
            return
        yield from self._doubts_of(document, naming=not isinstance(document, _Members))
        elements = document.get(self._positions.array) if isinstance(document, _Members) else None
        if not isinstance(elements, list):
            yield f"no array of {self._positions.array}"
        elif not elements:
            yield f"empty {self._positions.array}"
        elif not all(self._names_something(element) for element in elements):
            yield "an element that names no order"

    def _doubts_of(self, value: Any, *, naming: bool) -> Iterator[str | None]:
        """Of what stands anywhere but in a plain member; ``naming`` where an order may be named by anything."""
        match value:
            case str():
                doubt = self._doubt_of(value)
                yield doubt if naming else None
            case bool() | None:
                yield json.dumps(value) if naming else None
            case int() | float():
                known = isinstance(value, int) and self._ledger.knows(value)
                yield "a number for an id" if naming and not known else None
            case _Members():
                for name, member in value.pairs:
                    if name in self._positions.plain:
                        continue
                    names = name == self._positions.array or name in self._positions.ids
                    if not names and is_long(name):
                        self._doubt_of(name)
                    yield from self._doubts_of(member, naming=names or (naming and not self._positions.ids))
            case list():
                for element in value:
                    yield from self._doubts_of(element, naming=naming)

    def _doubts_of_text(self, body: bytes) -> Iterator[str | None]:
        """Of a body that is no JSON, and may be read as anything."""
        for word in long_words(body):
            if word not in self._positions.words:
                self._doubt_of(word)
        yield "a body that is no JSON"

    def _names_something(self, element: Any) -> bool:
        if isinstance(element, _Members):
            return any(isinstance(element.get(name), str) for name in self._positions.ids)
        return isinstance(element, str) and not self._positions.ids

    def _doubt_of(self, text: str) -> str | None:
        if self._ledger.knows(text):
            return None
        if text[:1] in ("[", "{"):
            with suppress(ValueError, RecursionError):
                document = json.loads(text, object_pairs_hook=_Members)
                return next((doubt for doubt in self._doubts_of(document, naming=True) if doubt), "a text of JSON")
        if is_long(text):
            shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
            raise SuiteFault(f"{shown} is not an order that this run may touch")
        return "a short text for an id"


class _Members:
    """The members of a JSON object, each as often as it stands there."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        self.pairs = pairs

    def get(self, name: str) -> Any:
        """The last value under a name, None where there is none."""
        return next((value for key, value in reversed(self.pairs) if key == name), None)


def long_words(body: bytes) -> Iterator[str]:
    """The words of a body that is no JSON, however it may be read, that could be an id that is not known by chance."""
    for encoding in ("utf-16", "utf-32") if b"\0" in body else ("utf-8",):
        yield from filter(is_long, WORDS.findall(body.decode(encoding, errors="replace")))


def is_long(text: str) -> bool:
    """Whether a text could be the id of somebody's order that is not known by chance."""
    return sum(character.isalnum() for character in text) >= ID_LENGTH
