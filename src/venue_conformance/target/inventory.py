"""Orders that somebody prepared by hand, listed in a file (target protocol, section 3)."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from venue_conformance.errors import ClientFault, NotTested
from venue_conformance.target.json_text import parse_json
from venue_conformance.target.problems import Problems, unknown
from venue_conformance.target.state_reasons import described
from venue_conformance.target.state_values import STATUSES, wrong_detail
from venue_conformance.target.tables import kind_of

CALLER, STRANGER = "caller", "stranger"
ENGINES = frozenset({"CLOB", "AMM"})
_DETAILS = ("marketId", "eventId", "accountIndex", "clientId")
_KEYS = frozenset({"orderId", "owner", "status", "engine", *_DETAILS})
# A check cancels these, so no other check can use them.
USED_UP = frozenset({"open", "partially_filled"})


class Kind(NamedTuple):
    """What orders are alike in, as far as a check can ask for them."""

    owner: str
    status: str
    engine: str


@dataclass(frozen=True)
class _Prepared:
    """One order of the file. ``answer`` is what the state ``orders`` says of it."""

    order_id: str
    owner: str
    status: str
    engine: str
    answer: Mapping[str, object]

    @property
    def market(self) -> object:
        return self.answer.get("marketId", 1)


class Inventory:
    """Answers the state ``orders`` from a file and offers no other; may be used by several threads at once.

    ``caller_name`` is the public name of the target file's [credentials], who owns the orders of "caller". Params
    with ``"owner": "stranger"`` in place of ``caller`` ask for orders of somebody else, which only an inventory can
    answer. Raises ClientFault for a file that is not as the protocol says, with all that is wrong.
    """

    kind = "inventory"

    def __init__(self, file: Path, caller_name: str) -> None:
        self._caller_name = caller_name
        self._orders = _read(file)
        self._handed_out: Counter[str] = Counter()
        self._lock = threading.Lock()

    def setup(
        self,
        state: str,
        params: Mapping[str, object],
        again: Callable[[], None] | None = None,  # noqa: ARG002 - a file is read once
    ) -> dict[str, Any]:
        """Hand out orders of a kind. An open one is handed out once; of those that stay as they are, the least used.

        Raises NotTested when a kind has run out, and for every state but ``orders``.
        """
        if state != "orders":
            raise NotTested(f"an inventory does not offer {described(state, params)}", needs=state)
        stranger = params.get("owner") == STRANGER
        if not stranger and params.get("caller", self._caller_name) != self._caller_name:
            raise NotTested("the inventory has no orders of any account but that of [credentials]", needs=state)
        with self._lock:
            return {"orders": [dict(order.answer) for order in self._take(STRANGER if stranger else CALLER, params)]}

    def kinds(self) -> Counter[Kind]:
        """How many orders of each kind the file lists."""
        return Counter(Kind(order.owner, order.status, order.engine) for order in self._orders)

    def teardown(
        self,
        state: str,  # noqa: ARG002 - nobody is asked
        params: Mapping[str, object],  # noqa: ARG002
        values: Mapping[str, object] | None = None,  # noqa: ARG002
    ) -> bool | None:
        """False: what was prepared stays as the run leaves it."""
        return False

    def trouble(self, order_id: str, seconds: float) -> str | None:  # noqa: ARG002 - nobody is asked
        """None: the file was read."""
        return None

    def close(self) -> None:
        """Nothing is open."""

    def _take(self, owner: str, params: Mapping[str, object]) -> Sequence[_Prepared]:
        status, engine = params.get("status", "open"), params.get("engine") or "CLOB"
        count, client_ids = int(str(params.get("count", 1))), bool(params.get("client_ids"))
        fitting = [
            order
            for order in self._orders
            if (order.owner, order.status, order.engine) == (owner, status, engine)
            and (not client_ids or "clientId" in order.answer)
        ]
        free = [order for order in fitting if order.status not in USED_UP or not self._handed_out[order.order_id]]
        if len(free) < count:
            kind = f"{status} {engine} orders of the {owner}{' with a clientId' if client_ids else ''}"
            left = f", {len(free)} of them unused" if free else ""
            raise NotTested(
                f"the inventory has run out of {kind}: it lists {len(fitting)}{left}, {count} needed"
                if fitting
                else f"the inventory lists no {kind}",
                needs="orders",
            )
        # Orders with a clientId are spared for checks that need one.
        free.sort(key=lambda order: (self._handed_out[order.order_id], not client_ids and "clientId" in order.answer))
        chosen = free[:count]
        if count > 1 and len({order.market for order in chosen}) == 1:
            elsewhere = next((order for order in free[count:] if order.market != chosen[0].market), chosen[-1])
            chosen[-1] = elsewhere
        self._handed_out.update(order.order_id for order in chosen)
        return chosen


def _read(file: Path) -> list[_Prepared]:
    try:
        document = parse_json(file.read_text("utf-8-sig"))
    except OSError as error:
        raise ClientFault(f"{file}: the inventory cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ClientFault(f"{file}: the inventory is not UTF-8 text (byte {error.start})") from error
    except ValueError as error:
        raise ClientFault(f"{file}: the inventory {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("orders"), list):
        raise ClientFault(f'{file}: the inventory must be {{"orders": [...]}}')
    problems = Problems(str(file))
    for key in document.keys() - {"orders"}:
        problems.add(key, unknown("key", key, {"orders"}))
    orders = [_read_order(entry, f"orders[{n}]", problems) for n, entry in enumerate(document["orders"])]
    first: dict[str, int] = {}
    for number, order in enumerate(orders):
        if order is None:
            continue
        if order.order_id in first:
            problems.add(f"orders[{number}] orderId", f'"{order.order_id}" is that of orders[{first[order.order_id]}]')
        first.setdefault(order.order_id, number)
    problems.raise_if_any()
    return [order for order in orders if order is not None]


def _read_order(entry: object, where: str, problems: Problems) -> _Prepared | None:
    if not isinstance(entry, dict):
        problems.add(where, f"must be an object, is {kind_of(entry)}")
        return None
    before = len(problems)
    for key in sorted(entry.keys() - _KEYS):
        problems.add(f"{where} {key}", unknown("key", key, _KEYS))
    order_id = entry.get("orderId")
    if not isinstance(order_id, str) or not order_id:
        problems.add(f"{where} orderId", "must be text that is not empty")
    engine = entry.get("engine")
    choices = {"owner": {CALLER, STRANGER}, "status": STATUSES, "engine": ENGINES}
    for key, allowed in choices.items():
        value = entry.get(key)
        if key == "engine" and value is None:
            continue
        if key not in entry:
            problems.add(f"{where} {key}", f"missing; one of {', '.join(sorted(allowed))}")
        elif not isinstance(value, str):
            problems.add(f"{where} {key}", f"must be one of {', '.join(sorted(allowed))}, is {kind_of(value)}")
        elif value not in allowed:
            problems.add(f"{where} {key}", f'"{value}" is an {unknown(key, value, allowed)}')
    wrong = wrong_detail(entry)
    if wrong:
        problems.add(where, wrong)
    if len(problems) > before:
        return None
    details = {key: entry[key] for key in _DETAILS if entry.get(key) is not None}
    return _Prepared(str(order_id), entry["owner"], entry["status"], engine or "CLOB", {"orderId": order_id, **details})
