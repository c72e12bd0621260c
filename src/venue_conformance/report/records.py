"""What a run notes down, already masked: the only thing that verdicts and reports are computed from."""

from __future__ import annotations

import base64
import dataclasses
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self, get_args

from venue_conformance.errors import Cause
from venue_conformance.report.text import LARGEST_TEXT, cut, plain, split_at

Outcome = Literal["passed", "failed", "not-tested", "inconclusive", "error"]
Role = Literal["required", "deepens"]
#: What a report leaves out of an exchange where the check passed.
_LEFT_OUT = ("request_headers", "request_body", "response_headers", "response_body")
#: So long may be what it still tells of the signing there.
_SHORT = 40
_NONE: dict[str, str] = {}
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


class Record:
    """A dataclass that becomes a mapping of plain JSON values, and comes back from it."""

    def to_dict(self) -> dict[str, Any]:
        """All fields by name, fit for JSON whatever the target sent."""
        assert dataclasses.is_dataclass(self)
        return {each.name: plain(getattr(self, each.name)) for each in dataclasses.fields(self)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The record again. Raises TypeError, naming the field, when one is missing or unknown."""
        return cls(**values)


@dataclass(frozen=True)
class ExchangeRecord(Record):
    """One request and its answer; ``id`` is unique within a report.

    ``request_body`` is the text of the bytes that were sent, decoded as UTF-8 with ``surrogateescape``, so that bytes
    that are no UTF-8 survive; it is always kept whole, so that the exchange can be replayed. ``response_body`` is cut
    to 64 KiB when it is written; ``response_body_left_out`` then counts the bytes that are missing. ``status`` is None
    when a ``fault`` took the answer's place. ``caller`` is a public name, and ``signing`` tells in what the signing
    was tampered with on purpose: empty when it was right.

    With ``kept`` False its headers and bodies are not here: a report leaves them out where the check passed, and has
    null in their places; the journal of the run has them.
    """

    id: int
    method: str
    url: str
    request_headers: dict[str, str]
    request_body: str | None
    status: int | None
    response_headers: dict[str, str]
    response_body: str | None
    started_at: str
    duration_seconds: float
    fault: str | None = None
    caller: str | None = None
    signing: dict[str, Any] = field(default_factory=dict)
    response_body_left_out: int = 0
    kept: bool = True

    def without_bodies(self) -> Self:
        """The exchange without headers and bodies, its texts shared with other exchanges that have the same."""
        return replace(
            self,
            method=sys.intern(self.method),
            url=sys.intern(self.url),
            caller=None if self.caller is None else sys.intern(self.caller),
            request_headers=_NONE,
            request_body=None,
            response_headers=_NONE,
            response_body=None,
            kept=False,
        )

    @property
    def request_bytes(self) -> bytes | None:
        """The body as it was sent (masked, where it held a secret), None for no body at all."""
        if self.request_body is None:
            return None
        try:
            return self.request_body.encode("utf-8", errors="surrogateescape")
        except UnicodeEncodeError:  # a surrogate that stands for no byte
            return str(plain(self.request_body)).encode()

    def to_dict(self) -> dict[str, Any]:
        """All fields; a request body that is no UTF-8 stands there once more as ``request_body_base64``."""
        values = super().to_dict()
        del values["kept"]
        if not self.kept:
            signing = {name: value if len(str(value)) <= _SHORT else "…" for name, value in self.signing.items()}
            shorter = {"duration_seconds": round(self.duration_seconds, 6), "signing": plain(signing)}
            return values | dict.fromkeys(_LEFT_OUT) | shorter
        if self.response_body is not None:
            kept, left_out = split_at(values["response_body"], LARGEST_TEXT)
            values["response_body"], values["response_body_left_out"] = kept, self.response_body_left_out + left_out
        if values["request_body"] != self.request_body:
            values["request_body_base64"] = base64.b64encode(self.request_bytes or b"").decode("ascii")
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The record again, with the exact request body."""
        fields = dict(values)
        if fields.get("request_headers", {}) is None:
            fields |= {"request_headers": {}, "response_headers": {}, "kept": False}
        if encoded := fields.pop("request_body_base64", None):
            fields["request_body"] = base64.b64decode(encoded).decode("utf-8", errors="surrogateescape")
        return cls(**fields)


@dataclass(frozen=True)
class BreachRecord(Record):
    """One clause that a check found broken: what was expected, what came, and how often it was met.

    ``steps`` are what shows it, as in ``CheckRecord``; empty where the check's own steps do. ``kinds`` name in words
    with hyphens what was wrong; the first is that of which ``expected`` and ``actual`` tell. In an exploration
    ``drawn`` is what it was drawn from: ``{"seed": …, "examples": …}``, the seed None where every run draws the same.
    """

    clause: str
    expected: str
    actual: str
    times: int = 1
    steps: list[dict[str, Any]] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    drawn: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """All fields, sentences cut to 64 KiB."""
        values = super().to_dict()
        return values | {name: cut(values[name]) for name in ("expected", "actual")}


@dataclass(frozen=True)
class PlannedCheck(Record):
    """A check that a run knows of: its clauses, whether they rest on it, and whether it was selected.

    ``role`` is ``required`` for one of the few examples by which a clause is judged, else ``deepens``; ``explores``
    says that it draws what it sends.
    """

    id: str
    clauses: list[str]
    role: Role = "required"
    explores: bool = False
    selected: bool = True


@dataclass(frozen=True)
class CheckRecord(Record):
    """How one check ended.

    ``id`` is its pytest node id and ``title`` the first line of its docstring; ``role`` and ``explores`` are as in
    ``PlannedCheck``. ``breaches`` are the clauses that it found broken, the gravest first, which ``expected`` and
    ``actual`` tell of; ``kept`` are those that it judged to its end all the same, and ``exercised``, in an
    exploration, those that an answer was held against at all (None: all of them). ``cause`` says in a word why it was
    not tested or inconclusive, ``reason`` in a sentence; ``needs`` names the provider state that would make it
    testable, ``presupposes`` the clause that is not kept and on which it builds. ``steps`` are what happened in order:
    ``{"state": …, "params": …, "values": …}``, ``{"exchange": id}`` or ``{"note": …}``.

    ``repeats`` counts how often it started again after a fault of the way, ``faults`` names these (``"503"``,
    ``"reset"``), ``server_errors`` are the exchanges in which a request that provoked nothing got a 5xx. With
    ``same_request_fails`` an exploration ended because one request failed in five of five tries.
    ``credentials_refused`` says that a valid request under the target file's own credentials got 401 or 403, with
    ``clock_difference`` the seconds by which the target's clock was ahead; ``accepted`` that some valid request had
    been accepted by then, ``statuses`` are those that it met, ``answers_json`` says that all answers were JSON, and
    ``file_account`` that it spoke for an account of the target file. ``unsought`` are clauses of which a breach is
    accepted that there was no time to look for once more.
    """

    id: str
    title: str
    clauses: list[str]
    outcome: Outcome
    duration_seconds: float
    role: Role = "required"
    explores: bool = False
    breaches: list[dict[str, Any]] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    exercised: list[str] | None = None
    reason: str | None = None
    cause: Cause | None = None
    needs: str | None = None
    presupposes: str | None = None
    expected: str | None = None
    actual: str | None = None
    exchanges: list[int] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)
    repeats: int = 0
    faults: list[str] = field(default_factory=list)
    server_errors: list[int] = field(default_factory=list)
    same_request_fails: bool = False
    credentials_refused: bool = False
    clock_difference: float | None = None
    accepted: bool = False
    statuses: list[int] = field(default_factory=list)
    answers_json: bool = True
    file_account: bool = False
    unsought: list[str] = field(default_factory=list)

    @property
    def broken(self) -> tuple[str, ...]:
        """The clauses that it found broken, the gravest first."""
        return tuple(breach["clause"] for breach in self.breaches)

    def to_dict(self) -> dict[str, Any]:
        """All fields, sentences cut to 64 KiB."""
        values = super().to_dict()
        for name in ("reason", "expected", "actual"):
            if values[name] is not None:
                values[name] = cut(values[name])
        return values


@dataclass(frozen=True)
class ObservationRecord(Record):
    """How the target answers a question that the documentation leaves open, and the check that saw it."""

    clause: str
    observed: str
    check: str


@dataclass(frozen=True)
class DepthRecord(Record):
    """How deep the generated requests of one family in one check got: how many ended at each depth.

    ``authentication`` are those answered 401 or 403, ``rate_limit`` those given up after 429, ``shape`` those refused
    otherwise, ``core`` those that were carried out, ``failure`` those answered 5xx.
    """

    operation: str
    family: str
    check: str
    authentication: int = 0
    rate_limit: int = 0
    shape: int = 0
    core: int = 0
    failure: int = 0


@dataclass(frozen=True)
class ProbeRecord(Record):
    """What came of the one valid request before the first check.

    ``kind`` is ``ok``, ``refused`` (401 or 403), ``unreachable``, ``states-wrong`` or ``other``; ``told`` is a sentence
    for the user; ``ended`` says that the run ended with it. ``exchange`` is its number, None where nothing went out.
    """

    kind: str
    told: str
    ended: bool = False
    exchange: int | None = None


@dataclass(frozen=True)
class RunInfo(Record):
    """One run. Times are ISO 8601 in UTC; ``requests`` counts what went to base_url and ws_url.

    ``selection`` is what the user narrowed the run to (empty: nothing), ``strict`` and ``allow_untested`` are the
    options that decide the exit status, ``errors`` what went wrong with the suite itself outside any check. ``probe``
    is a ``ProbeRecord``, None where none was asked for. ``limit`` is a sentence about the bound of the target file at
    which it ended. ``files`` are those that it wrote, by names within its folder; the next run into that folder takes
    them away. ``left_open`` is what it could not give back: mappings of ``state``, ``caller``, ``orders``, ``reason``.

    ``baseline`` is the baseline that it is held against, as plain values. ``shard`` says which part of a run that is
    spread over jobs it was (``number``, ``of``). A report that was put together from several names these in ``merged``,
    and says in ``missing`` what it lacks. ``keep_bodies`` says that the report keeps headers and bodies of every
    exchange. ``sarif_location`` is the file that SARIF results point to; None for the target file.
    """

    id: str
    started_at: str
    finished_at: str | None
    seed: int
    profile: str
    selection: dict[str, Any] = field(default_factory=dict)
    strict: bool = False
    allow_untested: bool = False
    requests: int = 0
    interrupted: bool = False
    errors: list[str] = field(default_factory=list)
    probe: dict[str, Any] | None = None
    limit: str | None = None
    files: list[str] = field(default_factory=list)
    left_open: list[dict[str, Any]] = field(default_factory=list)
    baseline: dict[str, Any] | None = None
    shard: dict[str, int] | None = None
    merged: list[dict[str, Any]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    keep_bodies: bool = False
    sarif_location: str | None = None


@dataclass(frozen=True)
class TargetInfo(Record):
    """The deployment that was judged. ``states`` is the kind of its provider states: url, command, inventory, none.

    ``embedded`` says that it was the reference that comes with this package. ``file`` is the target file, None where
    there was none.
    """

    venue: str
    base_url: str
    environment: str
    spec_version: str
    states: str
    embedded: bool = False
    file: str | None = None
