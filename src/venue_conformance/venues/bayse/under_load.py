"""How a Bayse target is pressed under load, and what its answers are held against (batch-cancel page).

Two batches that overlap may both say that they cancelled an order; nobody is accused of that.
"""

from __future__ import annotations

from collections.abc import Sequence

from venue_conformance.client.load_isolation import Bystanders, greedy_round, judge_bystanders
from venue_conformance.client.under_load import (
    Done,
    LoadCheck,
    LoadScript,
    Round,
    RoundKind,
    UserGroup,
    behind,
    earlier_operations,
    fill,
    judge_ends,
    require_fills,
)
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.bayse import history, load_keys, model, oracle
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.venues.bayse.load_batches import ENDS, OVERLAP, ROWS, SIZE, cancel, cancel_ids, named_in, told_by

REFUSED_CANCELS_NOTHING = "bayse.rate-limit.refused-cancels-nothing"
INDEPENDENT = "bayse.rate-limit.accounts-independent"
UNNAMED = "bayse.isolation.unnamed-untouched"

_OVERLAPPING = LoadCheck(
    "overlapping batches",
    "Of batches that share orders each order is cancelled once, and later batches find it cancelled.",
    tuple(dict.fromkeys((*ENDS, *ROWS, model.OPTIONAL, OVERLAP))),
    history.BLAME.kept_open,
)
_FILLS = LoadCheck(
    "cancels against fills",
    "An order that is cancelled and filled at one moment ends as one of the two, and every answer agrees.",
    tuple(dict.fromkeys((*ENDS, *ROWS, history.BLAME.filled, OVERLAP))),
    history.BLAME.kept_open,
)
_STRANGERS = LoadCheck(
    "orders of other accounts",
    "Under load too, no batch changes an order of another account, or one that it does not name.",
    (
        model.FAILS_ALONE,
        oracle.ONE_PER_ID,
        oracle.IN_ORDER,
        oracle.SUMMARY,
        *(oracle.RULES[kind].clause for kind in ("open", "foreign", "unknown")),
        model.UNTOUCHED,
        UNNAMED,
        history.BLAME.reported,
    ),
    model.FAILS_ALONE,
)
_GREED = LoadCheck(
    "an account beyond its budget",
    "What is refused with 429 cancels nothing, and costs no other account its budget.",
    (REFUSED_CANCELS_NOTHING, INDEPENDENT),
    REFUSED_CANCELS_NOTHING,
    greedy=True,
)


def _overlapping(group: UserGroup) -> Round:
    opened = group.open(SIZE + 1)
    again = group.ended[:1]
    shared = [*opened, *(order for order, _ in again)]
    parts = [
        cancel(group, f"batch{number + 1}", _slice(shared, number, backwards=bool(number % 2)))
        for number in range(group.size)
    ]
    if again:
        # Whoever is alone may have room for few of them.
        parts[0] = cancel(group, "batch1", [*opened[:SIZE], again[0][0]])

    def judge(dones: Sequence[Done]) -> None:
        told = [*earlier_operations(again), *told_by(group, dones)]
        judge_ends(group, shared, told, history.BLAME, named=named_in(dones))

    return Round(parts, judge)


def _against_fills(group: UserGroup) -> Round:
    require_fills(group)
    opened = group.open(SIZE)
    fills = [fill(group, f"fill{number + 1}", opened[number % len(opened)]) for number in range(group.size // 2)]
    cancels = [
        behind(group, cancel(group, f"batch{number + 1}", opened), "fill")
        for number in range(max(1, group.size - len(fills)))
    ]
    parts = [*fills, *cancels]

    def judge(dones: Sequence[Done]) -> None:
        judge_ends(group, opened, told_by(group, dones), history.BLAME, named=named_in(dones))

    return Round(parts, judge)


def _strangers(group: UserGroup) -> Round:
    stranger = group.caller_of("stranger")
    foreign = group.kept("foreign", 1, owner=stranger)
    unnamed = group.kept("unnamed", 1)
    opened = group.open(group.size)
    batches: list[list[tuple[str, str]]] = []
    for order in opened:
        batch = [(order.order_id, "open"), (foreign[0].order_id, "foreign"), (group.unknown(1)[0], "unknown")]
        group.random.shuffle(batch)
        batches.append(batch)
    parts = [
        cancel_ids(group, f"batch{number + 1}", [each for each, _ in batches[number]]) for number in range(len(opened))
    ]

    def judge(dones: Sequence[Done]) -> None:
        done_orders = []
        for done, order, batch in zip(dones, opened, batches, strict=True):
            if done.answered and done.result.status != 429:
                oracle.judge(done.result, batch, group.assess)
                if done.result.succeeded and done.result.cancelled(order.order_id):
                    done_orders.append(order)
        bystanders = (
            Bystanders(foreign, model.UNTOUCHED, "another account's order"),
            Bystanders(unnamed, UNNAMED, "an order that no batch names"),
        )
        judge_bystanders(group, done_orders, history.BLAME.reported, bystanders)

    return Round(parts, judge)


def _greed(group: UserGroup) -> Round:
    """Batches of a hundred at once from one account, far beyond the documented budget; the group's own keeps to its."""
    greedy = group.caller_of("greedy")
    assert isinstance(greedy, BayseCaller), "a caller of Bayse"
    opened, unknown = group.open(max(2, group.size - 1), owner=greedy), group.unknown(99)

    def send(order: ProvisionedOrder) -> BatchAnswer:
        return greedy.cancel_batch([*unknown, order.order_id], limit_asked=True)

    modest = cancel(group, "modest", group.open(1))
    return greedy_round(group, opened, send, modest, cancels_nothing=REFUSED_CANCELS_NOTHING, independent=INDEPENDENT)


def _slice(orders: Sequence[ProvisionedOrder], first: int, *, backwards: bool) -> list[ProvisionedOrder]:
    """Some of the orders: adjacent ones share all but one, and name them in another sequence."""
    return [orders[(first + place) % len(orders)] for place in range(SIZE)][:: -1 if backwards else 1]


SCRIPT = LoadScript(
    kinds=(
        RoundKind(_OVERLAPPING, _overlapping, 3),
        RoundKind(load_keys.KEYED, load_keys.keyed, 3),
        RoundKind(load_keys.BODIES, load_keys.bodies, 2),
        RoundKind(_FILLS, _against_fills, 3),
        RoundKind(load_keys.LEFT, load_keys.left, 2),
        RoundKind(_STRANGERS, _strangers, 1),
        RoundKind(_GREED, _greed, 1),
    ),
    group=5,
)
