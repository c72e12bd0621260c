"""How the mutant runs of mutants and variants are told in a terminal: what went wrong first, then sums by clause."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from venue_conformance.mutation.trials import MutantResult, VenueResult
from venue_conformance.report.text import one_line


def print_mutants(result: VenueResult, seconds: float, console: Console) -> None:
    """Print the survivors, the sums by clause, and the totals."""
    survivors = [each for each in result.results if not each.as_it_should_be]
    if survivors:
        table = _table("Survivors", "mutant and its fault", "should violate, but")
        for each in survivors:
            why = each.reason or "every check of the clause passed"
            if each.others_accused:
                why += f"; violated instead: {', '.join(each.others_accused)}"
            mutant_text = f"[bold red]{each.name}[/]\n{_cell(each.docstring)}"
            table.add_row(mutant_text, _cell(each.clauses[0]) + "\n" + _cell(f"{each.verdict}: {why}"))
        console.print(table)
    table = _table(f"Mutants of {result.venue} by clause", "clause", "killed", "seconds", "by")
    for clause in dict.fromkeys(each.clauses[0] for each in result.results):
        of_clause = [each for each in result.results if each.clauses[0] == clause]
        killed = sum(each.as_it_should_be for each in of_clause)
        count = f"{killed}/{len(of_clause)}"
        by = dict.fromkeys(check.rpartition("::")[2] for each in of_clause for check in each.by)
        spent = sum(each.seconds for each in of_clause)
        style = None if killed == len(of_clause) else "bold red"
        table.add_row(clause.partition(".")[2], count, f"{spent:.1f}", _cell(", ".join(by)), style=style)
    console.print(table)
    _print_collateral(result.results, console)
    _print_faults(result, console)
    judged = {each.clauses[0] for each in result.results if each.as_it_should_be}
    if alive := dict.fromkeys(each.clauses[0] for each in survivors if each.clauses[0] not in judged):
        console.print(f"clauses of which no mutant was killed: {', '.join(alive)}", style="bold red", soft_wrap=True)
    killed = len(result.results) - len(survivors)
    console.print(f"{result.venue}: {killed} of {len(result.results)} mutants killed in {seconds:.1f} s")


def print_variants(result: VenueResult, seconds: float, console: Console) -> None:
    """Print the variants that were wrongly accused, and the totals."""
    accused = [each for each in result.results if not each.as_it_should_be]
    if accused:
        table = _table("False alarms", "variant and its freedom", "reported as violated")
        for each in accused:
            freedom = f"[bold red]{each.name}[/]\n{_cell(each.docstring)}"
            table.add_row(freedom, _cell(each.reason or ""))
        console.print(table)
    _print_faults(result, console)
    clean = len(result.results) - len(accused)
    console.print(f"{result.venue}: {clean} of {len(result.results)} variants without a violation in {seconds:.1f} s")


def _print_collateral(results: list[MutantResult], console: Console) -> None:
    accusing = [each for each in results if each.as_it_should_be and each.others_accused]
    if accusing:
        table = _table("Killed, with further violations", "mutant", "made to break", "also violated")
        for each in accusing:
            table.add_row(each.name, each.clauses[0], ", ".join(each.others_accused))
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
