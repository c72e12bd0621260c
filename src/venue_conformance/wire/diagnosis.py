"""Why nobody answered, in one sentence that names what is wrong, where, and what would be right."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from urllib.parse import urlsplit

from venue_conformance.wire.faults import connection_fault
from venue_conformance.wire.proxy import Proxy

_SHORTEST_SECONDS = 0.5
#: What OpenSSL calls the alerts of a server that takes nobody without a certificate, or not with this one.
_WANTS_CERTIFICATE = (
    "CERTIFICATE_REQUIRED",
    "ALERT_BAD_CERTIFICATE",
    "ALERT_UNKNOWN_CA",
    "ALERT_CERTIFICATE_UNKNOWN",
    "ALERT_HANDSHAKE_FAILURE",
)


def name_trouble(url: str, seconds: float) -> str | None:
    """What is wrong with the host's name, looked up for so many seconds at most; None where it has an address.

    A system's own lookup can be neither bounded nor stopped, so that one without an end is left behind.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _usual_port(parts.scheme)
    failures: list[str] = []

    def look_up() -> None:
        try:
            socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            failures.append(getattr(error, "strerror", None) or str(error))

    looking = threading.Thread(target=look_up, daemon=True)
    looking.start()
    looking.join(seconds)
    if looking.is_alive():
        return f"{url}: the name {host} was not found within {seconds:.3g} s; check the name and this machine's DNS"
    if failures:
        return f"{url}: there is no host called {host} ({failures[0]}); check the name"
    return None


def connection_trouble(url: str, fault: str, seconds: float, proxy: Proxy | None = None) -> str:
    """Why an exchange ended with ``fault``, the text of its exception; ``seconds`` is what it was given.

    Where that may tell more, it makes a TLS handshake, and listens for a greeting; nothing else is sent, and nothing
    at all past a ``proxy``.
    """
    scheme, where = urlsplit(url).scheme, url
    if proxy is not None:
        return _trouble_on_a_proxys_way(url, fault, seconds, proxy)
    kind, text = connection_fault(fault), fault.partition(": ")[2] or fault
    if untrusted := _untrusted(fault):
        return f"{where}: {untrusted}"
    if scheme == "https" and ("WRONG_VERSION_NUMBER" in fault or "RECORD_LAYER" in fault.upper().replace(" ", "_")):
        return f"{where}: this port does not speak TLS; write http:// for a plain port, or name the TLS port"
    if scheme == "http" and kind in ("reset", "time-out") and speaks_tls(url, min(seconds, 2.0)):
        return f"{where}: this port speaks TLS, not plain HTTP; write https://"
    if scheme == "http" and kind == "reset" and (greeting := _greeting(url)):
        return f"{where}: what listens there speaks first ({greeting}), not HTTP; name the port of the target's HTTP"
    if "refused" in text.lower():
        return f"{where}: connection refused, nothing listens there; start the target, or correct host and port"
    if kind == "time-out":
        if fault.startswith("ConnectTimeout"):
            return f"{where}: no connection within {seconds:g} s; check the host, the port and what lies between"
        return f"{where}: no answer within {seconds:g} s; a slow target needs a larger timeout_seconds under [limits]"
    if fault.startswith("RemoteProtocolError") and "disconnected" not in text and "closed connection" not in text:
        return f"{where}: what answers there does not speak HTTP ({_plain(text)}); name the port of the target's HTTP"
    if kind == "too long":
        return f"{where}: {text}, which no answer of a venue is; check host and port"
    if kind == "reset":
        return f"{where}: each connection was broken before an answer came ({text}); check what listens on this port"
    return f"{where}: it could not be reached ({text}); check host and port"


def _plain(text: str) -> str:
    """What came instead of HTTP, shortened, and without what Python writes around bytes."""
    return re.sub(r"bytearray\(b(['\"])(.*?)\1\)", r"\2", text)[:80]


def _trouble_on_a_proxys_way(url: str, fault: str, seconds: float, proxy: Proxy) -> str:
    kind, text = connection_fault(fault), fault.partition(": ")[2] or fault
    if untrusted := _untrusted(fault):
        return f"{url} by the proxy {proxy}: {untrusted}"
    if fault.startswith("ProxyError"):
        right = "give user:password@ in its url" if "407" in text else "have it let this host and port through"
        return f"{url}: the proxy {proxy} answered {text}; {right}, or correct [proxy]"
    if "refused" in text.lower():
        return f"{url}: the proxy {proxy} refuses connections; start it, or correct url under [proxy]"
    if kind == "time-out":
        return f"{url}: no answer by the proxy {proxy} within {seconds:g} s; check both, or [limits] timeout_seconds"
    return f"{url}: could not be reached by the proxy {proxy} ({text}); check url under [proxy]"


def _untrusted(fault: str) -> str | None:
    """What to do about a certificate that was not accepted; None for another fault."""
    if "CERTIFICATE_VERIFY_FAILED" in fault:
        reason = fault.partition("certificate verify failed: ")[2].partition(" (_ssl")[0] or "verification failed"
        return (
            f"its certificate is not trusted ({reason}); name the authority's file as ca_file under [tls], or correct "
            "the host"
        )
    if any(alert in fault.upper().replace(" ", "_") for alert in _WANTS_CERTIFICATE):
        return (
            "the TLS handshake was refused, most likely because it wants a client certificate that it trusts; name "
            "one as client_cert and client_key under [tls]"
        )
    return None


def speaks_tls(url: str, seconds: float) -> bool:
    """Whether the port of a URL answers a TLS handshake, whatever its certificate."""
    parts = urlsplit(url)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    address = parts.hostname or "", parts.port or _usual_port(parts.scheme)
    try:
        with (
            socket.create_connection(address, max(seconds, _SHORTEST_SECONDS)) as plain,
            context.wrap_socket(plain, server_hostname=parts.hostname),
        ):
            return True
    except (OSError, ValueError):
        return False


def _greeting(url: str) -> str:
    """What whoever listens says before it is asked, fit for a sentence; "" for nothing."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 80), _SHORTEST_SECONDS) as connection:
            said = connection.recv(40).decode("ascii", "replace")
    except OSError:
        return ""
    return "".join(letter if letter.isprintable() else " " for letter in said).strip()


def _usual_port(scheme: str) -> int:
    return 443 if scheme == "https" else 80
