"""Hosts as a client will really dial them, so that two ways of writing one host compare as one."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
import time
import unicodedata
from collections.abc import Iterable, Mapping
from urllib.parse import unquote, urlsplit

#: What IDNA reads as the dot between two labels, beside the dot itself.
_DOTS = str.maketrans(dict.fromkeys("\u3002\uff0e\uff61", "."))
#: Categories and letters that show as nothing, or stand upon another letter; IDNA drops most of them.
_UNSEEN = frozenset({"Cf", "Cc", "Mn"})
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def host_of(url: str) -> str | None:
    """The host of any URL in the one way of writing it that can be compared; None for what is no URL with a host.

    That is lower case, without a final dot, port, user name, percent-encoding or letters that nobody sees; full-width
    letters and dots as plain ones (NFKC), other letters as IDNA sends them, and an IP address in its usual notation.
    """
    try:
        host = urlsplit(url).hostname
    except ValueError:
        # urlsplit refuses letters that NFKC turns into ones that end a host; what matters is the host before them.
        host = _roughly(url)
    if not host:
        return None
    plain = visible(unquote(host).translate(_DOTS)).casefold().strip(".")
    if not plain:
        return None
    with contextlib.suppress(UnicodeError):
        plain = plain.encode("idna").decode("ascii").lower()
    address = _literal(plain)
    return str(address) if address else plain


def address_of(url: str) -> tuple[str | None, int | None]:
    """The host (as ``host_of``) and the port that a URL leads to, the scheme's own where it names none."""
    try:
        parts = urlsplit(url)
        return host_of(url), parts.port or (443 if parts.scheme in ("https", "wss") else 80)
    except ValueError:
        return None, None


def visible(text: str) -> str:
    """A text as people read it: NFKC, without letters that show as nothing."""
    letters = unicodedata.normalize("NFKC", text)
    return "".join(each for each in letters if unicodedata.category(each) not in _UNSEEN and each not in _BLANKS)


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine itself, by its name or by its address; no name is looked up."""
    host = host_of(url) or ""
    address = _literal(host)
    if address:
        return address.is_loopback or address.is_unspecified
    return host == "localhost" or host.endswith(".localhost")


def addresses_of(hosts: Iterable[str], seconds: float) -> Mapping[str, frozenset[str]]:
    """The addresses of each host, as far as they are found within so many seconds; loopback ones are left out.

    All are looked up at once. A system's own lookup can be neither bounded nor stopped, so that one without an end is
    left behind.
    """
    found: dict[str, frozenset[str]] = dict.fromkeys(hosts, frozenset())

    def look_up(host: str) -> None:
        with contextlib.suppress(OSError, UnicodeError):
            resolved = {str(each[4][0]) for each in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
            addresses = {address for each in resolved if (address := _literal(each))}
            found[host] = frozenset(str(address) for address in addresses if not address.is_loopback)

    looking = [threading.Thread(target=look_up, args=(host,), daemon=True) for host in list(found)]
    for each in looking:
        each.start()
    ends = time.monotonic() + seconds
    for each in looking:
        each.join(max(0.0, ends - time.monotonic()))
    return dict(found)


def _literal(host: str) -> Address | None:
    """The address that a text is, in any notation that a system takes for one: decimal, octal, mapped to IPv6."""
    try:
        resolved = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        address = ipaddress.ip_address(str(resolved[0][4][0]).partition("%")[0])
    except (OSError, ValueError):
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _roughly(url: str) -> str:
    authority = url.partition("://")[2] or url.removeprefix("//")
    for end in "/?#\\":
        authority = authority.partition(end)[0]
    host = authority.rpartition("@")[2]
    return host.partition(":")[0]
