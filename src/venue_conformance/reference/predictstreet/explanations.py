"""Why a PredictStreet request was refused, in sentences: the key, the wallet, the body, the route and the budget."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ..http import Request, Response
from .explained_bodies import body_mistakes
from .explained_identity import KEY_PATTERN, identity_mistakes
from .orders import PartnerKind
from .outcomes import ALREADY_TERMINAL, LOCK_INVARIANT, NOT_FOUND, UNKNOWN
from .venue import BATCH_PATH, PredictStreetVenue

#: What the reference is free in: by a status or a word of ours, what another deployment may do, and the variant that
#: does.
FREEDOMS = {
    "rate": (
        "how five requests a second are counted is free",
        "holds-a-bucket-of-twenty, counts-by-seconds-of-the-clock, counts-the-last-second",
    ),
    "body": ("a body that is not right may also get 422", "answers-invalid-bodies-with-422"),
    "fields": ("fields that are not known may also be ignored", "ignores-further-fields"),
    "wallet": ("an empty wallet may also be called malformed", "calls-an-empty-wallet-malformed"),
    "content type": ("a body that is not declared to be JSON may also be refused", "wants-the-content-type"),
    "case": ("letter case may also not count", "ignores-the-case-of-ids"),
}
_MOST_TOLD = 3


def account_of(request: Request) -> str:
    """The key without its secret, and the wallet that is declared."""
    key = KEY_PATTERN.fullmatch(request.header("x-api-key") or "")
    told = f"ps_{key[1]}_{key[2]}_…" if key else "(no key)" if request.header("x-api-key") else "(no X-Api-Key)"
    wallet = request.header("x-user-wallet")
    return (
        told if not wallet else f"{told} for {wallet[:8]}…{wallet[-4:]}" if len(wallet) > 16 else f"{told} for {wallet}"
    )


def asked(request: Request) -> str:
    """What is asked."""
    if request.path != BATCH_PATH or request.method != "POST":
        return f"{len(request.body)} bytes"
    try:
        named = json.loads(request.body)["orderIds"]
        return f"cancel {len(named)} order{'' if len(named) == 1 else 's'}"
    except (ValueError, KeyError, TypeError, RecursionError):
        return f"a body of {len(request.body)} bytes that names no orders"


def secrets(venue: PredictStreetVenue) -> Iterable[str]:
    """What must not be told, wherever in a request it stands."""
    return [account.secret for account in venue.accounts.values()]


def explain(venue: PredictStreetVenue, request: Request, response: Response) -> list[str]:
    """Why a request was refused, or why an order of one that was not could not be cancelled."""
    is_batch = (request.method, request.path) == ("POST", BATCH_PATH)
    return [*_mistakes(venue, request, response, is_batch), *(_hints(venue, request) if is_batch else [])]


def _mistakes(venue: PredictStreetVenue, request: Request, response: Response, is_batch: bool) -> list[str]:
    match response.status:
        case 401:
            told = identity_mistakes(venue, request)
            return [*told, *_freedom("wallet")] if request.header_values("x-user-wallet") == [""] else told
        case 403:
            return [_forbidden(response)]
        case 404 | 405 if not is_batch:
            return _route(request)
        case 413:
            return ["the body is too large to be read: a batch names a hundred orders at most"]
        case 429:
            return _limited(response)
        case 400 | 422 if is_batch:
            mistakes = body_mistakes(request)
            extra = any("is not known" in mistake for mistake in mistakes)
            return [*mistakes, *_freedom("fields" if extra else "body")]
        case 200 | 201 if is_batch:
            return _reasons(venue, request, response)
    return []


def _hints(venue: PredictStreetVenue, request: Request) -> list[str]:
    """What should be otherwise, though nothing was refused for it."""
    told = []
    if request.header("x-api-key") and any(secret in request.query for secret in secrets(venue)):
        told.append("the query holds the key as well: it belongs into X-Api-Key alone, as addresses are written down")
    kinds = [value.partition(";")[0].strip().lower() for value in request.header_values("content-type")]
    if kinds not in ([], ["application/json"]):
        declared = ", ".join(kinds)
        told += [f"the body is declared as {declared}: application/json is right", *_freedom("content type")]
    return told


def _freedom(name: str) -> list[str]:
    freedom, variants = FREEDOMS[name]
    return [f"this is a choice of the reference: {freedom} (variant {variants})"]


def _forbidden(response: Response) -> str:
    code, details = _code_of(response)
    if code == "wallet_banned":
        return "the acting wallet is banned: neither another key nor another try helps"
    if code == "api_key_scope_missing":
        return f"the key lacks the scope {details.get('requiredScope')}; it has {', '.join(details.get('have', []))}"
    return f"the key is right, and may not do this ({code})"


def _route(request: Request) -> list[str]:
    wanted = f"the batch cancel is POST {BATCH_PATH}"
    path = request.path
    if path == BATCH_PATH:
        return [f"the method is {request.method}: {wanted}"]
    if path.startswith("/api/orders") and request.method == "GET":
        return []  # a read of an order that is not there
    squeezed = "/" + "/".join(part for part in path.split("/") if part)
    details = (
        (path.rstrip("/") == BATCH_PATH, "the path ends in a slash"),
        (path != squeezed and squeezed == BATCH_PATH, "the path has a slash too many"),
        (path.lower() == BATCH_PATH and path != BATCH_PATH, "the path has capital letters"),
        ("/api" + path == BATCH_PATH, "the path lacks its /api; is it missing in base_url?"),
        (path == "/api" + BATCH_PATH, "the path has /api twice; does base_url end in it?"),
        ("/v1" in path, "the path has a version: there is none here"),
        (path.replace("_", "-") == BATCH_PATH and "_" in path, "the path has an underscore where a hyphen belongs"),
        ("batch-cancel" in path or path.endswith("/orders/batch"), "the last part of the path is another"),
    )
    told = next((words for fits, words in details if fits), "there is no such endpoint")
    return [f"{told}: {wanted}"]


def _limited(response: Response) -> list[str]:
    wait = next((value for name, value in response.headers if name.lower() == "retry-after"), "1")
    told = f"more than 5 requests in a second for this wallet: send nothing for {wait} s, as Retry-After says"
    return [told, *_freedom("rate")]


def _reasons(venue: PredictStreetVenue, request: Request, response: Response) -> list[str]:
    """What stands behind the reasons of an answer; a sandbox may tell what the venue keeps to itself."""
    try:
        reasons: dict[str, str] = json.loads(response.body)["notCancelled"]
        items = list(reasons.items())
    except (ValueError, KeyError, TypeError, AttributeError):
        return []
    lines = [line for order, reason in items if (line := _reason(venue, request, order, reason))]
    more = [f"and {len(lines) - _MOST_TOLD} orders more"] if len(lines) > _MOST_TOLD else []
    cased = any("letter case" in line for line in lines)
    return [*lines[:_MOST_TOLD], *more, *(_freedom("case") if cased else [])]


def _reason(venue: PredictStreetVenue, request: Request, order_id: str, reason: str) -> str | None:
    match reason:
        case str() if reason == NOT_FOUND:
            return _not_found(venue, request, order_id)
        case str() if reason == ALREADY_TERMINAL:
            return f"{order_id} is finished: that is no error, and nothing is left to be done"
        case str() if reason == UNKNOWN:
            return f"{order_id} failed for a passing cause: send it again, and it alone"
        case str() if reason == LOCK_INVARIANT:
            return f"{order_id} was not cancelled; the others of its batch were not touched by that"
    return None


def _not_found(venue: PredictStreetVenue, request: Request, order_id: str) -> str | None:
    if not venue.store.can_glance:
        return None
    if (order := venue.store.glance(order_id)) is not None:
        key = KEY_PATTERN.fullmatch(request.header("x-api-key") or "")
        account = venue.accounts.get(key[2]) if key else None
        if account is not None and account.partner_kind is PartnerKind.MULTI_WALLET:
            acting = (request.header("x-user-wallet") or "").lower()
            return f"{order_id} belongs to wallet {order.wallet}, and X-User-Wallet says {acting}"
        own = account.wallet if account is not None else None
        declared = " (X-User-Wallet is ignored under a single_wallet key)" if request.header("x-user-wallet") else ""
        return f"{order_id} belongs to wallet {order.wallet}, and the key acts for {own}{declared}"
    for spelled in (order_id.lower(), order_id.upper()):
        if venue.store.glance(spelled) is not None:
            return f"{order_id} is {spelled} in another letter case: ids are to be sent as they were given out"
    return f"{order_id} names no order"


def _code_of(response: Response) -> tuple[str, dict[str, Any]]:
    try:
        document = json.loads(response.body)
        inner = document["error"] if isinstance(document.get("error"), dict) else document
        details = inner.get("details")
        return str(inner.get("code")), details if isinstance(details, dict) else {}
    except (ValueError, AttributeError, KeyError):
        return "no code", {}
