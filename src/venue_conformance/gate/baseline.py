"""The baseline of a team: breaches that it accepts for a time, and clauses that do not apply to a deployment.

Every entry has a reason, an owner and an end. A file that lacks one of them is refused before anything is sent.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Self

from venue_conformance.contract.clauses import Catalogue, load_catalogue
from venue_conformance.contract.resources import venue_names
from venue_conformance.errors import ClientFault
from venue_conformance.report.text import did_you_mean, one_line

#: So far ahead an entry may last.
LONGEST = timedelta(days=90)
_TABLES = ("accepted", "not_applicable")
_TEXTS = ("clause", "why", "owner", "ticket", "environment")
_NEEDED = ("clause", "why", "owner", "expires")
_KEYS = {
    "accepted": ("clause", "fingerprints", "checks", "draws", "why", "owner", "ticket", "expires", "environment"),
    "not_applicable": ("clause", "why", "owner", "ticket", "expires", "environment"),
}


@dataclass(frozen=True)
class BaselineEntry:
    """What every entry has. ``environment`` is a glob of those in which it holds, None for all of them."""

    clause: str
    why: str
    owner: str
    ticket: str
    expires: date
    environment: str | None

    def holds_in(self, environment: str) -> bool:
        """Whether it is about this environment."""
        return self.environment is None or fnmatchcase(environment, self.environment)

    def is_finished(self, today: date) -> bool:
        """Whether it has all that an entry needs, and does not last too long."""
        return bool(self.why.strip() and self.owner.strip()) and self.expires <= today + LONGEST

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values."""
        return {**vars(self), "expires": self.expires.isoformat()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The entry again."""
        return cls(**{**values, "expires": date.fromisoformat(values["expires"])})


@dataclass(frozen=True)
class Drawn:
    """What a check that explores had drawn when it met a breach: ``seed`` None where every run draws the same."""

    check: str
    examples: int
    seed: int | None = None


@dataclass(frozen=True)
class AcceptedBreaches(BaselineEntry):
    """Breaches of one clause that are accepted, by their fingerprints, and the checks that met them.

    ``draws`` is what those of the checks that explore have to draw again before the breach counts as mended.
    """

    fingerprints: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    draws: tuple[Drawn, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values."""
        lists = {"fingerprints": list(self.fingerprints), "checks": list(self.checks)}
        return {**super().to_dict(), **lists, "draws": [dict(vars(each)) for each in self.draws]}


@dataclass(frozen=True)
class NotApplicable(BaselineEntry):
    """Clauses, by a glob, of which a deployment offers nothing."""


@dataclass(frozen=True)
class Baseline:
    """A baseline, and the file that it was read from."""

    file: str
    accepted: tuple[AcceptedBreaches, ...] = ()
    not_applicable: tuple[NotApplicable, ...] = ()

    def finished(self, today: date) -> Baseline:
        """What holds of it: entries with a reason and an owner that do not last too long."""
        return replace(
            self,
            accepted=tuple(entry for entry in self.accepted if entry.is_finished(today)),
            not_applicable=tuple(entry for entry in self.not_applicable if entry.is_finished(today)),
        )

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values, for a report."""
        return {
            "file": self.file,
            "accepted": [entry.to_dict() for entry in self.accepted],
            "not_applicable": [entry.to_dict() for entry in self.not_applicable],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Baseline:
        """The baseline again, from a report."""
        accepted = [{**each, "fingerprints": tuple(each["fingerprints"])} for each in values["accepted"]]
        accepted = [{**each, "checks": tuple(each["checks"]), "draws": _draws(each["draws"])} for each in accepted]
        return cls(
            str(values["file"]),
            tuple(AcceptedBreaches.from_dict(each) for each in accepted),
            tuple(NotApplicable.from_dict(each) for each in values["not_applicable"]),
        )

    def holding(self, environment: str, today: date) -> list[AcceptedBreaches]:
        """What is accepted in an environment on a day."""
        return [entry for entry in self.accepted if entry.holds_in(environment) and entry.expires >= today]


def load_baseline(path: Path, today: date, *, unfinished: bool = False) -> Baseline:
    """Read a baseline.

    Raises ClientFault with all that is wrong with it. With ``unfinished`` reasons and owners may be missing, and
    entries may last too long, because the file is about to be brought up to date; see ``Baseline.finished``.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        hint = "; --baseline-update makes it" if isinstance(error, FileNotFoundError) else ""
        raise ClientFault(f"--baseline {path}: {error.strerror or error}{hint}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ClientFault(f"--baseline {path}: this is no TOML: {error}") from error
    faults = [f"{key}: unknown{did_you_mean(key, _TABLES)}" for key in document if key not in _TABLES]
    found: dict[str, list[Any]] = {}
    catalogues = [load_catalogue(venue) for venue in venue_names()]
    for table in _TABLES:
        entries = document.get(table, [])
        if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
            faults.append(f"{table}: entries are written as [[{table}]]")
            continue
        for number, values in enumerate(entries, 1):
            where = f"[[{table}]] {number} ({one_line(str(values.get('clause', 'no clause')))})"
            wrong = _faults_of(values, table, today, catalogues, unfinished=unfinished)
            faults += [f"{where}: {each}" for each in wrong]
            if not wrong:
                found.setdefault(table, []).append(_entry(values, table))
    faults += _twice(found.get("accepted", []))
    if faults:
        raise ClientFault("\n  ".join([f"--baseline {path}:", *faults]))
    return Baseline(str(path), tuple(found.get("accepted", ())), tuple(found.get("not_applicable", ())))


def _entry(values: Mapping[str, Any], table: str) -> AcceptedBreaches | NotApplicable:
    texts = {key: values.get(key, None if key == "environment" else "") for key in _TEXTS}
    shared = {**texts, "expires": values["expires"]}
    if table == "not_applicable":
        return NotApplicable(**shared)
    return AcceptedBreaches(
        **shared,
        fingerprints=tuple(values["fingerprints"]),
        checks=tuple(values["checks"]),
        draws=_draws(values.get("draws", ())),
    )


def _draws(values: Iterable[Mapping[str, Any]]) -> tuple[Drawn, ...]:
    return tuple(Drawn(**each) for each in values)


def _faults_of(
    values: Mapping[str, Any], table: str, today: date, catalogues: list[Catalogue], *, unfinished: bool
) -> list[str]:
    """What is wrong with one entry."""
    keys = _KEYS[table]
    faults = [f"{one_line(key)}: unknown{did_you_mean(key, keys)}" for key in values if key not in keys]
    lists = ("fingerprints", "checks") if table == "accepted" else ()
    faults += [f"{key}: missing" for key in (*_NEEDED, *lists) if key not in values]
    faults += [f"{key}: must be a text" for key in _TEXTS if not isinstance(values.get(key, ""), str)]
    faults += [f"{key}: must be a list of texts" for key in lists if key in values and not _is_texts(values[key])]
    if not _is_drawn(values.get("draws", [])):
        faults.append("draws: must be a list of {check = …, examples = …, seed = …}")
    if faults:
        return faults
    clause, expires = values["clause"], values["expires"]
    if table == "accepted" and not values["fingerprints"]:
        faults.append("fingerprints: none")
    if not unfinished:
        faults += [f"{key}: must not be empty" for key in ("why", "owner") if not values[key].strip()]
    if isinstance(expires, datetime) or not isinstance(expires, date):
        faults.append("expires: must be a date, as in 2026-12-31 (without quotes)")
    elif expires > today + LONGEST and not unfinished:
        faults.append(f"expires: {expires} is more than {LONGEST.days} days ahead")
    return faults + _unknown(clause, table, catalogues)


def _unknown(clause: str, table: str, catalogues: list[Catalogue]) -> list[str]:
    """What is wrong with the clause that an entry names."""
    if table == "not_applicable":
        if any(catalogue.matching(clause) for catalogue in catalogues):
            return []
        return [f"no clause is called like this{_hint(clause, catalogues)}"]
    there = next((catalogue[clause] for catalogue in catalogues if clause in catalogue), None)
    if there is None:
        return [f"there is no such clause{_hint(clause, catalogues)}"]
    return ["an open question cannot be violated"] if there.level == "open" else []


def _hint(clause: str, catalogues: list[Catalogue]) -> str:
    return did_you_mean(clause, [name for catalogue in catalogues for name in catalogue])


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_drawn(value: object) -> bool:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        return False
    forms = ({"check": str, "examples": int}, {"check": str, "examples": int, "seed": int})
    return all({key: type(item) for key, item in each.items()} in forms for each in value)


def _twice(entries: list[AcceptedBreaches]) -> list[str]:
    """Clauses with two entries that may hold in one environment."""
    twice = [
        entry.clause
        for number, entry in enumerate(entries)
        for other in entries[:number]
        if other.clause == entry.clause and _overlap(other.environment, entry.environment)
    ]
    return [f"{clause}: two entries for one clause; write one" for clause in dict.fromkeys(twice)]


def _overlap(one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return True
    return fnmatchcase(one, other) or fnmatchcase(other, one)
