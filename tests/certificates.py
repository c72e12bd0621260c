"""Certificates made by the openssl command: an authority, servers and clients, each a pair of PEM files."""

from __future__ import annotations

import functools
import shutil
import ssl
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Authority:
    """An authority that nobody knows, a server's certificate (127.0.0.1, localhost, venue.test) and a client's."""

    folder: Path

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    def pair(self, name: str) -> tuple[Path, Path]:
        """Certificate and key of "server" or "client"."""
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"

    def serving(self, *, wants_client: bool = False) -> ssl.SSLContext:
        """A server's context; ``wants_client`` lets nobody in without a certificate of this authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.pair("server"))
        if wants_client:
            context.load_verify_locations(self.ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def tls_table(self, *, client: bool = False) -> str:
        """The [tls] of a target file that trusts this authority, and shows a client certificate if so wished."""
        certificate, key = self.pair("client")
        shown = f'client_cert = "{certificate}"\nclient_key = "{key}"\n' if client else ""
        return f'[tls]\nca_file = "{self.ca}"\n{shown}'


def authority() -> Authority:
    """One for the whole test run; skips the test where there is no openssl."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    return _made()


@functools.cache
def _made() -> Authority:
    folder = Path(tempfile.mkdtemp(prefix="venue-conformance-tests-"))
    made = Authority(folder)
    _openssl(
        # Since Python 3.13 an authority is trusted only where it says that its key may sign certificates.
        f"req -x509 {_KEY} -keyout {folder}/ca.key -out {made.ca} -days 2 -subj /CN=test-authority "
        "-addext keyUsage=critical,keyCertSign,cRLSign"
    )
    for name, more in _EXTENSIONS.items():
        certificate, key = made.pair(name)
        _openssl(
            f"req -x509 {_KEY} -CA {made.ca} -CAkey {folder}/ca.key -keyout {key} -out {certificate} -days 2 "
            f"-subj /CN={name} -addext {more} -addext basicConstraints=critical,CA:FALSE"
        )
    return made


_EXTENSIONS = {
    "server": "subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:venue.test",
    "client": "keyUsage=digitalSignature",
}
_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"


def _openssl(arguments: str) -> None:
    subprocess.run(["openssl", *arguments.split()], check=True, capture_output=True, timeout=20)
