"""``venue-conformance check``: what a run against a target would test, what it would not, and why."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from venue_conformance.client.caller import RetryBudget
from venue_conformance.client.orders import Orders
from venue_conformance.client.session import CallerAccount, Session, clock_difference
from venue_conformance.errors import DISPOSABLE, CredentialsRefused, EnvironmentFault
from venue_conformance.plugin.options import RunOptions
from venue_conformance.plugin.runlog import catalogue_of
from venue_conformance.plugin.sessions import Sessions, print_warnings
from venue_conformance.preflight.collecting import CollectedCheck, collect
from venue_conformance.preflight.needs import Need, needs_of
from venue_conformance.preflight.state_survey import StateFinding, StateSurvey
from venue_conformance.report.console import open_console
from venue_conformance.report.run_verdict import CONFORMS, NOT_FULLY_JUDGED, VIOLATES
from venue_conformance.report.text import one_line
from venue_conformance.target.guard import FORCE_FLAG
from venue_conformance.target.model import Target
from venue_conformance.wire.lost_time import LOOK_SECONDS
from venue_conformance.wire.recorder import Recorder
from venue_conformance.wire.redaction import without_secrets

#: A Date header is in whole seconds, and some servers make one a second.
_CLOCKS_AGREE_SECONDS = 2.5
_DISPOSABLE_LINE = (
    'Requests that a faulty venue could read as "cancel all orders" are sent only from an account whose orders may '
    "be lost. Offer the state `caller`, or, if the account of [credentials] is such an account, add there:\n"
    "  disposable = true"
)


def add_command(commands: Any) -> None:
    """Declare the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "check",
        help="show what can be tested at a target, without judging it",
        description="Reads a target file, requests each provider state once and sends one valid request for an order "
        "that does not exist. Cancels nothing. Exit status: 0 when everything can be tested, 3 when something cannot, "
        "1 when the credentials are rejected or a state is broken.",
    )
    parser.add_argument("target", type=Path, metavar="FILE", help="target file")
    parser.add_argument(FORCE_FLAG, action="store_true", dest="force_production", help="allow a production host")
    parser.set_defaults(execute=execute)


@dataclass(frozen=True)
class Contact:
    """What came of one right request: whether it was accepted, in words, and the clock difference in seconds."""

    accepted: bool | None
    summary: str
    clock: float | None


def execute(options: argparse.Namespace) -> int:
    """Look at a target."""
    run = RunOptions(target=options.target, force_production=options.force_production)
    sessions = Sessions(run, seed=0, lost_seconds=LOOK_SECONDS)
    target = sessions.target
    assert target is not None, "a target file was given"
    print_warnings(target)
    console = open_console()
    try:
        session = sessions.of(target.venue)
        checks = [check for check in collect(target.venue) if "nightly" not in check.markers]
        needs = {check.id: needs_of(check.item) for check in checks}
        contact = _contact(session)
        found = StateSurvey(session).ask({need for needed in needs.values() for need in needed})
    finally:
        sessions.close()
    missing = {check: _missing(needed, found, target) for check, needed in needs.items()}
    _print_target(target, contact, console)
    _print_states(found, needs, checks, console)
    _print_scope(target.venue, checks, missing, console)
    if contact.accepted is not True:
        # Once more, for the lists above bury it.
        console.print(f"NOT READY: credentials: {_text(contact.summary)}", soft_wrap=True)
    broken = any(finding.verdict == "broken" for finding in found.values())
    if contact.accepted is False or broken:
        return VIOLATES
    return NOT_FULLY_JUDGED if contact.accepted is None or any(missing.values()) else CONFORMS


def _contact(session: Session) -> Contact:
    """Send one right request about an order that does not exist, with the target file's own credentials."""
    recorder = Recorder()
    account = CallerAccount(session.target.credentials, "file")
    caller = session.venue.caller(account, session, recorder, RetryBudget())
    try:
        answer = caller.cancel_batch(Orders(session, recorder, caller, lambda: caller).unknown(1))
    except CredentialsRefused as refused:
        return Contact(False, f"rejected with {refused.status}", refused.clock_difference)
    except EnvironmentFault as fault:
        return Contact(None, str(fault), None)
    clock = clock_difference(answer.exchange)
    if answer.succeeded:
        return Contact(True, f"accepted with {answer.status}", clock)
    return Contact(False, f"a valid request was answered with {answer!r}", clock)


def _missing(needed: Iterable[Need], found: Mapping[Need, StateFinding], target: Target) -> list[str]:
    """What a check lacks; empty when it would be tested."""
    return [
        str(need)
        for need in sorted(needed)
        if found[need].verdict in ("not offered", "broken") and not _in_file(need, target)
    ]


def _in_file(need: Need, target: Target) -> bool:
    """Whether the target file's accounts serve a need in place of the state."""
    if need.state != "caller":
        return False
    if need.param:
        return any(account.get(need.param) == need.value for account in (target.credentials, *target.accounts))
    return bool(target.accounts)


def _print_target(target: Target, contact: Contact, console: Console) -> None:
    console.print(f"{target.venue} at {_text(target.base_url)}, {_text(target.environment)}", soft_wrap=True)
    console.print(f"credentials: {_text(contact.summary)}", soft_wrap=True)
    if contact.clock is None:
        summary = "the target's responses state no time"
    elif abs(contact.clock) < _CLOCKS_AGREE_SECONDS:
        summary = f"they agree ({contact.clock:+.1f} s; a Date header is in whole seconds)"
    else:
        ahead = "ahead of" if contact.clock > 0 else "behind"
        summary = f"the target's is {abs(contact.clock):.0f} s {ahead} this machine's"
    console.print(f"clocks: {summary}\n", soft_wrap=True)


def _print_states(
    found: Mapping[Need, StateFinding],
    needs: Mapping[str, frozenset[Need]],
    checks: Iterable[CollectedCheck],
    console: Console,
) -> None:
    clauses = {check.id: check.clauses for check in checks}
    table = Table("state", "answer", "clauses that use it", title="Provider states", title_justify="left")
    for need in sorted(found):
        using = {clause for check, needed in needs.items() if need in needed for clause in clauses[check]}
        table.add_row(str(need), found[need].verdict, str(len(using)))
    console.print(table)
    reasons: dict[str, list[str]] = {}
    for need in sorted(found):
        if found[need].verdict == "broken":
            reasons.setdefault(found[need].reason, []).append(str(need))
    for reason, broken in reasons.items():
        console.print(f"[bold red]broken:[/] {', '.join(broken)}: {_text(reason)}", soft_wrap=True)


def _print_scope(
    venue: str, checks: Iterable[CollectedCheck], missing: Mapping[str, list[str]], console: Console
) -> None:
    """Which clauses would be judged, which not, and why: by their required checks, as in a run."""
    of_clause: dict[str, list[CollectedCheck]] = {}
    for check in checks:
        for clause in check.clauses:
            of_clause.setdefault(clause, []).append(check)
    order = [clause for clause in catalogue_of(venue) if clause in of_clause]
    lost = {clause: _lost(of_clause[clause], missing) for clause in order}
    judged = [clause for clause in order if not lost[clause]]
    runnable = sum(not reasons for reasons in missing.values())
    console.print(f"\nwould be judged: {len(judged)} of {len(order)} clauses, by {runnable} of {len(missing)} checks")
    if len(judged) < len(order):
        console.print("cannot be judged until these states are available:")
        for clause in (clause for clause in order if lost[clause]):
            lacking = dict.fromkeys(need for check in lost[clause] for need in missing[check.id])
            console.print(f"  {clause}: {', '.join(lacking)}", soft_wrap=True)
    if any(DISPOSABLE in lacking for lacking in missing.values()):
        console.print(_DISPOSABLE_LINE, soft_wrap=True, markup=False)


def _lost(checks: list[CollectedCheck], missing: Mapping[str, list[str]]) -> list[CollectedCheck]:
    """The checks for lack of which a clause is not judged; empty where it is."""
    required = [check for check in checks if check.required]
    lost = [check for check in required or checks if missing[check.id]]
    # A clause that only explorations judge needs one of them.
    return lost if required or len(lost) == len(checks) else []


def _text(text: str) -> str:
    return escape(one_line(without_secrets(text), 600))
