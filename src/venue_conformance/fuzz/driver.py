"""Sends generated requests through signed callers and finds out which clause an answer breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from venue_conformance.errors import CredentialsRefused, NotTested, Violation
from venue_conformance.fuzz.breaches import Breaches
from venue_conformance.fuzz.document import body_members
from venue_conformance.fuzz.naming import Naming
from venue_conformance.fuzz.schema import Finding, GeneratedCase, VenueSchema
from venue_conformance.venues.caller import Caller
from venue_conformance.venues.fuzzing import Named, Payload, Stage, VenueFuzz, WrongSigning
from venue_conformance.wire.depth import DepthTally
from venue_conformance.wire.exchange import Answer

#: The families of generated requests, kept apart in every report.
WRONG_BODY: Final = "right signature, wrong body"
WRONG_SIGNATURE: Final = "wrong signature, right body"
WRONG_MEANING: Final = "right signature and body, wrong in meaning"


@dataclass(frozen=True)
class Sent:
    """A generated request that was sent, with its answer."""

    payload: Payload
    answer: Answer
    stage: Stage


class FuzzDriver:
    """Sends the generated requests of one check and judges each answer."""

    def __init__(
        self, venue: VenueFuzz, schema: VenueSchema, depth: DepthTally, breaches: Breaches, random: Random
    ) -> None:
        self.venue, self.schema, self.depth, self._breaches = venue, schema, depth, breaches
        self._naming = Naming(random, venue.plain_members, body_members(venue.venue))

    def complete(
        self, payload: Payload, slots: Sequence[Named], *, right: bool = False, spread: bool = False
    ) -> Payload:
        """What is sent for generated data: orders of ``slots`` in it, and nothing else that could name one.

        ``right`` says that the body is a right one, whose ``batch`` is wanted. With ``spread`` every mention is of
        another order, as far as there are any.
        """
        body = self._naming.name(payload.body, slots, spread=spread)
        known = {each.order_id: each for each in slots}
        ids = self.venue.named(body) if right else []
        # A right id that stands in no slot (the shortest one possible, say) names nothing that could be judged.
        batch = tuple(known[order_id] for order_id in ids if order_id in known)
        batch = batch if len(batch) == len(ids) else ()
        return self.venue.complete(Payload(body, payload.headers, batch, known), self._naming.salt)

    def send_wrong_body(self, caller: Caller[Any], payload: Payload, case: GeneratedCase | None = None) -> Sent:
        """Send a wrong body, rightly signed, and judge the answer. Raises Violation with the clause that broke."""
        sent = self._send(caller, payload, WRONG_BODY)
        self._require_no_server_error(case, sent)
        clause = self.venue.refusal(payload)
        if clause is not None and not self.venue.refuses(payload, sent.answer):
            self._judge(case, sent, ["negative_data_rejection"], lambda _: clause)
            raise Violation("this body to be refused (4xx)", repr(sent.answer), clause)
        if sent.answer.refused:
            self._blame(self._faults_of_form(case, sent))
        return sent

    def send_wrongly_signed(self, caller: Caller[Any], payload: Payload, wrong: WrongSigning) -> Sent:
        """Send a right body, wrongly signed, and judge the answer. Raises Violation with the clause that broke."""
        sent = self._send(caller, payload, WRONG_SIGNATURE, bend=wrong.bend)
        if not wrong.by_effect and not sent.answer.refused:
            raise Violation("a wrongly signed request to be refused", repr(sent.answer), wrong.clause)
        return sent

    def send_control(self, caller: Caller[Any], payload: Payload) -> None:
        """Send a right batch that has to be accepted, or refusals of wrong ones would say nothing. Raises Violation."""
        sent = self._send(caller, payload, WRONG_MEANING, right=True)
        if sent.stage is Stage.AUTHENTICATION:
            raise Violation("a right request to be authenticated", repr(sent.answer), self.venue.authenticated)
        if not sent.answer.succeeded:
            clause = self.venue.acceptance(payload)
            raise Violation("a right request to be accepted", repr(sent.answer), clause)

    def send_right(self, caller: Caller[Any], payload: Payload, case: GeneratedCase) -> Sent:
        """Send a right batch and judge its answer, down to each row. Raises Violation with the clause that broke."""
        clause = self.venue.acceptance(payload)
        # How a batch that names somebody else's orders is refused, where it may be, is the venue's choice.
        refusable = clause is None and any(each.kind == "foreign" for each in payload.batch)
        sent = self._send(caller, payload, WRONG_MEANING, right=not refusable)
        self._require_no_server_error(case, sent)
        if sent.stage is Stage.AUTHENTICATION and not refusable:
            raise Violation("a right request to be authenticated", repr(sent.answer), self.venue.authenticated)
        if clause is not None:
            self._judge(case, sent, ["positive_data_acceptance"], lambda _: clause)
            if not sent.answer.succeeded:
                raise Violation("this batch to be processed (2xx)", repr(sent.answer), clause)
        if sent.answer.succeeded:
            self._blame(self._faults_of_success(case, sent))
        return sent

    def require_depth(self) -> None:
        """Raises NotTested when rightly signed requests were stopped at authentication: they tested nothing."""
        stopped = self.depth.of(WRONG_BODY, Stage.AUTHENTICATION)
        if stopped:
            raise NotTested(
                f"{stopped} rightly signed requests were stopped at authentication (401 or 403), so nothing is known "
                "of how their bodies are judged",
                "fuzzing that gets past authentication",
            )

    def _send(
        self, caller: Caller[Any], payload: Payload, family: str, *, bend: Any = None, right: bool = False
    ) -> Sent:
        try:
            answer = self.venue.send(caller, payload, bend=bend, right=right)
        except (NotTested, CredentialsRefused) as fault:
            stopped = Stage.RATE_LIMIT if isinstance(fault, NotTested) else Stage.AUTHENTICATION
            self.depth.count(self.schema.label, family, stopped)
            raise
        stage = self.venue.stage(answer)
        if family == WRONG_SIGNATURE and self.venue.stopped_by_signature(answer):
            stage = Stage.AUTHENTICATION
        if stage is Stage.AUTHENTICATION and family == WRONG_BODY and not self.venue.is_signable(payload):
            stage = Stage.SHAPE  # what cannot be signed rightly has its fault in its shape, whatever it is told
        self.depth.count(self.schema.label, family, stage)
        return Sent(payload, answer, stage)

    def _require_no_server_error(self, case: GeneratedCase | None, sent: Sent) -> None:
        clause = self.venue.server_error(sent.payload)
        if clause is not None:
            self._judge(case, sent, ["not_a_server_error"], lambda _: clause)

    def _faults_of_success(self, case: GeneratedCase, sent: Sent) -> Iterator[Violation]:
        status = self.venue.success_status(sent.payload.batch)
        if status is not None and not self.schema.has_documented_success(sent.answer):
            yield Violation("a documented status", repr(sent.answer), status)
        yield from self._faults_of_form(case, sent)
        try:
            self.venue.judge(sent.answer, sent.payload.batch)
        except Violation as violation:
            yield violation

    def _faults_of_form(self, case: GeneratedCase | None, sent: Sent) -> Iterator[Violation]:
        def clause_of(finding: Finding) -> str | None:
            return self.venue.schema_clause(sent.answer, finding.place, finding.rule)

        return self._faults(case, sent, ["status_code_conformance", "response_schema_conformance"], clause_of)

    def _judge(
        self, case: GeneratedCase | None, sent: Sent, checks: Sequence[str], clause_of: Callable[[Finding], str | None]
    ) -> None:
        self._blame(self._faults(case, sent, checks, clause_of))

    def _faults(
        self, case: GeneratedCase | None, sent: Sent, checks: Sequence[str], clause_of: Callable[[Finding], str | None]
    ) -> Iterator[Violation]:
        for finding in self.schema.findings(case, sent.answer, checks):
            clause = clause_of(finding)
            if clause is not None:
                place = "".join(f"[{part!r}]" for part in finding.place)
                where = f" at {place}" if place else ""
                yield Violation(f"{finding.check}{where} to hold", f"{finding.message}\n{sent.answer!r}", clause)

    def _blame(self, faults: Iterator[Violation]) -> None:
        """Raise what counts most of what is wrong with an answer, if anything is."""
        violation = self._breaches.first_that_counts(faults)
        if violation is not None:
            raise violation
