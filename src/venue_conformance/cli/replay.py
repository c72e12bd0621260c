"""``venue-conformance replay``: what a check sent is sent again, signed afresh, beside what came back then."""

from __future__ import annotations

import argparse
import difflib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.markup import escape

from venue_conformance.client.session import Session
from venue_conformance.errors import ClientFault, EnvironmentFault, SuiteFault
from venue_conformance.plugin.options import RunOptions
from venue_conformance.plugin.sessions import Sessions, print_warnings
from venue_conformance.replay.steps import ExchangeAgain, StateAgain, Story
from venue_conformance.report.bodies import whole_check
from venue_conformance.report.console import open_console
from venue_conformance.report.document import load_report
from venue_conformance.report.records import ExchangeRecord
from venue_conformance.report.run_verdict import NOT_FULLY_JUDGED
from venue_conformance.report.text import one_line
from venue_conformance.report.view import compact
from venue_conformance.target.guard import FORCE_FLAG
from venue_conformance.target.urls import prefix_of
from venue_conformance.wire.redaction import without_secrets

SAME, DIFFERENT = 0, 1
_WIDEST = 600


def add_command(commands: Any) -> None:
    """Declare the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "replay",
        help="send the requests of a check again",
        description="Sends the requests of a check again with new signatures, on new orders of new accounts, with new "
        "idempotency keys. Exit status: 0 when every response has the recorded status and the orders read as recorded, "
        "1 when not, 3 when the replay cannot be completed.",
    )
    parser.add_argument("report", type=Path, metavar="REPORT", help="conformance.json, or its folder")
    parser.add_argument("check", metavar="CHECK", help="the check's id, or a part that is unique in the report")
    parser.add_argument("--exchange", type=int, metavar="N", help="stop after the exchange with this number")
    parser.add_argument(
        "--target", type=Path, metavar="FILE", help="target file (default: the embedded reference, if judged)"
    )
    parser.add_argument(FORCE_FLAG, action="store_true", dest="force_production", help="allow a production host")
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Play the steps of one check again."""
    document = load_report(options.report)
    check = find_check(document, options.check)
    exchanges = {each["id"]: ExchangeRecord.from_dict(each) for each in document["exchanges"]}
    _until(check, options.exchange, exchanges)
    prefix = prefix_of(document["target"]["base_url"])
    console = open_console()
    console.print(f"{escape(one_line(check['id']))}: {escape(one_line(check['title']))}", soft_wrap=True)
    again: list[ExchangeAgain] = []
    looks: list[StateAgain] = []
    with _session(document, options) as session:
        # Only now: that a target is none to be sent to counts for more than what a report lacks.
        check, exchanges = whole_check(options.report, document, check)
        steps = _until(check, options.exchange, exchanges)
        console.print(f"now at {escape(session.target.base_url)}", soft_wrap=True)
        try:
            for step in Story(session, steps, exchanges, prefix).play():
                for line in _lines(step, session):
                    console.print(line, soft_wrap=True)
                again += [step] if isinstance(step, ExchangeAgain) else []
                looks += [step] if isinstance(step, StateAgain) and step.reads else []
        except SuiteFault as fault:
            raise ClientFault(f"{options.report}: the requests of this report cannot be sent again: {fault}") from fault
        except EnvironmentFault as fault:
            console.print(f"the replay cannot continue: {_short(str(fault))}", soft_wrap=True)
            return NOT_FULLY_JUDGED
    same, same_reads = sum(step.same for step in again), sum(step.same for step in looks)
    console.print(f"{same} of {len(again)} responses have the recorded status")
    if looks:
        console.print(f"orders read as recorded {same_reads} of {len(looks)} times")
    return SAME if same == len(again) and same_reads == len(looks) else DIFFERENT


def find_check(document: Mapping[str, Any], wanted: str) -> Mapping[str, Any]:
    """The check of a report whose id is this, or alone has this in it. Raises ClientFault, with what comes closest."""
    checks: dict[str, Mapping[str, Any]] = {check["id"]: check for check in document["checks"]}
    found = [wanted] if wanted in checks else [check for check in checks if wanted in check]
    if len(found) == 1:
        return checks[found[0]]
    if found:
        shown = "".join(f"\n  {one_line(each)}" for each in found[:10])
        raise ClientFault(f"{wanted}: {len(found)} checks of the report have this in their id:{shown}")
    # A test's own name is what people remember, so it counts as much as the whole id.
    names = {name: check for check in checks for name in (check, check.rpartition("::")[2])}
    close = difflib.get_close_matches(wanted, names, n=1, cutoff=0.4)
    hint = f"; did you mean {names[close[0]]}?" if close else ""
    raise ClientFault(f"{wanted}: the report has no such check{hint}")


def _until(
    check: Mapping[str, Any], last: int | None, exchanges: Mapping[int, ExchangeRecord]
) -> list[Mapping[str, Any]]:
    """The steps of a trace, up to one exchange if so wished."""
    steps: list[Mapping[str, Any]] = [
        step for step in check["story"] if "exchange" not in step or step["exchange"] in exchanges
    ]
    numbers = [step["exchange"] for step in steps if "exchange" in step]
    if not numbers:
        why = (
            "explored many requests and failed with none, so it recorded none" if check["exchanges"] else "sent nothing"
        )
        raise ClientFault(f"{one_line(check['id'])}: this check {why}")
    if last is None:
        return steps
    if last not in numbers:
        raise ClientFault(f"--exchange {last}: this check has the exchanges {', '.join(map(str, numbers))}")
    return steps[: steps.index({"exchange": last}) + 1]


@contextmanager
def _session(document: Mapping[str, Any], options: argparse.Namespace) -> Iterator[Session]:
    """A session with the target file's target, or with a new reference where one was judged."""
    if options.target is None and not document["target"]["embedded"]:
        judged = one_line(document["target"]["base_url"])
        raise ClientFault(f"the report is about {judged}: give its target file with --target (no credentials are kept)")
    run = RunOptions(target=options.target, force_production=options.force_production)
    # Not the recorded seed: ids that name no order are to be other ones, too.
    sessions = Sessions(run, secrets.randbits(53))
    print_warnings(sessions.target)
    try:
        yield sessions.of(document["target"]["venue"])
    finally:
        sessions.close()


def _lines(step: StateAgain | ExchangeAgain | str, session: Session) -> Iterator[str]:
    if isinstance(step, ExchangeAgain):
        sent = step.now
        tampered = f" (signing tampered: {_short(compact(sent.signing))})" if sent.signing else ""
        yield f"\n#{step.recorded.id} {_short(sent.method)} {_short(sent.url)} as {_short(str(sent.caller))}{tampered}"
        if sent.request_body:
            yield f"  sent     {_short(sent.request_body)}"
        yield f"  recorded {_answer(step.recorded)}"
        yield f"  now      {_answer(sent)}" if step.same else f"  [bold red]now      {_answer(sent)}[/]"
        return
    if isinstance(step, str):
        yield f"\n{_short(step)}"
        return
    line = f"\nstate {_short(step.state)} {_short(compact(session.redaction.value(step.params)))}"
    if step.now is None:
        yield f"{line}\n  recorded as not offered, so not requested now"
    elif step.reads:
        now = f"now      {_short(compact(step.now))}"
        yield f"{line}\n  recorded {_short(compact(step.recorded))}\n  {now if step.same else f'[bold red]{now}[/]'}"
    else:
        yield f"{line} → {_short(compact(session.redaction.value(step.now)))}"


def _answer(exchange: ExchangeRecord) -> str:
    if exchange.status is None:
        return f"no answer: {_short(exchange.fault or 'unknown')}"
    return f"{exchange.status} {_short(exchange.response_body or '')}"


def _short(text: str) -> str:
    return escape(one_line(without_secrets(text), _WIDEST))
