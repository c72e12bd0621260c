"""Every way to sign an Arcus batch wrongly that no right venue carries out, drawn at random."""

from __future__ import annotations

import string
from dataclasses import dataclass, replace
from typing import Any, Literal

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from venue_conformance.client.fuzzing import WrongSigning
from venue_conformance.venues.arcus.elements import STRAIGHT, Element, Tampering
from venue_conformance.venues.arcus.envelope import ADDRESS, KEY_HEADER, RIGHT, TIME_HEADER, Envelope
from venue_conformance.venues.arcus.signing import public_key

MOST_MARKET, MOST_INDEX = 65_535, 9
_HEX = "0123456789abcdef"


@dataclass(frozen=True)
class WrongRequest:
    """How a request is tampered with: around its elements, in each of them, or by signing another market or account."""

    envelope: Envelope = RIGHT
    tampering: Tampering = STRAIGHT
    shifted: Literal["m", "ai"] | None = None
    by: int = 1

    def of(self, element: Element) -> Element:
        """The element, tampered with."""
        if self.shifted == "m":
            return element.but(signed={"m": (int(element.market_id) + self.by) % (MOST_MARKET + 1)})
        if self.shifted == "ai":
            return element.but(signed={"ai": (element.account_index + self.by) % (MOST_INDEX + 1)})
        return replace(element, tampering=self.tampering)


def _envelope(clause: str, **strategies: SearchStrategy[Any]) -> SearchStrategy[WrongSigning]:
    return st.builds(Envelope, **strategies).map(
        lambda envelope: WrongSigning(f"arcus.{clause}", WrongRequest(envelope), f"arcus.{clause}")
    )


def _element(rule: str, wrong: SearchStrategy[WrongRequest]) -> SearchStrategy[WrongSigning]:
    clause = f"arcus.signature.{rule}"
    return wrong.map(lambda tampering: WrongSigning(clause, tampering, clause, by_effect=True))


def _tampering(**strategies: SearchStrategy[Any]) -> SearchStrategy[WrongRequest]:
    return st.builds(Tampering, **strategies).map(lambda tampering: WrongRequest(tampering=tampering))


def _unregistered(seed: str) -> WrongSigning:
    clause = "arcus.authentication.unknown-key-refused"
    return WrongSigning(clause, WrongRequest(Envelope(key=public_key(seed), private_key=seed)), clause)


def wrong_signings() -> SearchStrategy[WrongSigning]:
    """What stands around the elements, and each part of what an element signs, tampered with at random."""
    seed = st.text(_HEX, min_size=64, max_size=64)
    words = st.text(string.ascii_letters, min_size=1, max_size=12)
    ages = st.floats(60, 10**6)
    signed = st.sampled_from(["as sent", "nanoseconds", "whole"])
    return st.one_of(
        _envelope("authentication.key-required", omit=st.just(frozenset({KEY_HEADER}))),
        _envelope("authentication.malformed-key-refused", key=st.text(_HEX, min_size=1, max_size=63)),
        seed.map(_unregistered),
        _envelope("timestamp.missing", omit=st.just(frozenset({TIME_HEADER}))),
        _envelope("timestamp.seconds", unit=st.just("seconds"), signed=signed),
        _envelope("timestamp.milliseconds", unit=st.just("milliseconds"), signed=signed),
        _envelope("timestamp.not-a-number", timestamp=words),
        _envelope("timestamp.too-old", age=ages),
        _envelope("timestamp.too-far-ahead", age=ages.map(lambda age: -age)),
        _envelope("address.missing", omit=st.just(frozenset({ADDRESS}))),
        _envelope("address.invalid-hex", address=st.text(_HEX, min_size=39, max_size=39).map("0x{}g".format)),
        _envelope("address.wrong-length", address=st.text(_HEX, min_size=1, max_size=38).map("0x{}".format)),
        _envelope("address.other-account", address=st.text(_HEX, min_size=40, max_size=40).map("0x{}".format)),
        _element("wrong-key", _tampering(private_key=seed)),
        _element("wrong-key", _tampering(signature=st.just("altered"))),
        _element("missing", _tampering(without=st.just(frozenset({"signature"})))),
        _element("other-timestamp", _tampering(signed_off=st.integers(-(10**9), 10**9).filter(bool))),
        _element("other-operation", _tampering(signed=st.integers(3, 9).map(lambda op: {"op": op}))),
        _element("truncated", _tampering(signature=st.sampled_from(["cut short", "half"]))),
        _element("over-http-body", _tampering(signature=st.just("over the body"))),
        _element("other-market", st.integers(1, MOST_MARKET).map(lambda by: WrongRequest(shifted="m", by=by))),
        _element("other-account-index", st.integers(1, MOST_INDEX).map(lambda by: WrongRequest(shifted="ai", by=by))),
    )
