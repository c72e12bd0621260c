"""The production guard: no run against real money by accident (target protocol, section 4)."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache

from venue_conformance.errors import ClientFault
from venue_conformance.target.hosts import addresses_of, host_of, is_loopback, visible
from venue_conformance.target.model import Target

FORCE_FLAG = "--force-production-target-i-know-what-i-do"

#: How long names are looked up, all at once. What is not found in that time is not compared.
_LOOK_UP_SECONDS = 2.0
#: Words by which people call production, and those that say, before or behind one, that it is something else.
_PRODUCTION = frozenset({"production", "prod", "prd", "live"})
_NOT_BEHIND = frozenset({"non", "not", "no", "pre", "never"})
_NOT_BEFORE = frozenset({"like"})
_WORD = re.compile(r"[^\W\d_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")

LookUp = Callable[[Iterable[str], float], Mapping[str, frozenset[str]]]


class ProductionHosts:
    """The documented production hosts of a venue, and whether a URL leads to one of them. Safe to use from threads.

    ``look_up`` finds addresses of hosts within some seconds. Each host is looked up once, and none for a URL that leads
    to this machine. Other hosts of the same domain are not meant: that is where staging systems live.
    """

    def __init__(self, names: Iterable[str], look_up: LookUp = addresses_of) -> None:
        self._names = {host for name in names if (host := host_of(f"//{name}"))}
        self._look_up = look_up
        self._known: dict[str, frozenset[str]] = {}
        self._lock = threading.Lock()

    def reached_by(self, url: str) -> str | None:
        """How a URL leads to production, to be read behind what it is called; None where it does not.

        By a name, in whatever way it is written, or by an address that a production host has, too.
        """
        host = host_of(url)
        if host is None:
            return None
        if named := self.named_by(url):
            return f"names the production host {named}"
        if is_loopback(url) or not self._names:
            return None
        addresses = self._addresses(host)
        for name in sorted(self._names):
            if shared := addresses[host] & addresses[name]:
                return f"leads to {min(shared)}, which is an address of the production host {name}"
        return None

    def named_by(self, url: str) -> str | None:
        """The production host that a URL names, in whatever way it is written; None for another one."""
        host = host_of(url)
        return host if host in self._names else None

    def names(self, text: str) -> str | None:
        """The production host that a text without a scheme is, such as the value of a header; None for another one."""
        return self.named_by(f"//{text}")

    def _addresses(self, host: str) -> Mapping[str, frozenset[str]]:
        with self._lock:
            unknown = ({host} | self._names) - self._known.keys()
            if unknown:
                self._known.update(self._look_up(unknown, _LOOK_UP_SECONDS))
            return self._known


@cache
def production_hosts(names: frozenset[str]) -> ProductionHosts:
    """Those of a venue, the same for the whole process, so that nothing is looked up twice."""
    return ProductionHosts(names)


def refuse_production(target: Target, production: ProductionHosts, forced: bool) -> None:
    """Refuse a target that is the venue's production, unless ``forced``; nothing has been sent to it then.

    Production is a target whose environment is called so, or of which a URL (base_url, states.url, an account's
    ws_url) or a header leads to a documented host. The proxy is no target, and may have an address in common with
    production; but where it is called so, what a server there takes for its own is sent to it. Raises ClientFault that
    names the flag.
    """
    if forced:
        return
    reasons = []
    if is_production(target.environment):
        reasons.append(f'its environment is called "{visible(target.environment)}"')
    for key, url in _urls(target):
        if how := production.reached_by(url):
            reasons.append(f"{key} {how}")
    if target.proxy and (host := production.named_by(target.proxy)):
        reasons.append(f"[proxy] url names the production host {host}")
    for name, value in target.headers.items():
        if host := production.names(value):
            reasons.append(f"[headers] {name} names the production host {host}")
    if reasons:
        file = f"{target.path}: " if target.path else ""
        raise ClientFault(
            f"{file}this is production: {', and '.join(reasons)}. A run cancels orders, so it is refused. "
            f"Use a staging system, or give {FORCE_FLAG}."
        )


def is_production(environment: str) -> bool:
    """Whether an environment is called production: "prod", "live" or "production" is one of its words.

    A word that is denied is not meant ("non-production", "pre-prod", "not live", "production-like"), and nor are words
    that merely have it in them ("preprod"). Case, digits, punctuation and letters that nobody sees make no difference.
    """
    words = _WORD.findall(_CAMEL.sub(" ", visible(environment)).casefold())
    return any(
        word in _PRODUCTION and before not in _NOT_BEHIND and behind not in _NOT_BEFORE
        for before, word, behind in zip(["", *words], words, [*words[1:], ""], strict=False)
    )


def _urls(target: Target) -> Iterator[tuple[str, str]]:
    yield "base_url", target.base_url
    if target.states and target.states.url:
        yield "[states] url", target.states.url
    for number, account in enumerate((target.credentials, *target.accounts)):
        if "ws_url" in account:
            yield f"{'[credentials]' if number == 0 else f'[[accounts]] number {number}:'} ws_url", account["ws_url"]
