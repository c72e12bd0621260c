"""Which of an account's credentials name it, and which are secret: each venue says so."""

from __future__ import annotations

from collections.abc import Mapping

from venue_conformance.venues import venues


def name_of(venue: str, credentials: Mapping[str, str]) -> str:
    """The account's public name, as provider states take it."""
    return credentials[venues()[venue].credentials.account_name]


def secret_of(venue: str, credentials: Mapping[str, str]) -> str:
    """The one value that a request proves to be known; empty where the venue has none."""
    shape = venues()[venue].credentials
    return next((value for name, value in credentials.items() if name in shape.secret), "")


def hidden(venue: str, credentials: Mapping[str, str]) -> set[str]:
    """Everything that must stand in no report, parts of a secret that are secret by themselves among it."""
    shape = venues()[venue].credentials
    whole = {value for name, value in credentials.items() if name in shape.secret}
    return whole if shape.pieces is None else whole.union(*map(shape.pieces, whole))
