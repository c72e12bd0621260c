"""The steps of a check as a reader follows them: who sent which orders under which key, and what came.

Accounts are A, B …, keys K1, K2 …, orders are called by their status when they were made (``open1``), all in the
sequence in which the steps meet them; ids that no step has handed out stand there by their first characters.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from venue_conformance.report.text import counted, one_line

Values = Mapping[str, Any]

#: Headers of a response that decide something, in lower case; of a 429 also those whose names begin so.
_DECIDE = frozenset({"idempotent-replayed", "retry-after", "location", "www-authenticate"})
_COUNTS = ("ratelimit", "x-ratelimit")
#: How a tampered signing is told, by the name under which it is recorded.
_TAMPERED: Mapping[str, str] = {
    "age": "timestamp {} s old",
    "timestamp": "timestamp sent as {}",
    "omit": "without {}",
    "public_key": "under another public key",
    "secret": "signed with another secret",
    "private_key": "signed with another key",
    "key": "under the API key {}",
    "wallet": "for the wallet {}",
    "address": "for the address {}",
    "flip": "one bit of the signature flipped",
    "elements": "elements tampered with: {}",
}
#: How many orders of one batch are named, and how many characters of an id that no step has handed out.
_NAMED, _SHORT = 4, 8
#: So many lines behind one that are like it are not told, and what may differ in them.
_ALIKE = 3
_VARIES = re.compile(r"^#\d+|\bK\d+( \([^)]*\))?|\b[0-9a-f]{8}[0-9a-f-]*|\bin \d+ ms|\b\d{5,}|\(\d+ more bytes\)")
_VALUE = re.compile(r"(· [A-Za-z][\w-]+): [^·]+")
#: Headers that every client sets; its name alone may be what a check varies.
_USUAL = frozenset({"accept", "accept-encoding", "connection", "content-length", "content-type", "host"})
#: What may be the id of an order or the name of an account; anything shorter is found in too many places.
_WORD = re.compile(r"[\w.:-]{6,}")


def step_lines(steps: Sequence[Values], exchanges: Mapping[int, Values], limit: int = 160) -> list[str]:
    """Each step of a check in one printable line; no value of the target takes more than ``limit`` bytes of it."""
    told = _Telling(steps, exchanges, limit)
    return [told.line(step) for step in steps]


def last_lines(
    steps: Sequence[Values], exchanges: Mapping[int, Values], most: int, limit: int = 160
) -> tuple[list[str], str]:
    """The last ``most`` lines of the steps of a check, and what part of them that is, in words; empty for all.

    Of requests that come one after the other and differ in nothing that matters only the first is told.
    """
    lines: list[str] = []
    for _, run in groupby(step_lines(steps, exchanges, limit), _shape):
        first, *others = run
        lines += [first, f"… {len(others)} more like it"] if len(others) >= _ALIKE else [first, *others]
    return lines[-most:], f"the last {most} of {len(lines)} lines" if len(lines) > most else ""


def _shape(line: str) -> str:
    """A line without what is another thing in each of many requests: numbers of exchanges, keys, ids and times."""
    sent, arrow, came = line.partition(" → ")
    return _VARIES.sub("·", _VALUE.sub(r"\1", sent) + arrow + came)


def exchange_line(exchange: Values, limit: int = 160) -> str:
    """One exchange by itself in a printable line: request and response, how long it took, how its body begins."""
    first = f"#{exchange['id']} {one_line(exchange['method'], 20)} {one_line(exchange['url'], limit)}"
    return " · ".join([first, *tampered(exchange["signing"], limit)]) + f" → {_came(exchange, limit, str)}"


class _Telling:
    """What has been given a short name so far."""

    def __init__(self, steps: Sequence[Values], exchanges: Mapping[int, Values], limit: int) -> None:
        self._exchanges, self._limit = exchanges, limit
        self._accounts: dict[str, str] = {}
        self._keys: dict[str, tuple[str, list[Values]]] = {}
        self._orders: dict[str, str] = {}
        self._made: Counter[str] = Counter()
        self._route: tuple[str, str] | None = None
        sent = [exchanges[step["exchange"]] for step in steps if step.get("exchange") in exchanges]
        self._chosen = _chosen([each["request_headers"] for each in sent if each["request_headers"] is not None])
        self._names = {
            *(each["caller"] for each in sent),
            *(str(step["params"].get("caller")) for step in steps if "state" in step),
        }

    def line(self, step: Values) -> str:
        if "note" in step:
            return one_line(self._named(step["note"]), 4 * self._limit)
        if "exchange" not in step:
            asked = self._state(step["state"], step["params"], step["values"])
            return f"{asked} (asked {step['times']} times)" if "times" in step else asked
        exchange = self._exchanges.get(step["exchange"])
        return f"#{step['exchange']} was not recorded" if exchange is None else self._exchange(exchange)

    def _exchange(self, exchange: Values) -> str:
        said = [*self._who(exchange), *self._where(exchange)]
        said += [
            *self._what(exchange),
            *self._headers(exchange),
            *(self._named(each) for each in tampered(exchange["signing"], self._limit)),
        ]
        return f"#{exchange['id']} {' · '.join(said)} → {_came(exchange, self._limit, self._named)}"

    def _who(self, exchange: Values) -> Iterator[str]:
        name = exchange["caller"]
        if name:
            known = name in self._accounts
            yield self._account(name) if known else f"{self._account(name)} ({one_line(name, self._limit)})"

    def _account(self, name: str) -> str:
        if name not in self._accounts:
            number = len(self._accounts)
            self._accounts[name] = f"caller {chr(ord('A') + number)}" if number < 26 else f"caller {number + 1}"
        return self._accounts[name]

    def _where(self, exchange: Values) -> Iterator[str]:
        """Method and path, where they are not those of the request before."""
        route = exchange["method"], urlsplit(exchange["url"]).path
        if route != self._route:
            self._route = route
            yield one_line(self._named(" ".join(route)), self._limit)

    def _what(self, exchange: Values) -> Iterator[str]:
        if exchange["request_headers"] is None:
            return
        key = next((v for n, v in exchange["request_headers"].items() if n.lower() == "idempotency-key"), None)
        earlier = None
        if key is not None:
            label, uses = self._keys.setdefault(key, (f"key K{len(self._keys) + 1}", []))
            yield label + (f" (first used in #{uses[0]['id']})" if uses else f" ({one_line(key, 40)})")
            same = next((each for each in uses if each["request_body"] == exchange["request_body"]), None)
            earlier = same or (uses[0] if uses else None)
            uses.append(exchange)
        body = exchange["request_body"]
        if body is None:
            yield "no body"
        elif earlier is not None and earlier["request_body"] == body:
            yield f"the same body as #{earlier['id']}"
        elif (ids := _ids(body)) is None:
            yield f"body {one_line(self._named(body), self._limit)}"
        else:
            yield self._batch(ids) + _compared(ids, earlier)

    def _headers(self, exchange: Values) -> Iterator[str]:
        """The headers that other requests of the check do not have, but for those of a signature, which are masked."""
        for name, value in (exchange["request_headers"] or {}).items():
            if name.lower() in self._chosen and "***" not in value:
                yield one_line(f"{name}: {value}", self._limit)

    def _batch(self, ids: list[str]) -> str:
        names = Counter(self._order(each) for each in ids)
        shown = [name if times == 1 else f"{name} ×{times}" for name, times in list(names.items())[:_NAMED]]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        number = counted(len(ids), "id")
        return f"{number}: {', '.join(shown)}{more}" if ids else number

    def _order(self, order_id: str) -> str:
        if order_id in self._orders:
            return self._orders[order_id]
        return one_line(order_id, 40) if len(order_id) <= 2 * _SHORT else f"{one_line(order_id[:_SHORT], 40)}…"

    def _state(self, state: str, params: Values, values: Values | None) -> str:
        """A provider state with what was asked and what came, accounts and orders by their short names."""
        asked = dict(params)
        owner = self._account(str(asked.pop("caller"))) if "caller" in asked else None
        shown = self._made_orders(asked, values, owner) if state == "orders" else None
        if state == "caller" and values is not None:
            shown = self._made_account(values)
        if state == "order statuses" and values is not None and (read := self._read(values)) is not None:
            asked.pop("orderIds", None)
            shown = read
        if shown is None:
            shown = "not to be had" if values is None else self._json(values)
        given = " · ".join(part for part in (owner, self._json(asked) if asked else None) if part)
        return f"state {one_line(state, self._limit)}{f' · {given}' if given else ''} → {shown}"

    def _made_account(self, values: Values) -> str | None:
        """A new account, by the public name that the exchanges call it."""
        found = next((text for text in _texts(values) if text in self._names), None)
        if found is None or found in self._accounts:
            return None
        return f"{self._account(found)} ({one_line(found, self._limit)})"

    def _made_orders(self, asked: Values, values: Values | None, owner: str | None) -> str | None:
        made = values.get("orders") if values is not None else None
        if not isinstance(made, list) or not made:
            return None
        status = str(asked.get("status", "open"))
        names = []
        for order in made:
            self._made[status] += 1
            name = one_line(f"{status}{self._made[status]}", 40)
            if owner not in (None, *list(self._accounts.values())[:1]):
                name = f"{name} of {owner}"
            names.append(name)
            for member, label in (("orderId", name), ("clientId", f"client id of {name}")):
                if isinstance(order, Mapping) and order.get(member):
                    self._orders[str(order[member])] = label
        return _few(names)

    def _read(self, values: Values) -> str | None:
        """What orders read as, by status."""
        read = values.get("statuses")
        if not isinstance(read, Mapping) or not read:
            return None
        by_status: dict[str, list[str]] = {}
        for order_id, status in read.items():
            by_status.setdefault(one_line(str(status), 40), []).append(self._order(str(order_id)))
        return "; ".join(f"{status}: {_few(names)}" for status, names in by_status.items())

    def _json(self, values: Values) -> str:
        return one_line(self._named(json.dumps(values, ensure_ascii=False)), self._limit)

    def _named(self, text: str) -> str:
        """A text in which accounts and orders have their short names."""
        return _WORD.sub(lambda found: self._orders.get(found[0]) or self._accounts.get(found[0]) or found[0], text)


def _few(names: Sequence[str]) -> str:
    """The first of some names, and how many there are besides."""
    return ", ".join([*names[:_NAMED], *([f"{len(names) - _NAMED} more"] if len(names) > _NAMED else [])])


def _chosen(requests: Sequence[Mapping[str, str]]) -> set[str]:
    """The headers, in lower case, that some requests of a check have and some have not, or another client's name."""
    names = [{name.lower() for name in headers} for headers in requests]
    clients = {value for headers in requests for name, value in headers.items() if name.lower() == "user-agent"}
    found = set[str]().union(*names) - set[str].intersection(*names) if names else set[str]()
    return (found | ({"user-agent"} if len(clients) > 1 else set())) - _USUAL - {"idempotency-key"}


def _ids(body: str) -> list[str] | None:
    """The ids of a batch, in its order; None for a body that is not an object with one array of ids or elements."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return None
    arrays = [value for value in parsed.values() if isinstance(value, list)] if isinstance(parsed, dict) else []
    if len(arrays) != 1:
        return None
    found = []
    for element in arrays[0]:
        if isinstance(element, dict):
            named = [str(element[member]) for member in ("orderId", "clientId") if element.get(member) is not None]
            if len(named) != 1:
                return None
            found += named
        elif isinstance(element, str):
            found.append(element)
        else:
            return None
    return found


def _compared(ids: list[str], earlier: Values | None) -> str:
    """How the ids of a batch differ from those that its key was used for before."""
    before = _ids(earlier["request_body"] or "") if earlier is not None else None
    if earlier is None or before is None:
        return ""
    if Counter(ids) == Counter(before):
        return f", those of #{earlier['id']}{'' if ids == before else ' in another sequence'}"
    return f", {sum((Counter(ids) - Counter(before)).values())} other than #{earlier['id']}"


def deciding(status: int | None, headers: Mapping[str, str]) -> list[str]:
    """The headers of a response on which a verdict can rest."""
    return [
        f"{name}: {value}"
        for name, value in headers.items()
        if name.lower() in _DECIDE or (status == 429 and name.lower().startswith(_COUNTS))
    ]


def tampered(signing: Values, limit: int) -> Iterator[str]:
    """What was wrong on purpose with the signing of a request, in words."""
    for name, value in signing.items():
        before, takes, behind = _TAMPERED.get(name, f"{name.replace('_', ' ')} {{}}").partition("{}")
        if isinstance(value, float):
            value = f"{value:.0f}"
        if name == "elements" and isinstance(value, list):
            changed = [
                {n: v for n, v in each.items() if n != "of"} if isinstance(each, dict) else each for each in value
            ]
            value = ", ".join(dict.fromkeys(json.dumps(each, ensure_ascii=False) for each in changed if each))
        elif isinstance(value, list):
            value = ", ".join(map(str, value))
        shown = value if isinstance(value, str) else json.dumps(value)
        yield one_line(f"{before}{shown if takes else ''}{behind}", limit)


def _came(exchange: Values, limit: int, named: Any) -> str:
    took = f"{exchange['duration_seconds'] * 1000:.0f} ms"
    if exchange["status"] is None:
        return f"{one_line(exchange['fault'] or 'no answer', limit)} after {took}"
    said = [f"{exchange['status']} in {took}"]
    said += [one_line(each, limit) for each in deciding(exchange["status"], exchange["response_headers"] or {})]
    if exchange["response_body"]:
        said.append(one_line(named(exchange["response_body"]), limit))
    return " · ".join(said)


def _texts(values: object) -> Iterator[str]:
    """All texts in a JSON value."""
    if isinstance(values, str):
        yield values
    elif isinstance(values, Mapping):
        for each in values.values():
            yield from _texts(each)
    elif isinstance(values, list):
        for each in values:
            yield from _texts(each)
