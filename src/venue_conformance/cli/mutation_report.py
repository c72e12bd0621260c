"""How the mutant runs of mutants and variants are told in a terminal: what went wrong first, then sums by clause."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from venue_conformance.cli.mutation import MutantResult, VenueResult
from venue_conformance.report.text import one_line


def print_mutants(result: VenueResult, seconds: float, console: Console) -> None:
    """Print the survivors, the sums by clause, and the totals."""
    survivors = [member for member in result.members if not member.as_it_should_be]
    if survivors:
        table = _table("Survivors", "mutant and its fault", "should violate, but")
        for member in survivors:
            why = member.reason or "every check of the clause passed"
            if member.others_accused:
                why += f"; violated instead: {', '.join(member.others_accused)}"
            lie = f"[bold red]{member.name}[/]\n{_cell(member.docstring)}"
            table.add_row(lie, _cell(member.clauses[0]) + "\n" + _cell(f"{member.verdict}: {why}"))
        console.print(table)
    table = _table(f"Mutants of {result.venue} by clause", "clause", "killed", "seconds", "by")
    for clause in dict.fromkeys(member.clauses[0] for member in result.members):
        of_clause = [member for member in result.members if member.clauses[0] == clause]
        killed = sum(member.as_it_should_be for member in of_clause)
        count = f"{killed}/{len(of_clause)}"
        by = dict.fromkeys(check.rpartition("::")[2] for member in of_clause for check in member.by)
        spent = sum(member.seconds for member in of_clause)
        style = None if killed == len(of_clause) else "bold red"
        table.add_row(clause.partition(".")[2], count, f"{spent:.1f}", _cell(", ".join(by)), style=style)
    console.print(table)
    _print_collateral(result.members, console)
    _print_faults(result, console)
    judged = {member.clauses[0] for member in result.members if member.as_it_should_be}
    if alive := dict.fromkeys(member.clauses[0] for member in survivors if member.clauses[0] not in judged):
        console.print(f"clauses of which no mutant was killed: {', '.join(alive)}", style="bold red", soft_wrap=True)
    killed = len(result.members) - len(survivors)
    console.print(f"{result.venue}: {killed} of {len(result.members)} mutants killed in {seconds:.1f} s")


def print_variants(result: VenueResult, seconds: float, console: Console) -> None:
    """Print the variants that were wrongly accused, and the totals."""
    accused = [member for member in result.members if not member.as_it_should_be]
    if accused:
        table = _table("False alarms", "variant and its freedom", "reported as violated")
        for member in accused:
            freedom = f"[bold red]{member.name}[/]\n{_cell(member.docstring)}"
            table.add_row(freedom, _cell(member.reason or ""))
        console.print(table)
    _print_faults(result, console)
    clean = len(result.members) - len(accused)
    console.print(f"{result.venue}: {clean} of {len(result.members)} variants without a violation in {seconds:.1f} s")


def _print_collateral(members: list[MutantResult], console: Console) -> None:
    accusing = [member for member in members if member.as_it_should_be and member.others_accused]
    if accusing:
        table = _table("Killed, with further violations", "mutant", "made to break", "also violated")
        for member in accusing:
            table.add_row(member.name, member.clauses[0], ", ".join(member.others_accused))
        console.print(table)


def _print_faults(result: VenueResult, console: Console) -> None:
    if result.suite_faults:
        console.print("The suite itself failed, so none of these results can be relied on:", style="bold red")
        for fault in result.suite_faults:
            console.print(f"  {_cell(fault)}")


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")  # a name that is cut short cannot be looked up
    return table


def _cell(text: str) -> str:
    return escape(one_line(text, 400))
