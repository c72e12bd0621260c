"""The TLS settings of a target file as the object that HTTP and WebSocket clients take."""

from __future__ import annotations

import ssl

import httpx

from venue_conformance.errors import ClientFault
from venue_conformance.target.model import Target, Tls
from venue_conformance.wire.proxy import Proxy


def ssl_context(tls: Tls) -> ssl.SSLContext:
    """A client context that trusts ``ca_file`` alone, or the public authorities, and presents the client certificate.

    Nothing is taken from the environment. Raises ClientFault for a file that holds no usable certificate or key.
    """
    try:
        if tls.ca_file is None:
            context = httpx.create_ssl_context(trust_env=False)
        else:
            context = ssl.create_default_context(cafile=str(tls.ca_file))
    except (OSError, ssl.SSLError) as error:
        raise ClientFault(f"[tls] ca_file: {tls.ca_file} holds no usable certificate: {_reason(error)}") from error
    if tls.client_cert is not None:
        try:
            # Without a password of our own, OpenSSL would ask for one on the terminal and wait.
            context.load_cert_chain(tls.client_cert, tls.client_key, password="")
        except (OSError, ssl.SSLError) as error:
            files = " with ".join(str(file) for file in (tls.client_cert, tls.client_key) if file)
            raise ClientFault(
                f"[tls] client_cert: {files} cannot be used: {_reason(error)}; give a PEM certificate and its "
                "key without a password"
            ) from error
    return context


def proxy_of(target: Target) -> Proxy | None:
    """The target's proxy, verified by ``ca_file`` too, but shown no client certificate. Raises ClientFault."""
    if target.proxy is None:
        return None
    https = target.proxy.startswith("https:")
    return Proxy(target.proxy, ssl_context(Tls(ca_file=target.tls.ca_file)) if https else None)


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
