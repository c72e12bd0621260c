"""Rules for Arcus clients, held against recordings that are written down: what must not be taken for a breach."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from venue_conformance.clients.protocol import OrderReport, Outcome, Report
from venue_conformance.clients.recording import Call, Recording
from venue_conformance.clients.scenario import Broken, Kept, Observed, load_suite
from venue_conformance.reference.stage import Arrival, SocketFrame
from venue_conformance.venues.arcus.signing import public_key

RULES = {rule.rule: rule.judge for rule in load_suite("arcus").rules}
OWN, OTHER = "0x" + "a" * 40, "0x" + "b" * 40
KEYS = {"private_key": "00" * 32, "address": OWN}
NOT_FINAL, DECIDES, SUBSCRIBES = "outcomes.acknowledged-is-not-final", "channel.decides", "channel.subscribes"


def batch(
    number: int, began: float, order: str = "a", *, status: int = 202, row: str | None = None, now: int = 0
) -> Arrival:
    element = {"orderId": order, "marketId": 1, "accountIndex": 0}
    body = json.dumps({"cancels": [element]}).encode()
    now = now or time.time_ns()
    made = Arrival(number, began, began, now / 1e9, "POST", "/v1/batchCancelOrders", (("X-Timestamp", str(now)),), body)
    made.is_batch, made.status, made.answered = True, status, began + 0.1
    told = {"orderId": order} | ({} if row is None else {"status": row})
    made.answer_body = json.dumps({"responses": [told]}).encode()
    return made


def read(moment: float, path: str = "/v1/openOrders") -> Arrival:
    made = Arrival(9, moment, moment, 0.0, "GET", f"{path}?address={OWN}", (), b"")
    made.status, made.answered = 200, moment + 0.01
    return made


def subscribed(moment: float, index: int | None = 0, address: str = OWN) -> SocketFrame:
    asked = {"type": "subscribe", "channel": "orders", "id": address} | (
        {} if index is None else {"accountIndex": index}
    )
    return SocketFrame(moment, 1, True, json.dumps(asked))


def event(moment: float, status: str, order: str = "a", address: str = OWN, **more: Any) -> SocketFrame:
    contents = {"orderId": order, "status": status, **more}
    frame = {"type": "channel_data", "channel": "orders", "id": address, "accountIndex": 0, "contents": contents}
    return SocketFrame(moment, 1, False, json.dumps(frame))


def snapshot(moment: float, status: str = "OPEN") -> SocketFrame:
    contents = {"isSnapshot": True, "openOrders": [{"orderId": "a", "status": status}], "recentClosedOrders": []}
    frame = {"type": "subscribed", "channel": "orders", "id": OWN.upper().replace("0X", "0x"), "contents": contents}
    return SocketFrame(moment, 1, False, json.dumps(frame))


def recorded(
    said: Outcome | None,
    *frames: SocketFrame,
    arrivals: tuple[Arrival, ...] = (),
    index: int = 0,
    before: str = "open",
    client_id: str | None = None,
) -> Recording:
    """One call for one order, from moment 1 to moment 10, sent at moment 2 unless ``arrivals`` say otherwise."""
    asked = {"orderId": "a", "marketId": 1, "accountIndex": index}
    report = Report(() if said is None else (OrderReport("a", said),))
    call = Call(1, (asked,), 1, 10, report, before={"a": before}, after={"a": "cancelled"})
    recording = Recording("arcus", frozenset(), KEYS, [call], list(arrivals or (batch(1, 2.0),)), frames=list(frames))
    if client_id is not None:
        recording.aliases[client_id] = "a"
    recording.assign()
    return recording


def found(rule: str, recording: Recording) -> list[str]:
    names = {Kept: "kept", Broken: "broken", Observed: "observed"}
    return [names[type(each)] for each in RULES[rule](recording)]


@pytest.mark.parametrize(
    ("recording", "expected"),
    [
        (recorded("pending"), ["kept"]),
        (recorded("unknown"), ["kept"]),
        (recorded(None), ["kept"]),
        (recorded("cancelled"), ["broken"]),
        (recorded("refused"), ["broken"]),
        (recorded("cancelled", subscribed(1), event(3, "CANCELED")), ["kept"]),
        (recorded("cancelled", subscribed(1), event(1.5, "CANCELED")), ["kept"]),
        (recorded("cancelled", subscribed(1), event(11, "CANCELED")), ["broken"]),
        (recorded("cancelled", subscribed(1), event(3, "OPEN")), ["broken"]),
        (recorded("cancelled", subscribed(1), event(3, "CANCELED", order="b")), ["broken"]),
        (recorded("cancelled", subscribed(1), event(3, "CANCELED", address=OTHER)), ["broken"]),
        (recorded("cancelled", subscribed(1), event(3, "CANCELED", order="", clientId="c"), client_id="c"), ["kept"]),
        (recorded("refused", subscribed(1), snapshot(5)), ["kept"]),
        (recorded("refused", subscribed(1), snapshot(1.5)), ["broken"]),
        (recorded("cancelled", arrivals=(batch(1, 2.0), read(3.0))), ["kept"]),
        (recorded("cancelled", arrivals=(batch(1, 2.0), read(3.0, "/v1/order/a"))), ["kept"]),
        (recorded("cancelled", arrivals=(batch(1, 2.0), read(1.5))), ["broken"]),
        (recorded("refused", arrivals=(batch(1, 2.0, row="ERROR"),)), []),
        (recorded("not_found", arrivals=(batch(1, 2.0, row="REJECTED"),)), []),
        (recorded("cancelled", arrivals=(batch(1, 2.0, status=200, row="CANCELED"),)), []),
        (recorded("cancelled", arrivals=(batch(1, 2.0, row="CANCEL_ACKNOWLEDGED"),)), ["broken"]),
        # Who subscribed to another subaccount is another clause's.
        (recorded("cancelled", subscribed(1), index=3), []),
    ],
)
def test_what_was_acknowledged_is_not_final(recording: Recording, expected: list[str]) -> None:
    assert found(NOT_FINAL, recording) == expected


@pytest.mark.parametrize(
    ("recording", "expected"),
    [
        (recorded("cancelled", event(3, "CANCELED")), ["kept"]),
        (recorded("terminal", event(3, "CANCELED")), ["broken"]),
        (recorded("not_found", event(3, "CANCELED")), ["broken"]),
        (recorded("pending", event(3, "CANCELED")), []),
        (recorded("cancelled", event(3, "FILLED")), ["broken"]),
        (recorded("terminal", event(3, "FILLED")), ["kept"]),
        (recorded("not_found", event(3, "FILLED"), event(4, "REJECTED")), ["kept"]),
        (recorded("refused", event(3, "REJECTED")), ["kept"]),
        (recorded("cancelled", event(3, "OPEN")), []),
        # It was off the book before it was sent.
        (recorded("terminal", event(3, "CANCELED"), before="cancelled"), []),
        (recorded("terminal", event(1.5, "CANCELED")), []),
        # A second try finds nothing that is left to be cancelled.
        (recorded("not_found", event(3, "CANCELED"), arrivals=(batch(1, 2.0, status=503), batch(2, 4.0))), []),
    ],
)
def test_the_channel_decides(recording: Recording, expected: list[str]) -> None:
    assert found(DECIDES, recording) == expected


@pytest.mark.parametrize(
    ("recording", "expected"),
    [
        (recorded("cancelled", subscribed(1)), ["kept"]),
        (recorded("cancelled", subscribed(1, None)), ["kept"]),
        (recorded("cancelled", subscribed(1, 0, OWN[2:].upper())), ["kept"]),
        (recorded("cancelled", subscribed(1), index=3), ["broken"]),
        (recorded("cancelled", subscribed(1), subscribed(2, 3), index=3), ["kept"]),
        (recorded("cancelled", subscribed(1, 0, OTHER)), ["broken"]),
        (recorded("cancelled", subscribed(11, 3), subscribed(1), index=3), ["broken"]),
        (recorded("pending", subscribed(1), index=3), []),
        (recorded("cancelled"), []),
        (recorded("cancelled", subscribed(1), index=3, arrivals=(batch(1, 2.0), read(3.0))), []),
    ],
)
def test_who_takes_an_end_from_the_channel_has_subscribed(recording: Recording, expected: list[str]) -> None:
    assert found(SUBSCRIBES, recording) == expected


@pytest.mark.parametrize(
    ("status", "seconds", "same", "expected"),
    [
        (429, 2, False, "kept"),
        (429, 2, True, "broken"),
        (503, 0.2, True, "broken"),
        (502, 2, True, "kept"),
        (502, 31, True, "broken"),
        (502, 31, False, "kept"),
    ],
)
def test_a_try_is_signed_afresh(status: int, seconds: float, same: bool, expected: str) -> None:
    now = time.time_ns()
    first = batch(1, 2.0, status=status, now=now)
    second = batch(2, 2.0 + seconds, now=now if same else now + int(seconds * 1e9))
    second.wall = now / 1e9 + seconds
    assert found("signing.fresh-each-try", recorded("pending", arrivals=(first, second))) == [expected]


def test_numbers_may_be_written_in_any_way_that_keeps_their_digits() -> None:
    arrival = batch(1, 2.0, now=1790000000123456791)
    for written, expected in (
        ("1790000000123456791", "kept"),
        ('"1790000000123456791"', "kept"),
        ("1790000000123456791.0", "kept"),
        ("1790000000123456800", "broken"),
        ("1.7900000001234568e18", "broken"),
    ):
        arrival.body = b'{"cancels":[{"orderId":"a","timestamp":' + written.encode() + b"}]}"
        assert found("timestamp.exact", recorded("pending", arrivals=(arrival,))) == [expected], written


def test_what_no_page_decides_breaks_no_schema() -> None:
    element = {"orderId": "a", "marketId": 1, "accountIndex": 0, "signature": "0" * 128}
    for change, expected in (
        ({}, "kept"),
        ({"kind": "orderId", "address": OWN}, "kept"),
        ({"timestamp": "1790000000123456791", "validUntil": None, "note": "mine"}, "kept"),
        ({"clientId": "c"}, "kept"),  # another clause's
        ({"signature": None}, "broken"),
        ({"marketId": "1"}, "broken"),
        ({"accountIndex": 10}, "broken"),
    ):
        arrival = batch(1, 2.0)
        arrival.headers = (*arrival.headers, ("X-API-Key", public_key(KEYS["private_key"])))
        arrival.body = json.dumps({"cancels": [element | change]}).encode()
        assert found("request.schema", recorded("pending", arrivals=(arrival,))) == [expected], change


def test_an_order_in_another_subaccount_or_market_is_another_order() -> None:
    asked = {"orderId": "a", "clientId": "c", "marketId": 1, "accountIndex": 0}
    for place, expected in (
        ({}, []),
        ({"accountIndex": 3}, [Broken]),
        ({"marketId": 2, "accountIndex": 3}, [Broken] * 2),
    ):
        recording = Recording("arcus", frozenset(), KEYS, [Call(1, (asked | place,), 0, 10)], [batch(1, 1)])
        recording.assign()
        found = list(RULES["request.no-other-id"](recording))
        assert [type(each) for each in found if not isinstance(each, Kept)] == expected, place


def test_a_key_that_is_not_the_accounts_and_a_member_that_is_missing_are_named() -> None:
    sent = batch(1, 1)
    own = public_key(KEYS["private_key"])
    for key, told in (
        (own.upper(), "element 1 has no signature"),
        ("0" * 64, "X-API-Key is not the account's public key"),
    ):
        sent.headers = (("X-API-Key", key), ("X-Timestamp", "1"))
        (found,) = RULES["request.schema"](Recording("arcus", frozenset(), KEYS, [], [sent]))
        assert isinstance(found, Broken)
        assert found.actual == told


def test_a_202_that_came_after_the_client_had_given_up_was_not_seen() -> None:
    late = batch(1, 2.0)
    late.answered = 11.0
    assert found(NOT_FINAL, recorded("cancelled", arrivals=(late, read(4.1)))) == []
    late.answered, late.step = 4.2, "effect, answer 3 s late"
    assert found(NOT_FINAL, recorded("cancelled", arrivals=(late, read(4.1)))) == []


def test_what_is_wrong_with_an_element_is_said_of_its_own_kind() -> None:
    element = {"orderId": "a", "marketId": "1", "accountIndex": 0, "signature": "0" * 128}
    sent = batch(1, 1)
    sent.headers, sent.body = (
        (("X-API-Key", public_key(KEYS["private_key"])),),
        json.dumps({"cancels": [element]}).encode(),
    )
    (found,) = RULES["request.schema"](Recording("arcus", frozenset(), KEYS, [], [sent]))
    assert isinstance(found, Broken)
    assert found.actual == "$.cancels[0].marketId: '1' is not of type 'integer'"


def test_half_a_surrogate_pair_in_an_id_is_no_bug_of_a_rule() -> None:
    sent = batch(1, 1)
    sent.body = json.dumps(
        {"cancels": [{"orderId": "\ud800", "marketId": 1, "accountIndex": 0, "signature": "0"}]}
    ).encode()
    for rule in ("signing.each-element", "request.no-other-id", "target.exactly-one", "secrets.stay-home"):
        assert isinstance(list(RULES[rule](Recording("arcus", frozenset(), KEYS, [], [sent]))), list)
