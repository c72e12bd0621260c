"""Sends generated requests through signed callers and finds out which clauses an answer breaks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from venue_conformance.client.assessment import Assessment
from venue_conformance.client.caller import Caller
from venue_conformance.client.fuzzing import BatchOrder, Payload, ProcessingDepth, VenueFuzz, WrongSigning
from venue_conformance.errors import CredentialsRefused, Inconclusive, NotTested, Presupposed, Violation, WayFault
from venue_conformance.fuzz.document import body_members
from venue_conformance.fuzz.naming import Naming
from venue_conformance.fuzz.schema import GeneratedCase, SchemaFinding, VenueSchema
from venue_conformance.fuzz.tracker import Dropped
from venue_conformance.target.ledger import Ledger
from venue_conformance.wire.depth import DepthTally
from venue_conformance.wire.exchange import Answer

#: The families of generated requests, kept apart in every report.
WRONG_BODY: Final = "valid signature, invalid body"
WRONG_SIGNATURE: Final = "invalid signature, valid body"
WRONG_MEANING: Final = "valid signature and body, wrong in meaning"


@dataclass(frozen=True)
class SentRequest:
    """A generated request that was sent, with its answer."""

    payload: Payload
    answer: Answer
    depth: ProcessingDepth


class FuzzDriver:
    """Sends the generated requests of one check and judges each answer, as far as it can be judged.

    ``assess`` hears of every clause that is judged and every one that broke. ``doubtful`` is told of what Schemathesis
    could not judge.
    """

    def __init__(
        self,
        venue: VenueFuzz,
        schema: VenueSchema,
        depth: DepthTally,
        assess: Assessment,
        doubtful: Callable[[Inconclusive], None],
        ledger: Ledger,
    ) -> None:
        self.venue, self.schema, self.depth = venue, schema, depth
        self._assess, self._doubtful, self._ledger = assess, doubtful, ledger
        self._naming = Naming(ledger, venue.plain_members, body_members(schema.document))

    def complete(
        self, payload: Payload, slots: Sequence[BatchOrder], *, right: bool = False, spread: bool = False
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
        faults = self.schema.rules.faults(body)
        return self.venue.complete(
            Payload(body, payload.headers, batch, known, payload.route or self.schema.route, faults), self._ledger.salt
        )

    def send_wrong_body(self, caller: Caller[Any], payload: Payload, case: GeneratedCase | None = None) -> SentRequest:
        """Send an invalid body, validly signed, and judge the answer."""
        sent = self._send(caller, payload, WRONG_BODY)
        self._judge_server_error(case, sent)
        clause = self.venue.refusal(payload)
        if clause is not None:
            refused = self.venue.refuses(payload, sent.answer)
            found = [] if refused else self._findings(case, sent, ["negative_data_rejection"])
            actual = _failure_text(found[0], sent) if found else repr(sent.answer)
            self._assess.expect(refused, "this body to be refused (4xx)", actual, clause, kind="not-refused")
        if sent.answer.refused:
            self._judge_form(case, sent)
        return sent

    def send_wrongly_signed(self, caller: Caller[Any], payload: Payload, wrong: WrongSigning) -> SentRequest:
        """Send a valid body, invalidly signed, and judge the answer."""
        sent = self._send(caller, payload, WRONG_SIGNATURE, tampering=wrong.tampering)
        if not wrong.by_effect:
            refused = sent.answer.refused
            self._assess.expect(
                refused, "an invalidly signed request to be refused", sent.answer, wrong.clause, kind="not-refused"
            )
        return sent

    def send_control(self, caller: Caller[Any], payload: Payload) -> str | None:
        """Send a valid batch that has to be accepted, or refusals of wrong ones would say nothing.

        Hands back the clause that wants it accepted. Raises Violation, and Presupposed where no clause says so.
        """
        sent = self._send(caller, payload, WRONG_MEANING, right=True)
        if sent.depth is ProcessingDepth.AUTHENTICATION:
            raise Violation(
                "a valid request to be authenticated",
                repr(sent.answer),
                self.venue.authenticated,
                kind="not-authenticated",
            )
        clause = self.venue.acceptance(payload)
        if not sent.answer.succeeded:
            if clause is None:
                raise Presupposed(self.venue.authenticated, f"a valid request was answered {sent.answer!r}")
            raise Violation("a valid request to be accepted", repr(sent.answer), clause, kind="not-accepted")
        return clause

    def send_right(self, caller: Caller[Any], payload: Payload, case: GeneratedCase) -> SentRequest:
        """Send a valid batch and judge its answer, down to each row."""
        clause = self.venue.acceptance(payload)
        # How a batch that names somebody else's orders is refused, where it may be, is the venue's choice.
        refusable = clause is None and any(each.kind == "foreign" for each in payload.batch)
        sent = self._send(caller, payload, WRONG_MEANING, right=not refusable)
        self._judge_server_error(case, sent)
        if not refusable:
            entered = sent.depth is not ProcessingDepth.AUTHENTICATION
            wanted = "a valid request to be authenticated"
            if not self._assess.expect(
                entered, wanted, sent.answer, self.venue.authenticated, kind="not-authenticated"
            ):
                return sent
        if clause is not None:
            found = self._findings(case, sent, ["positive_data_acceptance"])
            actual = _failure_text(found[0], sent) if found else repr(sent.answer)
            accepted = sent.answer.succeeded and not found
            self._assess.expect(accepted, "this batch to be processed (2xx)", actual, clause, kind="not-accepted")
        if sent.answer.succeeded:
            self._judge_success(case, sent)
        return sent

    def require_depth(self) -> None:
        """Raises NotTested when validly signed requests were stopped at authentication: they tested nothing."""
        stopped = self.depth.of(WRONG_BODY, ProcessingDepth.AUTHENTICATION)
        if stopped:
            raise NotTested(
                f"{stopped} validly signed requests were stopped at authentication (401 or 403), so nothing is known "
                "of how their bodies are judged",
                "fuzzing that gets past authentication",
            )

    def _send(
        self, caller: Caller[Any], payload: Payload, family: str, *, tampering: Any = None, right: bool = False
    ) -> SentRequest:
        try:
            answer = self.venue.send(caller, payload, tampering=tampering, right=right)
        except (NotTested, CredentialsRefused) as fault:
            stopped = ProcessingDepth.RATE_LIMIT if isinstance(fault, NotTested) else ProcessingDepth.AUTHENTICATION
            self.depth.count(self.schema.label, family, stopped)
            raise
        except WayFault as fault:
            if family == WRONG_BODY and self.venue.server_error(payload) is None:
                # No clause says what becomes of such a body, so that nothing follows from its failing again.
                raise Dropped from fault
            raise
        depth = self.venue.depth(answer)
        if family == WRONG_SIGNATURE and self.venue.stopped_by_signature(answer):
            depth = ProcessingDepth.AUTHENTICATION
        if depth is ProcessingDepth.AUTHENTICATION and family == WRONG_BODY and not self.venue.is_signable(payload):
            depth = (
                ProcessingDepth.SHAPE
            )  # what cannot be signed rightly has its fault in its shape, whatever it is answered
        self.depth.count(self.schema.label, family, depth)
        return SentRequest(payload, answer, depth)

    def _judge_server_error(self, case: GeneratedCase | None, sent: SentRequest) -> None:
        clause = self.venue.server_error(sent.payload)
        if clause is not None:
            found = self._findings(case, sent, ["not_a_server_error"])
            actual = _failure_text(found[0], sent) if found else ""
            self._assess.expect(not found, "no server error", actual, clause, kind="server-error")

    def _judge_success(self, case: GeneratedCase, sent: SentRequest) -> None:
        status = self.venue.success_status(sent.payload.batch)
        if status is not None:
            documented = self.schema.has_documented_success(sent.answer)
            self._assess.expect(documented, "a documented status", sent.answer, status, kind="other-status")
        self._judge_form(case, sent)
        try:
            self.venue.judge(sent.answer, sent.payload.batch, self._assess)
        except Violation as violation:
            self._assess.report(violation)

    def _judge_form(self, case: GeneratedCase | None, sent: SentRequest) -> None:
        """Hold the answer against the schema: each clause that is broken is reported once."""
        clauses = self.venue.clauses_of_form(sent.answer)
        self._assess.exercised.update(clauses)
        reported = set()
        for finding in self._findings(case, sent, ["status_code_conformance", "response_schema_conformance"]):
            clause = self.venue.schema_clause(sent.answer, finding.place, finding.rule)
            if clause is not None and clause not in reported:
                reported.add(clause)
                self._assess.expect(
                    False, _documented(finding), _failure_text(finding, sent), clause, kind="other-shape"
                )

    def _findings(self, case: GeneratedCase | None, sent: SentRequest, checks: Sequence[str]) -> list[SchemaFinding]:
        found = self.schema.findings(case, sent.answer, checks)
        for each in found:
            if each.doubt is not None:
                self._doubtful(each.doubt)
        return [each for each in found if each.doubt is None]


def _documented(finding: SchemaFinding) -> str:
    """What the document says of the place of a response at which a check of its form failed."""
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in finding.place).lstrip(".")
    if finding.check == "status_code_conformance":
        return "a status that the document lists"
    return f"{place or 'the response'} as the document's schema has it"


def _failure_text(finding: SchemaFinding, sent: SentRequest) -> str:
    return f"{finding.message}\n{sent.answer!r}"
