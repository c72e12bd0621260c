"""What is wrong with the body of a refused batch cancel."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote_plus

from ..http import Request
from ..texts import strict_json
from .batch import MAX_ORDER_IDS

_WANTED = 'an object is wanted: {"orderIds": ["…", "…"]}'
_NEAR_NAMES = {"orderids", "orderid", "ids", "orders", "order_ids", "order_id", "id", "order-ids"}
_ID_NAMES = ("orderId", "id", "order_id", "uuid")


def body_mistakes(request: Request) -> list[str]:
    """Why a batch cancel got 400."""
    body = request.body
    if not body.strip():
        more = ", and the query names orders: they belong into the body" if "orderIds" in request.query else ""
        return [f"the body is empty{more}: {_WANTED}"]
    try:
        document = strict_json(body)
    except (ValueError, RecursionError):
        return [f"{_no_json(body)}: {_WANTED}"]
    if not isinstance(document, dict):
        return [f"{_no_object(document)}: {_WANTED}"]
    if "orderIds" not in document:
        near = [name for name in document if name.lower() in _NEAR_NAMES]
        return [f"orderIds is missing{f', and there is {near[0]}: the name is orderIds' if near else ''}: {_WANTED}"]
    named = document["orderIds"]
    if not isinstance(named, list):
        return [f"orderIds is {_no_list(named)}: a list is wanted, of one order as well"]
    if mistakes := _elements(named):
        return mistakes
    return [_surplus(name, document[name]) for name in document if name != "orderIds"]


def _no_json(body: bytes) -> str:
    text = body.decode("utf-8", "replace").strip()
    if body.startswith(b"\xef\xbb\xbf"):
        return "the body begins with a byte order mark"
    if unquote_plus(text).startswith(("orderIds=", "orderIds[]=", "orderIds[")):
        return "the body is a form, as curl and HTML send one, and no JSON"
    if "'" in text and '"' not in text:
        return "the body is written with single quotes, as Python prints a dict, and is no JSON"
    if "NaN" in text or "Infinity" in text:
        return "the body holds NaN or Infinity, which JSON has not"
    if text.endswith((",]}", ",}", ", ]}", ",]")):
        return "the body has a comma before a closing bracket, and is no JSON"
    try:
        json.loads(text)
    except ValueError:
        return "the body is no JSON" + (": it breaks off" if text.startswith("{") and not text.endswith("}") else "")
    return "the body has a name twice, or is not in UTF-8"


def _no_object(document: Any) -> str:
    if isinstance(document, list):
        return "the body is the list alone"
    if isinstance(document, str):
        return "the body is a text" + (" that holds JSON: it was serialised twice" if "orderIds" in document else "")
    return "the body is no object"


def _no_list(named: Any) -> str:
    if isinstance(named, str):
        if named.strip().startswith("["):
            return "a text that holds a list: it was serialised twice"
        return "a text with commas" if "," in named else "a text"
    return "null" if named is None else "an object" if isinstance(named, dict) else "no list"


def _elements(named: list[Any]) -> list[str]:
    if not named:
        return ["orderIds is empty: 1 to 100 elements are wanted; send nothing when nothing is to be cancelled"]
    if len(named) > MAX_ORDER_IDS:
        texts = {each for each in named if isinstance(each, str)}
        twice = f", {len(texts)} of which differ: repeats count" if len(texts) < len(named) else ""
        return [f"orderIds has {len(named)} elements{twice}; a batch has {MAX_ORDER_IDS} at most: split the list"]
    for number, each in enumerate(named, 1):
        if not isinstance(each, str):
            return [f"element {number} of orderIds is {_no_text(each)}: the id alone is wanted, as a text"]
    return []


def _no_text(each: Any) -> str:
    if isinstance(each, dict):
        inner = next((name for name in _ID_NAMES if isinstance(each.get(name), str)), None)
        return "an object" + (f" whose {inner} is the id" if inner else "")
    if each is None:
        return "null: is that order's id known by now?"
    return "a list" if isinstance(each, list) else "a truth value" if isinstance(each, bool) else "a number"


def _surplus(name: str, value: Any) -> str:
    if isinstance(value, str) and value.startswith("0x"):
        return f"the field {name} is not known: a wallet is declared in X-User-Wallet"
    return f"the field {name} is not known: orderIds is all that a batch cancel has"
