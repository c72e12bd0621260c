"""How the runs of mutants and variants are told in a terminal: what went wrong first, then sums by clause."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from venue_conformance.mutation.results import MutantResult, VenueResult
from venue_conformance.report.console import print_line, print_rows
from venue_conformance.report.text import one_line


def print_mutants(result: VenueResult, seconds: float, console: Console) -> None:
    """Print the survivors, the sums by clause, and the totals."""
    survivors = [each for each in result.results if not each.as_it_should_be]
    if survivors:
        head = ("mutant", "should violate", "but", "its fault")
        print_rows(console, head, [_survivor(each) for each in survivors], "Survivors")
    rows: list[list[str | Text]] = []
    for clause in dict.fromkeys(each.clauses[0] for each in result.results):
        of_clause = [each for each in result.results if each.clauses[0] == clause]
        killed = sum(each.as_it_should_be for each in of_clause)
        by = dict.fromkeys(check.rpartition("::")[2] for each in of_clause for check in each.by)
        spent = sum(each.seconds for each in of_clause)
        name = Text(clause.partition(".")[2], style="" if killed == len(of_clause) else "bold red")
        rows.append([name, f"{killed}/{len(of_clause)}", f"{spent:.1f}", _cell(", ".join(by))])
    print_rows(console, ("clause", "killed", "seconds", "by"), rows, f"Mutants of {result.venue} by clause")
    _print_collateral(result.results, console)
    _print_faults(result, console)
    judged = {each.clauses[0] for each in result.results if each.as_it_should_be}
    if alive := dict.fromkeys(each.clauses[0] for each in survivors if each.clauses[0] not in judged):
        print_line(console, Text(f"clauses of which no mutant was killed: {', '.join(alive)}", style="bold red"))
    killed = len(result.results) - len(survivors)
    print_line(console, f"{result.venue}: {killed} of {len(result.results)} mutants killed in {seconds:.1f} s")


def _survivor(each: MutantResult) -> list[str | Text]:
    why = each.reason or "every check of the clause passed"
    if each.others_accused:
        why += f"; violated instead: {', '.join(each.others_accused)}"
    name = Text(each.name, style="bold red")
    return [name, each.clauses[0], _cell(f"{each.verdict}: {why}"), _cell(each.docstring)]


def print_variants(result: VenueResult, seconds: float, console: Console) -> None:
    """Print the variants that were wrongly accused, and the totals."""
    accused = [each for each in result.results if not each.as_it_should_be]
    if accused:
        rows: list[list[str | Text]] = [
            [Text(each.name, style="bold red"), _cell(each.reason or ""), _cell(each.docstring)] for each in accused
        ]
        print_rows(console, ("variant", "reported as violated", "its freedom"), rows, "False alarms")
    _print_faults(result, console)
    clean = len(result.results) - len(accused)
    line = f"{result.venue}: {clean} of {len(result.results)} variants without a violation in {seconds:.1f} s"
    print_line(console, line)


def _print_collateral(results: list[MutantResult], console: Console) -> None:
    accusing = [each for each in results if each.as_it_should_be and each.others_accused]
    if accusing:
        rows = [[each.name, each.clauses[0], ", ".join(each.others_accused)] for each in accusing]
        head = ("mutant", "made to break", "also violated")
        print_rows(console, head, rows, "Killed, with further violations")


def _print_faults(result: VenueResult, console: Console) -> None:
    if result.suite_faults:
        told = "The suite itself failed, so none of these results can be relied on:"
        print_line(console, Text(told, style="bold red"))
        for fault in result.suite_faults:
            print_line(console, f"  {_cell(fault)}")


def _cell(text: str) -> str:
    return one_line(text, 400)
