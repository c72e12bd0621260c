"""Many clauses in few requests, for the smoke profile: every breach is reported under its own clause.

What each of these requests is about has checks of its own elsewhere, which say more.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from fixtures.arcus_orders import Forms
from suites.arcus.test_authentication import own_key, unregistered
from suites.arcus.test_rows import A_DAY
from suites.arcus.test_signatures import Tamper
from venue_conformance.client.orders import Orders
from venue_conformance.errors import Presupposed, Violation
from venue_conformance.venues.arcus.answer import STATUSES, BatchAnswer, is_whole
from venue_conformance.venues.arcus.caller import ArcusCaller
from venue_conformance.venues.arcus.elements import Element
from venue_conformance.venues.arcus.envelope import ADDRESS, KEY_HEADER, TIME_HEADER, Envelope, meaningless_signature
from venue_conformance.venues.arcus.sentinels import Sentinels

Breach = Callable[[Violation], None]
DOCUMENTED = ("address", "accountIndex", "marketId", "marketDisplayName", "updateTime")


class Invalid(NamedTuple):
    """What is wrong around the elements of a request, the clause that refuses it, and the status that it gives."""

    clause: str
    envelope: Callable[[ArcusCaller], Envelope]
    status: int | None = None


#: Invalid requests, in the words of the report. A clock that is 60 s off would refuse all valid ones, too.
REQUESTS: dict[str, Invalid] = {
    "no X-API-Key": Invalid("authentication.key-required", lambda _: Envelope(omit=frozenset({KEY_HEADER}))),
    "an X-API-Key with a digit more": Invalid(
        "authentication.malformed-key-refused", lambda caller: Envelope(key=f"{own_key(caller)}0")
    ),
    "an X-API-Key that nobody registered": Invalid("authentication.unknown-key-refused", unregistered),
    "no X-Timestamp": Invalid("timestamp.missing", lambda _: Envelope(omit=frozenset({TIME_HEADER}))),
    "an X-Timestamp in seconds": Invalid(
        "timestamp.seconds", lambda _: Envelope(unit="seconds", signed="nanoseconds"), 401
    ),
    "an X-Timestamp in milliseconds": Invalid(
        "timestamp.milliseconds", lambda _: Envelope(unit="milliseconds", signed="nanoseconds"), 401
    ),
    "a word as X-Timestamp": Invalid("timestamp.not-a-number", lambda _: Envelope(timestamp="yesterday")),
    "an X-Timestamp 90 s old": Invalid("timestamp.too-old", lambda _: Envelope(age=90), 401),
    "an X-Timestamp 90 s ahead": Invalid("timestamp.too-far-ahead", lambda _: Envelope(age=-90), 401),
    "no address in the query": Invalid("address.missing", lambda _: Envelope(omit=frozenset({ADDRESS}))),
    "an address with a letter that is no digit": Invalid(
        "address.invalid-hex", lambda caller: Envelope(address=f"{caller.address[:-1]}g"), 400
    ),
    "an address with a digit more": Invalid(
        "address.wrong-length", lambda caller: Envelope(address=f"{caller.address}0")
    ),
    "an address that lacks a digit": Invalid(
        "address.wrong-length", lambda caller: Envelope(address=caller.address[:-1])
    ),
}

#: Elements whose signature is not right for them, in the words of the report, with their clauses.
ELEMENTS: dict[str, tuple[str, Tamper]] = {
    "no signature": ("signature.missing", lambda element: element.but(without=frozenset({"signature"}))),
    "a signature that signs nothing": (
        "signature.wrong-key",
        lambda element: element.but(members={"signature": meaningless_signature()}),
    ),
    "a signature over a time a nanosecond earlier": (
        "signature.other-timestamp",
        lambda element: element.but(signed_off=-1),
    ),
    "a signature for operation 1": ("signature.other-operation", lambda element: element.but(signed={"op": 1})),
    "a signature that lacks a byte": ("signature.truncated", lambda element: element.but(signature="cut short")),
    "a signature over the HTTP body": (
        "signature.over-http-body",
        lambda element: element.but(signature="over the body"),
    ),
}

#: What is judged of batches of several elements.
BESIDE_VALID = ("signature.another-elements", "signature.every-element")

Body = Callable[[list[dict[str, Any]]], object]
#: Bodies that are no batch, from two valid elements, in the words of the report, with their clauses.
BODIES: dict[str, tuple[str, Body]] = {
    "no cancels": ("limits.list-required", lambda _: {}),
    "no JSON": ("limits.list-required", lambda _: b"cancels=1"),
    "an empty array of cancels": ("limits.empty-refused", lambda _: {"cancels": []}),
    "one element in place of the array": ("limits.wrong-type-refused", lambda elements: {"cancels": elements[0]}),
}


def clauses(*rules: str) -> pytest.MarkDecorator:
    """The marker of a check that judges these rules of the venue."""
    return pytest.mark.clause(*(f"arcus.{rule}" for rule in dict.fromkeys(rules)))


class RuleBreaches:
    """Reports breaches of rules of this venue."""

    def __init__(self, breach: Breach) -> None:
        self._breach = breach

    def expect(self, holds: bool, rule: str, expected: str, actual: object, *, kind: str) -> None:
        """Report a breach of a rule, of this kind, unless what is expected holds."""
        if not holds:
            self._breach(Violation(expected, str(actual), f"arcus.{rule}", kind=kind))


@pytest.fixture
def judge(breach: Breach) -> RuleBreaches:
    """Reports what a check finds, each under its own clause."""
    return RuleBreaches(breach)


@clauses(*(invalid.clause for invalid in REQUESTS.values()), "address.other-account")
@pytest.mark.deepens
@pytest.mark.smoke
def test_invalid_requests_are_rejected_and_cancel_nothing(
    caller: ArcusCaller, sentinels: Sentinels, judge: RuleBreaches
) -> None:
    """Requests with one invalid header or query parameter are rejected, and none of their orders is cancelled."""
    named = {name: [caller.element(order) for order in sentinels.place(2)] for name in REQUESTS}
    answers = {
        name: caller.cancel_batch(named[name], envelope=invalid.envelope(caller)) for name, invalid in REQUESTS.items()
    }

    [named_too] = (caller.element(order) for order in sentinels.place())
    nobodys = f"{caller.address[:-1]}{int(caller.address[-1], 16) ^ 1:x}"
    elsewhere = named_too.but(signed={"ad": nobodys}, members={"address": nobodys})
    forbidden = caller.cancel_batch([elsewhere], envelope=Envelope(address=nobodys))

    touched = sentinels.touched()

    wanted = "a request for an address that is not the key's, in query and element, to be refused with 403"
    judge.expect(forbidden.status == 403, "address.other-account", wanted, forbidden, kind="other-status")
    _left_alone(judge, "address.other-account", "a request for nobody's address", [named_too], touched)
    for name, (rule, _, status) in REQUESTS.items():
        answer, wanted = answers[name], f"a request with {name} to be refused"
        if status is None:
            judge.expect(answer.refused, rule, wanted, answer, kind="not-refused")
        else:
            judge.expect(answer.status == status, rule, f"{wanted} with {status}", answer, kind="other-status")
        _left_alone(judge, rule, f"a request with {name}", named[name], touched)


@clauses(*(rule for rule, _ in ELEMENTS.values()), "signature.other-order", *BESIDE_VALID)
@pytest.mark.deepens
@pytest.mark.smoke
def test_elements_with_invalid_signatures_cancel_nothing(
    caller: ArcusCaller, sentinels: Sentinels, orders: Orders, judge: RuleBreaches
) -> None:
    """Elements with an invalid signature leave their orders open."""
    named = {name: caller.element(order) for name, order in zip(ELEMENTS, sentinels.place(len(ELEMENTS)), strict=True)}
    first, second, *pair = (caller.element(order) for order in sentinels.place(4))
    valid, *behind = (caller.element(order) for order in (*orders.open(1), *sentinels.place(2)))
    for name, (_, tamper) in ELEMENTS.items():
        caller.cancel_batch([tamper(named[name])])
    caller.cancel_batch([first.but(signed={"id": second.target})])
    caller.cancel_batch([each.but(signature="another's") for each in pair])
    caller.cancel_batch([valid, *(each.but(private_key=secrets.token_hex(32)) for each in behind)])

    touched = sentinels.touched()

    for name, (rule, _) in ELEMENTS.items():
        _left_alone(judge, rule, f"an element with {name}", [named[name]], touched)
    other = "an element signed for another order"
    _left_alone(judge, "signature.other-order", other, [first, second], touched)
    _left_alone(judge, "signature.another-elements", "elements with each other's signature", pair, touched)
    _left_alone(judge, "signature.every-element", "invalidly signed elements behind a valid one", behind, touched)


@clauses(
    *(rule for rule, _ in BODIES.values()),
    *("limits.over-hundred-refused", "target.both-ids", "target.both-ids-any-position", "target.neither-id"),
)
@pytest.mark.deepens
@pytest.mark.smoke
@pytest.mark.disposable
def test_invalid_bodies_are_rejected_and_cancel_nothing(
    caller: ArcusCaller, sentinels: Sentinels, orders: Orders, judge: RuleBreaches
) -> None:
    """Bodies with one fault are rejected, and none of their orders is cancelled."""
    named = {name: [caller.element(order) for order in sentinels.place(2)] for name in BODIES}
    first, last, both, beside, nameless, odd = (caller.element(order) for order in sentinels.place(6))
    others = [caller.element(unknown) for unknown in orders.unknown(99)]
    answers = {
        name: caller.send(lambda signed, make=make, name=name: make(signed(named[name])))  # type: ignore[misc]
        for name, (_, make) in BODIES.items()
    }
    too_many = caller.cancel_batch([first, *others, last])
    [client_id] = caller.unknown_client_ids(1)
    twice = Element(both.order_id, client_id, both.market_id, both.account_index)
    with_null = caller.send(lambda signed: {"cancels": [*signed([odd]), None]})
    alone, among = (caller.cancel_batch(batch) for batch in ([twice], [beside, twice]))
    neither = caller.cancel_batch([Element(market_id=nameless.market_id, account_index=nameless.account_index)])

    touched = sentinels.touched()

    for name, (rule, _) in BODIES.items():
        judge.expect(
            answers[name].refused, rule, f"a body with {name} to be refused", answers[name], kind="not-refused"
        )
        _left_alone(judge, rule, f"a body with {name}", named[name], touched)
    judge.expect(
        too_many.refused,
        "limits.over-hundred-refused",
        "a batch of 101 cancels to be refused",
        too_many,
        kind="not-refused",
    )
    _left_alone(judge, "limits.over-hundred-refused", "a batch of 101 cancels", [first, last], touched)
    # What an element with both ids would sign is not documented: a venue may find its signature wrong first.
    for rule, answer, orders_named in (
        ("target.both-ids", alone, [both]),
        ("target.both-ids-any-position", among, [both, beside]),
    ):
        judge.expect(
            answer.status in (400, 401),
            rule,
            "a batch with both ids in an element to answer 400",
            answer,
            kind="other-status",
        )
        _left_alone(judge, rule, "a batch with both ids in an element", orders_named, touched)
    denied = with_null.refused or (with_null.accepted and with_null.denies_all_but([odd]))
    judge.expect(
        denied, "limits.wrong-type-refused", "null among cancels to be refused or denied", with_null, kind="not-refused"
    )
    if with_null.leaves_open(odd):
        _left_alone(judge, "limits.wrong-type-refused", "a batch with null among its cancels", [odd], touched)
    denied = neither.refused or (neither.accepted and neither.denies_all)
    judge.expect(
        denied, "target.neither-id", "an element with neither id to be refused or denied", neither, kind="not-refused"
    )
    _left_alone(judge, "target.neither-id", "an element with neither id", [nameless], touched)


def _left_alone(judge: RuleBreaches, rule: str, what: str, named: list[Element], touched: dict[str, str]) -> None:
    for element in named:
        status = touched.get(element.target, "open")
        judge.expect(
            status == "open",
            rule,
            f"{what} to leave the order open that it names",
            f"it reads as {status}",
            kind="order-touched",
        )


@clauses(
    *("async.success-status", "rows.responses-array", "rows.one-per-order", "rows.echo-order-id"),
    *("rate-limit.omitted", "rows.market-and-account-echo", "rows.documented-fields", "rows.status-vocabulary"),
    *("rows.update-time", "rows.sizes-when-final", "target.order-id-alone"),
)
@pytest.mark.deepens
@pytest.mark.smoke
def test_valid_batch_is_answered_as_documented(
    caller: ArcusCaller, orders: Orders, forms: Forms, judge: RuleBreaches
) -> None:
    """The response to a valid batch of open orders has the documented status and rows, and no empty rateLimit."""
    for _ in forms(caller):
        _, *batch = orders.open(4)
        answer = caller.cancel_batch(batch)
        judge.expect(
            answer.succeeded,
            "target.order-id-alone",
            "a batch by orderId alone to be accepted",
            answer,
            kind="not-accepted",
        )
        if not answer.succeeded:
            raise Presupposed("arcus.signature.single-cancel-bytes", f"a valid batch was answered {answer!r}")
        wanted = "a valid batch to be answered with 200 or 202"
        judge.expect(answer.status in (200, 202), "async.success-status", wanted, answer, kind="other-status")
        if not answer.accepted:
            judge.expect(
                False,
                "rows.responses-array",
                "an object with responses, an array of objects",
                answer,
                kind="no-array-of-objects",
            )
            raise Presupposed("arcus.rows.responses-array", f"no rows can be read in {answer!r}")
        rows = answer.rows
        judge.expect(
            len(rows) == 3, "rows.one-per-order", "a row for each of 3 orders and no other", answer, kind="row-count"
        )
        repeated = {order.order_id for order in batch} <= {row.get("orderId") for row in rows}
        if len(rows) >= 3:
            judge.expect(
                repeated,
                "rows.echo-order-id",
                "rows that repeat the orderIds that were sent",
                answer,
                kind="id-not-repeated",
            )
        snapshot = answer.processed.get("rateLimit", "left out")
        judge.expect(
            snapshot not in (None, "", {}, []),
            "rate-limit.omitted",
            "no empty value in place of a snapshot",
            answer,
            kind="empty-value",
        )
        _judge_members(judge, answer, {order.order_id: caller.element(order) for order in batch})


def _judge_members(judge: RuleBreaches, answer: BatchAnswer, elements: dict[str, Element]) -> None:
    """What other documentation than the contract page says of the rows, where they have these members."""
    for row in answer.rows:
        element = elements.get(str(row.get("orderId")))
        if element is not None:
            same = row.get("marketId") in (None, element.market_id)
            same = same and row.get("accountIndex") in (None, element.account_index)
            judge.expect(
                same,
                "rows.market-and-account-echo",
                "marketId and accountIndex of the element",
                row,
                kind="member-differs",
            )
        lacking = [name for name in DOCUMENTED if name not in row] if any(name in row for name in DOCUMENTED) else []
        judge.expect(
            not lacking, "rows.documented-fields", f"a row with {', '.join(DOCUMENTED)}", row, kind="member-missing"
        )
        status, when = row.get("status"), row.get("updateTime")
        judge.expect(
            status is None or status in STATUSES,
            "rows.status-vocabulary",
            "a documented status",
            row,
            kind="other-row-status",
        )
        current = when is None or (is_whole(when) and abs(when - time.time_ns() // 1000) < A_DAY)
        judge.expect(current, "rows.update-time", "the current time in microseconds", row, kind="other-time")
        sizes = [row[name] for name in ("remainingSize", "filledSize") if row.get(name) is not None]
        right = all(isinstance(size, str) for size in sizes) if answer.status == 200 else not sizes
        judge.expect(right, "rows.sizes-when-final", "sizes in a 200 only, as texts", row, kind="other-sizes")
