"""``venue-conformance clauses``: the catalogue, with the checks of each clause; or one clause, explained."""

from __future__ import annotations

import argparse
from typing import Any

from rich.console import Console
from rich.text import Text

from venue_conformance.cli.implementations import implementations
from venue_conformance.cli.output import add_output_options, print_json
from venue_conformance.contract.clauses import INVARIANTS, Clause, is_pattern, load_catalogue
from venue_conformance.contract.manifest import ManifestCheck, checks_by_clause, manifest_of
from venue_conformance.contract.resources import venue_names
from venue_conformance.errors import ClientFault
from venue_conformance.report.console import open_console, print_line, print_rows
from venue_conformance.report.text import did_you_mean

#: Where to look first, by what a clause is a case of; what its mutants do says more.
_LOOK_AT = {
    "deduplication": "where ids are made unique: before anything is done with them, in the order in which they came",
    "length-limit": "where the batch is counted: before its first id is looked up, and with both ends of the limit",
    "no-existence-leak": "every way in which the answer for a foreign order can differ from that for an unknown one: "
    "words, codes, order of rows, time, and what the rate limit counts",
    "already-terminal": "where the state of an order is read: it has to be read and changed in one step",
    "exactly-one-id": "whether each id that was named is in the answer once, and nothing else is",
    "idempotency-replay": "what is stored under a key: the whole answer, before it is sent, for the documented time",
    "idempotency-conflict": "what a stored request is compared by: the body as it was sent, the route and the account",
    "idempotency-in-flight": "whether the key is taken in the same step that looks it up, before the batch is carried "
    "out",
}


def add_command(commands: Any) -> None:
    """Declare the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "clauses",
        description="Lists every clause with its level, checks and exclusion; or explains one: what it promises and "
        "where that is said, what judges it, what that needs, and which faults break it.",
    )
    parser.add_argument(
        "wanted",
        nargs="?",
        metavar="VENUE|CLAUSE",
        help="a venue, one clause, or a pattern of clauses as in 'idempotency.*' (default: all venues)",
    )
    parser.add_argument(
        "--property",
        choices=INVARIANTS,
        metavar="NAME",
        help=f"only clauses with this property: {', '.join(INVARIANTS)}",
    )
    add_output_options(parser, ("text", "json", "tsv"))
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Print the catalogue of one venue, or of all, or explain one clause."""
    known = venue_names()
    pattern = options.wanted if is_pattern(options.wanted or "") else None
    if options.wanted and not pattern and options.wanted not in known:
        clause = _clause(options.wanted)
        _explain(clause, options)
        return 0
    clauses = [
        clause
        for venue in ([options.wanted] if options.wanted and not pattern else known)
        for clause in load_catalogue(venue).matching(pattern or "*")
        if options.property in (None, clause.invariant)
    ]
    if pattern and not clauses:
        raise ClientFault(f"{pattern}: no clause id matches{_meant(pattern)}")
    if options.quiet:
        for clause in clauses:
            print(clause.id)
        return 0
    venues = dict.fromkeys(clause.id.partition(".")[0] for clause in clauses)
    checks = {id_: found for venue in venues for id_, found in checks_by_clause(venue).items()}
    if options.format == "json":
        print_json([_values(clause, checks.get(clause.id, [])) for clause in clauses])
        return 0
    rows = [
        [
            clause.id,
            clause.level,
            clause.importance,
            str(len(checks.get(clause.id, []))) if clause.excluded is None else "excluded",
            " ".join((clause.excluded or clause.promise).split()),
        ]
        for clause in clauses
    ]
    head = ("clause", "level", "importance", "checks", "promise, or why it has no check")
    if options.format == "tsv":
        for row in [head, *rows]:
            print("\t".join(row))
        return 0
    print_rows(open_console(color=options.color), head, rows)
    return 0


def _clause(wanted: str) -> Clause:
    """The clause of this id, whose venue may be left out where one alone has it. Raises ClientFault."""
    catalogues = [load_catalogue(venue) for venue in venue_names()]
    found = [
        clause
        for catalogue in catalogues
        for clause in catalogue.values()
        if wanted in (clause.id, clause.id.partition(".")[2])
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise ClientFault(f"{wanted}: {len(found)} venues have it: {', '.join(clause.id for clause in found)}")
    raise ClientFault(f"{wanted}: no such venue or clause; the venues are {', '.join(venue_names())}{_meant(wanted)}")


def _meant(wanted: str) -> str:
    close = [found for venue in venue_names() if (found := load_catalogue(venue).closest(wanted))]
    without_venue = [] if is_pattern(wanted) else [each.partition(".")[2] for each in close]
    return did_you_mean(wanted, [*venue_names(), *close, *without_venue])


def _values(clause: Clause, checks: list[str]) -> dict[str, Any]:
    return {
        "id": clause.id,
        "promise": clause.promise,
        "level": clause.level,
        "importance": clause.importance,
        "property": clause.invariant,
        "source": clause.source,
        "source_url": clause.source_url,
        "excluded": clause.excluded,
        "contested": clause.contested,
        "checks": checks,
    }


def _explain(clause: Clause, options: argparse.Namespace) -> None:
    venue = clause.id.partition(".")[0]
    checks = [check for check in manifest_of(venue).values() if clause.id in check.clauses]
    needs = sorted({need for check in checks if check.required for need in check.needs})
    faults = [each for each in implementations(venue) if each.kind == "mutant" and clause.id in each.clauses]
    freedoms = [each for each in implementations(venue) if each.kind == "variant" and clause.id in each.clauses]
    if options.format == "json":
        explained = {
            "required_checks": [check.id for check in checks if check.required],
            "states": [str(need) for need in needs],
            "mutants": [each.to_dict() for each in faults],
            "variants": [each.to_dict() for each in freedoms],
            "look_at": _LOOK_AT.get(clause.invariant or ""),
        }
        print_json({**_values(clause, [check.id for check in checks]), **explained})
        return
    console = open_console(color=options.color)
    print_line(console, Text(clause.id, style="bold"))
    _pair(console, "promise", clause.promise)
    _pair(console, "level", f"{clause.level}, importance {clause.importance}{', contested' * clause.contested}")
    _pair(console, "source", clause.source)
    _pair(console, "page", clause.source_url or "none")
    if clause.excluded is not None:
        _pair(console, "excluded", clause.excluded)
    if options.quiet:
        return
    required, others = ([c for c in checks if c.required], [c for c in checks if not c.required])
    _list(console, "judged by", [_check_line(check) for check in required])
    shown = others if options.verbose else others[:5]
    rest = [f"and {len(others) - len(shown)} more (-v lists them)"] if len(others) > len(shown) else []
    _list(console, "deepened by", [*(_check_line(check) for check in shown), *rest])
    _list(console, "needs", [str(need) for need in needs] or (["no provider state"] if checks else []))
    _list(console, "broken by", [f"{each.name}: {each.line}" for each in faults])
    _list(console, "permits", [f"{each.name}: {each.line}" for each in freedoms])
    _list(console, "when it fails, look at", _hints(clause, faults=bool(faults)))


def _hints(clause: Clause, *, faults: bool) -> list[str]:
    hints = [_LOOK_AT[clause.invariant]] if clause.invariant in _LOOK_AT else []
    if faults:
        hints.append("the faults above: each breaks this clause, and the report's requests show which it is like")
    if clause.level != "open" and clause.excluded is None:
        hints.append(f"the exchange itself: venue-conformance replay DIR {clause.id} --target FILE")
    return hints


def _check_line(check: ManifestCheck) -> str:
    return f"{check.id}: {check.title}"


def _pair(console: Console, label: str, text: str) -> None:
    print_line(console, Text.assemble((f"  {label:<9}", "dim"), " ".join(text.split())))


def _list(console: Console, label: str, lines: list[str]) -> None:
    if lines:
        print_line(console, Text(f"  {label}", style="dim"))
    for line in lines:
        print_line(console, f"    {line}")
