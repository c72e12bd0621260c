from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from venue_conformance.errors import ClientFault, NotTested
from venue_conformance.target.inventory import Inventory
from venue_conformance.target.state_values import read_orders
from venue_conformance.target.states import NoStates, open_states

from .conftest import Load


def order(order_id: str, status: str = "open", owner: str = "caller", **more: object) -> dict[str, object]:
    return {"orderId": order_id, "owner": owner, "status": status, **more}


def inventory(folder: Path, *orders: dict[str, object]) -> Inventory:
    file = folder / "orders.json"
    file.write_text(json.dumps({"orders": orders}))
    return Inventory(file, "pk")


def ids(stock: Inventory, **params: Any) -> list[str]:
    asked = {"caller": "pk", "count": 1, "status": "open"} | params
    return [provisioned.order_id for provisioned in read_orders(stock.setup("orders", asked), asked)]


def test_an_open_order_is_handed_out_once(tmp_path: Path) -> None:
    stock = inventory(tmp_path, order("a"), order("b"), order("c", "partially_filled"))
    assert ids(stock) == ["a"]
    assert ids(stock, status="partially_filled") == ["c"]
    with pytest.raises(NotTested) as caught:
        ids(stock, count=2)
    assert caught.value.needs == "orders"
    assert caught.value.reason == (
        "the inventory has run out of open CLOB orders of the caller: it lists 2, 1 of them unused, 2 needed"
    )
    assert ids(stock) == ["b"], "a request that cannot be met uses nothing up"
    with pytest.raises(NotTested, match="partially_filled CLOB orders of the caller: it lists 1, 1 needed"):
        ids(stock, status="partially_filled")
    with pytest.raises(NotTested, match="lists no expired CLOB orders of the caller"):
        ids(stock, status="expired")
    stock.teardown("orders", {})
    stock.close()


def test_a_terminal_order_is_handed_out_again_and_the_least_used_first(tmp_path: Path) -> None:
    stock = inventory(tmp_path, order("a", "filled"), order("b", "filled"))
    assert [ids(stock, status="filled") for _ in range(3)] == [["a"], ["b"], ["a"]]
    assert ids(stock, status="filled", count=2) == ["b", "a"]


def test_orders_of_a_stranger_are_kept_apart(tmp_path: Path) -> None:
    stock = inventory(tmp_path, order("mine"), order("theirs", owner="stranger"))
    asked = {"owner": "stranger", "count": 1, "status": "open"}
    (provisioned,) = read_orders(stock.setup("orders", asked), asked)
    assert (provisioned.order_id, provisioned.owner) == ("theirs", "stranger")
    with pytest.raises(NotTested, match="open CLOB orders of the stranger"):
        stock.setup("orders", asked)
    with pytest.raises(NotTested, match="no orders of any account but that of"):
        stock.setup("orders", {**asked, "owner": None, "caller": "pk_2"})


def test_engines_and_client_ids_are_told_apart(tmp_path: Path) -> None:
    stock = inventory(
        tmp_path, order("named", clientId="c1", marketId=7, accountIndex=2), order("plain"), order("amm", engine="AMM")
    )
    assert ids(stock, engine="AMM") == ["amm"]
    assert ids(stock) == ["plain"], "a clientId is spared for who needs it"
    asked = {"caller": "pk", "count": 1, "status": "open", "client_ids": True}
    (provisioned,) = read_orders(stock.setup("orders", asked), asked)
    assert (provisioned.client_id, provisioned.market_id, provisioned.account_index) == ("c1", 7, 2)
    with pytest.raises(NotTested, match="orders of the caller with a clientId: it lists 1"):
        stock.setup("orders", asked)


def test_two_orders_lie_in_two_markets_if_they_can(tmp_path: Path) -> None:
    stock = inventory(tmp_path, *(order(name, marketId=name[0]) for name in ("a1", "a2", "a3", "b1")))
    assert ids(stock, count=2) == ["a1", "b1"]
    assert ids(stock, count=2) == ["a2", "a3"]


def test_every_other_state_is_not_offered(tmp_path: Path) -> None:
    with pytest.raises(NotTested, match="an inventory does not offer fill with part true") as caught:
        inventory(tmp_path).setup("fill", {"orderId": "a", "part": True})
    assert caught.value.needs == "fill"


def test_no_two_threads_get_one_order(tmp_path: Path) -> None:
    stock = inventory(tmp_path, *(order(str(n)) for n in range(60)))
    got: list[str] = []
    threads = [threading.Thread(target=lambda: got.extend(ids(stock, count=3))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got, key=int) == [str(n) for n in range(60)]


def test_it_is_opened_from_a_target_file(load: Load, tmp_path: Path) -> None:
    inventory(tmp_path, order("a"))
    states = open_states(load('[states]\ninventory = "orders.json"'))
    assert states.kind == "inventory"
    assert states.setup("orders", {"caller": "pk_test_1", "count": 1, "status": "open"}) == {
        "orders": [{"orderId": "a"}]
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "orders.json: the inventory is not JSON: .*line 1"),
        ("[]", r'the inventory must be {"orders"'),
        ('{"orders": {}}', r'the inventory must be {"orders"'),
        ('{"orders": [], "order": 1}', 'order: unknown key; did you mean "orders"'),
    ],
)
def test_files_that_are_no_inventory(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "orders.json").write_text(text)
    with pytest.raises(ClientFault, match=says):
        Inventory(tmp_path / "orders.json", "pk")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ClientFault, match=r"none\.json: the inventory cannot be read: No such file"):
        Inventory(tmp_path / "none.json", "pk")


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ClientFault) as caught:
        inventory(
            tmp_path,
            order("a"),
            order("a", owner="stranger"),
            order("b", status="opened"),
            order("c", owner="me", engine="amm"),
            {"owner": "caller", "market": 1},
            order("d", marketId=True),
            "text",  # type: ignore[arg-type]
            order("e", engine=3),
        )
    assert [line.split(".json: ")[1] for line in str(caught.value).splitlines()] == [
        'orders[2] status: "opened" is an unknown status; did you mean "open"?',
        'orders[3] owner: "me" is an unknown owner; known are: caller, stranger',
        'orders[3] engine: "amm" is an unknown engine; did you mean "AMM"?',
        'orders[4] market: unknown key; did you mean "marketId"?',
        "orders[4] orderId: must be text that is not empty",
        "orders[4] status: missing; one of cancelled, expired, filled, open, partially_filled, rejected",
        "orders[5]: marketId must be a whole number or text",
        "orders[6]: must be an object, is text",
        "orders[7] engine: must be one of AMM, CLOB, is a number",
        'orders[1] orderId: "a" is that of orders[0]',
    ]


def test_without_states_nothing_is_offered(load: Load) -> None:
    states = open_states(load())
    assert isinstance(states, NoStates)
    assert states.kind == "none"
    with pytest.raises(NotTested, match=r"no \[states\], which could offer held request with milliseconds 9") as caught:
        states.setup("held request", {"caller": "a", "milliseconds": 9})
    assert caught.value.needs == "held request"
    states.teardown("held request", {})
    states.close()


def test_a_mistake_of_every_order_is_told_of_a_few(tmp_path: Path) -> None:
    with pytest.raises(ClientFault) as caught:
        inventory(tmp_path, *(order(str(number), event_id=7) for number in range(30)))
    lines = str(caught.value).splitlines()
    assert len(lines) == 21
    assert lines[-1] == "and 10 more like these"


def test_an_order_may_lie_in_an_event(tmp_path: Path) -> None:
    stock = inventory(tmp_path, order("a", eventId="E7", marketId=3))
    assert stock.setup("orders", {"caller": "pk", "count": 1})["orders"] == [
        {"orderId": "a", "marketId": 3, "eventId": "E7"}
    ]
