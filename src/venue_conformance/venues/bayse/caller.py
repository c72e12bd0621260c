"""A Bayse account that cancels batches (batch-cancel page)."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import replace

from venue_conformance.client.caller import Caller, Recorded, ids_of
from venue_conformance.client.session import CallerAccount
from venue_conformance.errors import NotTested, Violation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.early_keys import EarlyKeys
from venue_conformance.venues.bayse.signing import BATCH_METHOD, BATCH_PATH, RIGHT, Signing, signed_headers
from venue_conformance.wire.exchange import Answer, Exchange, Request
from venue_conformance.wire.faults import way_fault
from venue_conformance.wire.redaction import MASK
from venue_conformance.wire.tries import MOST_REPEATS

#: Seconds to back off, in turn, when a key is said to be in flight though its first request has been answered.
BACK_OFF = (0.2, 0.8)
#: So many of the seconds in which something was signed are kept before those that are over are forgotten.
_MOST_SECONDS = 20_000
BATCH = (BATCH_METHOD, BATCH_PATH)
JSON = "application/json"
_STATUSES = {"partial_filled": "partially_filled"}


class SecondsUsed:
    """The seconds in which callers have signed a body, so that they sign it again as of another one.

    Whether the very same request may come twice is not for the page to say, and a venue that takes it for a replay of
    somebody else's must not fail what is sent again for other reasons.
    """

    def __init__(self) -> None:
        self._used: set[tuple[str, bytes, int]] = set()
        self._lock = threading.Lock()

    def unused(self, caller: str, body: bytes | None, now: float) -> float:
        """The latest moment, half a minute ago at most, as of which the caller has not signed this body; else now."""
        digest = hashlib.sha256(body or b"").digest()
        with self._lock:
            if len(self._used) > _MOST_SECONDS:  # a long run has many
                self._used = {each for each in self._used if each[2] > now - 60}
            for back in range(30):
                second = (caller, digest, int(now) - back)
                if second not in self._used:
                    self._used.add(second)
                    return now - back
        return now


class BayseCaller(Caller[BatchAnswer]):
    """Signs with HMAC-SHA256 over the very bytes that it sends."""

    def cancel_batch(
        self,
        orders: Sequence[ProvisionedOrder | str],
        *,
        idempotency_key: str | None = None,
        signing: Signing = RIGHT,
        right: bool | None = None,
        limit_asked: bool = False,
        retry: bool = False,
    ) -> BatchAnswer:
        """Send a batch cancel for these orders, validly signed unless ``signing`` tampers with it.

        ``right`` says that the documentation wants a tampered one accepted all the same, one signed a minute ago say;
        ``retry`` is as for ``send``.
        """
        ids = ids_of(orders)
        return self.send(
            json.dumps({"orderIds": ids}).encode(),
            tokens=len(ids),
            idempotency_key=idempotency_key,
            signing=signing,
            right=(signing == RIGHT if right is None else right) and 1 <= len(ids) <= 100,
            limit_asked=limit_asked,
            retry=retry,
        )

    def send(
        self,
        body: bytes | None,
        *,
        idempotency_key: str | None = None,
        signing: Signing = RIGHT,
        tokens: int = 1,
        right: bool = False,
        limit_asked: bool = False,
        headers: tuple[tuple[str, str], ...] = (),
        content_type: str = JSON,
        retry: bool = False,
        route: tuple[str, str] = BATCH,
    ) -> BatchAnswer:
        """Send any body to the batch-cancel operation; ``right`` says that the documentation wants it accepted.

        The bytes sent are the bytes signed. ``headers`` are sent beside the usual ones, of which ``content_type`` is
        one, and ``route`` is where it goes, method and path. ``retry`` says that the key's
        first request has been answered: then a 409 is sent again, twice at most. A venue may store an answer a moment
        after it has sent it, and until then the page wants its clients to back off briefly and to try again. A 5xx that
        comes back to such a retry is asked for three times more: a stored one comes each time. Raises WayFault for one
        that does not, which nobody knows the effect of.
        """
        key = () if idempotency_key is None else (("Idempotency-Key", idempotency_key),)

        def build() -> Request:
            now = time.time()
            if signing == RIGHT:
                now = self.session.kept(SecondsUsed).unused(self.name, body, now)
            signed = self._signed(now, *route, body, signing)
            fixed = (*signed, *key, ("Content-Type", content_type), *headers)
            return Request(*route, fixed, body, caller=self.name, signing=signing.tampered)

        def answer() -> BatchAnswer:
            given = BatchAnswer(self.dispatch(build, tokens=max(1, tokens), right=right, limit_asked=limit_asked))
            if idempotency_key is not None and body is not None and signing == RIGHT and route == BATCH:
                self.session.kept(EarlyKeys).note(self.account, idempotency_key, body, given)
            return given

        answered = answer()
        for seconds in BACK_OFF if retry else ():
            if answered.status != 409 or answered.succeeded:
                break
            self.retry_budget.wait(seconds)
            answered = answer()
        if not retry or answered.status < 500 or answered.replayed:
            return answered
        for _ in range(MOST_REPEATS):
            again = answer()
            if again.status != answered.status:
                self.session.health.server_error(answered.exchange)
                raise way_fault(answered.exchange, str(answered.status))
        return again

    def speaking_for(self, account: CallerAccount) -> BayseCaller:
        """The same check's caller for another account."""
        return BayseCaller(account, self.session, self.recorder, self.retry_budget, self.tries)

    def cancel_single(self, order: ProvisionedOrder, *, idempotency_key: str | None = None) -> Answer:
        """Send DELETE /v1/pm/orders/{id}, which has no body (public cancel-order page).

        Raises NotTested when the target does not offer it.
        """
        path = f"/v1/pm/orders/{order.order_id}"
        key = () if idempotency_key is None else (("Idempotency-Key", idempotency_key),)

        def build() -> Request:
            signed = self._signed(time.time(), BATCH_METHOD, path, None)
            return Request(BATCH_METHOD, path, (*signed, *key), caller=self.name)

        answer = Answer(self.dispatch(build))
        if answer.status in (404, 405, 501):
            raise NotTested("the target does not offer the single cancel")
        return answer

    def _signed(
        self, now: float, method: str, path: str, body: bytes | None, how: Signing = RIGHT
    ) -> tuple[tuple[str, str], ...]:
        """The authentication headers of a request of this account, over the path that the target wants signed."""
        path = self.session.target.signed_path(path)
        return signed_headers(self.account.credentials, now, method, path, body, how)

    def new_idempotency_key(self) -> str:
        """A key that no run has used before: 32 letters and digits."""
        return secrets.token_hex(16)

    def resend(self, recorded: Recorded) -> Exchange:
        """Send a recorded request again; of the three headers those are signed afresh that it had."""
        request, how = recorded.request, _tampered_again(recorded)

        def build() -> Request:
            # A query is never among what is signed.
            path = request.path.partition("?")[0]
            signed = self._signed(time.time(), request.method, path, request.body, how)
            fresh = {name.lower(): value for name, value in signed}
            headers = [(name, fresh.get(name.lower(), value)) for name, value in request.headers]
            readable = tuple((name, value) for name, value in headers if MASK not in value)
            return replace(request, headers=readable, caller=self.name)

        return self.dispatch(build, tokens=_tokens(request.body), limit_asked=recorded.limit_asked)

    def read_status(self, order: ProvisionedOrder) -> str:
        """The status of an own order by GET /v1/pm/orders/{id} (public order read)."""
        path = f"/v1/pm/orders/{order.order_id}"

        def build() -> Request:
            public = ("X-Public-Key", self.account.credentials["public_key"])
            return Request("GET", path, (public,), caller=self.name)

        answer = Answer(self.dispatch(build))
        if answer.status in (404, 405, 501):
            raise NotTested("the target offers neither `order statuses` nor a read of one order", "order statuses")
        if not answer.succeeded:
            raise NotTested(f"the read of one order answered {answer.status}", "order statuses")
        status = answer.json_object.get("status")
        if not isinstance(status, str):
            raise Violation("an order with a status", repr(answer), kind="order-without-status")
        return _STATUSES.get(status, status)


def _tampered_again(recorded: Recorded) -> Signing:
    """The tamperings of a recorded request for today: times moved, other secrets for those that were masked."""
    tampered = dict(recorded.request.signing)
    for name in ("timestamp", "signed_timestamp"):
        if str(tampered.get(name, "")).isdecimal():
            tampered[name] = str(int(tampered[name]) + round(recorded.later))
    if MASK in str(tampered.get("secret", "")):
        theirs = [account.credentials["secret_key"] for account in recorded.others]
        tampered["secret"] = theirs[0] if theirs else f"sk_test_{secrets.token_hex(20)}"
    if MASK in str(tampered.get("signature", "")):
        tampered["signature"] = base64.b64encode(secrets.token_bytes(32)).decode()
    tampered.pop("omit", None)  # what was left out was not recorded
    return Signing.from_tampered(tampered)


def _tokens(body: bytes | None) -> int:
    """What a request spends of a budget: one for each id, at least one."""
    try:
        ids = json.loads(body or b"null")["orderIds"]
    except (ValueError, RecursionError, TypeError, KeyError):
        return 1
    return max(1, len(ids)) if isinstance(ids, list) else 1
