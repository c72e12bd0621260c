"""What a replay concludes, and how it says what to send by hand."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from venue_conformance.plugin.options import RunOptions
from venue_conformance.replay.curl import curl_of, variable
from venue_conformance.replay.judging import NewVerdict, judge_again, weighed
from venue_conformance.report.records import ExchangeRecord

CONFORMS = NewVerdict("conforms", "it passed")


def record(**fields: object) -> ExchangeRecord:
    values = {
        "id": 1,
        "method": "DELETE",
        "url": "http://127.0.0.1:9001/v1/pm/orders/batch",
        "request_headers": {"X-Timestamp": "1796041345", "X-Signature": "***", "Idempotency-Key": "it's $HOME"},
        "request_body": '{"orderIds": ["it\'s `x`"]}',
        "status": 200,
        "response_headers": {},
        "response_body": "{}",
        "started_at": "2026-01-01T00:00:00.000000+00:00",
        "duration_seconds": 0.01,
    }
    return ExchangeRecord(**{**values, **fields})  # type: ignore[arg-type]


def test_a_curl_means_the_request_and_leaves_open_what_is_signed_afresh() -> None:
    words = shlex.split(curl_of(record()))
    assert words[:5] == ["curl", "-i", "-X", "DELETE", "http://127.0.0.1:9001/v1/pm/orders/batch"]
    headers = [words[at + 1] for at, word in enumerate(words) if word == "-H"]
    assert headers == ["X-Timestamp: $X_TIMESTAMP", "X-Signature: $X_SIGNATURE", "Idempotency-Key: it's $HOME"]
    assert words[words.index("--data-raw") + 1] == '{"orderIds": ["it\'s `x`"]}'
    assert "'Idempotency-Key: it'\"'\"'s $HOME'" in curl_of(record()), "the shell expands nothing of the target's"


def test_what_a_target_names_a_header_is_no_command() -> None:
    assert "$(" not in curl_of(record(request_headers={'X-$(reboot)"`': "***"}))
    assert variable("X-Api-Key") == "X_API_KEY"
    assert "--data-raw" not in curl_of(record(request_body=None))


@pytest.mark.parametrize(
    ("explores", "alike", "verdict"),
    [(False, True, "conforms"), (True, False, "conforms"), (True, True, "cannot tell")],
)
def test_an_exploration_that_drew_something_else_proves_nothing(explores: bool, alike: bool, verdict: str) -> None:
    assert weighed(CONFORMS, recorded=["x"], explores=explores, alike=alike).verdict == verdict
    still = NewVerdict("violates", "it failed")
    assert weighed(still, recorded=["x"], explores=explores, alike=alike) is still


def test_a_round_under_load_is_judged_by_no_replay(tmp_path: Path) -> None:
    check = {"id": "load/bayse::bodies under one key", "breaches": []}
    new = judge_again(check, {"target": {"venue": "bayse"}}, RunOptions(), tmp_path)
    assert (new.verdict, new.told) == (
        "cannot tell",
        "a round under load was played again; another load test judges it",
    )
