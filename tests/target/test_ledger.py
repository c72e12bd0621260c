"""Which requests may name an order that the run was handed, and so may have had an effect."""

from __future__ import annotations

import pytest

from venue_conformance.target.ledger import Ledger


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger()
    ledger.enter(["3B0C-x/1", "oid-2"])
    return ledger


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/orders/oid-2", None),
        ("/v1/orders/OID%2D2?a=1", None),
        ("/v1/orders?id=3b0c-X%2F1", None),
        ("/batch", b'{"orderIds":["oid-2"]}'),
        ("/batch", b'{"orderIds":["OID-2"]}'),
        ("/batch", b'{"orderIds":["\\u006fid-2"]}'),
        ("/batch", b'{"orderIds":["3b0c-x\\/1"]}'),
        ("/batch", b'{"orderIds":["oid-2"],"orderIds":[]}'),
        ("/batch", b"oid-2 that is no JSON"),
        ("/batch", "oid-2".encode("utf-16")),
        ("/batch", b"\xff"),
    ],
)
def test_an_order_is_found_however_it_is_written(ledger: Ledger, path: str, body: bytes | None) -> None:
    assert ledger.is_named_in(path, body)


@pytest.mark.parametrize("body", [None, b"", b"{}", b'{"orderIds":[]}', b'{"orderIds":["oid-1", "3B0C"]}'])
def test_what_names_none_is_told_from_it(ledger: Ledger, body: bytes | None) -> None:
    assert not ledger.is_named_in("/v1/orders/batch?x=%ff", body)


def test_ids_that_the_run_made_name_nothing(ledger: Ledger) -> None:
    [unknown] = ledger.unknown(1)
    assert not ledger.is_named_in(f"/v1/orders/{unknown}", f'{{"orderIds":["{unknown}"]}}'.encode())
    ledger.enter([unknown])
    assert ledger.is_named_in(f"/v1/orders/{unknown}", None)
