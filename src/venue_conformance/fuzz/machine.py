"""Sequences of requests and events, run by a Hypothesis state machine and judged step by step."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar, ParamSpec, TypeVar

from hypothesis.errors import StopTest, UnsatisfiedAssumption
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from venue_conformance.client.assessment import Assessment
from venue_conformance.client.expected import ExpectedOrder, compare, glance
from venue_conformance.client.polling import Polling
from venue_conformance.errors import EnvironmentFault, NotSent, Violation, WayFault
from venue_conformance.fuzz.hypothesis_internals import draw_from
from venue_conformance.fuzz.profiles import profile_settings, scaled
from venue_conformance.fuzz.rounds import Rounds
from venue_conformance.fuzz.scenario import Scenario, ScenarioEnvironment
from venue_conformance.fuzz.tracker import ExampleTracker, Surroundings

Given = ParamSpec("Given")
Outcome = TypeVar("Outcome")

#: Of the sequences that a run may try with accounts of their own, the share that it tries with a single account, which
#: is held to its budget.
_SHARE_OF_ONE_ACCOUNT = 0.2


class VenueMachine(RuleBasedStateMachine):
    """One sequence. A venue's machine adds rules; each calls ``doing`` before it does anything, nothing else judges.

    ``assess`` is where a step's answer is judged: a breach of a clause that is known to be broken is noted, and the
    model goes on with the rest of the answer. Where it cannot, it raises the Violation, and the orders that the step
    ``touches`` are taken for what they read as. ``known`` are all orders that can be read.
    """

    environment: ClassVar[ScenarioEnvironment]
    tracker: ClassVar[ExampleTracker]
    #: What an account that was made for a sequence may spend at once, in tokens of its venue.
    at_once: ClassVar[int]
    #: Whether what earlier steps may have changed is read before the next one.
    looks_between: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self.tracker.begin()
        self.scenario: Scenario | None = None
        self.steps: list[str] = []
        self.over = False
        self.counts: Counter[str] = Counter()
        self.spent: Counter[bool] = Counter()
        self.known: list[ExpectedOrder] = []
        self.touched: Sequence[ExpectedOrder] = ()
        self.assess = Assessment(self.report, self.tracker.around.breaches.exercising())

    def doing(self, what: str, touches: Sequence[ExpectedOrder] = ()) -> Scenario:
        """Say what this step does, and to which orders; the accounts to do it with.

        ``what`` names orders and keys by labels, so that the same sequence reads the same whatever their ids.
        """
        if self.steps:
            self.tracker.step_answered(_levelled(self.steps[-1]))
            if self.looks_between:
                judged(self, self._look_before)
        try:
            self.tracker.doing(what)
        except BaseException:
            self.over = True
            raise
        self.steps.append(what)
        self.touched = touches
        if self.scenario is None:
            self.scenario = judged(self, self.environment.scenario)
        assert self.scenario is not None, "a scenario breaks no clause"
        self.environment.remark(f"step {len(self.steps)}: {what}")
        return self.scenario

    def label(self, kind: str) -> str:
        """The next label of a kind: open1, open2, key1."""
        self.counts[kind] += 1
        return f"{kind}{self.counts[kind]}"

    def affords(self, tokens: int, *, by_other: bool = False) -> bool:
        """Whether the caller, or the other one, can pay for a step at once; then it is paid for.

        A sequence would rather leave a step out than wait for the budget; an account that all sequences share waits.
        """
        if self.scenario is not None and self.scenario.fresh and self.spent[by_other] + tokens > self.at_once:
            return False
        self.spent[by_other] += tokens
        return True

    def report(self, violation: Violation) -> None:
        """Note a breach. Raises it when smaller sequences are to be looked for that show it."""
        try:
            self.tracker.report(violation)
        except BaseException:
            self.over = True
            raise

    def read_back(self) -> None:
        """Compare every order with what it must read as."""
        raise NotImplementedError

    def compare(self, expected: Sequence[ExpectedOrder]) -> None:
        """Compare orders with what they must read as, as long as a change may still come to show."""
        if self.scenario is not None and expected:
            polling = Polling(self.environment.session.settle_seconds)
            knows = self.tracker.around.breaches.knows
            compare(expected, self.scenario.orders.statuses, polling.wait, self.assess, knows=knows)
            for each in expected:
                if not isinstance(each.order, str) and len(each.possible) == 1 and not knows(each.clause):
                    [status] = each.possible
                    self.scenario.orders.note_staying(each.order, status, each.clause)

    def _look_before(self) -> None:
        """Read what earlier steps may have changed, lest the next one be blamed for it."""
        unseen = [each for each in self.known if each.is_unseen]
        if self.scenario is not None and unseen:
            glance(unseen, self.scenario.orders.statuses([each.order for each in unseen]), self.assess)
            for each in unseen:
                if not each.is_unseen:
                    each.clause = self.clause_seen(each)

    def clause_seen(self, each: ExpectedOrder) -> str:
        """The clause by which an order that has been read stays as it is, until a step does something to it."""
        return each.clause

    def resynchronise(self) -> None:
        """Take the orders that a step has touched for what they read as now, after an answer that cannot be followed.

        What was live may come to read as cancelled yet.
        """
        if self.scenario is None:
            return
        orders = [each for each in dict.fromkeys(self.touched) if each.owner]
        read = self.scenario.orders.statuses([each.order for each in orders])
        for each in orders:
            each.reads(read[each.order_id])

    def teardown(self) -> None:
        """Read everything back once more, and undo what can be undone."""
        try:
            if not self.over and self.scenario is not None:
                with after_the_end():
                    judged(self, self.read_back)
            if not self.over:
                self.tracker.ended()
        finally:
            if self.scenario is not None:
                self.scenario.orders.close()
                self.environment.close()


@contextmanager
def after_the_end() -> Iterator[None]:
    """Drop no sequence that Hypothesis has ended already: it takes one end only, and calls a second one a fault."""
    ended = isinstance(sys.exc_info()[1], StopTest)
    try:
        yield
    except UnsatisfiedAssumption:
        if not ended:
            raise


def judged(
    machine: VenueMachine, step: Callable[Given, Outcome], *arguments: Given.args, **named: Given.kwargs
) -> Outcome | None:
    """Do a step of a sequence, and note what broke or what ends it.

    Hands back None where a breach that is known kept the step from coming to its end.
    """
    try:
        try:
            return step(*arguments, **named)
        except Violation as violation:
            machine.report(violation)
        machine.resynchronise()
    except AssertionError as error:
        machine.over = True
        if isinstance(error, Violation):
            raise
        machine.tracker.unexpected(error)
    except NotSent as unsafe:
        machine.over = True
        machine.tracker.not_sent(unsafe)
    except WayFault as fault:
        machine.over = True
        machine.tracker.step_fault(_levelled(machine.steps[-1] if machine.steps else ""), fault)
    except EnvironmentFault as fault:
        machine.over = True
        machine.tracker.end(fault)
    return None


def run_sequences(
    machine: type[VenueMachine],
    environment: ScenarioEnvironment,
    around: Surroundings,
    *,
    profile: str,
    chosen_seed: int | None,
    examples: int = 20,
    steps: int = 12,
) -> ExampleTracker:
    """Try about ``examples`` sequences of at most so many ``steps``.

    Each clause that is found broken is noted with the smallest sequence found that shows it, step by step. Raises an
    EnvironmentFault for what ended all of it.
    """
    if not environment.makes_callers:
        examples = max(2, round(examples * _SHARE_OF_ONE_ACCOUNT))
    tracker = ExampleTracker(around, _sequence_text)

    def round_of(number: int | None, count: int) -> None:
        again = tracker.made > 0
        chosen_machine = type(machine.__name__, (machine,), {"environment": environment, "tracker": tracker})
        if number is not None:
            draw_from(chosen_machine, number)
        seeded = chosen_seed is not None
        chosen = profile_settings(profile, count, seeded=seeded, again=again, alike=again and number is None)
        run_state_machine_as_test(chosen_machine, settings=type(chosen)(chosen, stateful_step_count=steps))

    Rounds(tracker, round_of).run(scaled(profile, examples), profile, chosen_seed, environment.session.seed)
    return tracker


def _sequence_text(steps: tuple[str, ...]) -> str:
    listed = "\n".join(f"  {number}. {step}" for number, step in enumerate(steps, 1))
    return f"The smallest sequence found, each step of which can be replayed:\n{listed}"


def _levelled(step: str) -> str:
    """A step without the numbers of its orders and keys: what is the same request but for these."""
    return re.sub(r"\d+", "0", step)
