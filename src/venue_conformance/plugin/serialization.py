"""What one check leaves behind, as plain values that a worker process can hand to its controller."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from typing import Any

from venue_conformance.contract.clauses import IMPORTANCES
from venue_conformance.fuzz.breaches import Breach
from venue_conformance.plugin.check import Check
from venue_conformance.plugin.outcome import actual_text, shorten
from venue_conformance.plugin.runlog import catalogue_of
from venue_conformance.report.records import BreachRecord, CheckRecord, DepthRecord, ExchangeRecord, ObservationRecord
from venue_conformance.report.text import LARGEST_TEXT
from venue_conformance.wire.exchange import Exchange
from venue_conformance.wire.recorder import Remark, StateCall, Step
from venue_conformance.wire.redaction import MASK, OF_THE_PROCESS, SENSITIVE_HEADERS, Redaction

_LONGEST_BODY = 1 << 20
#: More than reports keep of an answer, lest a secret that is half cut off be no longer known.
_LONGEST_ANSWER = 2 * LARGEST_TEXT
#: Masked as headers, yet names by which reports and provider states know an account.
_NAMES = frozenset({"x-public-key"})
#: Anything in base64 or hex that is long enough to be a signature or a key.
_SIGNATURE = re.compile(r"[0-9A-Za-z+/=_.-]{16,}")


def serialize(check: Check) -> dict[str, Any]:
    """The records of a check that has ended, masked; exchange ids count from 1 within the check.

    Exchanges of tries that met a fault of the way come first; they are no part of the trace.
    """
    recorder = check.recorder
    sent = [step for step in (*check.earlier, *recorder.steps) if isinstance(step, Exchange)]
    redaction = masking_of(check)
    exchanges = [_exchange(number, step, redaction) for number, step in enumerate(sent, 1)]
    numbers = {id(step): number for number, step in enumerate(sent, 1)}
    steps = _steps(recorder.steps if recorder.trace is None else recorder.trace, numbers, redaction)
    record = CheckRecord(
        check.id,
        check.title,
        list(check.clauses),
        check.outcome,
        time.monotonic() - check.began,
        role=check.role,
        explores=check.explores,
        breaches=_breaches(check, numbers, redaction),
        kept=list(check.kept),
        exercised=None if check.breaches.exercised is None else sorted(check.breaches.exercised),
        reason=redaction.text(check.reason) if check.reason else None,
        cause=check.cause,
        needs=check.needs,
        presupposes=check.presupposes,
        expected=redaction.text(check.expected) if check.expected else None,
        actual=redaction.text(check.actual) if check.actual else None,
        exchanges=[exchange.id for exchange in exchanges],
        steps=steps,
        repeats=len(check.tries.repeats),
        faults=check.tries.repeats,
        server_errors=[numbers[id(each)] for each in check.tries.server_errors if id(each) in numbers],
        same_request_fails=check.same_request_fails,
        credentials_refused=check.credentials_refused,
        clock_difference=check.clock_difference,
        accepted=bool(check.session and check.session.health.accepted),
        statuses=sorted(check.tries.statuses),
        answers_json=check.tries.refused_in_json,
        file_account="file" in check.tries.origins,
        unsought=sorted(check.breaches.unsought),
    )
    return {
        "venue": check.venue,
        "check": record.to_dict(),
        "exchanges": [exchange.to_dict() for exchange in exchanges],
        "observations": [
            ObservationRecord(clause, redaction.text(text), check.id).to_dict()
            for clause, text in check.recorder.observations
        ],
        "depth": [
            DepthRecord(operation, family, check.id, **depths).to_dict()
            for operation, family, depths in check.recorder.depth
        ],
    }


def masking_of(check: Check) -> CheckMasking:
    """What masks the words of a check: the run's secrets, and the signatures that it has sent so far."""
    sent = [step for step in (*check.earlier, *check.recorder.steps) if isinstance(step, Exchange)]
    return CheckMasking(check.session.redaction if check.session else Redaction(finder=OF_THE_PROCESS), sent)


def _steps(recorded: Iterable[Step], numbers: Mapping[int, int], redaction: CheckMasking) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = []
    for step in recorded:
        if isinstance(step, StateCall):
            steps.append(_state(step, redaction))
        elif isinstance(step, Remark):
            steps.append({"note": redaction.text(step.text)})
        else:
            steps.append({"exchange": numbers[id(step)]})
    return steps


def _breaches(check: Check, numbers: Mapping[int, int], redaction: CheckMasking) -> list[dict[str, Any]]:
    """What a check found broken, the gravest clause first."""
    catalogue = catalogue_of(check.venue)

    def gravity(found: tuple[str, Breach]) -> tuple[bool, int]:
        clause = catalogue.get(found[0])
        return (True, len(IMPORTANCES)) if clause is None else (clause.level != "must", clause.weight)

    return [
        BreachRecord(
            clause,
            redaction.text(shorten(breach.violation.expected)),
            redaction.text(shorten(actual_text(breach.violation))),
            breach.times,
            _steps(breach.steps, numbers, redaction),
            list(dict.fromkeys((breach.violation.kind, *breach.kinds))),
            None if breach.drawn is None else {"seed": breach.drawn.seed, "examples": breach.drawn.examples},
        ).to_dict()
        for clause, breach in sorted(check.breaches.found.items(), key=gravity)
    ]


class CheckMasking:
    """A run's redaction that knows this check's signatures, too, so that a target may say them back."""

    def __init__(self, redaction: Redaction, exchanges: Iterable[Exchange]) -> None:
        self._redaction = redaction
        self._sent = {
            value
            for exchange in exchanges
            for name, value in exchange.request.headers
            if name.lower() in SENSITIVE_HEADERS - _NAMES and _SIGNATURE.fullmatch(value)
        }

    def text(self, text: str) -> str:
        """A text without secrets and signatures."""
        return self._unsigned(self._redaction.text(text))

    def headers(self, headers: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Headers without secrets and signatures."""
        masked = self._redaction.headers(headers)
        return {self._unsigned(name): self._unsigned(value) for name, value in masked.items()}

    def value(self, value: Any) -> Any:
        """A JSON-like value without secrets."""
        return self._redaction.value(value)

    def _unsigned(self, text: str) -> str:
        return _SIGNATURE.sub(lambda match: MASK if match.group() in self._sent else match.group(), text)


def _state(call: StateCall, redaction: CheckMasking) -> dict[str, Any]:
    return {
        "state": call.state,
        "params": redaction.value(call.params),
        "values": None if call.values is None else redaction.value(call.values),
    }


def exchange_record(number: int, exchange: Exchange, redaction: Redaction) -> ExchangeRecord:
    """The record of an exchange, masked; a request body beyond 1 MiB is cut."""
    return _exchange(number, exchange, CheckMasking(redaction, [exchange]))


def _exchange(number: int, exchange: Exchange, redaction: CheckMasking) -> ExchangeRecord:
    request = exchange.request
    body = None if request.body is None else request.body[:_LONGEST_BODY].decode("utf-8", errors="surrogateescape")
    # What no report keeps need not be looked through, however long it is.
    kept, left_out = exchange.body[:_LONGEST_ANSWER], exchange.body[_LONGEST_ANSWER:]
    return ExchangeRecord(
        number,
        request.method,
        redaction.text(exchange.url),
        redaction.headers(request.headers),
        None if body is None else redaction.text(body),
        exchange.status,
        redaction.headers(exchange.headers),
        None if exchange.fault else redaction.text(kept.decode("utf-8", errors="replace")),
        exchange.started_at,
        exchange.finished - exchange.started,
        fault=redaction.text(exchange.fault) if exchange.fault else None,
        caller=request.caller,
        signing=redaction.value(dict(request.signing)),
        response_body_left_out=len(left_out),
    )
