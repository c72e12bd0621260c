"""docs/target-protocol.md says what the code does, section by section."""

from __future__ import annotations

import json
import re
import tomllib
from itertools import takewhile
from pathlib import Path

import pytest

from venue_conformance.errors import ClientFault
from venue_conformance.reference.arcus.states import ArcusStates
from venue_conformance.reference.bayse.states import BayseStates
from venue_conformance.reference.predictstreet.states import PredictStreetStates
from venue_conformance.target.file import load_target
from venue_conformance.target.guard import production_hosts, refuse_production
from venue_conformance.target.inventory import Inventory
from venue_conformance.target.ledger import Ledger
from venue_conformance.target.model import Target
from venue_conformance.target.state_values import STATUSES
from venue_conformance.venues import venues

DOCUMENT = Path(__file__).parents[2] / "docs" / "target-protocol.md"
WORD = re.compile(r"`([^`]+)`")
CREDENTIALS = {
    "bayse": 'public_key = "pk"\nsecret_key = "a_long_secret"\n',
    "arcus": f'private_key = "{"1f" * 32}"\naddress = "0x{"ab" * 20}"\n',
    "predictstreet": f'api_key = "ps_live_k_s"\npartner_kind = "single_wallet"\nwallet = "0x{"ab" * 20}"\n',
}
#: A value for each optional key that a target file may have.
VALUES = {
    "disposable": "true", "ws_url": '"ws://127.0.0.1:1/v1/ws"', "sign_prefix": "true", "token": '"t"',
    "requests_per_second": "5", "timeout_seconds": "5", "settle_seconds": "5", "max_orders": "5", "max_requests": "5",
}  # fmt: skip


def section(number: int) -> str:
    found = re.search(rf"^## {number}\. .*?(?=^## |\Z)", DOCUMENT.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[0]


def rows(number: int, first: str) -> dict[str, list[str]]:
    """The rows of the table whose head begins so, by what their first cell names."""
    lines = section(number).splitlines()
    begin = next(at for at, line in enumerate(lines) if line.startswith(f"| {first} |"))
    table = takewhile(lambda line: line.startswith("|"), lines[begin + 2 :])
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table]
    return {row[0]: row[1:] for row in cells}


def load(folder: Path, venue: str, more: str = "", environment: str = "test", credentials: str = "") -> Target:
    file = folder / "target.toml"
    file.write_text(
        f'venue = "{venue}"\nbase_url = "http://127.0.0.1:1"\nenvironment = "{environment}"\n'
        + ("sign_prefix = true\n" if venue == "bayse" else "")
        + f"[credentials]\n{CREDENTIALS[venue]}{credentials}{more}",
        "utf-8",
    )
    return load_target(file, {name: each.credentials for name, each in venues().items()}, {})


@pytest.mark.parametrize("venue", sorted(CREDENTIALS))
def test_section_1_lists_every_key(venue: str, tmp_path: Path) -> None:
    tables = rows(1, "table")
    shape = venues()[venue].credentials
    [required, optional] = rows(1, "venue")[venue]
    assert (set(WORD.findall(required)), set(WORD.findall(optional))) == (shape.required, shape.optional)
    assert set(tomllib.loads(CREDENTIALS[venue])) == shape.required

    further = "".join(f"{key} = {VALUES[key]}\n" for key in (*sorted(shape.optional), "disposable"))
    limits = "".join(f"{key} = {VALUES[key]}\n" for key in WORD.findall(tables["`[limits]`"][0]))
    [url, command, inventory, beside, token, _] = WORD.findall(tables["`[states]`"][0])
    assert (url, command, inventory, beside) == ("url", "command", "inventory", "url")
    states = f'[states]\n{url} = "http://127.0.0.1:1/_states"\n{token} = "t"\n'
    load(tmp_path, venue, f'[limits]\n{limits}{states}[proxy]\nurl = "http://127.0.0.1:2"\n', credentials=further)

    for table, keys in (("limits", "`[limits]`"), ("states", "`[states]`"), ("tls", "`[tls]`")):
        with pytest.raises(ClientFault, match="unknown key") as refused:
            load(tmp_path, venue, f'[{table}]\nnobody_knows_this = "x"\n')
        known = set(re.findall(r"known are: ([^\n]*)", str(refused.value))[0].split(", "))
        assert known <= {*WORD.findall(tables[keys][0])}, "a key that the document does not list"


def test_section_2_lists_every_state_with_its_params() -> None:
    documented = rows(2, "state")
    named = {name.strip("`"): set(WORD.findall(cells[0])) for name, cells in documented.items()}
    offers = [
        offer
        for states in (ArcusStates, BayseStates, PredictStreetStates)
        for name in dir(states)
        if (offer := getattr(getattr(states, name), "_offer", None)) is not None and offer.action == "setup"
    ]

    assert named.keys() == {offer.state for offer in offers}
    for offer in offers:
        assert {*offer.required, *offer.optional} <= named[offer.state], offer.state
    assert all(f"`{status}`" in section(2) for status in STATUSES)
    request = json.loads(re.search(r"```json\n(.*?)```", section(2), re.DOTALL)[1])  # type: ignore[index]
    assert request.keys() == {"state", "params", "action"}


def test_section_3_lists_every_member_of_an_order(tmp_path: Path) -> None:
    members = {
        "orderId": "a", "owner": "caller", "status": "open", "engine": "CLOB", "marketId": "m", "accountIndex": 1,
        "clientId": "c",
    }  # fmt: skip
    assert members.keys() <= set(WORD.findall(section(3)))
    file = tmp_path / "orders.json"
    file.write_text(json.dumps({"orders": [members]}))
    given = Inventory(file, "pk").setup("orders", {"caller": "pk", "count": 1, "status": "open"})
    assert given["orders"][0].items() <= members.items()
    file.write_text(json.dumps({"orders": [{**members, "price": 1}]}))
    with pytest.raises(ClientFault, match="price"):
        Inventory(file, "pk")


def test_section_4_holds(tmp_path: Path) -> None:
    assert len(re.findall(r"^\d\. ", section(4), re.MULTILINE)) == 4
    ledger = Ledger()
    [made] = ledger.unknown()
    assert ledger.knows(made)
    assert not ledger.knows("00000000-0000-4000-8000-000000000000")
    for venue in CREDENTIALS:
        target = load(tmp_path, venue, environment="production")
        with pytest.raises(ClientFault, match="production"):
            refuse_production(target, production_hosts(venues()[venue].production_hosts), forced=False)
