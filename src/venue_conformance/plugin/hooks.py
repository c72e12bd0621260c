"""The hooks by which pytest runs checks for us. Inert for tests that judge no clause."""

from __future__ import annotations

import difflib
import json
from collections.abc import Generator

import hypothesis.configuration
import pytest

from venue_conformance.contract.resources import venue_names
from venue_conformance.errors import ClientFault, OutOfTime
from venue_conformance.fuzz.profiles import register_profiles, tables_folder
from venue_conformance.plugin.allure_report import report_to_allure
from venue_conformance.plugin.check import Check, check_of, clauses_of, open_check, plan_of
from venue_conformance.plugin.folder import TakingFolder
from venue_conformance.plugin.masking import Masking, mask_report, usage_error
from venue_conformance.plugin.options import RunOptions, add_options, read_options
from venue_conformance.plugin.outcome import add_breaches, end_check
from venue_conformance.plugin.output import output_of
from venue_conformance.plugin.probing import Probing
from venue_conformance.plugin.reporter import Reporter, WorkerReporter
from venue_conformance.plugin.run import RUN, Run
from venue_conformance.plugin.runlog import catalogue_of, clauses_in_scope
from venue_conformance.plugin.serialization import masking_of, serialize
from venue_conformance.plugin.sessions import print_warnings
from venue_conformance.plugin.shards import Sharing
from venue_conformance.plugin.splitting import seconds_at_the_reference, shards
from venue_conformance.report.records import PlannedCheck
from venue_conformance.report.text import fit_to_print

MARKERS = (
    "clause(*ids): the clauses that a check judges",
    "deepens: a further example, whose absence leaves its clause's verdict (explorations are marked by their fixtures)",
    "smoke: one of the few checks by which the smoke profile judges a clause",
    "nightly: a check that only the nightly profile runs",
    "aside(procedure, **params): a check that mostly waits, and runs its procedure beside those of others",
    "last: a check that must come after all others, because it ages the whole target",
    "disposable: a check whose bodies could be read as all orders: only an account that owns nothing of worth sends it",
    "many_orders: a check that uses up many orders: from an inventory, what needs few of them is served first",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options of a run."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers and read the options. Nothing is sent or written before there is a check to run."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    worker = getattr(config, "workerinput", None)
    try:
        seed = worker["venue_conformance_seed"] if worker else None
        run = Run(read_options(config), seed, worker=worker is not None)
        # Before workers start, of which each would otherwise stop for it on its own.
        if run.options.selection.clauses:
            target = run.sessions.target
            _require_known(run.options, {target.venue} if target else set(venue_names()))
    except ClientFault as fault:
        raise usage_error(fault) from fault
    config.stash[RUN] = run
    config.pluginmanager.register(Masking(), "venue-conformance-masking")
    config.pluginmanager.register(
        WorkerReporter(run) if worker else Reporter(run, output_of(config)), "venue-conformance-run"
    )
    if not worker:
        output = output_of(config)
        if output is None or output.warns:
            print_warnings(run.sessions.target)
        config.pluginmanager.register(Sharing(), "venue-conformance-shards")
        config.pluginmanager.register(Probing(), "venue-conformance-probe")
        # The last that is registered comes first: whose folder it is, is settled before anything is sent.
        config.pluginmanager.register(TakingFolder(run), "venue-conformance-folder")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the checks that this run is about, those that age the target last."""
    checks = [(item, clauses_of(item)) for item in items]
    if not any(clauses for _, clauses in checks):
        return
    run = config.stash[RUN]
    options = run.options
    try:
        _require_known(options, {clauses[0].split(".")[0] for _, clauses in checks if clauses})
        if not config.getoption("collectonly"):
            options.report_dir.mkdir(parents=True, exist_ok=True)
    except ClientFault as fault:
        raise usage_error(fault) from fault
    except OSError as error:
        raise pytest.UsageError(f"--report-dir {options.report_dir}: {error.strerror or error}") from error
    hypothesis.configuration.set_hypothesis_home_dir(tables_folder(options.report_dir))
    try:
        register_profiles(options.report_dir, remembering=options.profile == "nightly")
    except ClientFault as fault:
        raise usage_error(fault) from fault
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    scope: dict[str, set[str]] = {}
    for item, clauses in checks:
        venue = clauses[0].split(".")[0] if clauses else ""
        if venue and venue not in scope:
            scope[venue] = {clause.id for clause in clauses_in_scope(venue, options.selection)}
        wanted = not clauses or (
            (run.sessions.target is None or run.sessions.target.venue == venue) and bool(scope[venue] & set(clauses))
        )
        # What smoke leaves out was left out by the user, and is missing; what is nightly is extra for everybody else.
        if wanted and clauses and (options.profile == "nightly" or item.get_closest_marker("nightly") is None):
            run.log.plan(venue, plan_of(item, smoke=options.smoke))
        (kept if wanted and _in_profile(item, options) else dropped).append(item)
    if options.shard is not None:
        mine = _mine(kept, options.shard, smoke=options.smoke)
        dropped += [item for item in kept if item not in mine]
        kept = [item for item in kept if item in mine]
    states = run.sessions.target.states if run.sessions.target else None
    counted = states is not None and states.inventory is not None
    kept.sort(key=lambda item: _turn(item, counted=counted))
    items[:] = kept
    if dropped:
        config.hook.pytest_deselected(items=dropped)


def _mine(items: list[pytest.Item], shard: tuple[int, int], *, smoke: bool) -> set[pytest.Item]:
    """The checks of one shard, venue by venue; tests that judge no clause are every shard's."""
    number, of = shard
    plans: dict[str, list[PlannedCheck]] = {}
    for item in items:
        if clauses := clauses_of(item):
            plans.setdefault(clauses[0].split(".")[0], []).append(plan_of(item, smoke=smoke))
    chosen: set[str] = set()
    for venue, plan in plans.items():
        chosen |= shards(plan, of, seconds_at_the_reference(venue))[number - 1]
    return {item for item in items if item.nodeid in chosen or not clauses_of(item)}


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note what is left to be run, now that everybody has selected."""
    session.config.stash[RUN].log.select(item.nodeid for item in session.items)


def _turn(item: pytest.Item, *, counted: bool) -> tuple[bool, bool, bool, bool]:
    """When a check has its turn: written examples before what explores, and what ages the whole target last.

    From an inventory, whose orders are ``counted``, what verdicts rest on is served first, and of that what needs few.
    """
    planned = plan_of(item, smoke=False) if clauses_of(item) else None
    return (
        item.get_closest_marker("last") is not None,
        planned is not None and planned.explores,
        counted and planned is not None and planned.role != "required",
        counted and _uses_many_orders(item),
    )


def _uses_many_orders(item: pytest.Item) -> bool:
    """Whether a check is marked so, or is one of those that judge several clauses over all kinds of batches."""
    return item.get_closest_marker("many_orders") is not None or len(set(clauses_of(item))) > 1


def _in_profile(item: pytest.Item, options: RunOptions) -> bool:
    if options.profile == "smoke":
        return item.get_closest_marker("smoke") is not None
    return options.profile == "nightly" or item.get_closest_marker("nightly") is None


def _require_known(options: RunOptions, venues: set[str]) -> None:
    catalogues = [catalogue_of(venue) for venue in sorted(venues)]
    for pattern in options.selection.clauses:
        if not any(catalogue.matching(pattern) for catalogue in catalogues):
            close = difflib.get_close_matches(
                pattern, [found for catalogue in catalogues if (found := catalogue.closest(pattern))], n=1
            )
            hint = f"; did you mean {close[0]}?" if close else ""
            raise ClientFault(f"--clause {pattern}: no clause id matches{hint}")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Begin a check, unless the time for the run is over."""
    run = item.config.stash[RUN]
    check = open_check(item, smoke=run.options.smoke)
    if check is None:
        return
    run.current, check.ends = check, run.ends
    if check.out_of_time():
        raise OutOfTime(f"the {run.options.max_minutes:g} minutes that the run was given were over")
    check.session = run.sessions.of(check.venue)
    run.baseline.tell(check.id, check.session.target.environment, check.breaches)
    if check.session.allowance.used_up is not None:
        raise OutOfTime(check.session.allowance.used_up)


def pytest_assertrepr_compare(config: pytest.Config, op: str, left: object, right: object) -> None:
    """Remember what a failing assertion compared, for the report."""
    run = config.stash[RUN]
    if run.current is not None:
        run.current.comparison = (op, left, right)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn each phase of a check into its outcome, and hand its records over with the last one."""
    report = yield
    run, check = item.config.stash[RUN], check_of(item)
    if check is None:
        mask_report(report)
        return report
    if call.excinfo is not None and not isinstance(call.excinfo.value, KeyboardInterrupt):
        if call.when == "teardown" and check.outcome != "passed":
            pass  # what broke first tells more
        else:
            end_check(check, call.excinfo, _show)
    if call.when == "call":
        _turn_open_into_observations(check)
        add_breaches(check)
    if call.excinfo is not None or check.outcome == "failed":
        _shape_report(report, check, item)
    if report.longrepr or report.sections:
        mask_report(report, masking_of(check).text)
    if call.when == "teardown":
        read = check.session.remembered.hand_over() if check.session else []
        lasting = [each.to_dict() for each in read]
        handed_over = {"serialized": serialize(check), "lasting": lasting, **run.hand_over(check.venue)}
        # As text: what carries it from a worker process to its controller knows no great negative numbers.
        report.conformance = json.dumps(handed_over)  # type: ignore[attr-defined]
        accepted = check.breaches.are_accepted
        report_to_allure(item.config, handed_over["serialized"], catalogue_of(check.venue), accepted=accepted)
        run.current = None
    return report


def _show(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 600 else f"{text[:600]}…"


def _turn_open_into_observations(check: Check) -> None:
    """Turn what would be a violation of clauses that are open into what it is: an observation."""
    catalogue = catalogue_of(check.venue)
    for clause in [clause for clause in check.breaches.found if clause in catalogue]:
        if catalogue[clause].level == "open":
            breach = check.breaches.found.pop(clause)
            check.recorder.observe(clause, f"expected {breach.violation.expected}, got {breach.violation.actual}")
            if check.outcome == "failed" and not check.breaches.found:
                check.outcome, check.expected, check.actual = "passed", None, None


def _shape_report(report: pytest.TestReport, check: Check, item: pytest.Item) -> None:
    """Let pytest's own report say what ours says."""
    if check.outcome == "passed":
        report.outcome, report.longrepr = "passed", None
    elif check.outcome == "not-tested":
        report.outcome = "skipped"
        report.longrepr = (str(item.path), item.location[1] or 0, fit_to_print(f"Skipped: not tested: {check.reason}"))
    elif check.outcome in ("inconclusive", "error"):
        report.outcome, report.longrepr = "failed", fit_to_print(f"{check.outcome}: {check.reason}")
    elif report.when == "call":
        report.outcome, report.longrepr = "failed", fit_to_print(f"expected {check.expected}, got {check.actual}")


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Count what could not be judged apart from what failed."""
    text = str(report.longrepr) if report.failed else ""
    if text.startswith("inconclusive: "):
        return "inconclusive", "I", "INCONCLUSIVE"
    return None
