"""What becomes of ids that a PredictStreet batch reports as unknown."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import pytest

from venue_conformance.venues.predictstreet.answer import BatchAnswer
from venue_conformance.venues.predictstreet.transient import PAUSES, outcomes_by_place, retried
from venue_conformance.wire.exchange import Exchange, Request

IDS = ["a", "b", "c"]


def answer(cancelled: Sequence[str], reasons: dict[str, str], status: int = 200) -> BatchAnswer:
    request = Request("POST", "/api/orders/cancel-batch", (), json.dumps({"orderIds": IDS}).encode())
    body = json.dumps({"cancelled": list(cancelled), "notCancelled": reasons, "more": 1}).encode()
    return BatchAnswer(Exchange(request, "http://venue", 0.0, 0.1, "now", status, (), body))


def one_after_another(*answers: BatchAnswer) -> Callable[[], BatchAnswer]:
    left = iter(answers)
    return lambda: next(left)


def unknown(*order_ids: str) -> dict[str, str]:
    return dict.fromkeys(order_ids, "unknown")


def test_an_answer_without_unknown_ids_is_not_retried() -> None:
    first = answer(["a"], {"b": "not_found", "c": "lock_invariant"})
    assert retried(first, one_after_another()) is first


def test_what_was_cancelled_before_may_be_terminal_now() -> None:
    slept: list[float] = []
    again = one_after_another(
        answer([], {"a": "already_terminal", "b": "not_found"} | unknown("c")),
        answer(["c"], {"a": "already_terminal", "b": "not_found"}),
    )
    merged = retried(answer(["a"], unknown("b", "c")), again, slept.append)
    assert merged.outcomes(IDS) == ["cancelled", "not_found", "cancelled"]
    assert merged.shape_faults == []
    assert merged.processed["more"] == 1
    assert slept == [0.2, 0.5]


def test_what_stays_unknown_is_unknown() -> None:
    slept: list[float] = []
    merged = retried(answer([], unknown("b")), lambda: answer([], unknown("b")), slept.append)
    assert merged.outcome("b") == "unknown"
    assert tuple(slept) == PAUSES


def test_what_was_cancelled_before_and_is_said_to_be_something_else_now_has_two_outcomes() -> None:
    again = one_after_another(answer(["b"], {"a": "not_found"}))
    assert retried(answer(["a"], unknown("b")), again, lambda _: None).outcome("a") == "cancelled and not_found"


def test_what_one_answer_lists_twice_is_listed_twice() -> None:
    again = one_after_another(answer([], {"a": "already_terminal", "b": "not_found"}))
    merged = retried(answer(["a", "a"], unknown("b")), again, lambda _: None)
    assert merged.cancelled_ids == ["a", "a"]


def test_a_retry_that_is_not_carried_out_is_what_is_judged() -> None:
    assert retried(answer([], unknown("a")), lambda: answer([], {}, 409), lambda _: None).status == 409


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'{"notCancelled": 1}', b'{"notCancelled": {"a": null}}'])
def test_what_cannot_be_read_is_not_retried(body: bytes) -> None:
    request = Request("POST", "/api/orders/cancel-batch", (), b"{}")
    first = BatchAnswer(Exchange(request, "http://venue", 0.0, 0.1, "now", 200, (), body))
    assert retried(first, one_after_another()) is first


def test_an_id_is_unknown_at_its_place_only_where_it_is_so_in_every_try() -> None:
    tries = [
        answer(["a"], unknown("b", "c")),
        answer([], unknown("a", "c") | {"b": "not_found"}),
        answer(["a", "b"], unknown("c")),
        answer(["a", "b"], unknown("c")),
    ]
    send = one_after_another(*tries)
    assert outcomes_by_place(lambda: (IDS, send()), sleep=lambda _: None) == ["cancelled", "not_found", "unknown"]
    with pytest.raises(StopIteration):
        send()


def test_no_try_is_made_for_a_place_where_unknown_is_asked_for() -> None:
    send = one_after_another(answer(["a", "c"], unknown("b")))
    assert outcomes_by_place(lambda: (IDS, send()), asked={1}) == ["cancelled", "unknown", "cancelled"]
