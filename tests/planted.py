"""Secrets that are planted in a run, a target and provider states that say them back in every way, and who looks."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import secrets
import socket
import struct
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from tests.tiny_server import Behaviour, Received, TinyServer


def planted(prefix: str = "sk_test_") -> str:
    """A fresh secret."""
    return prefix + secrets.token_urlsafe(18).replace("-", "x").replace("_", "y")


def forms(secret: str) -> dict[str, str]:
    """How a target may write a secret, by what that is called."""
    raw = secret.encode()
    in_base64 = base64.b64encode(raw).decode()
    url_safe = base64.urlsafe_b64encode(raw).decode()
    return {
        "plain": secret,
        "upper case": secret.upper(),
        "lower case": secret.lower(),
        "base64": in_base64,
        "base64 without padding": in_base64.rstrip("="),
        "base64url": url_safe,
        "base64url without padding": url_safe.rstrip("="),
        **{f"base64 behind {n} bytes": base64.b64encode(b"u" * n + b":" + raw).decode() for n in range(3)},
        "hex": raw.hex(),
        "HEX": raw.hex().upper(),
        "URL-quoted": quote(secret, safe=""),
        "URL-quoted in small letters": re.sub("%..", lambda found: found[0].lower(), quote(secret, safe="")),
        "all of it URL-quoted": "".join(f"%{byte:02X}" for byte in raw),
        "JSON": json.dumps(secret)[1:-1],
        "PHP's JSON": json.dumps(secret)[1:-1].replace("/", "\\/"),
        "all of it escaped": "".join(f"\\u{ord(each):04x}" for each in secret),
        "JSON in JSON": json.dumps(json.dumps(secret))[1:-1],
        "HTML": html.escape(secret),
        "Bearer": f"Bearer {secret}",
    }


#: As much of a secret as may be left of one, in characters: what is common to many ("sk_test_") and a little more.
_LEFT = 13


def leaks(text: str, planted: Iterable[str]) -> list[str]:
    """Which forms of which secrets stand in a text, and which larger pieces of one."""
    small = text.casefold()
    found = []
    for secret in planted:
        # What holds one of these holds one of the forms, and there are many of those.
        pieces = {form.casefold()[start : start + _LEFT] for form in forms(secret).values() for start in (0, 1, 2)}
        if any(piece in small for piece in pieces) or secret[-_LEFT:].casefold() in small:
            found.append(secret)
    return found


def leaks_below(folder: Path, planted: Iterable[str], *, but: Iterable[str] = ()) -> list[str]:
    """The same for every file below a folder, and for their names; ``but`` are names of files to be left out."""
    reported = list(planted)
    found = []
    for file in folder.rglob("*"):
        if file.is_file() and file.name not in but:
            text = f"{file.relative_to(folder)}\n{file.read_bytes().decode('utf-8', 'replace')}"
            found += [f"{file.name}: {leak}" for leak in leaks(text, reported)]
    return found


@dataclass
class Echo:
    """A venue with provider states that cancels what it is asked to, and says back all that it was ever sent.

    ``callers`` makes credentials for the state `caller`; ``ws_url`` is where these are told that the channel is. Every
    third batch is answered 400, and one of them without HTTP.
    """

    server: TinyServer
    venue: str = "bayse"
    callers: bool = True
    ws_url: str | None = None
    #: Everything secret: what the target file says and what callers were given.
    planted: list[str] = field(default_factory=list)
    batches: int = 0
    said: int = 0
    of_the_file: int = 0
    _cancelled: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.server.behave = self

    def __call__(self, received: Received) -> Behaviour:
        if received.path.startswith("/_states"):
            # Who is killed while it asks leaves half a question.
            return self._state(json.loads(received.body)) if received.body.endswith(b"}") else self._answer(400, {})
        if received.header("Upgrade"):
            return lambda connection: self._channel(received, connection)
        with self._lock:
            self.batches += 1
            number = self.batches
        if number == 4:
            return f"HTTP/1.1 200 {self.planted[0]}\r\n{self.planted[0]} no header\r\n\r\n".encode()
        if number % 3 == 0:
            return self._answer(400, {"error": "bad_request", "statusCode": 400})
        return self._answer(200, self._cancel(received))

    def forget_callers(self) -> None:
        """Say nothing any more of the accounts that were given so far."""
        del self.planted[self.of_the_file :]

    def _cancel(self, received: Received) -> dict[str, object]:
        try:
            asked = json.loads(received.body)
            rows = list(asked.get("orderIds", asked.get("cancels", [])))
            ids = [each["orderId"] if isinstance(each, dict) else str(each) for each in rows]
        except (ValueError, AttributeError, TypeError, KeyError):
            ids = []
        self._cancelled.update(ids)
        return {
            "results": [{"orderId": each, "success": True} for each in ids],
            "responses": [{"orderId": each, "status": "CANCELED"} for each in ids],
            "cancelled": ids,
            "notCancelled": {},
        }

    def _said(self) -> list[str]:
        """Every form of the secret that was planted last, and of one of the others, each in its turn."""
        self.said += 1
        chosen = dict.fromkeys([self.planted[self.said % len(self.planted)], self.planted[-1]])
        return [form for secret in chosen for form in forms(secret).values()]

    def _answer(self, status: int, values: dict[str, object]) -> bytes:
        shown = [form for form in self._said() if form.isascii() and form.isprintable()]
        headers = [("Content-Type", "application/json"), *(("X-Echo", form) for form in shown)]
        names = [form for form in shown if re.fullmatch(r"[0-9A-Za-z_-]+", form)]
        body = json.dumps({"message": f"you said {' and '.join(self._said())}", **values})
        lines = [
            f"HTTP/1.1 {status} {self.planted[-1]}",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in headers),
            *(f"X-{name}: yes" for name in names),
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body.encode()

    def _state(self, asked: dict) -> bytes:
        state, params = asked["state"], asked.get("params", {})
        if asked["action"] == "setup" and state == "caller" and self.callers:
            return self._answer(200, {"credentials": self._caller(params)})
        if asked["action"] == "setup" and state == "orders" and params.get("status", "open") == "open":
            return self._answer(200, {"orders": [self._order(params) for _ in range(params.get("count", 1))]})
        if asked["action"] == "setup" and state == "order statuses":
            ids = params["orderIds"]
            return self._answer(200, {"statuses": {e: "cancelled" if e in self._cancelled else "open" for e in ids}})
        # Most are not offered; one breaks, so that what it said is told as a reason.
        return self._answer(500 if state == "fill" else 501, {})

    def _order(self, params: dict) -> dict[str, object]:
        return {"orderId": str(uuid4()) if self.venue != "arcus" else secrets.token_hex(32), "clientId": str(uuid4())}

    def _caller(self, params: dict) -> dict[str, str]:
        with self._lock:
            if self.venue == "arcus":
                self.planted.append(secrets.token_hex(32))
                given = {"private_key": self.planted[-1], "address": f"0x{secrets.token_hex(20)}"}
                return given if self.ws_url is None else given | {"ws_url": self.ws_url}
            if self.venue == "predictstreet":
                self.planted.append(planted(""))
                kind = params.get("partner_kind", "single_wallet")
                key = f"ps_live_{secrets.token_hex(4)}_{self.planted[-1]}"
                return {"api_key": key, "partner_kind": kind, "wallet": f"0x{secrets.token_hex(20)}"}
            self.planted.append(planted())
            return {"public_key": f"pk_test_{secrets.token_hex(8)}", "secret_key": self.planted[-1]}

    def _channel(self, received: Received, connection: socket.socket) -> None:
        """A WebSocket that says all it knows, as text, in JSON and as the reason of its end."""
        key = (received.header("Sec-WebSocket-Key") or "") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()  # noqa: S324 - RFC 6455 says so
        head = "HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept:"
        connection.sendall(f"{head} {accept}\r\n\r\n".encode())
        said = [value for _, value in received.headers] + self._said()
        with suppress(OSError):
            connection.sendall(_frame(1, json.dumps({"type": "connected", "said": said}).encode()))
            connection.sendall(_frame(1, " ".join(said).encode()))
            connection.sendall(_frame(8, struct.pack(">H", 1008) + self.planted[0].encode()))
            connection.recv(65536)


def _frame(kind: int, payload: bytes) -> bytes:
    size = bytes([len(payload)]) if len(payload) < 126 else b"\x7e" + struct.pack(">H", len(payload))
    return bytes([0x80 | kind]) + size + payload


def write_target(folder: Path, echo: Echo, *, more: str = "") -> Path:
    """A target file for an echoing venue, full of secrets, which are noted as planted."""
    gateway, token, basic = "gw/" + planted("+a'b=&") + "/%41", planted("st_"), planted("pw")
    own, second = (planted() if echo.venue != "arcus" else secrets.token_hex(32) for _ in range(2))
    echo.planted += [own, second, gateway, token, basic]
    echo.of_the_file = len(echo.planted)
    credentials = [
        {
            "bayse": {"public_key": f"pk_test_{number}", "secret_key": secret},
            "arcus": {"private_key": secret, "address": f"0x{number}{'a' * 39}"},
            "predictstreet": {
                "api_key": f"ps_live_k{number}_{secret}",
                "partner_kind": "single_wallet",
                "wallet": f"0x{number}{'a' * 39}",
            },
        }[echo.venue]
        for number, secret in enumerate((own, second), 1)
    ]
    tables = ["".join(f'{key} = "{value}"\n' for key, value in each.items()) for each in credentials]
    in_basic = base64.b64encode(f"user:{basic}".encode()).decode()
    file = folder / "target.toml"
    file.write_text(
        f'venue = "{echo.venue}"\nbase_url = "{echo.server.url}"\nenvironment = "staging"\n'
        f'[credentials]\n{tables[0]}[[accounts]]\n{tables[1]}[states]\nurl = "{echo.server.url}/_states?key={own}"\n'
        f'token = "{token}"\n[headers]\nX-Gateway-Key = "{gateway}"\nAuthorization = "Basic {in_basic}"\n'
        f"[limits]\nsettle_seconds = 0.1\ntimeout_seconds = 2\n{more}"
    )
    return file
