"""The production guard: no run against real money by accident (target protocol, section 4)."""

from __future__ import annotations

from collections.abc import Iterable

from venue_conformance.errors import ClientFault
from venue_conformance.target.model import Target
from venue_conformance.target.urls import host_of

FORCE_FLAG = "--force-production-target-i-know-what-i-do"


def refuse_production(target: Target, production_hosts: frozenset[str], forced: bool) -> None:
    """Refuse a target that is the venue's production, unless ``forced``.

    Production is a target whose environment is "production", or whose base_url or an account's ws_url names one of
    the documented ``production_hosts``, in any case, on any port, with or without a final dot. Other hosts of the
    same domain are not meant: that is where staging systems live. Raises ClientFault that names the flag.
    """
    if forced:
        return
    reasons = []
    if target.environment.strip().casefold() == "production":
        reasons.append('environment is "production"')
    urls = {"base_url": target.base_url}
    for number, account in enumerate((target.credentials, *target.accounts)):
        where = "[credentials]" if number == 0 else f"[[accounts]] number {number}"
        if "ws_url" in account:
            urls[f"{where} ws_url"] = account["ws_url"]
    for key, url in urls.items():
        if names_production(url, production_hosts):
            reasons.append(f"{key} names the production host {host_of(url)}")
    if reasons:
        file = f"{target.path}: " if target.path else ""
        raise ClientFault(
            f"{file}this is production: {', and '.join(reasons)}. A run cancels orders, so it is refused. "
            f"Use a staging system, or give {FORCE_FLAG}."
        )


def names_production(url: str, production_hosts: Iterable[str]) -> bool:
    """Whether a URL leads to one of the hosts, for URLs that come later than the file, such as a caller's ws_url."""
    host = host_of(url)
    return host is not None and host in {host_of(f"//{name}") for name in production_hosts}
