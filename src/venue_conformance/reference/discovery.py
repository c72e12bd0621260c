"""Finds the reference venues, their mutants and their permitted variants by looking at the folders.

Another package that brings a venue has its reference in ``reference``, beside the module of its entry point.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import inspect
import pkgutil
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any

from .venue import Venue

#: So many names are still a help, where none is close.
_FEW = 20
_HERE = __name__.rpartition(".")[0]


class UnknownName(LookupError):
    """A venue, mutant or variant that does not exist; the message names the closest one that does."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        known = sorted(known)
        close = difflib.get_close_matches(name, known, n=1)
        if close:
            hint = f"did you mean {close[0]!r}?"
        elif len(known) <= _FEW:
            hint = "known: " + (", ".join(known) or "none")
        else:
            hint = f"--list shows all {len(known)}"
        super().__init__(f"no {kind} is called {name!r}; {hint}")


@dataclass(frozen=True)
class ReferenceVenue:
    """One venue's reference: the conforming server, its mutants (each breaks a clause) and variants (none does)."""

    name: str
    venue_class: type[Venue]

    @cached_property
    def mutants(self) -> dict[str, type[Venue]]:
        """Every mutant, by kebab-case name; imported when first asked for."""
        return self._implementations("mutants")

    @cached_property
    def variants(self) -> dict[str, type[Venue]]:
        """Every permitted variant, by kebab-case name; imported when first asked for."""
        return self._implementations("variants")

    def find(self, *, mutant: str | None = None, variant: str | None = None) -> type[Venue]:
        """The class to serve: the mutant or the variant of that name, else the conforming venue.

        Raises `UnknownName`, and `ValueError` when both names are given.
        """
        if mutant is not None and variant is not None:
            raise ValueError("a venue is a mutant or a variant, not both")
        for kind, name, folder in (("mutant", mutant, "mutants"), ("variant", variant, "variants")):
            if name is not None:
                known: dict[str, type[Venue]] = getattr(self, folder)
                if name not in known:
                    raise UnknownName(f"{kind} of {self.name}", name, known)
                return known[name]
        return self.venue_class

    def clauses_of(self, member: str | type[Venue]) -> tuple[str, ...]:
        """The ids of the clauses that a mutant breaks (one), or whose freedom a variant uses (some)."""
        if isinstance(member, str):
            known = {**self.variants, **self.mutants}
            if member not in known:
                raise UnknownName(f"mutant or variant of {self.name}", member, known)
            member = known[member]
        caught_by: str | None = getattr(member, "caught_by", None)
        if caught_by is not None:
            return (caught_by,)
        concerns: tuple[str, ...] = getattr(member, "concerns", ())
        return concerns

    def _implementations(self, folder: str) -> dict[str, type[Venue]]:
        found: dict[str, type[Venue]] = {}
        for module in _modules(f"{_package(self.name)}.{folder}"):
            for member in _classes_defined_in(module, self.venue_class):
                name = kebab_case(member.__name__)
                if name in found:
                    raise TypeError(f"two {folder} of {self.name} are called {name}")
                found[name] = member
        return found


def venue_names() -> tuple[str, ...]:
    """The names of the venues that have a reference, in alphabetical order."""
    package = importlib.import_module(_HERE)
    names = {entry.name for entry in pkgutil.iter_modules(package.__path__) if entry.ispkg} | set(_brought())
    return tuple(sorted(name for name in names if _is_there(f"{_package(name)}.venue")))


def load(venue_name: str) -> ReferenceVenue:
    """The reference of one venue. Raises `UnknownName` when the venue has none."""
    if venue_name not in venue_names():
        raise UnknownName("reference venue", venue_name, venue_names())
    module = importlib.import_module(f"{_package(venue_name)}.venue")
    (venue_class,) = _classes_defined_in(module, Venue)
    return ReferenceVenue(venue_name, venue_class)


def part_of(venue_name: str, part: str, missing: str) -> Any:
    """A module of a venue that not every venue has. Raises LookupError with ``missing`` where it is not there."""
    name = f"{_package(venue_name)}.{part}"
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise LookupError(missing) from None


def kebab_case(class_name: str) -> str:
    """`ReplaysForAnyBody` as `replays-for-any-body`, `AnswersReplaysWith208` as `answers-replays-with-208`."""
    return re.sub(r"(?<!^)(?=[A-Z])|(?<=[a-z])(?=[0-9])", "-", class_name).lower()


@cache
def _brought() -> dict[str, str]:
    return {entry.name: entry.value for entry in entry_points(group="venue_conformance.venues")}


def _package(venue_name: str) -> str:
    brought = _brought().get(venue_name)
    return f"{_HERE}.{venue_name}" if brought is None else f"{brought}.reference"


def _is_there(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _modules(name: str) -> Iterator[ModuleType]:
    if not _is_there(name):
        return
    module = importlib.import_module(name)
    yield module
    for entry in pkgutil.iter_modules(getattr(module, "__path__", [])):
        yield importlib.import_module(f"{name}.{entry.name}")


def _classes_defined_in(module: ModuleType, base: type) -> Iterator[type[Venue]]:
    """Public subclasses of `base` that the module itself defines, in the order of its source."""
    for member in vars(module).values():
        if not (inspect.isclass(member) and issubclass(member, Venue) and issubclass(member, base)):
            continue
        if member is not base and member.__module__ == module.__name__ and not member.__name__.startswith("_"):
            yield member
