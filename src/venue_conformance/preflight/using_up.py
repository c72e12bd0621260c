"""How far a list of prepared orders lasts: each check takes some away, in the order of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from venue_conformance.contract.manifest import ManifestCheck, Need
from venue_conformance.target.inventory import CALLER, STRANGER, USED_UP, Kind

#: What is lacking where a kind of orders has run out.
MORE = "more orders"


def run_out(checks: Iterable[ManifestCheck], listed: Mapping[Kind, int]) -> dict[str, Need]:
    """What of an inventory has run out for each check that comes too late for it.

    ``checks`` are those that lack nothing else, ``listed`` how many orders of each kind there are. How many a check
    takes was measured at the reference: of the kinds beside open ones it takes one each.
    """
    left = Counter(listed)
    lacking: dict[str, Need] = {}
    for check in sorted(checks, key=_turn):
        wanted = _wanted(check.needs, check.measured.orders if check.measured else 1)
        short = next((kind for kind, count in wanted.items() if left[kind] < count), None)
        if short is not None:
            lacking[check.id] = Need(MORE, "status", short.status)
            continue
        left.subtract(wanted)
    return lacking


def _turn(check: ManifestCheck) -> tuple[bool, bool, bool, bool]:
    """When a run comes to a check whose target counts its orders."""
    many = "many_orders" in check.markers or len(set(check.clauses)) > 1
    return "last" in check.markers, check.explores, not check.required, many


def _wanted(needs: Collection[Need], orders: int) -> Counter[Kind]:
    """How many orders of each kind that is used up a check takes."""
    wanted: Counter[Kind] = Counter()
    others = 0
    for need in needs:
        if need.state == "orders" and need.param == "owner":
            wanted[Kind(STRANGER, "open", "CLOB")] += 1
            others += 1
        elif need.state == "orders" and need.param == "stranger":
            others += 1
        elif need.state == "orders" and need.param == "status" and need.value != "open":
            others += 1
            if need.value in USED_UP:
                wanted[Kind(CALLER, need.value, "CLOB")] += 1
    if any(need.state == "orders" and (need.value == "open" or need.param == "client_ids") for need in needs):
        wanted[Kind(CALLER, "open", "CLOB")] += max(orders - others, 1)
    return wanted
