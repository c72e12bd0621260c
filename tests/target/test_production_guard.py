from __future__ import annotations

from dataclasses import replace

import pytest

from venue_conformance.errors import ClientFault
from venue_conformance.target.guard import FORCE_FLAG, names_production, refuse_production

from .conftest import GAMMA, Load

HOSTS = frozenset({"api.alpha.test", "WS.Alpha.Test."})


@pytest.mark.parametrize(
    "url",
    ["https://api.alpha.test", "https://API.Alpha.TEST:8443", "http://api.alpha.test.", "http://ws.alpha.test"],
)
def test_a_documented_host_is_production(load: Load, url: str) -> None:
    target = replace(load(), base_url=url)
    with pytest.raises(ClientFault, match=FORCE_FLAG) as caught:
        refuse_production(target, HOSTS, forced=False)
    assert "base_url names the production host" in str(caught.value)
    refuse_production(target, HOSTS, forced=True)


@pytest.mark.parametrize("url", ["https://staging.api.alpha.test", "https://alpha.test", "http://127.0.0.1:1"])
def test_other_hosts_are_not(load: Load, url: str) -> None:
    refuse_production(replace(load(), base_url=url), HOSTS, forced=False)


@pytest.mark.parametrize("environment", ["production", "Production", " PRODUCTION "])
def test_the_environment_may_say_so(load: Load, environment: str) -> None:
    with pytest.raises(ClientFault, match='environment is "production"'):
        refuse_production(replace(load(), environment=environment), frozenset(), forced=False)


def test_a_websocket_may_lead_there_too(load: Load) -> None:
    first = 'address="a"\nseed="01234567"\nws_url="ws://127.0.0.1/v1/ws"\n'
    second = '[[accounts]]\naddress="b"\nseed="01234567"\nws_url="wss://WS.alpha.test:443/v1/ws"\n'
    refuse_production(load(head=GAMMA, credentials=first), HOSTS, forced=False)
    with pytest.raises(ClientFault, match=r"\[\[accounts\]\] number 1 ws_url names the production host ws.alpha.test"):
        refuse_production(load(head=GAMMA, credentials=first, more=second), HOSTS, forced=False)


def test_what_is_no_url_names_nothing() -> None:
    assert not names_production("nonsense", {"", "nonsense"})
    assert not names_production("http://[", {"["})
