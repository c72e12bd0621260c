"""Generated data name no order that a run may not touch, whatever was drawn."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from venue_conformance.client.fuzzing import NOTHING, SLOTS, BatchOrder, slot_markers, slot_of
from venue_conformance.client.outgoing import long_words
from venue_conformance.fuzz.corruption import corrupted
from venue_conformance.fuzz.naming import Naming, fill_slots
from venue_conformance.target.ledger import Ledger

ORDERS = [BatchOrder(f"order-{number}", "open") for number in range(5)]
KNOWN = {order.order_id for order in ORDERS}
SALTED = re.compile(r".*-[0-9a-f]{16}", re.DOTALL)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | slot_markers,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | slot_markers, inner, max_size=4),
)


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    else:
        yield value


def naming() -> Naming:
    return Naming(Ledger(), plain={"kind"}, members={"orderIds", "kind"})


def names_nobodys_order(leaf: Any) -> bool:
    """Whether a value is a known order, or no order's id could read like it."""
    if isinstance(leaf, bool) or leaf is None or leaf in KNOWN or leaf in ("orderIds", "kind"):
        return True
    if isinstance(leaf, str):
        return SALTED.fullmatch(leaf) is not None or not any(character.isalnum() for character in leaf)
    return abs(leaf) >= 1 << 80 if isinstance(leaf, int) else not float(leaf).is_integer()


@given(json_values)
def test_a_generated_body_names_known_orders_or_none(body: Any) -> None:
    assert all(names_nobodys_order(leaf) for leaf in leaves(naming().name(body, ORDERS)))


@given(corrupted(st.lists(slot_markers, max_size=4).map(lambda ids: {"orderIds": ids})))
def test_a_corrupted_body_names_known_orders_or_none(body: Any) -> None:
    named = naming().name(body, ORDERS)

    for leaf in leaves(named):
        # A list that was made text: the markers in it are no longer slots, and made impossible as a whole.
        assert names_nobodys_order(leaf) or leaf in ("0", "value")


@example(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
@example(b"12345678901234567890x")
@example("ABCDEFGHIJKLMNOPQRSTUVWXYZ".encode("utf-16"))
@example("\ufeffабвгдежзийклмнопрст".encode())
@given(st.binary() | st.text().map(str.encode) | json_values.map(lambda value: json.dumps(value).encode()))
def test_raw_bytes_name_known_orders_or_none(body: bytes) -> None:
    ledger = Ledger()
    named = Naming(ledger, plain={"kind"}, members={"orderIds", "kind"}).name(body, ORDERS)

    if isinstance(named, bytes):
        assert all(ledger.knows(word) for word in long_words(named))
    if isinstance(named, bytes):
        assert not any(chr(byte).isalnum() for byte in named if byte < 0x80) or re.search(rb" [0-9a-f]{16}\Z", named)
    else:
        assert all(names_nobodys_order(leaf) for leaf in leaves(named))


def test_no_body_stays_none() -> None:
    assert naming().name(NOTHING, ORDERS) is NOTHING


def test_members_that_name_no_order_keep_their_values() -> None:
    assert naming().name({"kind": "orderId"}, ORDERS) == {"kind": "orderId"}


def test_spread_gives_each_mention_another_order() -> None:
    marker = next(text for text in [f"00000000-0000-4000-8000-{7:012d}"] if slot_of(text) == 7)

    repeatable = next(text for text in [f"00000000-0000-4000-9000-{7:012d}"] if slot_of(text) == 7)

    plain = naming().name([marker, marker], ORDERS)
    repeated = naming().name([marker, repeatable], ORDERS)
    spread = naming().name([marker, marker, marker], ORDERS, spread=True)

    assert plain == ["order-2", "order-3"]
    assert repeated == ["order-2", "order-2"]
    assert spread == ["order-0", "order-1", "order-2"]


def test_every_slot_has_an_order_of_its_own_and_the_first_is_unknown() -> None:
    slots = fill_slots(ORDERS, lambda count: [f"unknown-{number}" for number in range(count)])

    assert len({order.order_id for order in slots}) == len(slots) > 101
    assert slots[0].kind == "unknown"
    assert slots[1 : 1 + len(ORDERS)] == ORDERS
    assert len(ORDERS) < SLOTS
