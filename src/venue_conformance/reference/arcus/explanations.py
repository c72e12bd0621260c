"""Why an Arcus request was refused, or an element of it failed: what had to be signed, and which known mistake fits.

A signature cannot be read backwards. So every known mistake is made on purpose, and the one over which the signature
that came verifies is the one that was made.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from ..http import Request, Response
from .base import Refusal, normal_address
from .cancels import Batch, Caller, Element
from .orders import ApiKey
from .rows import FAILED
from .signature_mistakes import UNITS, diagnose, how_it_changed
from .venue import BATCH_PATH, ArcusVenue
from .verify import WINDOW_NS, query_values

_TEN_YEARS_NS = 10 * 365 * 86400 * 10**9
_MOST_EXPLAINED = 3
#: What the reference is free in: by what a refusal says, what another deployment may do, and the variant that does.
_FREEDOMS = {
    "X-Timestamp was used before": ("a timestamp may also be accepted twice", "accepts-replays"),
    "kind does not name the id that is given": ("kind may also say nothing", "ignores-kind"),
    "timestamp differs from X-Timestamp": (
        "an element whose own timestamp differs may also be carried out, or the whole request get 401",
        "ignores-a-time-that-disagrees, refuses-a-time-that-disagrees",
    ),
    "cancels must be an array": ("faults of form may also get 422", "answers-faults-of-form-with-422"),
    "cancels must hold 1 to 100 elements": ("too many may also get 413", "answers-too-many-with-413"),
    "missing address": ("a missing address may also get 422", "answers-a-missing-address-with-422"),
    "rate limited": ("what a batch costs is free", "charges-one-per-request, charges-two-for-each-cancel"),
}


def account_of(request: Request) -> str:
    """The API key, shortened."""
    key = request.header("x-api-key") or ""
    # Some send the private key here, of which no more than this may be told.
    return f"{key[:6]}…" if len(key) > 15 else key or "(no X-API-Key)"


def asked(request: Request) -> str:
    """What is asked."""
    if request.path != BATCH_PATH or request.method != "POST":
        return f"{len(request.body)} bytes"
    try:
        count = len(json.loads(request.body)["cancels"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return f"a body of {len(request.body)} bytes that names no orders"
    return f"cancel {count} order{'' if count == 1 else 's'}"


def explain(venue: ArcusVenue, request: Request, response: Response) -> list[str]:
    """Why a request was refused, or what failed of it; and what is accepted here, and need not be elsewhere."""
    if request.path != BATCH_PATH:
        return []
    told = _told(venue, request, response)
    code = _answer(response).get("error") if response.status >= 400 else None
    if isinstance(code, str) and code in _FREEDOMS:
        told.append(_freedom(code))
    return told


def _told(venue: ArcusVenue, request: Request, response: Response) -> list[str]:
    if response.status < 400:
        return [*_accepted(request), *_elements(venue, request, response), *_misplaced(venue, request)]
    if response.status == 401:
        return _key(venue, request) or _time(venue, request)
    return [*_address(venue, request), *_form(request)]


def _freedom(code: str) -> str:
    freedom, variant = _FREEDOMS[code]
    return f"this refusal is a choice of the reference: {freedom} (variant {variant})"


# -- around the elements ---------------------------------------------------------------------------------------------


def _accepted(request: Request) -> list[str]:
    told = []
    key = request.header("x-api-key") or ""
    if key != key.lower():
        told.append(
            "X-API-Key is in capital letters: accepted here, another deployment may want small ones "
            "(variant wants-keys-in-lower-case)"
        )
    if not request.header("x-signature"):
        told.append(
            "X-Signature is missing: its value decides nothing, but later pages of the venue want it present and not "
            "empty; send the first element's"
        )
    return told


def _key(venue: ArcusVenue, request: Request) -> list[str]:
    """What is wrong with X-API-Key; nothing where it is registered."""
    values = request.header_values("x-api-key")
    if len(values) != 1 or not values[0]:
        count = "missing" if not values else "empty" if len(values) == 1 else f"sent {len(values)} times"
        return [f"header X-API-Key is {count}: it is the account's Ed25519 public key in hex, once"]
    written = values[0]
    if written.lower() in venue.keys:
        if written != written.lower():
            return ["X-API-Key is in capital letters; this deployment wants small ones"]
        return []
    for account in venue.accounts.values():
        if account.private_key and written.lower().removeprefix("0x") == account.private_key:
            return [
                "X-API-Key is an account's private key, the seed: never send it; the key to send is the public key "
                f"that belongs to it, {account.public_key[:10]}…{account.public_key[-3:]}"
            ]
        if written.lower().removeprefix("0x") == account.public_key:
            return ["X-API-Key has 0x before it: the 64 hexadecimal digits alone are wanted"]
        if normal_address(written) == account.address:
            return ["X-API-Key is the account's address: the Ed25519 public key is wanted, 64 hexadecimal digits"]
        if account.public_key and written == base64.b64encode(bytes.fromhex(account.public_key)).decode():
            return ["X-API-Key is the public key in base64: hex is wanted, 64 digits"]
    if not re.fullmatch("[0-9a-fA-F]{64}", written):
        return [f"X-API-Key has {len(written)} characters: 64 hexadecimal digits are wanted"]
    return [
        "nobody registered this X-API-Key; the target file has an account's private key, the state `caller` makes more"
    ]


def _time(venue: ArcusVenue, request: Request) -> list[str]:
    """What is wrong with X-Timestamp, or with an element's own."""
    values = request.header_values("x-timestamp")
    if len(values) != 1 or not values[0]:
        count = "missing" if not values else "empty" if len(values) == 1 else f"sent {len(values)} times"
        return [f"header X-Timestamp is {count}: Unix nanoseconds are wanted, once"]
    if (told := _unit(venue, "X-Timestamp", values[0])) is not None:
        return [told]
    away = int(values[0]) - venue.clock.nanoseconds()
    if abs(away) > WINDOW_NS:
        words = f"{abs(away) / 1e9:.1f} s {'ahead of' if away > 0 else 'behind'} the venue's clock"
        return [
            f"X-Timestamp is {words}, and 30 s are allowed: take the time anew for every try, after every wait, and "
            "see that this machine's clock is right"
        ]
    for number, item in enumerate(_items(request), 1):
        own = item.get("timestamp") if isinstance(item, dict) else None
        if isinstance(own, int) and (told := _unit(venue, f"the timestamp of element {number}", str(own))) is not None:
            return [told]
    return []


def _unit(venue: ArcusVenue, what: str, written: str) -> str | None:
    """What is wrong with a number of nanoseconds; None where it is one."""
    now = venue.clock.nanoseconds()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?([eE]\+?[0-9]+)?", written) and not written.isdigit():
        return f"{what} {written[:40]} went through a double, which holds sixteen digits: nineteen are wanted"
    if not re.fullmatch("[1-9][0-9]{0,18}", written):
        return f"{what} {written[:40]!r} is no number of nanoseconds: decimal digits are wanted ({now})"
    for unit, per in UNITS:
        if abs(int(written) * per - now) < _TEN_YEARS_NS:
            return f"{what} {written} is in {unit}: nanoseconds are wanted ({now})"
    return None


def _address(venue: ArcusVenue, request: Request) -> list[str]:
    """What is wrong with the address in the query."""
    key = venue.keys.get((request.header("x-api-key") or "").lower())
    written = query_values(request, "address")
    if len(written) != 1:
        count = "missing from the query" if not written else f"in the query {len(written)} times"
        return [
            f"address is {count}: POST {BATCH_PATH}?address=0x… is wanted, with the address the key was registered for"
        ]
    address = normal_address(written[0])
    if address is None:
        return [
            f"address in the query is {written[0][:60]!r}: 40 hexadecimal digits are wanted, 0x before them is optional"
        ]
    if key is not None and address != key.address:
        return [f"address in the query is another account's: {address} where the key was registered for {key.address}"]
    for number, item in enumerate(_items(request), 1):
        own = item.get("address") if isinstance(item, dict) else None
        if key is not None and isinstance(own, str) and normal_address(own) not in (None, key.address):
            return [
                f"address in element {number} is another account's: {own[:60]} where the key was registered for "
                f"{key.address}"
            ]
    return []


def _form(request: Request) -> list[str]:
    """What is wrong with the form of elements."""
    for number, item in enumerate(_items(request), 1):
        if not isinstance(item, dict):
            return [f"element {number} is no JSON object"]
        ids = [name for name in ("orderId", "clientId") if name in item]
        if len(ids) == 2:
            null = next((name for name in ids if item[name] in (None, "")), None)
            if null is not None:
                return [
                    f"element {number} has {null} {json.dumps(item[null])} beside the other id: leave out the id that "
                    "names no order"
                ]
            return [f"element {number} has orderId and clientId: exactly one of them names the order"]
        if not ids:
            return [f"element {number} has neither orderId nor clientId: exactly one of them names the order"]
        for name in ("marketId", "accountIndex"):
            if not isinstance(item.get(name), int) or isinstance(item.get(name), bool):
                return [f"element {number} has {name} {json.dumps(item.get(name))[:40]}: a whole number is wanted"]
    return []


# -- signatures ------------------------------------------------------------------------------------------------------


def _elements(venue: ArcusVenue, request: Request, response: Response) -> list[str]:
    """Why elements of an accepted batch failed: the first few, each explained by itself."""
    rows = _answer(response).get("responses")
    if not isinstance(rows, list) or not any(isinstance(row, dict) and row.get("status") == FAILED for row in rows):
        return []
    try:
        batch = _batch(venue, request)
    except Refusal:
        return []
    objections = venue.judge(batch)
    told, freedoms = [], {}
    for position in sorted(objections)[:_MOST_EXPLAINED]:
        element = batch.elements[position]
        where = f"element {position + 1} of {len(batch.elements)}: "
        if objections[position] != "invalid order signature":
            told.append(where + _own_time(batch.caller.timestamp, element))
            freedoms[objections[position]] = _freedom(objections[position])
            continue
        right = venue.payload(batch, element).canonical().decode()
        told.append(f"{where}had to be signed, with Ed25519 under the account's private key: {right}")
        told.append(f"{where}looks like: {diagnose(venue, batch, element)}")
    if len(objections) > _MOST_EXPLAINED:
        told.append(f"and {len(objections) - _MOST_EXPLAINED} elements more")
    return [*told, *freedoms.values()]


def _misplaced(venue: ArcusVenue, request: Request) -> list[str]:
    """Which elements name an order, and not where it lies: they are accepted, and no order is found."""
    try:
        batch = _batch(venue, request)
    except Refusal:
        return []
    told = []
    for number, element in enumerate(batch.elements, 1):
        order = venue.order_named(batch.caller.account, element)
        if order is None or venue.is_right(batch.caller.account, element, order):
            continue
        lies = (
            f"in market {order.market.id} and subaccount {order.account_index}, and the element says market "
            f"{element.market_id} and subaccount {element.account_index}"
            if venue.owns(batch.caller.account, order)
            else "with another account"
        )
        told.append(f"element {number} of {len(batch.elements)}: {order.id} is {lies}: no order will be found")
    more = [f"and {len(told) - _MOST_EXPLAINED} elements more"] if len(told) > _MOST_EXPLAINED else []
    return [*told[:_MOST_EXPLAINED], *more]


def _batch(venue: ArcusVenue, request: Request) -> Batch:
    """The batch once more. Raises `Refusal` for what is none."""
    key: ApiKey = venue.key_of(request)
    stamp = venue.nanoseconds_in(venue.written_timestamp(request))
    caller = Caller(venue.accounts[key.address], key, stamp)
    return venue.read_batch(request, caller)


def _own_time(timestamp: int, element: Element) -> str:
    """How an element's own timestamp differs from the header's."""
    own = element.timestamp or 0
    if changed := how_it_changed(timestamp, own):
        return (
            f"its timestamp {own} is X-Timestamp {timestamp} {changed}: keep it an integer until it is written, "
            "for both are one number, digit by digit"
        )
    return f"its timestamp {own} is not X-Timestamp {timestamp}: one time is taken for a request, and stands in both"


# -- what they share -------------------------------------------------------------------------------------------------


def _items(request: Request) -> list[Any]:
    try:
        cancels = json.loads(request.body)["cancels"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    return cancels if isinstance(cancels, list) else []


def _answer(response: Response) -> dict[str, Any]:
    try:
        value = json.loads(response.body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
