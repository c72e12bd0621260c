"""Nothing leaves a run that names an order which it was not given, however a request writes it."""

from __future__ import annotations

import json
import uuid

import pytest

from venue_conformance.client.outgoing import Outgoing
from venue_conformance.errors import NotSent, SuiteFault
from venue_conformance.target.ledger import Ledger
from venue_conformance.venues.arcus import VENUE as ARCUS
from venue_conformance.venues.bayse import VENUE as BAYSE
from venue_conformance.wire.exchange import Request

GIVEN = "3b1f0c52-76f1-4a7e-8d39-5a0f5ad2a6f4"
#: Somebody's: a UUID, a hexadecimal and a decimal id, and one of letters and digits.
FOREIGN = ("8c0d7f12-91ab-4c3e-a2b4-0d4f6e9b7a55", "9f" * 16, "17400000000000000042", "ORD-2026-0000-1234-ABCD")
BATCH = BAYSE.batch_route[1]


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger()
    ledger.enter([GIVEN, "A-17"], "pk_1")
    return ledger


@pytest.fixture
def outgoing(ledger: Ledger) -> Outgoing:
    return Outgoing(BAYSE.positions, ledger)


def request(body: bytes | None, path: str = BATCH) -> Request:
    return Request("DELETE", path, (), body, caller="pk_1")


@pytest.mark.parametrize("order_id", FOREIGN)
@pytest.mark.parametrize(
    "body",
    [
        '{"orderIds": ["%s"]}',
        '{"orderIds": ["%s", "A-17"]}',
        '{"orderIds": {"0": "%s"}}',
        '{"orderIds": {"%s": true}}',
        '{"orderIds": [["%s"]]}',
        '{"orderIds": "%s"}',
        '{"ids": ["%s"], "orderIds": ["A-17"]}',
        '{"orderIds": ["A-17"], "orderIds": ["%s"], "orderIds": ["A-17"]}',
        '["%s"]',
        '"%s"',
        "orderIds=%s",
        '{"orderIds": ["%s"',
        "{'orderIds': ['%s']}",
        '{"orderIds": "[\\"%s\\"]"}',
        '{"orderIds": "{\\"id\\": \\"%s\\"}"}',
    ],
)
def test_a_body_that_names_a_foreign_order_is_a_fault_of_the_suite(
    outgoing: Outgoing, body: str, order_id: str
) -> None:
    with pytest.raises(SuiteFault, match="is not an order that this run may touch"):
        outgoing.require_safe(request((body % order_id).encode()), disposable=True)


@pytest.mark.parametrize("order_id", FOREIGN)
def test_escapes_and_other_encodings_hide_no_order(outgoing: Outgoing, order_id: str) -> None:
    escaped = "".join(f"\\u{ord(character):04x}" for character in order_id)
    for body in (f'{{"orderIds": ["{escaped}"]}}'.encode(), f'{{"orderIds": [{order_id}]'.encode("utf-16")):
        with pytest.raises(SuiteFault):
            outgoing.require_safe(request(body), disposable=True)


@pytest.mark.parametrize("order_id", FOREIGN)
@pytest.mark.parametrize("path", ["/v1/pm/orders/{}", "/v1/pm/orders/batch?id={}", "/v1/pm/orders/batch/{}?x=1"])
def test_a_path_that_names_a_foreign_order_is_a_fault_of_the_suite(
    outgoing: Outgoing, path: str, order_id: str
) -> None:
    with pytest.raises(SuiteFault):
        outgoing.require_safe(request(None, path.format(order_id)), disposable=True)


@pytest.mark.parametrize(
    "near", [GIVEN.upper(), GIVEN[:-1], f"{GIVEN}0", f" {GIVEN}", f"4{GIVEN[1:]}", f"{GIVEN}\\u0000"]
)
def test_what_nearly_is_an_order_goes_out_only_when_it_was_read_as_absent(
    outgoing: Outgoing, ledger: Ledger, near: str
) -> None:
    sent = request(f'{{"orderIds": ["{near}"]}}'.encode())
    with pytest.raises(SuiteFault):
        outgoing.require_safe(sent, disposable=True)
    ledger.admit_near(json.loads(f'"{near}"'))
    outgoing.require_safe(sent, disposable=False)


def test_what_the_run_was_given_or_made_goes_out_as_anybody(outgoing: Outgoing, ledger: Ledger) -> None:
    made, other = ledger.unknown(2)
    ids = [GIVEN, "A-17", made, other.upper(), f"order-{made}", f"0x{made.replace('-', '')}", f"text {ledger.salt()}"]
    outgoing.require_safe(request(json.dumps({"orderIds": ids}).encode()), disposable=False)
    outgoing.require_safe(
        request(json.dumps({"orderIds": [GIVEN], "note": 1, "half": None}).encode()), disposable=False
    )
    outgoing.require_safe(request(None, f"/v1/pm/orders/{GIVEN}"), disposable=False)
    outgoing.require_safe(request(json.dumps({"orderIds": [ledger.number(), "A-17"]}).encode()), disposable=True)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (None, "no body"),
        (b"", "no body"),
        (b"{}", "no array of orderIds"),
        (b"null", "null"),
        (b"[]", "no array of orderIds"),
        (b'{"orderIds": []}', "empty orderIds"),
        (b'{"orderIds": null}', "null"),
        (b'{"orderIds": {}}', "no array of orderIds"),
        (b'{"orderIds": 7}', "a number for an id"),
        (b'{"orderIds": [7]}', "a number for an id"),
        (b'{"orderIds": ["A-17", 7]}', "a number for an id"),
        (b'{"orderIds": ["A-17", null]}', "null"),
        (b'{"orderIds": ["A-17", ""]}', "a short text for an id"),
        (b'{"orderIds": ["A-18"]}', "a short text for an id"),
        (b'{"ids": ["A-17"]}', "no array of orderIds"),
        (b'["A-17"]', "no array of orderIds"),
        (b'{"orderIds": ["A-17"', "a body that is no JSON"),
        (b"\xff\xfe", "a body that is no JSON"),
    ],
)
def test_what_could_be_read_as_all_orders_goes_out_as_a_disposable_account_alone(
    outgoing: Outgoing, body: bytes | None, why: str
) -> None:
    outgoing.require_safe(request(body), disposable=True)
    with pytest.raises(NotSent, match=why) as kept:
        outgoing.require_safe(request(body), disposable=False)
    assert kept.value.cause == "state"
    assert "disposable = true" in kept.value.reason


def test_members_that_name_no_order_may_say_anything(ledger: Ledger) -> None:
    outgoing = Outgoing(ARCUS.positions, ledger)
    element = {"orderId": GIVEN, "address": f"0x{'ab' * 20}", "signature": "00" * 64, "marketId": 3, "kind": "orderId"}
    path = f"{ARCUS.batch_route[1]}?address=0x{'ab' * 20}"
    outgoing.require_safe(request(json.dumps({"cancels": [element]}).encode(), path), disposable=False)
    for wrong in ({**element, "orderId": 1}, {"kind": "orderId"}, None, [element], {**element, "clientId": None}):
        with pytest.raises(NotSent):
            outgoing.require_safe(request(json.dumps({"cancels": [wrong]}).encode(), path), disposable=False)
    with pytest.raises(SuiteFault):
        outgoing.require_safe(
            request(json.dumps({"cancels": [{**element, "clientId": FOREIGN[1]}]}).encode()), disposable=True
        )


def test_ids_do_not_repeat() -> None:
    first, second = Ledger(), Ledger()
    assert not {*first.unknown(50), first.salt()} & {*second.unknown(50), second.salt()}
    assert all(uuid.UUID(made).version == 4 for made in first.unknown(3))
