"""How scenarios and rules are written down, and how they are found in the suites.

A scenario says what state the venue is in, what its script is and what is asked of the client. It asserts nothing:
what arrives and what the client says is held against every rule, one for each clause.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from venue_conformance.clients.protocol import Report
from venue_conformance.clients.recording import Recording
from venue_conformance.contract.resources import resources_root
from venue_conformance.reference.stage_steps import Step

EVERY = "outcomes.never-claims-cancelled"
"""The clause that every scenario is about."""


Naming: TypeAlias = Literal["orderId", "clientId", "both"]


class Scene(Protocol):
    """What a scenario can do."""

    def open(self, count: int = 1, wallet: str | None = None, **how: Any) -> list[str]:
        """Open orders of the client's account, or of another wallet that it may act for.

        ``how`` says more of them, where the venue's state takes it.
        """

    def filled(self, count: int = 1) -> list[str]:
        """Filled orders of the client's account."""

    def of_status(self, status: str, count: int = 1) -> list[str]:
        """Orders of the client's account that have come to some other end."""

    def another_wallet(self) -> str:
        """Another wallet that the client may act for, where an account can have several."""

    def foreign(self, count: int = 1) -> list[str]:
        """Open orders of another account."""

    def of_engine(self, engine: str) -> list[str]:
        """An order that another engine has executed."""

    def unknown(self, count: int = 1) -> list[str]:
        """Ids that name no order."""

    def arrange(self, state: str, **params: Any) -> None:
        """Bring the venue into a state that concerns the order that ``orderId`` names, else the client's account."""

    def fill(self, order_id: str) -> None:
        """Fill an order, as if it were matched now."""

    def refusal(self, status: int, retry_after: int | None = None) -> dict[str, Any]:
        """The document with which the venue refuses a whole request."""

    def script(self, *steps: Step) -> None:
        """What the next batch cancels meet."""

    def cancel(self, order_ids: list[str], wallet: str | None = None, by: Naming = "orderId") -> Report:
        """Ask the client to cancel some orders, in one call, naming them by what is given.

        ``wallet`` is one of this call's own, where the client takes one.
        """

    def in_a_row(self, *batches: list[str]) -> None:
        """Ask for several batches one after the other, without a pause."""

    def together(self, *batches: list[str]) -> None:
        """Ask for several batches at once. Raises NotTested where the client takes one call at a time."""


@dataclass(frozen=True)
class ClientScenario:
    """One scenario. ``about`` are the rules (``retry.bounded``) that it was written for.

    ``breaks_page`` says that its staged answers are none that the page allows: then only should clauses can break,
    with one exception: with ``no_rows`` there is no row at all that a client could take for a cancelled order.
    ``with_variants`` scenarios are played before every permitted variant too. ``seconds`` is about how long it takes.
    ``caller`` says what kind of account the client gets, and ``needs`` one of which abilities it must have said it has.
    """

    number: int
    name: str
    title: str
    waits_for: str
    about: tuple[str, ...]
    act: Callable[[Scene], None]
    file: str
    breaks_page: bool = False
    no_rows: bool = False
    rate_limited: bool = False
    with_variants: bool = False
    calls: int = 1
    seconds: float = 1.0
    caller: tuple[tuple[str, str], ...] = ()
    needs: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Its id in reports, like a check's."""
        return f"{self.file}::{self.name}"


@dataclass(frozen=True)
class Kept:
    """A rule was exercised, and kept."""


@dataclass(frozen=True)
class Broken:
    """A rule was broken: what was expected, what came, and by which arrivals it shows."""

    expected: str
    actual: str
    arrivals: tuple[int, ...] = ()


@dataclass(frozen=True)
class Observed:
    """How a client answers an open question."""

    told: str


Finding: TypeAlias = Kept | Broken | Observed
Judge: TypeAlias = Callable[[Recording], Iterator[Finding]]


@dataclass(frozen=True)
class ClientRule:
    """What one clause asserts. Without any finding it was not exercised. ``only`` names scenarios it looks at."""

    rule: str
    judge: Judge
    file: str
    only: tuple[str, ...] = ()


def _any_account(_: frozenset[str]) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class ClientSuite:
    """Everything that a client of one venue is put through.

    ``account_for`` says what kind of account a client of such abilities gets where a scenario does not say.
    """

    venue: str
    scenarios: tuple[ClientScenario, ...]
    rules: tuple[ClientRule, ...]
    account_for: Callable[[frozenset[str]], Mapping[str, str]] = _any_account


def scenario(
    number: int, waits_for: str, about: str, **options: Any
) -> Callable[[Callable[[Scene], None]], ClientScenario]:
    """Make a scenario of a function; its name and docstring are the scenario's. ``about`` are rules, by spaces."""

    def make(act: Callable[[Scene], None]) -> ClientScenario:
        name = act.__name__.replace("_", "-")
        title = (act.__doc__ or "").strip().split("\n")[0]
        rules = tuple(dict.fromkeys([*about.split(), EVERY]))
        return ClientScenario(number, name, title, waits_for, rules, act, _file_of(act), **options)

    return make


def rule(name: str, *, only: tuple[str, ...] = ()) -> Callable[[Judge], ClientRule]:
    """Make the rule of that name of a generator of findings."""

    def make(judge: Judge) -> ClientRule:
        return ClientRule(name, judge, _file_of(judge), only)

    return make


def load_suite(venue: str) -> ClientSuite:
    """The scenarios and rules for clients of a venue: the shared ones, then its own, scenarios by their number.

    A venue leaves out shared ones by naming them in ``NOT_HERE`` of its package; shared scenarios are about those rules
    that it has. ``account_for`` of its package is the suite's.
    """
    root = str(resources_root())
    if root not in sys.path:
        sys.path.insert(0, root)
    own = importlib.import_module(f"suites.clients.{venue}")
    without = frozenset(getattr(own, "NOT_HERE", ()))
    scenarios: dict[str, ClientScenario] = {}
    rules: dict[str, ClientRule] = {}
    for package in ("suites.shared.clients", f"suites.clients.{venue}"):
        for value in _values(package):
            if isinstance(value, ClientScenario) and value.name not in without:
                scenarios[value.name] = value
            elif isinstance(value, ClientRule) and value.rule not in without:
                rules[value.rule] = value
    ordered = sorted(scenarios.values(), key=lambda each: each.number)
    here = tuple(replace(each, about=tuple(rule for rule in each.about if rule in rules)) for each in ordered)
    return ClientSuite(venue, here, tuple(rules.values()), getattr(own, "account_for", _any_account))


def suite_files(venue: str) -> list[Path]:
    """The files that say what a client of a venue is put through, for the digest in a certificate."""
    root = resources_root()
    folders = (root / "suites" / "shared" / "clients", root / "suites" / "clients" / venue)
    return [root / "specs" / venue / "client-clauses.yaml", *(f for d in folders for f in sorted(d.glob("*.py")))]


def _values(package: str) -> Iterator[Any]:
    module = importlib.import_module(package)
    yield from vars(module).values()
    for entry in pkgutil.iter_modules(module.__path__):
        yield from vars(importlib.import_module(f"{package}.{entry.name}")).values()


def _file_of(function: Callable[..., Any]) -> str:
    return function.__module__.replace(".", "/") + ".py"
