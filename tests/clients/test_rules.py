"""Rules, held against recordings that are written down: what must not be taken for a breach."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterable

import pytest

from venue_conformance.clients.protocol import OrderReport, Report
from venue_conformance.clients.recording import Call, Recording
from venue_conformance.clients.scenario import Broken, Kept, Observed, load_suite
from venue_conformance.reference.stage import Arrival
from venue_conformance.venues.bayse import recompute
from venue_conformance.venues.bayse.signing import signed_headers

RULES = {rule.rule: rule.judge for rule in load_suite("bayse").rules}
KEYS = {"public_key": "pk_test_a", "secret_key": "sk_test_b"}


def arrival(number: int, ids: list[str], began: float, *, status: int | None = 200, key: str = "k") -> Arrival:
    body = json.dumps({"orderIds": ids}).encode()
    made = Arrival(
        number, began, began, time.time(), "DELETE", "/v1/pm/orders/batch", (("Idempotency-Key", key),), body
    )
    made.is_batch, made.status, made.answered = True, status, began + 0.01
    return made


def call(number: int, ids: list[str], began: float, ended: float, *rows: OrderReport, after: str = "cancelled") -> Call:
    orders = tuple({"orderId": order} for order in ids)
    return Call(number, orders, began, ended, Report(rows), after=dict.fromkeys(ids, after))


def recorded(calls: Iterable[Call], arrivals: Iterable[Arrival]) -> Recording:
    recording = Recording("bayse", frozenset(), KEYS, list(calls), list(arrivals))
    recording.assign()
    return recording


def findings(rule: str, recording: Recording) -> list[Kept | Broken | Observed]:
    return list(RULES[rule](recording))


def test_calls_at_once_may_share_a_batch() -> None:
    calls = [call(1, ["a"], 0, 10), call(2, ["b"], 1, 10)]
    assert findings("request.no-other-id", recorded(calls, [arrival(1, ["a", "b"], 2)])) == [Kept()]


def test_what_an_earlier_call_asked_may_still_be_on_its_way() -> None:
    calls = [call(1, ["a"], 0, 1), call(2, ["b"], 2, 10)]
    recording = recorded(calls, [arrival(1, ["a"], 0.5), arrival(2, ["a"], 3)])
    assert findings("request.no-other-id", recording) == [Kept(), Kept()]


def test_what_a_later_call_will_ask_is_not_asked_yet() -> None:
    calls = [call(1, ["a"], 0, 1), call(2, ["b"], 2, 10)]
    (found,) = findings("request.no-other-id", recorded(calls, [arrival(1, ["a", "b"], 0.5)]))
    assert isinstance(found, Broken)


def test_two_chunks_are_not_a_batch_that_is_sent_again() -> None:
    recording = recorded(
        [call(1, ["a", "b"], 0, 10)], [arrival(1, ["a"], 1, status=503), arrival(2, ["b"], 2, key="l")]
    )
    assert list(recording.again()) == []
    assert findings("idempotency.retry-same-key", recording) == []


def test_fifty_milliseconds_of_a_timer_are_no_breach() -> None:
    first, second, third = arrival(1, ["a"], 0, status=429), arrival(2, ["a"], 0.97, status=429), arrival(3, ["a"], 1.5)
    first.answer_headers = second.answer_headers = (("Retry-After", "1"),)
    found = findings("retry.obeys-retry-after", recorded([call(1, ["a"], 0, 10)], [first, second, third]))
    assert [type(each) for each in found] == [Kept, Broken]


def test_unknown_and_no_row_at_all_are_honest() -> None:
    tries = [arrival(1, ["a", "b"], 1, status=503), arrival(2, ["a", "b"], 2)]
    tries[0].cancelled = frozenset({"a", "b"})
    recording = recorded([call(1, ["a", "b"], 0, 10, OrderReport("a", "unknown"))], tries)
    assert findings("outcomes.says-what-became", recording) == [Kept(), Kept()]
    refusing = recorded([call(1, ["a", "b"], 0, 10, OrderReport("a", "refused"))], tries)
    assert [type(each) for each in findings("outcomes.says-what-became", refusing)] == [Broken, Kept]


def test_one_row_of_two_that_says_cancelled_is_enough() -> None:
    tries = [arrival(1, ["a"], 1, status=503), arrival(2, ["a"], 2)]
    tries[0].cancelled = frozenset({"a"})
    rows = OrderReport("a", "cancelled"), OrderReport("A", "refused", "BAD_REQUEST")
    assert findings("outcomes.says-what-became", recorded([call(1, ["a"], 0, 10, *rows)], tries)) == [Kept()]


def test_an_id_in_other_letters_names_the_order_that_became_of_it() -> None:
    asked = call(1, ["ABC"], 0, 10, OrderReport("ABC", "cancelled"))
    asked.after = {"ABC": "absent", "abc": "cancelled"}
    assert findings("outcomes.never-claims-cancelled", recorded([asked], [arrival(1, ["abc"], 1)])) == [Kept()]


def test_a_401_may_be_tried_once_more() -> None:
    tries = [arrival(number, ["a"], number, status=401) for number in (1, 2)]
    assert findings("retry.not-after-refusal", recorded([call(1, ["a"], 0, 10)], tries)) == [Kept()]
    tries.append(arrival(3, ["a"], 3, status=401))
    assert [type(each) for each in findings("retry.not-after-refusal", recorded([call(1, ["a"], 0, 10)], tries))] == [
        Broken
    ]


def test_what_is_left_after_a_look_at_the_orders_is_another_batch() -> None:
    first, second = arrival(1, ["a", "b"], 0, status=503), arrival(2, ["b"], 1, key="l")
    second_key = arrival(3, ["b"], 2, status=409, key="m"), arrival(4, ["b"], 3, key="n")
    recording = recorded([call(1, ["a", "b"], 0, 10)], [first, second])
    assert findings("idempotency.retry-same-key", recording) == []
    (found,) = findings("idempotency.after-409", recorded([call(1, ["b"], 0, 10)], second_key))
    assert isinstance(found, Broken)


def test_one_order_in_two_requests_side_by_side_is_not_sent_again() -> None:
    first, second = arrival(1, ["a"], 0), arrival(2, ["a"], 0.005, key="l")
    recording = recorded([call(1, ["a", "b", "a"], 0, 10)], [first, second])
    assert findings("idempotency.retry-same-key", recording) == []
    late, again = arrival(1, ["a"], 0), arrival(2, ["a"], 2, key="l")
    late.answered = 3.0
    (found,) = findings("idempotency.retry-same-key", recorded([call(1, ["a"], 0, 10)], [late, again]))
    assert isinstance(found, Broken)


def test_what_no_answer_told_of_is_not_refused_although_it_was_sent_once() -> None:
    tries = [arrival(1, ["a"], 1, status=503)]
    tries[0].cancelled = frozenset({"a"})
    for said, expected in (("refused", Broken), ("not_found", Broken), ("unknown", Kept), ("cancelled", Kept)):
        recording = recorded([call(1, ["a"], 0, 10, OrderReport("a", said))], tries)
        assert [type(each) for each in findings("outcomes.says-what-became", recording)] == [expected], said


def test_what_an_answer_told_of_is_judged_elsewhere() -> None:
    tries = [arrival(1, ["a"], 1)]
    tries[0].cancelled, tries[0].answer_body = frozenset({"a"}), b'{"results": []}'
    recording = recorded([call(1, ["a"], 0, 10, OrderReport("a", "refused"))], tries)
    assert findings("outcomes.says-what-became", recording) == []
    tries[0].answer_body = b"<html>"
    assert [type(each) for each in findings("outcomes.says-what-became", recording)] == [Broken]


def test_what_is_still_on_the_book_is_not_finished() -> None:
    for became, expected in (("open", [Broken, Kept]), ("filled", [Kept]), ("absent", [Kept])):
        asked = call(1, ["a"], 0, 10, OrderReport("a", "terminal"), after=became)
        found = findings("outcomes.never-claims-cancelled", recorded([asked], [arrival(1, ["a"], 1)]))
        assert [type(each) for each in found] == expected, became


def test_a_client_may_hold_rows_in_another_order_for_unreadable() -> None:
    calls = [call(1, ["a"], 0, 1), call(2, ["b"], 2, 3)]
    calls[1].report = Report((), "unreadable")
    arrivals = [arrival(1, ["a"], 0.5), arrival(2, ["b"], 2.5)]
    arrivals[0].answer_body = b"{}"
    assert findings("outcomes.unknown-fields", recorded(calls, arrivals)) == [Kept()]
    calls[0].report = Report((), "venue")
    assert [type(each) for each in findings("outcomes.unknown-fields", recorded(calls, arrivals))] == [Broken]


def test_a_secret_is_known_in_base64_and_in_other_letters() -> None:
    pair = base64.b64encode(f"{KEYS['public_key']}:{KEYS['secret_key']}".encode()).decode()
    for header in (f"Basic {pair}", KEYS["secret_key"].upper(), KEYS["secret_key"].encode().hex()):
        sent = arrival(1, ["a"], 1)
        sent.headers = (*sent.headers, ("Authorization", header))
        (found,) = findings("secrets.stay-home", recorded([call(1, ["a"], 0, 10)], [sent]))
        assert isinstance(found, Broken), header
    sent.headers = (("Authorization", KEYS["public_key"]), ("X-Trace", "sk_test"))
    assert findings("secrets.stay-home", recorded([call(1, ["a"], 0, 10)], [sent])) == [Kept()]


def test_a_request_that_was_long_under_way_on_a_busy_machine_makes_the_next_no_older() -> None:
    now = time.time()
    first, second = arrival(1, ["a"], 5), arrival(2, ["a"], 5.1)
    for each, signed, arrived in ((first, now - 5, now), (second, now - 2.8, now + 0.1)):
        each.headers, each.wall = (("X-Timestamp", str(int(signed))),), arrived
    assert findings("signing.fresh-each-try", recorded([call(1, ["a"], 0, 10)], [first, second])) == [Kept()]
    second.headers, second.wall = first.headers, now + 2
    first.wall = now - 1.5
    (found,) = findings("signing.fresh-each-try", recorded([call(1, ["a"], 0, 10)], [first, second]))
    assert isinstance(found, Broken)


def test_a_header_with_another_accounts_key_is_none_of_this_one() -> None:
    sent = arrival(1, ["a"], 1)
    for key, expected in ((KEYS["public_key"], Kept), (f"Bearer {KEYS['public_key']}", Broken), ("pk_test_b", Broken)):
        sent.headers = (("X-Public-Key", key),)
        (found,) = findings("request.schema", recorded([call(1, ["a"], 0, 10)], [sent]))
        assert isinstance(found, expected), key


def test_an_answer_that_nobody_waited_for_asks_for_nothing() -> None:
    for status, rule in ((429, "retry.obeys-retry-after"), (409, "idempotency.after-409")):
        first, second = arrival(1, ["a"], 0, status=status), arrival(2, ["a"], 0.03, key="l")
        recording = recorded([call(1, ["a"], 0, 10)], [first, second])
        assert [type(each) for each in findings(rule, recording)] == [Broken]
        first.left = True
        assert findings(rule, recording) == []
    assert [type(each) for each in findings("idempotency.retry-same-key", recording)] == [Broken]


def test_a_body_is_utf_8_and_begins_with_no_mark() -> None:
    sent = arrival(1, ["a"], 1)
    sent.headers = (("X-Public-Key", KEYS["public_key"]),)
    for body, expected in (
        (sent.body, Kept),
        (b"\xef\xbb\xbf" + sent.body, Broken),
        ('{"orderIds": ["a"]}'.encode("utf-16"), Broken),
    ):
        sent.body = body
        (found,) = findings("request.schema", recorded([call(1, ["a"], 0, 10)], [sent]))
        assert isinstance(found, expected), body


@pytest.mark.parametrize("headers", [{"X-Timestamp": ""}, {"X-Public-Key": KEYS["public_key"]}])
def test_the_two_verifiers_agree_where_a_header_is_empty_or_twice(headers: dict[str, str]) -> None:
    body = b'{"orderIds": ["a"]}'
    signed = dict(signed_headers(KEYS, time.time(), "DELETE", "/v1/pm/orders/batch", body))
    sent = [*({**signed, **headers} if "X-Timestamp" in headers else signed).items(), *headers.items()]
    assert recompute.fits("DELETE", "/v1/pm/orders/batch", sent, body, KEYS) is not True


def test_where_429_says_nothing_any_pause_will_do_but_none() -> None:
    for began, expected in ((0.3, Kept), (0.02, Broken)):
        tries = [arrival(1, ["a"], 0, status=429), arrival(2, ["a"], began)]
        (found,) = findings("retry.obeys-retry-after", recorded([call(1, ["a"], 0, 10)], tries))
        assert isinstance(found, expected), began
