"""An Arcus caller: what a refusal of its requests says of its credentials, and what it finds out about client ids."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tiny_server import TinyServer, answer
from venue_conformance.client.caller import RetryBudget
from venue_conformance.client.session import CallerAccount, Session
from venue_conformance.errors import CredentialsRefused, NotTested, Presupposed
from venue_conformance.target.file import load_target
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues import venues
from venue_conformance.venues.arcus.caller import ArcusCaller
from venue_conformance.venues.arcus.elements import Element
from venue_conformance.wire.recorder import Recorder

ADDRESS, STRANGER = "0x" + "ab" * 20, "0x" + "cd" * 20
ACCEPTED, FORBIDDEN = answer(202, b'{"responses": []}'), answer(403)


@pytest.fixture
def session(server: TinyServer, tmp_path: Path) -> Iterator[Session]:
    file = tmp_path / "target.toml"
    file.write_text(
        f'venue = "arcus"\nbase_url = "{server.url}"\nenvironment = "test"\n'
        f'[credentials]\nprivate_key = "{"5a" * 32}"\naddress = "{ADDRESS}"\n'
    )
    shapes = {name: venue.credentials for name, venue in venues().items()}
    session = Session(venues()["arcus"], load_target(file, shapes, {}), seed=11)
    yield session
    session.close()


@pytest.fixture
def caller(session: Session) -> ArcusCaller:
    """The target file's account, with which nothing has been accepted yet."""
    return ArcusCaller(CallerAccount(session.target.credentials, "file"), session, Recorder(), RetryBudget())


def provisioned(session: Session, owner: str, client_id: str | None = None) -> ProvisionedOrder:
    [order_id] = session.ledger.unknown(1)
    session.ledger.enter([client_id] if client_id else [])
    return ProvisionedOrder(order_id, 1, 0, client_id, "open", "CLOB", owner)


@pytest.mark.parametrize("owner", [STRANGER, "stranger"])
def test_a_foreign_order_refused_says_nothing_of_the_credentials(
    server: TinyServer, session: Session, caller: ArcusCaller, owner: str
) -> None:
    own, foreign = provisioned(session, ADDRESS), provisioned(session, owner)
    server.always(FORBIDDEN)

    assert caller.cancel_batch([foreign]).status == 403
    assert caller.cancel_batch([caller.element(own), caller.element(foreign)]).status == 403
    with pytest.raises(CredentialsRefused):
        caller.cancel_batch([own])


def test_a_foreign_order_accepted_vouches_for_nothing(
    server: TinyServer, session: Session, caller: ArcusCaller
) -> None:
    server.always(ACCEPTED)

    caller.cancel_batch([provisioned(session, STRANGER)])
    assert not session.health.accepted
    caller.cancel_batch([provisioned(session, ADDRESS)])
    assert session.health.accepted


def test_two_ids_refused_say_nothing_of_the_credentials(
    server: TinyServer, session: Session, caller: ArcusCaller
) -> None:
    order = provisioned(session, ADDRESS, "c-1")
    server.always(answer(401))

    assert caller.cancel_batch([Element(order.order_id, order.client_id)]).status == 401


def row(status: str, **more: str) -> bytes:
    return answer(200, json.dumps({"responses": [{"clientId": "x", "status": status, **more}]}).encode())


NOT_FOUND, WRONGLY_SIGNED = row("REJECTED", rejectionReason="ORDER_NOT_FOUND"), row("REJECTED", error="signature")


@pytest.mark.parametrize(
    ("answers", "folded"),
    [
        ((NOT_FOUND, WRONGLY_SIGNED, NOT_FOUND), True),
        ((NOT_FOUND, NOT_FOUND, WRONGLY_SIGNED), False),
        ((ACCEPTED, answer(401), ACCEPTED), True),
        ((ACCEPTED, ACCEPTED, answer(401)), False),
        ((row("REJECTED"), row("REJECTED"), row("REJECTED")), False),
        ((answer(404), answer(401), answer(404)), True),
    ],
)
def test_how_client_ids_are_signed_is_found_out_by_what_a_right_one_is_answered(
    server: TinyServer, session: Session, caller: ArcusCaller, answers: tuple[bytes, ...], folded: bool
) -> None:
    order = provisioned(session, ADDRESS, "C-1")
    server.in_turn(*answers)

    assert caller.element(order, "clientId").folded is folded
    assert caller.element(order, "clientId").folded is folded
    assert len(server.received) == 3


def test_orders_of_several_account_indexes_refused_decide_nothing(
    server: TinyServer, session: Session, caller: ArcusCaller
) -> None:
    first, second = provisioned(session, ADDRESS), replace(provisioned(session, STRANGER), account_index=3)
    server.always(answer(400))

    with pytest.raises(NotTested, match="several account indexes"):
        caller.cancel_batch([first, second])
    assert caller.cancel_batch([first, replace(second, account_index=0)]).status == 400
    assert caller.cancel_batch([caller.element(first).but(without=frozenset({"kind"})), second]).status == 400
    server.always(ACCEPTED)
    assert caller.cancel_batch([first, second]).succeeded


@pytest.mark.parametrize("given", [answer(403), answer(200, b"null")])
def test_a_valid_batch_that_is_not_accepted_is_no_control(
    server: TinyServer, session: Session, caller: ArcusCaller, given: bytes
) -> None:
    session.health.accepted = True  # so that 403 says nothing of the credentials
    server.always(given)

    with pytest.raises(Presupposed, match=r"arcus\.signature\.single-cancel-bytes"):
        caller.require_accepted()


def test_a_valid_batch_is_sent_once_for_each_account(server: TinyServer, session: Session, caller: ArcusCaller) -> None:
    server.always(ACCEPTED)

    caller.require_accepted()
    caller.require_accepted()

    assert len(server.received) == 1
