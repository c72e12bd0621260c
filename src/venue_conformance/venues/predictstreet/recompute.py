"""How a batch cancel is read off the wire, and its key and wallet looked at once more: PredictStreet signs nothing.

The reference has code of its own for the same; the two are compared at every arrival.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from venue_conformance.venues.predictstreet.keys import (
    BATCH_METHOD,
    BATCH_PATH,
    KEY_HEADER,
    WALLET_HEADER,
    is_wallet,
    secret_of,
)


def fits(
    method: str,  # noqa: ARG001 - what other venues sign
    target: str,  # noqa: ARG001
    headers: Sequence[tuple[str, str]],
    body: bytes,  # noqa: ARG001
    credentials: Mapping[str, str],
) -> bool | None:
    """Whether the key is the account's own, and a wallet that is declared is declared once and has the form of one.

    Which kind of partner the key belongs to is not asked here. None where the key is another account's.
    """
    keys, wallets = header_values(headers, KEY_HEADER), header_values(headers, WALLET_HEADER)
    if keys != [credentials["api_key"]]:
        return None if len(keys) == 1 and secret_of(keys[0]) else False
    return not wallets or (len(wallets) == 1 and is_wallet(wallets[0]))


def header_values(headers: Sequence[tuple[str, str]], name: str) -> list[str]:
    """Every value of a header, without the blanks around it."""
    return [value.strip(" \t") for key, value in headers if key.lower() == name.lower()]


def named_orders(body: bytes) -> list[str] | None:
    """The order ids that a batch cancel names, None where it names none that can be read."""
    named = _elements(body)
    return None if named is None else [each for each in named if isinstance(each, str)]


def count_of(body: bytes) -> int | None:
    """How many elements a batch cancel has, whatever they are; None where that cannot be read."""
    named = _elements(body)
    return None if named is None else len(named)


def is_batch_cancel(method: str, path: str) -> bool:
    """Whether a request is, or is meant as, the batch cancel: on its path with any method that does not only read."""
    return path.rstrip("/").lower() == BATCH_PATH and method not in ("GET", "OPTIONS", "HEAD")


def is_documented(method: str, path: str) -> bool:
    """Whether a batch cancel has the method and the path of the page."""
    return method == BATCH_METHOD and path == BATCH_PATH


def _elements(body: bytes) -> list[object] | None:
    try:
        named = json.loads(body)["orderIds"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return named if isinstance(named, list) else None
