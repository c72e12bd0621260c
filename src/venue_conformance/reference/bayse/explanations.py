"""Why a Bayse request was refused: what had to be signed, which part differs, and which known mistake fits.

A signature cannot be read backwards. So every known mistake is made on purpose, and the one that gives the signature
that came is the one that was made.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from typing import Any

from ..http import Request, Response
from .orders import Account
from .venue import BATCH_PATH, BayseVenue
from .verify import TIMESTAMP_WINDOW_SECONDS

_HEADERS = ("x-public-key", "x-timestamp", "x-signature")
_NEAR_SECONDS, _TEN_YEARS_SECONDS = 900, 10 * 365 * 86400
_ENCODINGS: dict[str, Callable[[bytes], str]] = {
    "standard base64": lambda digest: base64.b64encode(digest).decode(),
    "hex instead of base64": bytes.hex,
    "hex in capital letters instead of base64": lambda digest: digest.hex().upper(),
    "URL-safe base64 instead of standard base64": lambda digest: base64.urlsafe_b64encode(digest).decode(),
    "base64 whose padding (=) is missing": lambda digest: base64.b64encode(digest).decode().rstrip("="),
    "URL-safe base64 whose padding (=) is missing": lambda d: base64.urlsafe_b64encode(d).decode().rstrip("="),
    "base64 of the hex text": lambda digest: base64.b64encode(digest.hex().encode()).decode(),
}
#: What the reference is free in: by what a refusal says, what another deployment may do, and the variant that does.
_FREEDOMS = {
    "invalid_idempotency_key": ("a malformed key may also be taken for none", "takes-a-malformed-key-for-none"),
    "bad_request": ("parameters that are wrong may also get 422", "refuses-with-422"),
    "idempotency_key_reused": ("bodies may also be compared by what they say", "compares-parsed-bodies"),
    "idempotency_conflict": ("409 may also carry Retry-After", "says-when-to-retry-a-conflict"),
    "timestamp_expired": ("a timestamp ahead of the venue's clock may also be accepted", "trusts-any-future"),
    "not_found": ("which endpoints there are beside the batch cancel is free", "has-no-neighbours"),
    "rate_limit": ("how a budget is counted is free: in windows, or on credit", "counts-in-windows, lets-callers-owe"),
}


def account_of(request: Request) -> str:
    """The public key, shortened."""
    key = request.header("x-public-key") or ""
    return f"{key[:10]}…{key[-3:]}" if len(key) > 15 else key or "(no X-Public-Key)"


def asked(request: Request) -> str:
    """What is asked."""
    if request.path != BATCH_PATH or request.method != "DELETE":
        return f"{len(request.body)} bytes"
    try:
        named = json.loads(request.body)["orderIds"]
        told = f"cancel {len(named)} order{'' if len(named) == 1 else 's'}"
    except (ValueError, KeyError, TypeError, RecursionError):
        told = f"a body of {len(request.body)} bytes that names no orders"
    key = request.header("idempotency-key")
    return told + (f", key {key[:40]}" if key is not None else "")


def explain(venue: BayseVenue, request: Request, response: Response) -> list[str]:
    """Why a request was refused."""
    told = _signature(venue, request) if response.status == 401 else []
    if request.path == BATCH_PATH and request.method == "POST":
        told.append("POST on this path places orders: the batch cancel is DELETE")
    try:
        document = json.loads(response.body)
        code = document.get("error", "rate_limit" if response.status == 429 else None)
    except (ValueError, AttributeError):
        code = None
    if code in _FREEDOMS and not (code == "timestamp_expired" and not _is_ahead(venue, request)):
        freedom, variant = _FREEDOMS[code]
        told.append(f"this refusal is a choice of the reference: {freedom} (variant {variant})")
    return told


def _signature(venue: BayseVenue, request: Request) -> list[str]:
    for name in _HEADERS:
        values = request.header_values(name)
        if len(values) != 1 or not values[0]:
            count = "empty" if values and not values[0] else "missing" if not values else f"sent {len(values)} times"
            return [f"header {name} is {count}: X-Public-Key, X-Timestamp and X-Signature are all needed, once"]
    account = venue.accounts.get(request.header("x-public-key") or "")
    if account is None:
        return ["no account has this X-Public-Key; the target file names one, the state `caller` makes more"]
    timestamp, given = request.header("x-timestamp") or "", request.header("x-signature") or ""
    right = venue.payload(timestamp, request)
    if venue.same_signature(venue.sign(account, right), given):
        return _time(venue, timestamp)
    lines = [f"had to be signed, with HMAC-SHA256 under the account's secret: {right}"]
    part, mistake = diagnose(venue, account, request, timestamp, given)
    lines.append(f"what differs: {part}")
    lines.append(f"looks like: {mistake}")
    if (wrong := _time_problem(venue, timestamp)) is not None:
        lines.append(f"and besides, {wrong}")
    return lines


def diagnose(venue: BayseVenue, account: Account, request: Request, timestamp: str, given: str) -> tuple[str, str]:
    """The part that differs, and the mistake that gives the very signature that came."""
    right = venue.payload(timestamp, request)
    for part, mistake, payload in ((("nothing but how it is written", "", right)), *_payloads(request, timestamp)):
        digest = _digest(account.secret_key, payload)
        for encoding, written in _ENCODINGS.items():
            if written(digest) == given and (encoding != "standard base64" or mistake):
                told = [mistake] if mistake else []
                told += [encoding] if encoding != "standard base64" else []
                return part, ", and ".join(told)
    for secret, mistake in _secrets(venue, account):
        if _ENCODINGS["standard base64"](_digest(secret, right)) == given:
            return "the secret", mistake
    for mistake, digest in _algorithms(account.secret_key, right):
        if any(written(digest) == given.removeprefix("sha512=") for written in _ENCODINGS.values()):
            return "how the digest is made", mistake
    for prefix in ("sha256=", "hmac-sha256=", "HMAC-SHA256 ", "v1="):
        if given.startswith(prefix):
            part, mistake = diagnose(venue, account, request, timestamp, given.removeprefix(prefix))
            right_digest = given.removeprefix(prefix) == _ENCODINGS["standard base64"](
                _digest(account.secret_key, right)
            )
            behind = "" if right_digest or part == "not known" else f", and {mistake}"
            return "nothing but how it is written" if right_digest else part, f"{prefix!r} before the signature{behind}"
    for seconds in range(-_NEAR_SECONDS, _NEAR_SECONDS + 1):
        if not timestamp.isdigit() or len(timestamp) > 12:
            break
        other = venue.payload(str(int(timestamp) + seconds), request)
        if _ENCODINGS["standard base64"](_digest(account.secret_key, other)) == given:
            words = f"{abs(seconds)} s {'earlier' if seconds < 0 else 'later'}"
            return "the timestamp", f"signed with a timestamp {words} than the one in X-Timestamp"
    return "not known", "no known mistake: compare, letter by letter, what you sign with the line above"


def _payloads(request: Request, timestamp: str) -> Iterator[tuple[str, str, str]]:
    """The part that is wrong, the mistake in words, and what is signed then."""
    method, path = request.method, request.path
    body_hash = hashlib.sha256(request.body).hexdigest() if request.body else ""
    for mistake, other in _hashes(request):
        yield "the body hash", mistake, f"{timestamp}.{method}.{path}.{other}"
    for mistake, other in _paths(request):
        yield "the path", mistake, f"{timestamp}.{method}.{other}.{body_hash}"
    for other in ("GET", "POST", "PUT", "PATCH", "DELETE", method.lower(), ""):
        if other != method:
            yield "the method", f"method {other or '(none)'!r} signed", f"{timestamp}.{other}.{path}.{body_hash}"
    if timestamp.isdigit():
        milliseconds = f"{timestamp}000"
        yield "the timestamp", "milliseconds signed, seconds sent", f"{milliseconds}.{method}.{path}.{body_hash}"
        yield "the timestamp", "seconds signed, milliseconds sent", f"{timestamp[:-3]}.{method}.{path}.{body_hash}"
        yield "the timestamp", "a fraction of a second signed", f"{timestamp}.0.{method}.{path}.{body_hash}"
    for separator in ("", "|", "\n", ":"):
        shown = repr(separator)
        yield (
            "the separators",
            f"parts joined by {shown} instead of a dot",
            separator.join((timestamp, method, path, body_hash)),
        )
    yield "the body hash", "no body hash at all, and no dot before it", f"{timestamp}.{method}.{path}"
    yield "the order of the parts", "method before timestamp", f"{method}.{timestamp}.{path}.{body_hash}"
    yield "the order of the parts", "method and path before timestamp", f"{method}.{path}.{timestamp}.{body_hash}"


def _hashes(request: Request) -> Iterator[tuple[str, str]]:
    digest = hashlib.sha256(request.body)
    if request.body:
        yield "the body hash left empty, as for a request without a body", ""
        yield "the hash of no bytes (e3b0c442…), as if there were no body", hashlib.sha256(b"").hexdigest()
        yield "the body hash in capital letters", digest.hexdigest().upper()
        yield "the body hash in base64 instead of hex", base64.b64encode(digest.digest()).decode()
        yield "the body itself instead of its hash", request.body.decode("utf-8", "replace")
        yield "the MD5 of the body", hashlib.md5(request.body).hexdigest()  # noqa: S324 - a mistake to be recognised
        for how, text in _serialised(request.body):
            other = hashlib.sha256(text).hexdigest()
            if text != request.body:
                yield f"the hash of the body as it would be serialised anew ({how}), not of the bytes sent", other


def _serialised(body: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        document: Any = json.loads(body)
    except (ValueError, RecursionError):
        return
    ways: dict[str, dict[str, Any]] = {
        "with spaces": {},
        "without spaces": {"separators": (",", ":")},
        "keys sorted, with spaces": {"sort_keys": True},
        "keys sorted, without spaces": {"sort_keys": True, "separators": (",", ":")},
        "indented by 2": {"indent": 2},
        "indented by 4": {"indent": 4},
        "indented by 1": {"indent": 1},
    }
    for how, options in ways.items():
        yield how, json.dumps(document, **options).encode()
        yield f"{how}, letters unescaped", json.dumps(document, ensure_ascii=False, **options).encode()
    if isinstance(document, dict) and isinstance(ids := document.get("orderIds"), list):
        for listed in (ids, sorted(map(str, ids))):
            for separators in ((", ", ": "), (",", ":")):
                what = "its orderIds alone" if listed is ids else "its ids in another order"
                other = listed if listed is ids else {**document, "orderIds": listed}
                yield what, json.dumps(other, separators=separators).encode()
    yield "with a newline at its end", body + b"\n"
    yield "without the newline at its end", body.rstrip(b"\r\n")


def _paths(request: Request) -> Iterator[tuple[str, str]]:
    path = request.path
    if request.query:
        yield "the query signed with the path", f"{path}?{request.query}"
    host = request.header("host") or ""
    yield "scheme and host signed with the path", f"http://{host}{path}"
    yield "scheme and host signed with the path", f"https://{host}{path}"
    yield "the production host signed with the path", f"https://relay.bayse.markets{path}"
    yield "the host signed with the path", f"{host}{path}"
    yield "a slash at the path's end", f"{path}/"
    yield "a path without its first slash", path.removeprefix("/")
    yield "a path without /v1", path.removeprefix("/v1")
    for other in ("/v1/pm/orders", BATCH_PATH, "/v1/pm/orders/batch-cancel", "/v1/orders/batch"):
        if other != path:
            yield f"another path signed: {other}", other


def _algorithms(secret: str, payload: str) -> Iterator[tuple[str, bytes]]:
    """Other ways than HMAC-SHA256 under the secret to make a digest of what had to be signed."""
    key, text = secret.encode(), payload.encode("utf-8", "replace")
    for name in ("sha1", "sha384", "sha512"):
        yield f"HMAC-{name.upper()} instead of HMAC-SHA256", hmac.digest(key, text, name)
    yield "key and text of the HMAC exchanged", hmac.digest(text, key, "sha256")
    yield "a SHA-256 without HMAC, of what had to be signed", hashlib.sha256(text).digest()
    yield "a SHA-256 without HMAC, of secret and what had to be signed", hashlib.sha256(key + text).digest()
    yield "a SHA-256 without HMAC, of what had to be signed and the secret", hashlib.sha256(text + key).digest()
    bare = secret.rpartition("_")[2]
    for raw, how in ((_base64(bare), "base64"), (_hex(bare), "hex")):
        if raw:
            yield (
                f"the secret decoded from {how}, and its prefix left out: it is used as it is",
                hmac.digest(raw, text, "sha256"),
            )


def _base64(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text.replace("+", "-").replace("/", "_") + "=" * (-len(text) % 4))
    except ValueError:
        return b""


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _secrets(venue: BayseVenue, account: Account) -> Iterator[tuple[str, str]]:
    for other in venue.accounts.values():
        if other is not account:
            yield other.secret_key, f"another account's secret: that of {other.public_key[:10]}…{other.public_key[-3:]}"
    yield account.public_key, "the public key used as the secret"
    secret = account.secret_key
    for prefix in ("sk_test_", "sk_live_", "sk_"):
        if secret.startswith(prefix):
            yield secret.removeprefix(prefix), f"the secret without its {prefix}"
    yield hashlib.sha256(secret.encode()).hexdigest(), "the hash of the secret used as the secret"
    yield f"{secret}\n", "a newline at the end of the secret"


def _time(venue: BayseVenue, timestamp: str) -> list[str]:
    """The signature is right: then it is the timestamp."""
    problem = _time_problem(venue, timestamp)
    return [] if problem is None else [f"the signature is right; {problem}"]


def _time_problem(venue: BayseVenue, timestamp: str) -> str | None:
    """What is wrong with X-Timestamp, None where nothing is."""
    seconds = venue.seconds_of(timestamp)
    now = venue.clock.seconds()
    if timestamp.isdigit() and len(timestamp) < 20 and abs(int(timestamp) / 1000 - now) < _TEN_YEARS_SECONDS:
        return f"X-Timestamp {timestamp} is in milliseconds: seconds are wanted ({int(now)})"
    if seconds is None:
        return f"X-Timestamp {timestamp[:40]!r} is no number of seconds"
    away = seconds - now
    if abs(away) <= TIMESTAMP_WINDOW_SECONDS:
        return None
    words = f"{abs(away):.0f} s {'ahead of' if away > 0 else 'behind'} the venue's clock"
    return f"X-Timestamp is {words}: stale, 300 s are allowed. Is this machine's clock right?"


def _is_ahead(venue: BayseVenue, request: Request) -> bool:
    seconds = venue.seconds_of(request.header("x-timestamp") or "")
    return seconds is not None and seconds > venue.clock.seconds()


def _digest(secret: str, payload: str) -> bytes:
    return hmac.digest(secret.encode(), payload.encode("utf-8", "replace"), "sha256")
