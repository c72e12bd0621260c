"""Stories of requests and events, told by a Hypothesis state machine and judged step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import ClassVar, ParamSpec, TypeVar

from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from venue_conformance.errors import EnvironmentFault, Violation
from venue_conformance.fuzz.attempts import Attempts
from venue_conformance.fuzz.breaches import Breaches
from venue_conformance.fuzz.profiles import profile_settings
from venue_conformance.fuzz.stage import Scene, Stage
from venue_conformance.venues.expected import ExpectedOrder, compare
from venue_conformance.venues.settling import Settling

Given = ParamSpec("Given")
Outcome = TypeVar("Outcome")

#: Of the stories that a run may tell with accounts of their own, the share that it tells with a single account, which
#: is held to its budget.
_SHARE_OF_ONE_ACCOUNT = 0.2


class VenueMachine(RuleBasedStateMachine):
    """One story. A venue's machine adds rules; each calls ``doing`` before it does anything, and nothing else judges.

    ``Violation`` is what a rule raises when an answer is not what the venue's model predicts.
    """

    stage: ClassVar[Stage]
    attempts: ClassVar[Attempts]
    #: What an account that was made for a story may spend at once, in tokens of its venue.
    at_once: ClassVar[int]

    def __init__(self) -> None:
        super().__init__()
        self.attempts.begin()
        self.scene: Scene | None = None
        self.steps: list[str] = []
        self.over = False
        self.counts: Counter[str] = Counter()
        self.spent: Counter[bool] = Counter()

    def doing(self, what: str) -> Scene:
        """Say what this step does; the accounts to do it with.

        ``what`` names orders and keys by labels, so that the same story reads the same whatever their ids.
        """
        try:
            self.attempts.doing(what)
        except BaseException:
            self.over = True
            raise
        self.steps.append(what)
        if self.scene is None:
            self.scene = self.stage.scene()
        self.stage.remark(f"step {len(self.steps)}: {what}")
        return self.scene

    def label(self, kind: str) -> str:
        """The next label of a kind: open1, open2, key1."""
        self.counts[kind] += 1
        return f"{kind}{self.counts[kind]}"

    def affords(self, tokens: int, *, by_other: bool = False) -> bool:
        """Whether the caller, or the other one, can pay for a step at once; then it is paid for.

        A story would rather leave a step out than wait for the budget; an account that all stories share waits.
        """
        if self.scene is not None and self.scene.fresh and self.spent[by_other] + tokens > self.at_once:
            return False
        self.spent[by_other] += tokens
        return True

    def failed(self, error: Exception) -> None:
        """Note what ended the story."""
        self.over = True
        self.attempts.failed(error)

    def read_back(self) -> None:
        """Compare every order with what it must read as. Raises Violation."""
        raise NotImplementedError

    def compare(self, expected: Sequence[ExpectedOrder]) -> None:
        """Compare orders with what they must read as, as long as a change may still come to show. Raises Violation."""
        if self.scene is not None and expected:
            patience = Settling(self.stage.session.settle_seconds)
            compare(expected, self.scene.orders.statuses, patience.wait)

    def teardown(self) -> None:
        """Read everything back once more, and undo what can be undone."""
        try:
            if not self.over and self.scene is not None:
                judged(self, self.read_back)
        finally:
            if self.scene is not None:
                self.scene.orders.close()
                self.stage.close()


def judged(
    machine: VenueMachine, step: Callable[Given, Outcome], *arguments: Given.args, **named: Given.kwargs
) -> Outcome:
    """Do a step of a story, and note what ends it."""
    try:
        return step(*arguments, **named)
    except (Violation, AssertionError, EnvironmentFault) as error:
        machine.failed(error)
        raise


def tell_stories(
    machine: type[VenueMachine],
    stage: Stage,
    breaches: Breaches,
    *,
    profile: str,
    chosen_seed: int | None,
    examples: int = 20,
    steps: int = 12,
) -> Attempts:
    """Tell about ``examples`` stories of at most so many ``steps``.

    Raises Violation for the smallest story found that the target does not play by the page, told step by step; an
    EnvironmentFault ends all of it. A story that ends in what ``breaches`` takes note of counts as one that held.
    """
    if not stage.makes_callers:
        examples = max(2, round(examples * _SHARE_OF_ONE_ACCOUNT))
    attempts = Attempts(stage.recorder, breaches, _story)

    def round_of(number: int | None) -> None:
        story = type(machine.__name__, (machine,), {"stage": stage, "attempts": attempts})
        if number is not None:
            story._hypothesis_internal_use_seed = number  # type: ignore[attr-defined]
        chosen = profile_settings(profile, examples, seeded=chosen_seed is not None)
        run_state_machine_as_test(story, settings=type(chosen)(chosen, stateful_step_count=steps))

    attempts.run(round_of, profile, chosen_seed, stage.session.seed)
    return attempts


def _story(steps: tuple[str, ...]) -> str:
    told = "\n".join(f"  {number}. {step}" for number, step in enumerate(steps, 1))
    return f"The smallest story found, each step of which can be replayed:\n{told}"
