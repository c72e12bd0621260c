"""Rules over how a PredictStreet request is made, and who it says it comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator

from suites.shared.clients.requests import place_of
from venue_conformance.clients.openapi import body_problem
from venue_conformance.clients.recording import Call, Recording
from venue_conformance.clients.scenario import Broken, Finding, Kept, rule
from venue_conformance.reference.stage import Arrival
from venue_conformance.venues.predictstreet.keys import (
    BATCH_PATH,
    KEY_HEADER,
    MULTI_WALLET,
    SINGLE_WALLET,
    WALLET_HEADER,
    is_wallet,
    secret_of,
)
from venue_conformance.venues.predictstreet.recompute import header_values

OPERATION = (BATCH_PATH, "post")


@rule("request.schema")
def schema(recording: Recording) -> Iterator[Finding]:
    """Method, path and body are as documented; how many elements there are is another clause's."""
    for arrival in recording.batches:
        if problem := _problem(recording, arrival):
            yield Broken("a request as openapi.yaml describes it", problem, (arrival.number,))
        else:
            yield Kept()


@rule("key.header")
def key_in_its_header(recording: Recording) -> Iterator[Finding]:
    """X-Api-Key stands there once, and is the key as it was issued."""
    for arrival in recording.batches:
        if problem := _key_problem(recording, arrival):
            yield Broken("X-Api-Key, once, with the key as it was issued", problem, (arrival.number,))
        else:
            yield Kept()


@rule("key.stands-alone")
def key_stands_alone(recording: Recording) -> Iterator[Finding]:
    """Under a single_wallet key each batch has the key, whatever it says of a wallet."""
    if recording.credentials["partner_kind"] == SINGLE_WALLET:
        for arrival in recording.batches:
            if problem := _key_problem(recording, arrival):
                declared = "a wallet" if header_values(arrival.headers, WALLET_HEADER) else "no wallet"
                yield Broken("a single_wallet key in X-Api-Key", f"{problem}, and {declared}", (arrival.number,))
            else:
                yield Kept()


@rule("wallet.every-request")
def wallet_on_every_request(recording: Recording) -> Iterator[Finding]:
    """Under a multi_wallet key whatever shows a key declares a wallet, reads included."""
    if recording.credentials["partner_kind"] != MULTI_WALLET:
        return
    for arrival in recording.arrivals:
        if arrival.elsewhere or not _is_authenticated(recording, arrival):
            continue
        if any(header_values(arrival.headers, WALLET_HEADER)):
            yield Kept()
        else:
            yield Broken("X-User-Wallet under a multi_wallet key", "none", (arrival.number,))


@rule("wallet.form")
def wallet_form(recording: Recording) -> Iterator[Finding]:
    """Under a multi_wallet key the wallet that is declared has the form of one."""
    for _, arrival, wallets in _declared(recording):
        if len(wallets) == 1 and is_wallet(wallets[0]):
            yield Kept()
        else:
            told = wallets[0] if len(wallets) == 1 else f"{len(wallets)} values: {', '.join(wallets)}"
            yield Broken("0x and 40 hexadecimal digits", told[:200], (arrival.number,))


@rule("wallet.of-this-call")
def wallet_of_this_call(recording: Recording) -> Iterator[Finding]:
    """Under a multi_wallet key the wallet is that of the call; neither its letter case counts here nor its form."""
    for call, arrival, wallets in _declared(recording):
        wanted = call.wallet or recording.credentials["wallet"]
        if all(_digits(wallet) == _digits(wanted) for wallet in wallets):
            yield Kept()
        elif all(is_wallet(wallet) for wallet in wallets):
            yield Broken(f"{wanted}, for which call {call.number} was to act", ", ".join(wallets), (arrival.number,))


@rule("secrets.stay-home")
def key_stays_home(recording: Recording) -> Iterator[Finding]:
    """The key is in no path, no body and no other header, and nothing arrives at the other host."""
    key = recording.credentials["api_key"]
    secrets = {key, *secret_of(key)}
    for arrival in recording.arrivals:
        if where := place_of(secrets, arrival, at_home=KEY_HEADER):
            yield Broken("the key in X-Api-Key alone", f"the key in {where}", (arrival.number,))
        elif arrival.elsewhere:
            yield Broken("nothing at another host", f"{arrival.method} {arrival.path} there", (arrival.number,))
        else:
            yield Kept()


def _problem(recording: Recording, arrival: Arrival) -> str | None:
    if not recording.wire.is_documented(arrival.method, arrival.path):
        return f"{arrival.method} {arrival.path}"
    try:
        document = json.loads(arrival.body.decode())
    except (ValueError, RecursionError):
        return "a body that is no JSON in UTF-8"
    return body_problem(recording.venue, *OPERATION, document)


def _key_problem(recording: Recording, arrival: Arrival) -> str | None:
    values = header_values(arrival.headers, KEY_HEADER)
    if values == [recording.credentials["api_key"]]:
        return None
    return "none" if not values else f"{len(values)} of them" if len(values) > 1 else "something else"


def _is_authenticated(recording: Recording, arrival: Arrival) -> bool:
    """Whether a request shows a key, or is a batch cancel, which has to."""
    return arrival in recording.batches or bool(header_values(arrival.headers, KEY_HEADER))


def _declared(recording: Recording) -> Iterator[tuple[Call, Arrival, list[str]]]:
    """Each batch under a multi_wallet key that declares a wallet: its call, itself, and the wallets."""
    if recording.credentials["partner_kind"] == MULTI_WALLET:
        for call in recording.calls:
            for arrival in call.arrivals:
                if any(wallets := header_values(arrival.headers, WALLET_HEADER)):
                    yield call, arrival, wallets


def _digits(wallet: str) -> str:
    return wallet.lower().removeprefix("0x")
