"""``venue-conformance check``: what a run against a target would test, what it would not, and why."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from venue_conformance.cli.output import add_output_options, print_json
from venue_conformance.contract.manifest import Need, manifest_of
from venue_conformance.errors import DISPOSABLE, ClientFault
from venue_conformance.plugin.options import RunOptions
from venue_conformance.plugin.runlog import catalogue_of
from venue_conformance.plugin.sessions import Sessions, print_warnings
from venue_conformance.preflight.contact import Contact, make_contact
from venue_conformance.preflight.readiness import Readiness
from venue_conformance.preflight.state_survey import StateFinding, StateSurvey
from venue_conformance.report.console import open_console, print_line, print_rows
from venue_conformance.report.exit_status import BAD_USAGE, CONFORMS, NOT_FULLY_JUDGED, VIOLATES
from venue_conformance.report.text import one_line
from venue_conformance.target.guard import FORCE_FLAG
from venue_conformance.target.inventory import Inventory
from venue_conformance.target.model import Target
from venue_conformance.wire.lost_time import LOOK_SECONDS
from venue_conformance.wire.redaction import without_secrets

_DISPOSABLE_LINE = (
    'Requests that a faulty venue could read as "cancel all orders" are sent only from an account whose orders may '
    "be lost. Offer the state `caller`, or, if the account of [credentials] is such an account, add there: "
    "disposable = true"
)
#: Where a run ends with its first request.
_EXIT = {"unreachable": NOT_FULLY_JUDGED, "states-wrong": VIOLATES, "redirect": BAD_USAGE}


def add_command(commands: Any) -> None:
    """Declare the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "check",
        description="Reads a target file, requests each provider state once and sends one valid request for an order "
        "that does not exist. Cancels nothing. Its last line is READY, READY FOR n of m MUST CLAUSES, or NOT READY and "
        "why. Exit status: 0 when everything can be tested, 3 when something cannot, 1 when the credentials are "
        "rejected or a state is broken, 2 when base_url is not the venue.",
    )
    parser.add_argument("target", nargs="?", type=Path, metavar="FILE", help="target file")
    parser.add_argument("--target", dest="named", type=Path, metavar="FILE", help="the same as FILE")
    parser.add_argument(FORCE_FLAG, action="store_true", dest="force_production", help="allow a production host")
    add_output_options(parser)
    parser.set_defaults(execute=execute)


@dataclass(frozen=True)
class _Looked:
    """What was found out about a target; ``ready`` and ``found`` are empty where it ended with the first request."""

    target: Target
    contact: Contact
    found: Mapping[Need, StateFinding]
    ready: Readiness | None
    must: int

    @property
    def broken(self) -> dict[str, list[str]]:
        """The states that are broken, by what is wrong with them."""
        reasons: dict[str, list[str]] = {}
        for need in sorted(self.found):
            if self.found[need].verdict == "broken":
                reasons.setdefault(self.found[need].reason, []).append(str(need))
        return reasons

    @property
    def judged(self) -> int:
        """How many must clauses a run would judge."""
        return 0 if self.ready is None else len(self.ready.judged("must"))

    @property
    def status(self) -> int:
        """The exit status."""
        if self.contact.kind in _EXIT:
            return _EXIT[self.contact.kind]
        if self.contact.accepted is not True or self.broken:
            return VIOLATES
        assert self.ready is not None, "an accepted request is followed by a survey"
        return CONFORMS if self.ready.runnable == len(self.ready.missing) else NOT_FULLY_JUDGED

    @property
    def last_line(self) -> str:
        """The verdict, in the words that people look for."""
        by_others = f"; by accounts of the state `caller` a run would judge {self.judged} of {self.must} must clauses"
        if self.contact.accepted is not True:
            what = "credentials " if self.contact.kind == "refused" else ""
            return f"NOT READY: {what}{_text(self.contact.summary)}{by_others if self.judged else ''}"
        if self.broken:
            reason, states = next(iter(self.broken.items()))
            more = f" (and {len(self.broken) - 1} more)" if len(self.broken) > 1 else ""
            return f"NOT READY: the state {states[0]} is broken: {_text(reason)}{more}"
        if not self.judged:
            return "NOT READY: no must clause can be judged; see what to add"
        return "READY" if self.judged == self.must else f"READY FOR {self.judged} of {self.must} MUST CLAUSES"


def execute(options: argparse.Namespace) -> int:
    """Look at a target."""
    if (options.target is None) == (options.named is None):
        raise ClientFault("name the target file once: venue-conformance check FILE")
    options.target = options.target or options.named
    run = RunOptions(target=options.target, force_production=options.force_production)
    sessions = Sessions(run, seed=0, lost_seconds=LOOK_SECONDS)
    assert sessions.target is not None, "a target file was given"
    print_warnings(sessions.target)
    console = open_console(color=options.color)
    told = options.format == "text" and not options.quiet
    if told:
        _print_target(sessions.target, console)
    try:
        looked = _look(sessions, sessions.target)
    finally:
        sessions.close()
    if options.format == "json":
        print_json(_values(looked))
        return looked.status
    if told:
        _print(looked, console, verbose=options.verbose)
    style = {CONFORMS: "bold green", NOT_FULLY_JUDGED: "yellow"}.get(looked.status, "bold red")
    print_line(console, Text(looked.last_line, style="bold red" if looked.contact.accepted is None else style))
    return looked.status


def _look(sessions: Sessions, target: Target) -> _Looked:
    session = sessions.of(target.venue)
    contact = make_contact(session)
    catalogue = catalogue_of(target.venue)
    must = sum(clause.level == "must" and clause.excluded is None for clause in catalogue.values())
    survey = StateSurvey(session)
    ends = contact.kind in _EXIT or (contact.accepted is False and not survey.makes_callers())
    if ends:
        return _Looked(target, contact, {}, None, must)
    checks = [check for check in manifest_of(target.venue).values() if "nightly" not in check.markers]
    found = survey.ask({need for check in checks for need in check.needs})
    listed = None
    if target.states is not None and target.states.inventory is not None:
        listed = Inventory(target.states.inventory, target.credentials.name).kinds()
    return _Looked(target, contact, found, Readiness(catalogue, checks, found, target, listed), must)


def _print_target(target: Target, console: Console) -> None:
    """Say at once what is looked at: an answer to each state may take a while."""
    print_line(console, f"{target.venue} at {_text(target.base_url)}, {_text(target.environment)}")
    console.file.flush()


def _print(looked: _Looked, console: Console, *, verbose: bool) -> None:
    contact, ready = looked.contact, looked.ready
    if contact.kind in _EXIT:
        return  # the last line says it
    print_line(console, f"credentials: {_text(contact.summary)}")
    print_line(console, f"clocks: {contact.clocks}")
    if ready is None:
        return
    console.print()
    rows = [[str(need), looked.found[need].verdict, str(len(_using(looked, need)))] for need in sorted(looked.found)]
    print_rows(console, ("state", "answer", "clauses that use it"), rows, "Provider states")
    for reason, broken in looked.broken.items():
        print_line(console, Text.assemble(("broken: ", "bold red"), f"{', '.join(broken)}: {_text(reason)}"))
    additions = ready.additions()
    if additions:
        console.print()
        table = [[each.what, str(each.must), str(each.all), f"{each.judged} of {looked.must}"] for each in additions]
        head = ("add", "opens must clauses", "of all levels", "must clauses judged then")
        print_rows(console, head, table, "What to add, and how many clauses it opens")
    if any(Need(DISPOSABLE) in lacking for lacking in ready.missing.values()):
        print_line(console, _DISPOSABLE_LINE)
    if verbose and additions:
        console.print("\ncannot be judged until these are available:")
        for clause, lacking in ready.lacking.items():
            if lacking:
                print_line(console, f"  {clause}: {', '.join(map(str, sorted(lacking)))}")
    console.print()
    print_line(
        console,
        f"a run would judge {looked.judged} of {looked.must} must clauses and {len(ready.judged('should'))} of "
        f"{len(ready.of_level('should'))} should clauses, by {ready.runnable} of {len(ready.missing)} checks",
    )


def _using(looked: _Looked, need: Need) -> set[str]:
    assert looked.ready is not None, "states were asked for"
    return {clause for check in looked.ready.checks if need in check.needs for clause in check.clauses}


def _values(looked: _Looked) -> dict[str, Any]:
    """All of it for a program."""
    target, contact, ready = looked.target, looked.contact, looked.ready
    word = looked.last_line.partition(" FOR ")[0].partition(":")[0]
    states = [
        {
            "state": need.state,
            "params": {need.param: need.value} if need.param else {},
            "answer": finding.verdict,
            "reason": _text(finding.reason),
            "clauses": sorted(_using(looked, need)),
        }
        for need, finding in sorted(looked.found.items())
    ]
    return {
        "exit_status": looked.status,
        "result": word.lower().replace(" ", "-") if looked.judged in (0, looked.must) or "NOT" in word else "partly",
        "summary": looked.last_line,
        "venue": target.venue,
        "base_url": _text(target.base_url),
        "environment": _text(target.environment),
        "credentials": {"accepted": contact.accepted, "summary": _text(contact.summary)},
        "clock_difference_seconds": contact.clock,
        "must_clauses": {"judged": looked.judged, "of": looked.must},
        "states": states,
        "add": []
        if ready is None
        else [
            {
                "what": each.what,
                "states": [str(need) for need in each.needs],
                "opens_must_clauses": each.must,
                "opens_clauses": each.all,
                "must_clauses_judged_then": each.judged,
            }
            for each in ready.additions()
        ],
        "not_judged": []
        if ready is None
        else [
            {"id": clause.id, "level": clause.level, "lacks": [str(need) for need in sorted(ready.lacking[clause.id])]}
            for clause in ready.clauses
            if ready.lacking[clause.id]
        ],
    }


def _text(text: str) -> str:
    return one_line(without_secrets(text), 600)
