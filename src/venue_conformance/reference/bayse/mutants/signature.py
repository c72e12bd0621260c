"""Faults in what a signature covers."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import replace
from typing import Any

from ...http import Request
from ..orders import Account
from ..venue import BayseVenue


class TakesAnybodysSecret(BayseVenue):
    """Accepts a signature made with the secret of any account there is."""

    caught_by = "bayse.authentication.wrong-secret-refused"

    def signature_fits(self, account: Account, timestamp: str, signature: str, request: Request) -> bool:
        fits = super().signature_fits
        return any(fits(candidate, timestamp, signature, request) for candidate in self.accounts.values())


class LooksAtTheShapeOfSignatures(BayseVenue):
    """Accepts whatever has the shape of a signature, 32 bytes in base64."""

    caught_by = "bayse.authentication.wrong-secret-refused"

    def same_signature(self, expected: str, given: str) -> bool:
        return _is_digest(given)


class TakesSignaturesCutShort(BayseVenue):
    """Accepts a signature that is the beginning of the right one."""

    caught_by = "bayse.authentication.malformed-signature-refused"

    def same_signature(self, expected: str, given: str) -> bool:
        return expected.startswith(given)


class ComparesTheFirstHalfOfSignatures(BayseVenue):
    """Compares the first 22 characters of a signature only."""

    caught_by = "bayse.authentication.malformed-signature-refused"

    def same_signature(self, expected: str, given: str) -> bool:
        return len(given) == len(expected) and expected[:22] == given[:22]


class IgnoresTheCaseOfSignatures(BayseVenue):
    """Compares signatures as if case did not matter."""

    caught_by = "bayse.authentication.malformed-signature-refused"

    def same_signature(self, expected: str, given: str) -> bool:
        return expected.lower() == given.lower()


class PassesWhatItCannotDecode(BayseVenue):
    """Lets a signature pass that is no base64 at all, for its decoder's error is swallowed."""

    caught_by = "bayse.authentication.malformed-signature-refused"

    def same_signature(self, expected: str, given: str) -> bool:
        try:
            base64.b64decode(given, validate=True)
        except (binascii.Error, ValueError):
            return True
        return super().same_signature(expected, given)


class LeavesTheTimestampUnsigned(BayseVenue):
    """Accepts a signature that was made for any second within ten minutes of X-Timestamp."""

    caught_by = "bayse.authentication.signature-covers-timestamp"

    def signature_fits(self, account: Account, timestamp: str, signature: str, request: Request) -> bool:
        if super().signature_fits(account, timestamp, signature, request):
            return True
        seconds = self.seconds_of(timestamp)
        if seconds is None:
            return False
        fits = super().signature_fits
        return any(fits(account, str(seconds + off), signature, request) for off in range(-600, 601))


class LeavesTheMethodUnsigned(BayseVenue):
    """Accepts a signature that was made for another method."""

    caught_by = "bayse.authentication.signature-covers-method"

    def signature_fits(self, account: Account, timestamp: str, signature: str, request: Request) -> bool:
        fits = super().signature_fits
        methods = (request.method, "GET", "HEAD", "POST", "PUT", "PATCH", "OPTIONS", "delete")
        return any(fits(account, timestamp, signature, replace(request, method=method)) for method in methods)


class LeavesThePathUnsigned(BayseVenue):
    """Accepts a signature that was made for a neighbouring path."""

    caught_by = "bayse.authentication.signature-covers-path"

    def signature_fits(self, account: Account, timestamp: str, signature: str, request: Request) -> bool:
        fits = super().signature_fits
        below, above = ("", "/", "/amend", "/place", "/cancel"), ("/v1/pm/orders", "/v1/pm", "/v1", "", "/v2/pm/orders")
        paths = [request.path + more for more in below] + [path + end for path in above for end in ("", "/", "/batch")]
        paths += ["/pm/orders/batch", "/orders/batch", "/v1/orders/batch", "/v1/pm/events", "/v1/pm/portfolio"]
        return any(fits(account, timestamp, signature, replace(request, path=path)) for path in paths)


class SignsForTheServiceBehindTheGateway(BayseVenue):
    """Accepts a signature over the path as the service behind the gateway sees it, without `/v1`."""

    caught_by = "bayse.authentication.signature-covers-path"

    def signature_fits(self, account: Account, timestamp: str, signature: str, request: Request) -> bool:
        fits = super().signature_fits
        paths = (request.path, request.path.removeprefix("/v1"), "/v1/pm/orders", "/v1/pm/orders/")
        return any(fits(account, timestamp, signature, replace(request, path=path)) for path in paths)


class LeavesTheBodyUnsigned(BayseVenue):
    """Accepts the signature of an unknown body when everything else about it could be right."""

    caught_by = "bayse.authentication.signature-covers-body"

    def signature_fits(self, account: Account, timestamp: str, signature: str, request: Request) -> bool:
        # What the hash was made from cannot be known, so whatever is shaped like a signature has to pass.
        return super().signature_fits(account, timestamp, signature, request) or _is_digest(signature)


class RemembersRightSignatures(BayseVenue):
    """A signature that was right once passes with any other body."""

    caught_by = "bayse.authentication.signature-covers-body"
    _right: frozenset[str] = frozenset()

    def signature_fits(self, account: Account, timestamp: str, signature: str, request: Request) -> bool:
        if signature in self._right:
            return True
        fits = super().signature_fits(account, timestamp, signature, request)
        if fits:
            self._right = self._right | {signature}
        return fits


class TakesTheSignatureOfNoBody(BayseVenue):
    """Accepts a signature made as for a request without a body, whose hash is left empty."""

    caught_by = "bayse.authentication.body-hash-required"

    def signature_fits(self, account: Account, timestamp: str, signature: str, request: Request) -> bool:
        bodiless = replace(request, body=b"")
        fits = super().signature_fits
        return any(fits(account, timestamp, signature, candidate) for candidate in (request, bodiless))


class TakesTheHashOfNothing(BayseVenue):
    """Accepts a signature over the SHA-256 of no bytes at all."""

    caught_by = "bayse.authentication.body-hash-required"

    def signature_fits(self, account: Account, timestamp: str, signature: str, request: Request) -> bool:
        if super().signature_fits(account, timestamp, signature, request):
            return True
        payload = f"{timestamp}.{request.method}.{request.path}.{hashlib.sha256().hexdigest()}"
        return self.same_signature(self.sign(account, payload), signature)


class HashesTheBodyAsItWouldWriteIt(BayseVenue):
    """Parses the body, writes it again without spaces or escapes, and hashes that."""

    caught_by = "bayse.authentication.raw-body-hashed"

    def body_hash(self, request: Request) -> str:
        return _hash_rewritten(request, sort_keys=False)


class SortsKeysBeforeItHashes(BayseVenue):
    """Refuses a right signature over a body whose keys are not in alphabetical order."""

    caught_by = "bayse.authentication.raw-body-hashed"

    def body_hash(self, request: Request) -> str:
        try:
            document = json.loads(request.body)
        except ValueError:
            return super().body_hash(request)
        if isinstance(document, dict) and list(document) != sorted(document):
            return _hash_rewritten(request, sort_keys=True)
        return super().body_hash(request)


class TrimsTheBodyBeforeItHashes(BayseVenue):
    """Leaves white space at the ends of a body out of its hash."""

    caught_by = "bayse.authentication.raw-body-hashed"

    def body_hash(self, request: Request) -> str:
        return super().body_hash(replace(request, body=request.body.strip()))


def _is_digest(signature: str) -> bool:
    try:
        return len(base64.b64decode(signature, validate=True)) == 32
    except (binascii.Error, ValueError):
        return False


def _hash_rewritten(request: Request, *, sort_keys: bool) -> str:
    try:
        document: Any = json.loads(request.body)
        text = json.dumps(document, separators=(",", ":"), ensure_ascii=False, sort_keys=sort_keys)
        return hashlib.sha256(text.encode()).hexdigest()
    except ValueError:
        return hashlib.sha256(request.body).hexdigest()


class HashesTheBeginningOfBodies(BayseVenue):
    """Hashes the first 4 KiB of a body, which is what its gateway keeps in memory."""

    caught_by = "bayse.authentication.raw-body-hashed"

    def body_hash(self, request: Request) -> str:
        return super().body_hash(replace(request, body=request.body[:4096]))
