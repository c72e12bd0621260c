"""PredictStreet: how a request says who sends it, what its caller reads, and what its oracle wants."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.tiny_server import Received, TinyServer, answer
from venue_conformance.client.caller import RetryBudget
from venue_conformance.client.session import CallerAccount, Session
from venue_conformance.contract.clauses import load_catalogue
from venue_conformance.errors import ClientFault, NotTested, Violation
from venue_conformance.target.credentials import parse_credentials
from venue_conformance.target.file import load_target
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues import venues
from venue_conformance.venues.predictstreet.answer import BatchAnswer
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller
from venue_conformance.venues.predictstreet.keys import Identity, identity_headers
from venue_conformance.venues.predictstreet.oracle import BATCH_CLAUSES, CLAUSES, BatchId, judge
from venue_conformance.wire.exchange import Exchange, Request
from venue_conformance.wire.recorder import Recorder

KEY_ID, SECRET = "0123456789abcdef", "abc_def-ghijklmnopqrstuvwxyz0123456789ABCDE"
WALLET, OTHER = "0x" + "aB" * 20, "0x" + "cD" * 20
SINGLE = {"api_key": f"ps_live_{KEY_ID}_{SECRET}", "partner_kind": "single_wallet", "wallet": WALLET}
MULTI = {**SINGLE, "partner_kind": "multi_wallet"}


@pytest.mark.parametrize(
    ("credentials", "identity", "expected"),
    [
        (SINGLE, Identity(), {"X-Api-Key": SINGLE["api_key"]}),
        (MULTI, Identity(), {"X-Api-Key": SINGLE["api_key"], "X-User-Wallet": WALLET}),
        (MULTI, Identity(omit=frozenset({"X-User-Wallet"})), {"X-Api-Key": SINGLE["api_key"]}),
        (SINGLE, Identity(wallet="me", omit=frozenset({"X-Api-Key"})), {"X-User-Wallet": "me"}),
        (SINGLE, Identity(key="{prefix}_{id}"), {"X-Api-Key": f"ps_live_{KEY_ID}"}),
        (SINGLE, Identity(key_id="00", secret="{id}"), {"X-Api-Key": "ps_live_00_{id}"}),
        (MULTI, Identity(names="lower"), {"x-api-key": SINGLE["api_key"], "x-user-wallet": WALLET}),
        (SINGLE, Identity(names="upper"), {"X-API-KEY": SINGLE["api_key"]}),
    ],
)
def test_the_headers_that_say_who_sends(
    credentials: Mapping[str, str], identity: Identity, expected: Mapping[str, str]
) -> None:
    assert dict(identity_headers(credentials, identity)) == expected


@pytest.mark.parametrize(
    "identity", [Identity(), Identity(wallet=""), Identity("x", "y", "z", OTHER, frozenset({"a"}))]
)
def test_an_identity_survives_its_description(identity: Identity) -> None:
    assert Identity.from_tampered(json.loads(json.dumps(identity.tampered))) == identity


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"api_key": "sk_1"}, "must look like"),
        ({"wallet": "0x12"}, "40 hexadecimal"),
        ({"partner_kind": "none"}, "must be one"),
    ],
)
def test_credentials_that_cannot_be_used_are_told(change: dict[str, str], complaint: str) -> None:
    with pytest.raises(ClientFault, match=complaint):
        parse_credentials({**SINGLE, **change}, venues()["predictstreet"].credentials, "here")


def answered(body: object, status: int = 200, sent: Sequence[str] = ()) -> BatchAnswer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = Request("POST", "/", (), json.dumps({"orderIds": sent}).encode())
    return BatchAnswer(Exchange(request, "http://venue.invalid/", 0, 0, "", status, (), raw))


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({"cancelled": [], "notCancelled": {}}, []),
        ({"cancelled": ["a"], "notCancelled": {"b": "not_found"}, "more": None}, []),
        ({}, ["cancelled is missing", "notCancelled is missing"]),
        ({"cancelled": None, "notCancelled": None}, ["cancelled is no array", "notCancelled is no object"]),
        ({"cancelled": 1, "notCancelled": []}, ["cancelled is no array", "notCancelled is no object"]),
        (
            {"cancelled": [{}], "notCancelled": {"b": {}}},
            ["cancelled holds what is no string", "notCancelled holds what is no string"],
        ),
    ],
)
def test_the_shape_of_an_answer(body: object, faults: list[str]) -> None:
    found = answered(body)
    assert found.shape_faults == faults
    # Nothing that asks for an outcome trips over a wrong shape.
    assert found.outcome("z") == "missing"
    assert isinstance(found.reported, set)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"\xff", b'"cancelled"', b"NaN"])
def test_an_answer_that_is_no_object_is_a_violation(body: bytes) -> None:
    with pytest.raises(Violation):
        answered(body).outcome("a")
    assert answered(body, 401).error_code is None


def test_outcomes() -> None:
    found = answered({"cancelled": ["a", "b", 7], "notCancelled": {"b": "unknown", "c": "not_found", "d": 1}})
    assert found.outcomes(["a", "b", "c", "d", "e"]) == [
        "cancelled",
        "cancelled and unknown",
        "not_found",
        "1",
        "missing",
    ]


UUIDS = ("0a-b", "aaaaaaaa-0000-4000-8000-00000000000b", "AAAAAAAA-0000-4000-8000-00000000000C")


@pytest.mark.parametrize(
    ("cancelled", "reasons", "reported"),
    [
        ([UUIDS[1].upper(), UUIDS[2].lower()], {}, ["missing", "cancelled", "cancelled"]),
        ([UUIDS[0].upper(), UUIDS[2]], {UUIDS[1].upper(): "unknown"}, ["missing", "unknown", "cancelled"]),
    ],
)
def test_the_letter_case_in_which_a_uuid_comes_back_is_open(
    cancelled: list[str], reasons: dict[str, str], reported: list[str]
) -> None:
    body = {"cancelled": cancelled, "notCancelled": reasons}
    assert answered(body, sent=UUIDS).outcomes([*UUIDS]) == reported
    assert answered(body, sent=UUIDS).spells(cancelled[0])
    assert not answered(body, sent=UUIDS).spells(UUIDS[1])


def test_a_uuid_that_comes_back_in_two_letter_cases_comes_back_twice() -> None:
    one, capital = UUIDS[1], UUIDS[1].upper()
    assert answered({"cancelled": [one, capital], "notCancelled": {}}, sent=UUIDS).cancelled_ids == [one, one]
    both = answered({"cancelled": [], "notCancelled": {capital: "unknown", one: "not_found"}}, sent=UUIDS)
    assert both.reported == {one, capital}
    assert answered({"cancelled": [capital], "notCancelled": {one: "unknown"}}, sent=UUIDS).outcome(one) == (
        "cancelled and unknown"
    )
    # Who sends both spellings asks about two ids.
    two = answered({"cancelled": [capital], "notCancelled": {one: "not_found"}}, sent=(one, capital))
    assert two.outcomes([one, capital]) == ["not_found", "cancelled"]


@pytest.mark.parametrize(
    ("body", "code", "envelope"),
    [
        ({"code": "a", "message": ""}, "a", "flat (code)"),
        ({"status": 401, "error": {"code": "b"}}, "b", "nested (error.code)"),
        ({"statusCode": 400, "error": "Bad Request"}, None, "other (error, statusCode)"),
        ({"code": 5, "error": {"code": ""}}, None, "nested (error.code)"),
        (b"", None, "no body"),
        (b"Too Many", None, "no JSON object"),
    ],
)
def test_error_codes(body: object, code: str | None, envelope: str) -> None:
    found = answered(body, 401)
    assert (found.error_code, found.envelope) == (code, envelope)


BATCH = [
    BatchId("o", "own open"),
    BatchId("f", "own filled"),
    BatchId("u", "unknown"),
    BatchId("s", "foreign cancelled"),
]
REASONS = {"f": "already_terminal", "u": "not_found", "s": "not_found"}


def test_the_right_answer_passes() -> None:
    judge(BATCH, answered({"cancelled": ["o"], "notCancelled": REASONS}))
    judge([*BATCH, BATCH[0]], answered({"cancelled": ["o"], "notCancelled": REASONS}))


@pytest.mark.parametrize(
    ("cancelled", "reasons", "clause"),
    [
        (["o", "o"], REASONS, "outcomes.once"),
        (["o", "f"], REASONS, "outcomes.once"),
        (["o"], {**REASONS, "x": "not_found"}, "outcomes.every-id"),
        ([], REASONS, "outcomes.every-id"),
        (["o"], {**REASONS, "f": "filled"}, "outcomes.reasons"),
        (["o"], {**REASONS, "f": "not_found"}, "lifecycle.filled-is-final"),
        (["o"], {**REASONS, "u": "already_terminal"}, "isolation.unknown-not-found"),
        (["o"], {**REASONS, "s": "already_terminal"}, "isolation.foreign-terminal"),
        ([], {**REASONS, "o": "unknown"}, "independence.bad-id-affects-no-other"),
    ],
)
def test_a_wrong_answer_breaks_its_clause(cancelled: list[str], reasons: dict[str, str], clause: str) -> None:
    with pytest.raises(Violation) as broken:
        judge(BATCH, answered({"cancelled": cancelled, "notCancelled": reasons}))
    assert broken.value.clause == f"predictstreet.{clause}"


def test_an_open_order_that_is_not_cancelled_though_alone_breaks_its_own_clause() -> None:
    with pytest.raises(Violation) as broken:
        judge(BATCH[:1], answered({"cancelled": [], "notCancelled": {"o": "unknown"}}))
    assert broken.value.clause == "predictstreet.lifecycle.open-cancelled"


@pytest.mark.parametrize(
    ("batch", "clause"),
    [
        (BATCH[:1], "request.example"),
        (BATCH, "independence.bad-id-affects-no-other"),
        (BATCH[1:], "outcomes.none-cancelled"),
        ([BATCH[0]] * 2, "duplicates.any-spread"),
    ],
)
def test_a_refused_batch_breaks_a_clause_by_what_is_unusual_about_it(batch: list[BatchId], clause: str) -> None:
    with pytest.raises(Violation) as broken:
        judge(batch, answered({}, 404))
    assert broken.value.clause == f"predictstreet.{clause}"


def test_a_repeated_id_that_is_told_twice_breaks_the_clause_on_duplicates() -> None:
    with pytest.raises(Violation) as broken:
        judge([BATCH[0], BATCH[0]], answered({"cancelled": ["o", "o"], "notCancelled": {}}))
    assert broken.value.clause == "predictstreet.duplicates.collapsed"


def test_the_oracle_names_clauses_that_there_are() -> None:
    assert {*BATCH_CLAUSES, *CLAUSES.values()} <= load_catalogue("predictstreet").keys()


@pytest.fixture
def session(server: TinyServer, tmp_path: Path) -> Iterator[Session]:
    file = tmp_path / "target.toml"
    credentials = "\n".join(f'{name} = "{value}"' for name, value in MULTI.items())
    head = f'venue = "predictstreet"\nbase_url = "{server.url}"\nenvironment = "test"\n'
    file.write_text(f"{head}[credentials]\n{credentials}\n")
    target = load_target(file, {name: venue.credentials for name, venue in venues().items()}, {})
    opened = Session(venues()["predictstreet"], target, seed=5)
    yield opened
    opened.close()


@pytest.fixture
def caller(session: Session) -> PredictStreetCaller:
    account = CallerAccount(session.target.credentials, "file")
    return PredictStreetCaller(account, session, Recorder(), RetryBudget(sleep=lambda _: None))


def test_a_batch_as_the_page_shows_it(server: TinyServer, session: Session, caller: PredictStreetCaller) -> None:
    server.behave = lambda _: answer(200, b'{"cancelled": [], "notCancelled": {}}')
    ids = session.ledger.unknown(2)
    caller.cancel_batch(ids)
    caller.acting_for(OTHER).cancel_batch(ids)
    own, other = server.received
    assert (own.method, own.path, json.loads(own.body)) == ("POST", "/api/orders/cancel-batch", {"orderIds": ids})
    assert own.all_of("Content-Type") == ["application/json"]
    assert own.all_of("X-Api-Key") == [MULTI["api_key"]]
    assert [received.header("X-User-Wallet") for received in (own, other)] == [WALLET, OTHER]
    assert SECRET not in session.redaction.text(f"wrong: {SECRET}")


def test_a_wallet_has_one_budget_however_it_is_spelled(
    server: TinyServer, session: Session, caller: PredictStreetCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.behave = lambda _: answer(200)
    paid: list[str | None] = []
    monkeypatch.setattr(session.pacer, "wait", lambda account, _tokens: paid.append(account))
    [order_id] = session.ledger.unknown(1)
    caller.cancel_batch([order_id])
    caller.acting_for(f"0x{WALLET[2:].upper()}").cancel_batch([order_id])
    caller.cancel_batch([order_id], identity=Identity(wallet="0x12"))
    caller.acting_for(OTHER).cancel_batch([order_id])
    caller.cancel_batch([order_id], limit_asked=True)
    assert paid == [WALLET.lower(), WALLET.lower(), WALLET.lower(), OTHER.lower(), None]


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({"status": "OPEN", "filledQty": "0"}, "open"),
        ({"status": "PENDING"}, "open"),
        ({"status": "OPEN", "filledQty": "4"}, "partially_filled"),
        ({"status": "PARTIAL", "filledQty": "x"}, "partially_filled"),
        ({"status": "CANCELLED", "filledQty": "4"}, "cancelled"),
        ({"status": "SETTLEMENT_FAILED"}, "rejected"),
    ],
)
def test_the_status_of_an_order(
    server: TinyServer, caller: PredictStreetCaller, order: dict[str, Any], status: str
) -> None:
    server.behave = lambda _: answer(200, json.dumps(order).encode())
    caller.session.ledger.enter(["id-1"])
    assert caller.read_status(ProvisionedOrder("id-1", "1", 0, None, "open", "CLOB", WALLET)) == status
    received: Received = server.received[-1]
    assert (received.method, received.path) == ("GET", "/api/orders/id-1")


@pytest.mark.parametrize("reply", [answer(404), answer(501), answer(400), answer(200, b'{"status": 1}')])
def test_a_read_that_cannot_be_used_is_not_tested(
    server: TinyServer, caller: PredictStreetCaller, reply: bytes
) -> None:
    server.behave = lambda _: reply
    caller.session.ledger.enter(["id-1"])
    with pytest.raises(NotTested):
        caller.read_status(ProvisionedOrder("id-1", "1", 0, None, "open", "CLOB", WALLET))
