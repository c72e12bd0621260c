"""What the page leaves open about the signatures of elements."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest

from venue_conformance.client.orders import Orders
from venue_conformance.venues.arcus.caller import ArcusCaller


@pytest.mark.clause("arcus.signature.refusal-form", "arcus.signature.adjacent-elements")
def test_how_invalid_signature_is_reported(caller: ArcusCaller, orders: Orders) -> None:
    """Is the request or only the row rejected for an invalid signature, and are valid elements in it carried out?"""
    wrong, right = orders.open(2)
    elements = [caller.element(wrong).but(private_key=secrets.token_hex(32)), caller.element(right)]

    answer = caller.cancel_batch(elements)

    recorder = caller.recorder
    reported = (
        f", its row says {answer.reported(elements[0])}" if answer.accepted and answer.rows_of(elements[0]) else ""
    )
    recorder.observe("arcus.signature.refusal-form", f"an invalid signature: {answer.status}{reported}")
    recorder.observe(
        "arcus.signature.adjacent-elements",
        f"a valid element beside it reads as {orders.poll_until([right])[right.order_id]}",
    )


@pytest.mark.clause("arcus.signature.upper-case-hex")
def test_signature_in_upper_case(caller: ArcusCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """May a signature be written in upper-case hex?"""
    [order] = orders.open(1)

    answer = caller.cancel_batch([caller.element(order).but(signature="upper case")])

    observe(
        f"a signature in upper case: {answer.status}, the order reads as {orders.poll_until([order])[order.order_id]}"
    )


@pytest.mark.clause("arcus.signature.client-id-case")
@pytest.mark.parametrize("signed", ["as it stands", "in lower case"])
def test_client_id_in_upper_case(caller: ArcusCaller, observe: Callable[[str], None], signed: str) -> None:
    """Is an upper-case letter in a clientId signed unchanged or in lower case?"""
    [unknown] = caller.unknown_client_ids(1)
    element = caller.element(unknown.upper(), "clientId")
    if signed == "in lower case":
        element = element.but(signed={"c": unknown})

    answer = caller.cancel_batch([element])

    observe(f"a client id in upper case, signed {signed}: {answer.status}")
