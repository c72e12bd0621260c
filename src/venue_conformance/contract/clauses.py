"""The clauses of a venue: one promise each, with its level, its weight and its source."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from venue_conformance.contract.resources import root_of
from venue_conformance.contract.sources import Page, Source, in_words, load_pages, read_sources
from venue_conformance.contract.yaml_text import read_yaml
from venue_conformance.errors import SuiteFault

Level = Literal["must", "should", "open"]
Importance = Literal["critical", "high", "medium", "low"]
#: Invariants that venues share, whatever each calls them.
Invariant = Literal[
    "deduplication",
    "length-limit",
    "no-existence-leak",
    "already-terminal",
    "exactly-one-id",
    "idempotency-replay",
    "idempotency-conflict",
    "idempotency-in-flight",
]
INVARIANTS: tuple[Invariant, ...] = get_args(Invariant)
LEVELS: tuple[Level, ...] = get_args(Level)
IMPORTANCES: tuple[Importance, ...] = get_args(Importance)
_FLAGS = ("contested", "unconditional")
_DOCUMENTS = ("openapi", "asyncapi")


@dataclass(frozen=True)
class Clause:
    """One promise of a venue.

    ``level`` is where the promise comes from: ``must`` the contract page, ``should`` other public documentation,
    ``open`` where the documentation is silent and the suite only observes. ``excluded`` is the written reason why
    a promise has no check, None when it has one. ``contested`` says that the contract page and later documentation of
    the same operation disagree: nobody is accused, and what is observed stands beside the verdict in every report.
    ``unconditional`` says that its conditions are met even where a deployment offers nothing of what its topic is
    about, so that seeing it kept shows nothing of that. ``builds_on`` are the clauses without which it cannot be kept:
    a sequence of requests that breaks one of them may show it by this one alone. ``invariant`` is what it is a case of
    (``property`` in the file), None for nothing that venues share. ``sources`` are the places on public pages that say
    it, or that raise the question and leave it open. ``openapi`` and ``asyncapi`` are the JSON pointers of the places
    of our documents that say the same.
    """

    id: str
    promise: str
    level: Level
    importance: Importance
    sources: tuple[Source, ...]
    excluded: str | None = None
    contested: bool = False
    unconditional: bool = False
    builds_on: tuple[str, ...] = ()
    invariant: Invariant | None = None
    openapi: tuple[str, ...] = ()
    asyncapi: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """Where it is documented, for a reader: page, section and sentences."""
        return in_words(self.sources)

    @property
    def source_url(self) -> str | None:
        """The address of the first page that says it, None where none does."""
        return next((source.page.url for source in self.sources if source.page), None)

    @property
    def weight(self) -> int:
        """Its importance as a number, 0 for critical."""
        return IMPORTANCES.index(self.importance)

    @property
    def topic(self) -> str:
        """The middle part of the id, e.g. ``idempotency``."""
        return self.id.split(".")[1]


class Catalogue(Mapping[str, Clause]):
    """All clauses of one venue by id, in the order of the file."""

    def __init__(self, venue: str, clauses: list[Clause]) -> None:
        self.venue = venue
        self._by_id = {clause.id: clause for clause in clauses}

    def __getitem__(self, clause_id: str) -> Clause:
        return self._by_id[clause_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)

    def matching(self, pattern: str) -> list[Clause]:
        """The clauses whose id fits a shell pattern; the venue's name may be left out of it."""
        patterns = (pattern, f"{self.venue}.{pattern}")
        return [clause for clause in self.values() if any(fnmatchcase(clause.id, one) for one in patterns)]

    def closest(self, typed: str) -> str | None:
        """The id most like a mistyped one; of a mistyped pattern, the pattern of the topic most like it."""
        # The venue's name is in every id, and would make them all look alike.
        name = f"{self.venue}."
        known = {clause_id.removeprefix(name): clause_id for clause_id in self}
        if is_pattern(typed):
            known = {
                f"{clause.topic}.*": f"{name * typed.startswith(name)}{clause.topic}.*" for clause in self.values()
            }
        found = difflib.get_close_matches(typed.removeprefix(name), list(known), n=1)
        return known[found[0]] if found else None


def is_pattern(text: str) -> bool:
    """Whether a text is a shell pattern, which no id is."""
    return any(sign in text for sign in "*?[")


def load_catalogue(venue: str, path: Path | None = None) -> Catalogue:
    """Read ``specs/<venue>/clauses.yaml``, and the ``pages.yaml`` beside it.

    Raises SuiteFault, naming file and entry, for anything that is not a list of well-formed clauses of that venue.
    """
    file = path or root_of(venue) / "specs" / venue / "clauses.yaml"
    try:
        entries = read_yaml(file)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise SuiteFault(f"{file}: {error}") from error
    if not isinstance(entries, list):
        raise SuiteFault(f"{file}: a list of clauses is expected")
    pages = load_pages(file.with_name("pages.yaml"))
    clauses = [_clause(entry, venue, pages, f"{file}, entry {number}") for number, entry in enumerate(entries, 1)]
    ids = [clause.id for clause in clauses]
    if twice := sorted({clause_id for clause_id in ids if ids.count(clause_id) > 1}):
        raise SuiteFault(f"{file}: {', '.join(twice)} appear more than once")
    if strange := sorted({each for clause in clauses for each in clause.builds_on} - set(ids)):
        raise SuiteFault(f"{file}: builds_on names no clause of {venue}: {', '.join(strange)}")
    return Catalogue(venue, clauses)


def _clause(entry: object, venue: str, pages: Mapping[str, Page], where: str) -> Clause:
    fields = dict(entry) if isinstance(entry, dict) else {}
    source = fields.pop("source", None)
    lists: dict[str, Any] = {key: _pointers(fields.pop(key), f"{where}: {key}") for key in _DOCUMENTS if key in fields}
    lists["builds_on"] = _texts(fields.pop("builds_on", []), f"{where}: builds_on")
    if not fields or not all(isinstance(value, bool if key in _FLAGS else str) for key, value in fields.items()):
        raise SuiteFault(f"{where}: a mapping of texts is expected ({' and '.join(_FLAGS)}: true or false)")
    if source is None:
        raise SuiteFault(f"{where}: it has no 'source'")
    invariant = fields.pop("property", None)
    try:
        clause = Clause(**fields, **lists, invariant=invariant, sources=read_sources(source, pages, where))
    except TypeError as error:
        raise SuiteFault(f"{where}: {error}") from error
    if clause.level not in LEVELS or clause.importance not in IMPORTANCES:
        raise SuiteFault(f"{where}: level is one of {', '.join(LEVELS)}, importance one of {', '.join(IMPORTANCES)}")
    if clause.invariant not in (None, *INVARIANTS):
        raise SuiteFault(f"{where}: property is one of {', '.join(INVARIANTS)}, not {clause.invariant!r}")
    if len(clause.id.split(".")) != 3 or not clause.id.startswith(f"{venue}."):
        raise SuiteFault(f"{where}: an id is {venue}.<topic>.<rule>, not {clause.id!r}")
    return clause


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise SuiteFault(f"{where}: a list of clause ids is expected, not {value!r}")
    return tuple(value)


def _pointers(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) and each.startswith("#/") for each in value):
        raise SuiteFault(f"{where}: a list of JSON pointers that begin with #/ is expected, not {value!r}")
    return tuple(value)
