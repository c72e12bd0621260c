from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

import pytest

from venue_conformance.errors import ClientFault
from venue_conformance.target.guard import FORCE_FLAG, ProductionHosts, is_production, refuse_production
from venue_conformance.target.hosts import addresses_of, host_of, is_loopback
from venue_conformance.target.model import StatesConfig

from .conftest import GAMMA, Load

NAMES = ("api.alpha.test", "WS.Alpha.Test.")
#: What a resolver would say; .test has no addresses anywhere.
DNS = {
    "api.alpha.test": {"203.0.113.7", "2001:db8::7"},
    "alias.elsewhere.test": {"203.0.113.7"},
    "six.elsewhere.test": {"2001:db8::7"},
    "staging.alpha.test": {"203.0.113.8"},
}


class Resolver:
    """Answers from ``DNS``, and of an address with itself; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, hosts: Iterable[str], seconds: float) -> Mapping[str, frozenset[str]]:
        assert seconds > 0
        hosts = sorted(hosts)
        self.asked += hosts
        return {host: frozenset(DNS.get(host, {host} if host[0].isdigit() or ":" in host else set())) for host in hosts}


@pytest.fixture
def resolver() -> Resolver:
    return Resolver()


@pytest.fixture
def hosts(resolver: Resolver) -> ProductionHosts:
    return ProductionHosts(NAMES, resolver)


@pytest.mark.parametrize(
    "url",
    ["https://api.alpha.test", "https://API.Alpha.TEST:8443", "http://api.alpha.test./gate", "http://ws.alpha.test"],
)
def test_a_documented_host_is_production(load: Load, hosts: ProductionHosts, url: str) -> None:
    target = replace(load(), base_url=url)
    with pytest.raises(ClientFault, match=FORCE_FLAG) as caught:
        refuse_production(target, hosts, forced=False)
    assert "base_url names the production host" in str(caught.value)
    refuse_production(target, hosts, forced=True)


@pytest.mark.parametrize(
    "host",
    [
        "api\u3002alpha\uff0etest",
        "api\uff61alpha.test",
        "\uff41\uff50\uff49.alpha.test",
        "ＡＰＩ.ＡＬＰＨＡ.ＴＥＳＴ",
        "api.al\u00adpha.test",
        "api\u200b.alpha.test",
        "a\u2060pi.alpha.te\ufe0fst",
        "api.alp\u034fha.test\u3002",
        "%61pi.alpha.test",
        "api%2ealpha%2etest",
        "api.ALPHA.test..",
        "staging.test@api.alpha.test",
    ],
)
@pytest.mark.parametrize("url", ["wss://{}/v1/ws", "wss://{}:8443/v1/ws", "wss://{}"])
def test_a_host_is_compared_as_it_is_dialled(hosts: ProductionHosts, host: str, url: str) -> None:
    assert hosts.reached_by(url.format(host)) == "names the production host api.alpha.test"


@pytest.mark.parametrize("url", ["https://staging.alpha.test", "https://alpha.test", "http://127.0.0.1:1"])
def test_other_hosts_are_not(load: Load, hosts: ProductionHosts, url: str) -> None:
    refuse_production(replace(load(), base_url=url), hosts, forced=False)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://alias.elsewhere.test", "203.0.113.7"),
        ("https://six.elsewhere.test", "2001:db8::7"),
        ("https://203.0.113.7:8443", "203.0.113.7"),
        ("https://[2001:DB8:0::7]", "2001:db8::7"),
        ("https://[::ffff:203.0.113.7]", "203.0.113.7"),
        ("https://3405803783", "203.0.113.7"),
        ("https://0xcb.0.0x71.7", "203.0.113.7"),
        ("https://0313.0.0161.07", "203.0.113.7"),
        ("https://203.28935", "203.0.113.7"),
    ],
)
def test_an_address_that_production_has_is_production(hosts: ProductionHosts, url: str, address: str) -> None:
    assert hosts.reached_by(url) == f"leads to {address}, which is an address of the production host api.alpha.test"


@pytest.mark.parametrize(
    "url", ["http://127.1", "http://[::1]:9", "http://2130706433", "http://LOCALHOST.", "http://0"]
)
def test_nothing_is_looked_up_for_this_machine(hosts: ProductionHosts, resolver: Resolver, url: str) -> None:
    assert is_loopback(url)
    assert hosts.reached_by(url) is None
    assert resolver.asked == []


def test_each_host_is_looked_up_once(hosts: ProductionHosts, resolver: Resolver) -> None:
    for _ in range(3):
        assert hosts.reached_by("https://staging.alpha.test:1/a") is None
        assert hosts.reached_by("wss://nowhere.test/ws") is None
    assert sorted(resolver.asked) == ["api.alpha.test", "nowhere.test", "staging.alpha.test", "ws.alpha.test"]


def test_a_name_that_is_not_found_is_found_nowhere_and_holds_nobody_up() -> None:
    """The machine's own resolver, with a name that has no address anywhere, and one that every machine has."""
    assert addresses_of(["no-such-host.invalid"], 0.05) == {"no-such-host.invalid": frozenset()}
    assert addresses_of(["localhost", "203.0.113.7"], 5)["203.0.113.7"] == {"203.0.113.7"}
    assert addresses_of(["localhost"], 5) == {"localhost": frozenset()}


@pytest.mark.parametrize(
    "environment",
    [
        *("production", "Production", " PRODUCTION ", "prod", "PRD", "live", "production-eu", "PROD_1", "eu (live)"),
        *("prod\u200buction", "pro\u00add", "p\u2060rod", "li\ufe0fve", "ＰＲＯＤ", "LiveEU", "prod2", "eu/prod/blue"),
        *("staging, then production", "non-production and production", "p\u3164rod"),
    ],
)
def test_the_environment_may_say_so(load: Load, environment: str) -> None:
    assert is_production(environment)
    with pytest.raises(ClientFault, match=r'alpha\.toml: this is production: its environment is called ".*"\. A run'):
        refuse_production(replace(load(), environment=environment), ProductionHosts(()), forced=False)


@pytest.mark.parametrize(
    "environment",
    [
        *("staging", "preprod", "pre-production", "Pre Prod", "non-prod", "NonProd", "nonproduction", "not live"),
        *("production-like", "ProdLike staging", "delivery", "reproduction of #12", "alive", "products", "\u200b"),
    ],
)
def test_what_staging_is_called_is_no_production(load: Load, environment: str) -> None:
    refuse_production(replace(load(), environment=environment), ProductionHosts(()), forced=False)


def test_a_websocket_may_lead_there_too(load: Load, hosts: ProductionHosts) -> None:
    first = 'address="a"\nseed="01234567"\nws_url="ws://127.0.0.1/v1/ws"\n'
    second = '[[accounts]]\naddress="b"\nseed="01234567"\nws_url="wss://WS.alpha.test:443/v1/ws"\n'
    refuse_production(load(head=GAMMA, credentials=first), hosts, forced=False)
    with pytest.raises(ClientFault, match=r"\[\[accounts\]\] number 1: ws_url names the production host ws.alpha.test"):
        refuse_production(load(head=GAMMA, credentials=first, more=second), hosts, forced=False)


def test_provider_states_and_headers_may_lead_there_too(load: Load, hosts: ProductionHosts) -> None:
    staging = load()
    states = replace(staging, states=StatesConfig(url="https://alias.elsewhere.test/_states"))
    with pytest.raises(ClientFault, match=r"production: \[states\] url leads to 203\.0\.113\.7"):
        refuse_production(states, hosts, forced=False)
    routed = replace(staging, headers=MappingProxyType({"X-Gateway": "key", "Host": "API.alpha.test:443"}))
    with pytest.raises(ClientFault, match=r"production: \[headers\] Host names the production host api\.alpha\.test\."):
        refuse_production(routed, hosts, forced=False)


def test_a_proxy_that_is_called_like_production_is_refused(load: Load, hosts: ProductionHosts) -> None:
    """One that merely has an address of production may be the way out of its network."""
    staging = load()
    with pytest.raises(ClientFault, match=r"production: \[proxy\] url names the production host api\.alpha\.test\."):
        refuse_production(replace(staging, proxy="http://me:pw@API\u3002alpha.test.:3128"), hosts, forced=False)
    refuse_production(replace(staging, proxy="http://alias.elsewhere.test:3128"), hosts, forced=False)


@pytest.mark.parametrize("text", ["nonsense", "http://[", "http://", "//", "", "http://%zz%", "http://\u200b/"])
def test_what_is_no_url_names_nothing(text: str) -> None:
    assert ProductionHosts(("", "nonsense")).reached_by(text) is None


def test_a_host_that_nfkc_would_end_is_still_read() -> None:
    """Urlsplit refuses such a URL, and whoever does not may dial what stands before the letter."""
    assert host_of("https://api.alpha.test\u2100.staging.test") in ("api.alpha.testa/c.staging.test", "api.alpha.test")
