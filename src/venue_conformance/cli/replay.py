"""``venue-conformance replay``: what a check sent is sent again, signed afresh, and judged again."""

from __future__ import annotations

import argparse
import difflib
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from venue_conformance.cli.output import add_output_options, print_json
from venue_conformance.client.session import Session
from venue_conformance.errors import ClientFault, EnvironmentFault, SuiteFault
from venue_conformance.plugin.options import RunOptions
from venue_conformance.plugin.sessions import Sessions, print_warnings
from venue_conformance.replay.curl import curl_of
from venue_conformance.replay.judging import NewVerdict, judge_again, weighed
from venue_conformance.replay.notes import journal_in, left_in, left_text, own_folder
from venue_conformance.replay.steps import ExchangeAgain, RecordedSteps, StateAgain
from venue_conformance.report.bodies import whole_check
from venue_conformance.report.console import open_console
from venue_conformance.report.document import load_report
from venue_conformance.report.exit_status import CONFORMS, NOT_FULLY_JUDGED, VIOLATES
from venue_conformance.report.journal import SETUP
from venue_conformance.report.records import ExchangeRecord
from venue_conformance.report.step_lines import deciding, tampered
from venue_conformance.report.text import one_line
from venue_conformance.report.view import compact, violations
from venue_conformance.target.guard import FORCE_FLAG
from venue_conformance.target.urls import prefix_of
from venue_conformance.wire.redaction import without_secrets

_WIDEST = 600
_STATUS = {"violates": VIOLATES, "conforms": CONFORMS, "cannot tell": NOT_FULLY_JUDGED}
_STYLES = {"violates": "bold red", "conforms": "bold green", "cannot tell": "yellow"}
_WORDS = {"violates": "still violates", "conforms": "conforms now", "cannot tell": "cannot tell"}


def add_command(commands: Any) -> None:
    """Declare the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "replay",
        description="Sends the requests of a check again with new signatures, on new orders of new accounts, with new "
        "idempotency keys, shows what comes beside what came then, and runs the check once more to judge it. Exit "
        "status: 1 when it still violates a clause, 0 when it conforms now, 3 when nobody can tell.",
    )
    parser.add_argument("report", type=Path, metavar="REPORT", help="conformance.json, or its folder")
    parser.add_argument(
        "check",
        metavar="CHECK",
        help="the check's id, or a part that is unique in the report; or a violated clause, for its first violation",
    )
    parser.add_argument(
        "--exchange", type=int, metavar="N", help="stop after the exchange with this number, and judge nothing"
    )
    parser.add_argument(
        "--target", type=Path, metavar="FILE", help="target file (default: the embedded reference, if judged)"
    )
    parser.add_argument(FORCE_FLAG, action="store_true", dest="force_production", help="allow a production host")
    add_output_options(parser)
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Play the steps of one check again, and judge what came."""
    document = load_report(options.report)
    check = find_check(document, options.check)
    _until(check, options.exchange, {each["id"]: ExchangeRecord.from_dict(each) for each in document["exchanges"]})
    told = not (options.quiet or options.format == "json")
    console = open_console(color=options.color)
    if told:
        console.print(f"{escape(one_line(check['id']))}: {escape(one_line(check['title']))}", soft_wrap=True)
    with own_folder(None if options.target is None else options.report) as folder:
        again, looks, fault = _play(document, options, check, console if told else None, folder)
        new = _judged(check, document, options, again, looks, fault, folder)
        if left := left_in(folder):
            print(f"warning: {left_text(left)}", file=sys.stderr, flush=True)
    if options.format == "json":
        print_json(_values(check, new, again, looks))
        return _STATUS[new.verdict]
    if told:
        same, same_reads = sum(step.same for step in again), sum(step.same for step in looks)
        console.print(f"\n{same} of {len(again)} responses have the recorded status", soft_wrap=True)
        if looks:
            console.print(f"orders read as recorded {same_reads} of {len(looks)} times", soft_wrap=True)
    clauses = ", ".join(dict.fromkeys(new.clauses or check["clauses"]))
    words = f"[{_STYLES[new.verdict]}]{_WORDS[new.verdict]}[/]"
    console.print(f"{words} ({escape(one_line(clauses, _WIDEST))}): {_short(new.told)}", soft_wrap=True)
    return _STATUS[new.verdict]


def _play(
    document: Mapping[str, Any],
    options: argparse.Namespace,
    check: Mapping[str, Any],
    console: Console | None,
    folder: Path,
) -> tuple[list[ExchangeAgain], list[StateAgain], str | None]:
    """What came when the steps of a check were played again, and what kept them from going on."""
    again: list[ExchangeAgain] = []
    looks: list[StateAgain] = []
    prefix = prefix_of(document["target"]["base_url"])
    with _session(document, options, folder) as session:
        # Only now: that a target is none to be sent to counts for more than what a report lacks.
        whole, exchanges = whole_check(options.report, document, check)
        steps = _until(whole, options.exchange, exchanges)
        if console is not None:
            console.print(f"now at {escape(session.target.base_url)}", soft_wrap=True)
        try:
            for step in RecordedSteps(session, steps, exchanges, prefix).play():
                again += [step] if isinstance(step, ExchangeAgain) else []
                looks += [step] if isinstance(step, StateAgain) and step.reads else []
                for line in _lines(step, session) if console is not None else ():
                    assert console is not None, "lines are made for somebody"
                    console.print(line, soft_wrap=True)
        except SuiteFault as fault:
            raise ClientFault(f"{options.report}: the requests of this report cannot be sent again: {fault}") from fault
        except EnvironmentFault as fault:
            return again, looks, str(fault)
        if console is not None and session.venue.how_to_sign and again:
            console.print(f"\nhow to sign these: {escape(session.venue.how_to_sign)}", soft_wrap=True)
    return again, looks, None


def _judged(
    check: Mapping[str, Any],
    document: Mapping[str, Any],
    options: argparse.Namespace,
    again: list[ExchangeAgain],
    looks: list[StateAgain],
    fault: str | None,
    folder: Path,
) -> NewVerdict:
    if fault is not None:
        return NewVerdict("cannot tell", f"the replay cannot continue: {fault}")
    if options.exchange is not None:
        return NewVerdict("cannot tell", f"nothing was judged: the replay was to stop after #{options.exchange}")
    run = RunOptions(target=options.target, force_production=options.force_production)
    return weighed(
        judge_again(check, document, run, folder),
        recorded=[breach["clause"] for breach in check["breaches"]],
        explores=bool(check.get("explores")),
        alike=all(step.alike for step in again) and all(step.same for step in looks),
    )


def find_check(document: Mapping[str, Any], wanted: str) -> Mapping[str, Any]:
    """The check of a report whose id is this, or alone has this in it; for a clause, the first that found it broken.

    Raises ClientFault, with what comes closest.
    """
    checks: dict[str, Mapping[str, Any]] = {check["id"]: check for check in document["checks"]}
    clauses = {clause["id"]: clause for clause in document["clauses"]}
    clause = clauses.get(wanted) or clauses.get(f"{document['target']['venue']}.{wanted}")
    if clause is not None and wanted not in checks:
        return _first_violation(document, clause)
    found = [wanted] if wanted in checks else [check for check in checks if wanted in check]
    if len(found) == 1:
        return checks[found[0]]
    if found:
        shown = "".join(f"\n  {one_line(each)}" for each in found[:10])
        raise ClientFault(f"{wanted}: {len(found)} checks of the report have this in their id:{shown}")
    # A test's own name is what people remember, so it counts as much as the whole id.
    names = {name: check for check in checks for name in (check, check.rpartition("::")[2])}
    names |= {each: each for each in clauses}
    close = difflib.get_close_matches(wanted, names, n=1, cutoff=0.4)
    hint = f"; did you mean {names[close[0]]}?" if close else ""
    raise ClientFault(f"{wanted}: the report has no such check{hint}")


def _first_violation(document: Mapping[str, Any], clause: Mapping[str, Any]) -> Mapping[str, Any]:
    for violated, failed in violations(document):
        if violated["id"] == clause["id"]:
            for check in failed:
                if check["replay"]:
                    return check
    shown = "".join(f"\n  {one_line(each)}" for each in clause["checks"][:10])
    raise ClientFault(f"{clause['id']}: the report has no violation of it; name one of its checks:{shown}")


def _until(
    check: Mapping[str, Any], last: int | None, exchanges: Mapping[int, ExchangeRecord]
) -> list[Mapping[str, Any]]:
    """The steps of a trace, up to one exchange if so wished."""
    steps: list[Mapping[str, Any]] = [
        step for step in check["steps"] if "exchange" not in step or step["exchange"] in exchanges
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
def _session(document: Mapping[str, Any], options: argparse.Namespace, folder: Path) -> Iterator[Session]:
    """A session with the target file's target, or with a new reference where one was judged.

    What it sets up at a target is noted in the folder, and given back.
    """
    if options.target is None and not document["target"]["embedded"]:
        judged = one_line(document["target"]["base_url"])
        raise ClientFault(f"the report is about {judged}: give its target file with --target (no credentials are kept)")
    run = RunOptions(target=options.target, force_production=options.force_production)
    with ExitStack() as stack:

        def note(_venue: str, record: dict[str, Any]) -> None:
            if journal is not None:
                journal.write(SETUP, record)

        # Not the recorded seed: ids that name no order are to be other ones, too.
        sessions = Sessions(run, secrets.randbits(53), note=note)
        stack.callback(sessions.close)
        journal = None if sessions.target is None else journal_in(folder, sessions.target)
        if journal is not None:
            stack.callback(journal.close)
        stack.callback(sessions.give_back)
        print_warnings(sessions.target)
        yield sessions.of(document["target"]["venue"])


def _lines(step: StateAgain | ExchangeAgain | str, session: Session) -> Iterator[str]:
    if isinstance(step, ExchangeAgain):
        sent = step.now
        wrong = "".join(f" · {_short(each)}" for each in tampered(sent.signing, _WIDEST))
        yield f"\n#{step.recorded.id} {_short(sent.method)} {_short(sent.url)} as {_short(str(sent.caller))}{wrong}"
        if sent.request_body:
            yield f"  sent     {_short(sent.request_body)}"
        yield f"  recorded {_answer(step.recorded)}"
        yield f"  now      {_answer(sent)}" if step.same else f"  [bold red]now      {_answer(sent)}[/]"
        yield f"  curl     {escape(without_secrets(curl_of(sent)))}"
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
    """Status, the headers on which a verdict can rest, and the body."""
    if exchange.status is None:
        return f"no answer: {_short(exchange.fault or 'unknown')}"
    headers = deciding(exchange.status, exchange.response_headers or {})
    body = _short(exchange.response_body or "")
    return f"{exchange.status} {_short(' · '.join(headers)) + ' · ' if headers else ''}{body}"


def _values(
    check: Mapping[str, Any], new: NewVerdict, again: list[ExchangeAgain], looks: list[StateAgain]
) -> dict[str, Any]:
    """All of it for a program."""
    return {
        "exit_status": _STATUS[new.verdict],
        "result": new.verdict.replace(" ", "-"),
        "summary": without_secrets(new.told),
        "check": check["id"],
        "clauses": list(new.clauses or check["clauses"]),
        "exchanges": [
            {
                "id": step.recorded.id,
                "same_status": step.same,
                "recorded": step.recorded.status,
                "now": step.now.status,
                "curl": without_secrets(curl_of(step.now)),
            }
            for step in again
        ],
        "reads": [{"recorded": step.recorded, "now": step.now, "same": step.same} for step in looks],
    }


def _short(text: str) -> str:
    return escape(one_line(without_secrets(text), _WIDEST))
