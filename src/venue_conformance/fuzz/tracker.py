"""What properties and sequences have in common: one example after the other, and what comes of each."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

from hypothesis.errors import UnsatisfiedAssumption

from venue_conformance.errors import (
    EnvironmentFault,
    Inconclusive,
    NotSent,
    SameRequestFails,
    Violation,
    WayFault,
)
from venue_conformance.fuzz.breaches import Breaches
from venue_conformance.fuzz.profiles import TRYING_SECONDS
from venue_conformance.fuzz.shrinking import Shrinking
from venue_conformance.wire.recorder import Recorder, Step

#: A request that meets a fault of the way in so many of so many tries fails by itself.
FAULTY_TRIES = 5
#: So many examples may be dropped for faults of the way before more of them than of others end an exploration.
_MOST_DROPPED = 20
#: So many examples in a row that may not be sent end a round: what is drawn is nearly all of that kind.
_MOST_UNSAFE = 30


class Stop(BaseException):
    """Ends a round of examples at once. Not an Exception, for Hypothesis would take one for a failing example.

    Hypothesis remembers the example that was broken off, as one to be tried first the next time, and then forgets it.
    """


class Dropped(Exception):  # noqa: N818 - not an error
    """An example that met a fault of the way, and of which a repetition would say nothing."""


@dataclass(frozen=True)
class Surroundings:
    """What an exploration needs of the run that it is part of.

    ``out_of_time`` is asked between two examples. ``control`` sends a valid request and says whether it was answered;
    ``server_error`` is the clause that breaks when one request fails again and again beside it. ``clause`` is the one
    clause of a check that has no other.
    """

    recorder: Recorder
    breaches: Breaches
    out_of_time: Callable[[], bool] = lambda: False
    control: Callable[[], bool] = lambda: True
    server_error: str | None = None
    clause: str | None = None


@dataclass
class ExampleTracker:
    """Watches the examples of one property or state machine, which begin within ``seconds``.

    An example names each thing that it does before it does it, and reports each breach. One of a clause that is not
    known yet is raised: others like it are then tried for a while, in search of a smaller one. After that the clause
    is known, so that its breaches are noted and nothing more. ``describe`` says what an example did.
    """

    around: Surroundings
    describe: Callable[[tuple[str, ...]], str]
    clock: Callable[[], float] = time.monotonic
    seconds: float = TRYING_SECONDS
    shrinking: Shrinking = field(default_factory=Shrinking)
    made: int = 0
    done: int = 0
    dropped: int = 0
    #: Of these, such as were kept back.
    unsafe: int = 0
    cut: bool = False
    last_drop: WayFault | NotSent | None = None
    fault: EnvironmentFault | None = None
    doubt: Inconclusive | None = None
    #: A failed assertion, or a breach of which it is not known whose promise it breaks, and its steps.
    unnamed: tuple[Exception, list[Step]] | None = None
    #: How many examples had been made when the first breach was met.
    first_breach: int | None = None
    _began: float | None = None
    _mark: int = 0
    _done: list[str] = field(default_factory=list)
    _failing_steps: dict[str, int] = field(default_factory=dict)
    _unsafe_in_a_row: int = 0

    # -- one example ---------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Begin an example, unless the time for that is over."""
        now = self.clock()
        self._began = now if self._began is None else self._began
        if self.shrinking.on:
            if self.shrinking.out_of_time:
                raise Stop
        elif self.around.out_of_time() or now - self._began > self.seconds:
            self.cut = True
            raise Stop
        elif self.nearly_all_unsafe and self.around.breaches.drawing is not None:
            raise Stop
        else:
            self.made += 1
            self.around.breaches.begin_example()
        self._restart()

    def _restart(self) -> None:
        self._mark = len(self.around.recorder.steps)
        self._done = []

    def doing(self, what: str) -> None:
        """Say what is done next; ends the round when it is not worth doing any more."""
        if self.shrinking.out_of_time:
            raise Stop
        self._done.append(what)
        self.done += not self.shrinking.on

    def ended(self) -> None:
        """Note that an example ran to its end, whatever was reported meanwhile."""
        self._unsafe_in_a_row = 0
        self.shrinking.passed(tuple(self._done))

    def try_out(self, what: str, holds: Callable[[], object]) -> None:
        """Try one example of a property: what it is given, and the call.

        A fault of the way lets it be tried again after a control request that is answered; five of them end the
        exploration. Raises what Hypothesis is to see of it.
        """
        self.begin()
        first_mark = self._mark
        for number in range(1, FAULTY_TRIES + 1):
            self._restart()
            self.doing(what)
            try:
                holds()
            except Violation as violation:
                self.report(violation)
            except AssertionError as error:
                self.unexpected(error)
            except Dropped:
                self._drop()
            except NotSent as unsafe:
                self.not_sent(unsafe)
            except WayFault as fault:
                if self.shrinking.on or not self._control_answered():
                    self._drop(fault)
                if number == FAULTY_TRIES:
                    self._mark = first_mark
                    self._same_request_fails(fault)
                continue
            except EnvironmentFault as fault:
                self.end(fault)
            else:
                self.ended()
            return

    # -- what comes of it ----------------------------------------------------------------------------------------------

    def report(self, violation: Violation) -> None:
        """Note a breach. Raises it when it is to be made smaller, else lets the example go on."""
        breaches = self.around.breaches
        violation.clause = clause = violation.clause or self.around.clause
        if clause is None:
            self.unexpected(violation)
            return
        steps = self._steps()
        if self.shrinking.on:
            if clause == self.shrinking.clause and not breaches.accepts(clause, violation.kind):
                self._describe(violation)
                breaches.simplify(violation, steps)
                self.shrinking.failing = tuple(self._done)
                raise violation
            if breaches.expects(violation):
                return
        new = not breaches.expects(violation)
        self._describe(violation)
        breaches.add(violation, steps)
        if self.first_breach is None:
            self.first_breach = self.made
        if new and not self.shrinking.on and self.shrinking.seconds > 0:
            self.shrinking.begin(clause, tuple(self._done))
            raise violation

    def unexpected(self, error: Exception) -> None:
        """Note a failed assertion, or a breach without a clause.

        An assertion is made smaller and ends the exploration; what cannot be read for what was asked lets it go on.
        """
        assertion = not isinstance(error, Violation)
        if self.unnamed is None or assertion:
            self._describe(error)
            self.unnamed = error, self._steps()
        if not assertion:
            return
        if not self.shrinking.on:
            self.shrinking.begin(None, ())
        self.shrinking.failing = tuple(self._done)
        raise error

    def end(self, fault: EnvironmentFault) -> NoReturn:
        """End the exploration for what keeps it from going on."""
        self.fault = fault
        raise Stop

    def doubtful(self, what: Inconclusive) -> None:
        """Note what could not be judged; the exploration goes on, and says so at its end."""
        self.doubt = self.doubt or what

    def step_fault(self, what: str, fault: WayFault) -> NoReturn:
        """Drop a sequence whose step met a fault of the way; ``what`` is the step, with its numbers levelled.

        Ends the exploration when the same step has met one in five tries, one after the other, and a control request
        was answered each time.
        """
        if not self.shrinking.on and self._control_answered():
            self._failing_steps[what] = self._failing_steps.get(what, 0) + 1
            if self._failing_steps[what] >= FAULTY_TRIES:
                self._same_request_fails(fault)
        self._drop(fault)

    def not_sent(self, unsafe: NotSent) -> NoReturn:
        """Drop an example, or a sequence, that no account of this target may send."""
        self.unsafe += not self.shrinking.on
        self._unsafe_in_a_row += 1
        self.last_drop = unsafe
        self._drop()

    @property
    def nearly_all_unsafe(self) -> bool:
        """Whether what is drawn is of a kind that may not be sent."""
        return self._unsafe_in_a_row >= _MOST_UNSAFE

    def step_answered(self, what: str) -> None:
        """Note that a step was answered: what was met in it before is not of its own making."""
        self._failing_steps.pop(what, None)

    def _control_answered(self) -> bool:
        try:
            return self.around.control()
        except WayFault:
            return False
        except EnvironmentFault as fault:
            self.end(fault)

    def _same_request_fails(self, fault: WayFault) -> NoReturn:
        what = f"{fault.reason} in {FAULTY_TRIES} of {FAULTY_TRIES} tries of the same request"
        if self.around.server_error is not None:
            violation = Violation(
                "an answer below 500, as valid requests got between the tries",
                what,
                self.around.server_error,
                kind="server-error",
            )
            self._describe(violation)
            self.around.breaches.add(violation, self._steps())
        self.end(SameRequestFails(f"{what}: {self._done[-1] if self._done else ''}"[:2000]))

    def _drop(self, fault: WayFault | None = None) -> NoReturn:
        if not self.shrinking.on:
            self.dropped += 1
            self.made -= 1
            self.around.breaches.drop_example()
            if fault is not None and self.dropped >= _MOST_DROPPED and self.dropped > self.made:
                self.end(fault)
            self.last_drop = fault or self.last_drop
        raise UnsatisfiedAssumption

    def _steps(self) -> list[Step]:
        return self.around.recorder.since(self._mark)

    def _describe(self, error: Exception) -> None:
        note = self.describe(tuple(self._done))
        if note and note not in getattr(error, "__notes__", ()):
            error.add_note(note)

    # -- all of them ---------------------------------------------------------------------------------------------------

    def stop_shrinking(self) -> None:
        """Go on with other examples; what the search for a smaller one took is not taken from their time."""
        took = self.shrinking.end()
        self._began = None if self._began is None else self._began + took

    def begin_time(self) -> None:
        """Let time begin anew with the next example."""
        self._began = None

    @property
    def ended_by_assertion(self) -> bool:
        """Whether a failed assertion ends the exploration."""
        return self.unnamed is not None and not isinstance(self.unnamed[0], Violation)
