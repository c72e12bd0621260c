"""One request with what came back for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from venue_conformance.errors import Violation
from venue_conformance.json_levels import require_few_levels

#: How much of a header's name has to be the same for another to be taken for a slip of the pen.
_NEARLY = 0.8


@dataclass(frozen=True)
class Request:
    """A request as it goes over the wire: ``body`` is exactly the bytes that are sent, None for no body at all.

    ``path`` starts with a slash and holds the query, if there is one. ``caller`` names the account it speaks for and
    ``signing`` says in what its signing was tampered with on purpose (empty: nothing), so that it can be signed afresh.
    """

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None = None
    caller: str | None = None
    signing: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Exchange:
    """A request and its answer, or the fault that took the answer's place.

    ``started`` and ``finished`` are seconds of the monotonic clock: when sending began, when the last byte was read.
    ``started_at`` is the same beginning as an ISO 8601 time in UTC. ``status`` is None when there was no answer.
    """

    request: Request
    url: str
    started: float
    finished: float
    started_at: str
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    fault: str | None = None


class Answer:
    """What a check looks at: the answer of an exchange. Subclasses know a venue's fields."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    @property
    def status(self) -> int:
        """The HTTP status code."""
        if self.exchange.status is None:
            raise Violation("an answer", self.exchange.fault or "none", kind="no-answer")
        return self.exchange.status

    @property
    def succeeded(self) -> bool:
        """Whether the status is any 2xx."""
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """Whether the status is any 4xx."""
        return 400 <= self.status < 500

    def header(self, name: str) -> str | None:
        """A header's value by its name in any case; several of one name are joined with commas, None when absent."""
        values = [value for key, value in self.exchange.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None

    def header_text(self, name: str) -> str:
        """A header as it came, in words; of one that is absent, what there is of nearly the same name."""
        value = self.header(name)
        if value is not None:
            return f"{name}: {value}"
        names = {key.lower(): key for key, _ in self.exchange.headers}
        close = get_close_matches(name.lower(), names, n=1, cutoff=_NEARLY)
        return f"no {name}" + "".join(f"; the answer has {names[key]}: {self.header(key)}" for key in close)

    @property
    def text(self) -> str:
        """The body as text; bytes that are no UTF-8 are replaced."""
        return self.exchange.body.decode("utf-8", errors="replace")

    @cached_property
    def json(self) -> Any:
        """The body as JSON. Raises Violation when it is none."""
        try:
            text = self.exchange.body.decode("utf-8")
            return require_few_levels(text, json.loads(text, parse_constant=_no_json_number))
        except (ValueError, RecursionError) as error:
            raise Violation("a JSON body", f"{self} ({error})", kind="no-json") from error

    @property
    def json_object(self) -> dict[str, Any]:
        """The body as a JSON object. Raises Violation when it is anything else."""
        if not isinstance(self.json, dict):
            raise Violation("a JSON object", str(self), kind="no-json-object")
        return self.json

    def __repr__(self) -> str:
        text = self.text if len(self.text) <= 300 else f"{self.text[:300]}… ({len(self.exchange.body)} bytes)"
        return f"{self.exchange.status} {text}"


def _no_json_number(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")
