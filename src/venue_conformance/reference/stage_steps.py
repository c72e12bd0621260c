"""The steps of a script: what a client meets at its next batch cancels. Plain data, so that it can be written down."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from .http import Headers

Doing = Literal[
    "pass",
    "answer",
    "effect_then",
    "close",
    "effect_close",
    "effect_late",
    "short",
    "cut",
    "change",
    "elsewhere",
    "channel",
]
DOINGS: tuple[Doing, ...] = get_args(Doing)
#: How steps begin, told in words, whose answer is the venue's own.
OWN_ANSWERS = ("pass", "acknowledged")
_JSON: Headers = (("Content-Type", "application/json"),)
_MOST_SECONDS = 120.0


@dataclass(frozen=True)
class ChannelEvent:
    """One thing that becomes of a batch, and what a venue's channel tells of it.

    ``status`` is the venue's own word for what becomes of the order that element ``order`` of the batch names (the
    first is 0); ``drop`` ends every socket instead. It comes ``seconds`` after the event before it. ``stale`` tells
    only how the order stood before, ``other`` that another account's order became so; neither happens to the order.
    """

    status: str
    order: int = 0
    seconds: float = 0.02
    stale: bool = False
    other: bool = False

    def describe(self) -> str:
        """The event in a few words."""
        if self.status == "drop":
            return "the sockets drop"
        of = "of another account" if self.other else f"of order {self.order + 1}"
        return f"{'stale ' if self.stale else ''}{self.status} {of}"


@dataclass(frozen=True)
class Step:
    """What one batch cancel meets; used up by ``times`` of them, None for all that follow.

    ``pass``: the venue's own answer. ``answer``: this answer, and nothing has happened. ``effect_then``: the orders are
    cancelled, then this answer. ``close`` and ``effect_close``: the connection ends without an answer, before or after
    the effect. ``effect_late``: the effect at once, the answer ``seconds`` later. ``short`` and ``cut``: the answer's
    first ``keep`` bytes, under the length of the whole or under their own. ``change``: a successful answer's document
    after the change of that name, under ``status`` if it is another than 200. ``elsewhere``: 307 to a second listener.
    ``channel``: the venue acknowledges, and of the batch becomes what ``events`` say, no more, after the answer or
    ``before_answer``; the answer may be changed, too.

    Whatever needs an effect, and ``change``, lets a refusal of the venue pass as it is: a request that the venue turns
    down has no effect that an answer could hide.
    """

    do: Doing = "pass"
    status: int = 200
    headers: Headers = ()
    body: bytes = b""
    seconds: float = 0.0
    keep: int = 0
    change: str = ""
    times: int | None = 1
    events: tuple[ChannelEvent, ...] = ()
    before_answer: bool = False

    def for_good(self) -> Step:
        """The same for every batch cancel that follows."""
        return replace(self, times=None)

    def repeated(self, times: int) -> Step:
        """The same for so many batch cancels."""
        return replace(self, times=times)

    def describe(self) -> str:
        """The step in a few words, for reports."""
        often = "" if self.times == 1 else " for good" if self.times is None else f" ×{self.times}"
        told = {
            "answer": f"answer {self.status}",
            "effect_then": f"effect, then answer {self.status}",
            "effect_late": f"effect, answer {self.seconds:g} s late",
            "short": f"first {self.keep} bytes under the full length",
            "cut": f"first {self.keep} bytes",
            "change": self._told_of_change(),
            "channel": "acknowledged; "
            + ("before the answer " if self.before_answer else "")
            + (", ".join(event.describe() for event in self.events) or "nothing happens")
            + (f"; {self._told_of_change()}" if self.change else ""),
        }
        return told.get(self.do, self.do.replace("_", ", ")) + often

    def _told_of_change(self) -> str:
        return f"change {self.change!r}" + ("" if self.status == Step.status else f", status {self.status}")

    def to_dict(self) -> dict[str, Any]:
        """The step as a script file holds it: what differs from the default."""
        values: dict[str, Any] = {"do": self.do}
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name == "do" or value == each.default:
                continue
            values[each.name] = _written(value) if isinstance(value, bytes) else value
        if self.events:
            values["events"] = [_differing(event) for event in self.events]
        if self.headers:
            values["headers"] = dict(self.headers)
        return values


def passes() -> Step:
    """The venue's own answer."""
    return Step()


def answer(status: int, body: object = None, headers: Headers = ()) -> Step:
    """An answer of the stage; nothing has happened."""
    return Step("answer", status, *_content(status, body, headers))


def effect_then(status: int, body: object = None, headers: Headers = ()) -> Step:
    """The orders are cancelled, then an answer of the stage."""
    return Step("effect_then", status, *_content(status, body, headers))


def channel(*events: ChannelEvent, before_answer: bool = False, change: str = "") -> Step:
    """The venue acknowledges the batch, and of it becomes what the events say; the answer may be changed, too."""
    return Step("channel", events=events, before_answer=before_answer, change=change)


def read_script(entries: Iterable[Any], changes: Iterable[str] = (), statuses: Iterable[str] = ()) -> list[Step]:
    """Steps from a script file's list. Raises ValueError, naming the entry, for what is no step.

    ``changes`` are those of the venue, ``statuses`` those that its channel can tell, if it has one.
    """
    return [_read(entry, number, tuple(changes), tuple(statuses)) for number, entry in enumerate(entries, 1)]


def _content(status: int, body: object, headers: Headers) -> tuple[Headers, bytes]:
    """Headers and bytes of an answer: a mapping is JSON, None the venue's usual envelope of an error."""
    if body is None:
        body = {"error": "staged", "message": "Staged answer", "statusCode": status}
    if isinstance(body, bytes):
        return headers, body
    if isinstance(body, str):
        return headers, body.encode()
    return (*_JSON, *headers), json.dumps(body, separators=(",", ":")).encode()


def _read(entry: Any, number: int, changes: tuple[str, ...], statuses: tuple[str, ...]) -> Step:
    where = f"step {number}"
    if isinstance(entry, str):
        entry = {"do": entry}
    if not isinstance(entry, Mapping):
        raise ValueError(f"{where}: a mapping with do is expected, not {entry!r}")
    members = {each.name for each in fields(Step)}
    if unknown := [str(name) for name in entry if name not in members]:
        raise ValueError(f"{where}: {unknown[0]!r} is not known; there are {', '.join(sorted(members))}")
    do = entry.get("do", "pass")
    if do not in DOINGS:
        raise ValueError(f"{where}: do is one of {', '.join(DOINGS)}, not {do!r}")
    status, times, keep = entry.get("status", 200), entry.get("times", 1), entry.get("keep", 0)
    if not _is_count(status) or not 200 <= status <= 599:
        raise ValueError(f"{where}: status is a number from 200 to 599, not {status!r}")
    if times is not None and (not _is_count(times) or times < 1):
        raise ValueError(f"{where}: times is a number from 1, or null for good, not {times!r}")
    if not _is_count(keep) or keep < 0:
        raise ValueError(f"{where}: keep is a number of bytes, not {keep!r}")
    seconds = entry.get("seconds", 0.0)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= _MOST_SECONDS:
        raise ValueError(f"{where}: seconds is a number up to {_MOST_SECONDS:g}, not {seconds!r}")
    change = entry.get("change", "")
    needed, known = do == "change", not change or (change in changes and do in ("change", "channel"))
    if (needed and not change) or not known:
        raise ValueError(f"{where}: change names one of {', '.join(changes) or 'none'}, not {change!r}")
    headers, body = _read_content(entry, do, status, where)
    if do == "channel" and not statuses:
        raise ValueError(f"{where}: this venue has no channel")
    if do != "channel" and (entry.get("events") or entry.get("before_answer")):
        raise ValueError(f"{where}: events and before_answer belong to do: channel")
    events, before = _read_events(entry.get("events", []), statuses, where), entry.get("before_answer", False)
    return Step(do, status, headers, body, float(seconds), keep, change, times, events, bool(before))


def _read_events(entries: Any, statuses: tuple[str, ...], where: str) -> tuple[ChannelEvent, ...]:
    if not isinstance(entries, list):
        raise ValueError(f"{where}: events is a list, not {entries!r}")
    return tuple(_read_event(entry, statuses, where) for entry in entries)


def _read_event(entry: Any, statuses: tuple[str, ...], where: str) -> ChannelEvent:
    values: Any = {"status": entry} if isinstance(entry, str) else entry
    if not isinstance(values, Mapping) or values.get("status") not in statuses:
        raise ValueError(f"{where}: the status of an event is one of {', '.join(statuses)}, not {entry!r}")
    known = [each.name for each in fields(ChannelEvent)]
    if unknown := [str(name) for name in values if name not in known]:
        raise ValueError(f"{where}: {unknown[0]!r} of an event is not known; there are {', '.join(known)}")
    order, seconds = values.get("order", 0), values.get("seconds", ChannelEvent.seconds)
    if not _is_count(order) or order < 0:
        raise ValueError(f"{where}: order of an event is a number from 0, not {order!r}")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= _MOST_SECONDS:
        raise ValueError(f"{where}: seconds of an event is a number up to {_MOST_SECONDS:g}, not {seconds!r}")
    stale, other = (values.get(name, False) is True for name in ("stale", "other"))
    return ChannelEvent(str(values["status"]), order, float(seconds), stale, other)


def _differing(event: ChannelEvent) -> dict[str, Any]:
    """What a script file says of an event: its status, and what differs from the default."""
    values = {
        each.name: getattr(event, each.name) for each in fields(event) if getattr(event, each.name) != each.default
    }
    return {"status": event.status, **values}


def _read_content(entry: Mapping[str, Any], do: str, status: int, where: str) -> tuple[Headers, bytes]:
    given = entry.get("headers", {})
    if not isinstance(given, Mapping):
        raise ValueError(f"{where}: headers is a mapping of texts, not {given!r}")
    headers = tuple((str(name), str(value)) for name, value in given.items())
    if any(not text.isprintable() or not text.isascii() for pair in headers for text in pair):
        raise ValueError(f"{where}: headers are plain ASCII")
    if do not in ("answer", "effect_then"):
        return headers, b""
    body = entry.get("body")
    if isinstance(body, Mapping) and body.keys() == {"base64"}:
        body = base64.b64decode(str(body["base64"]), validate=True)
    return _content(status, body, headers)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _written(body: bytes) -> object:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode("ascii")}
