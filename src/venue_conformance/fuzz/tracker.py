"""What properties and sequences have in common: examples one after the other, known breaches, and when to stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

from hypothesis.errors import Flaky, Unsatisfiable, UnsatisfiedAssumption

from venue_conformance.errors import (
    DISPOSABLE,
    EnvironmentFault,
    Inconclusive,
    NotSent,
    OutOfTime,
    SameRequestFails,
    Violation,
    WayFault,
)
from venue_conformance.fuzz.breaches import Breaches, Draw
from venue_conformance.fuzz.hypothesis_internals import draw_from
from venue_conformance.fuzz.profiles import (
    NIGHTLY_ROUNDS,
    NIGHTLY_SECONDS,
    SHRINKING_SECONDS,
    SHRINKING_SECONDS_IN_ALL,
    TRYING_SECONDS,
)
from venue_conformance.wire.recorder import Recorder, Remark, Step

#: A request that meets a fault of the way in so many of so many tries fails by itself.
FAULTY_TRIES = 5
#: So many examples may be dropped for faults of the way before more of them than of others end an exploration.
_MOST_DROPPED = 20
#: So many examples in a row that may not be sent end a round: what is drawn is nearly all of that kind.
_MOST_UNSAFE = 30
#: Each newly found breach ends a round, and so does a target that answers the same in two ways.
_MOST_ROUNDS = 60
_NOT_AGAIN = "(it did not happen again when the same was done once more)"


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
    known yet is raised: others like it are then tried for SHRINKING_SECONDS, in search of a smaller one. After that
    the clause is known, so that its breaches are noted and nothing more, and a new round of examples begins, until at
    least as many have come after the first breach as before. ``describe`` says what an example did.
    """

    around: Surroundings
    describe: Callable[[tuple[str, ...]], str]
    clock: Callable[[], float] = time.monotonic
    seconds: float = TRYING_SECONDS
    #: Seconds left for making examples smaller; at 0 every new breach is just noted.
    shrinking_seconds: float = SHRINKING_SECONDS_IN_ALL
    made: int = 0
    done: int = 0
    dropped: int = 0
    #: Of these, such as were kept back.
    unsafe: int = 0
    cut: bool = False
    _unsafe_in_a_row: int = 0
    last_drop: WayFault | NotSent | None = None
    fault: EnvironmentFault | None = None
    doubt: Inconclusive | None = None
    #: A failed assertion, or a breach of which it is not known whose promise it breaks, and its steps.
    unnamed: tuple[Exception, list[Step]] | None = None
    _began: float | None = None
    _first_breach: int | None = None
    _shrinking: bool = False
    _target: str | None = None
    _shrinking_began: float = 0.0
    _deadline: float = 0.0
    _mark: int = 0
    _done: list[str] = field(default_factory=list)
    _failing: tuple[str, ...] | None = None
    _passed_again: bool = False
    _failing_steps: dict[str, int] = field(default_factory=dict)
    _drawn: set[Draw] = field(default_factory=set)

    # -- one example ---------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Begin an example, unless the time for that is over."""
        now = self.clock()
        self._began = now if self._began is None else self._began
        if self._shrinking:
            if now > self._deadline:
                raise Stop
        elif self.around.out_of_time() or now - self._began > self.seconds:
            self.cut = True
            raise Stop
        elif self._nearly_all_unsafe and self.around.breaches.drawing is not None:
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
        if self._shrinking and self.clock() > self._deadline:
            raise Stop
        self._done.append(what)
        self.done += not self._shrinking

    def ended(self) -> None:
        """Note that an example ran to its end, whatever was reported meanwhile."""
        self._unsafe_in_a_row = 0
        if self._shrinking and tuple(self._done) == self._failing:
            self._passed_again = True

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
                if self._shrinking or not self._control_answered():
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
        if self._shrinking:
            if clause == self._target and not breaches.accepts(clause, violation.kind):
                self._describe(violation)
                breaches.simplify(violation, steps)
                self._failing = tuple(self._done)
                raise violation
            if breaches.expects(violation):
                return
        new = not breaches.expects(violation)
        self._describe(violation)
        breaches.add(violation, steps)
        if self._first_breach is None:
            self._first_breach = self.made
        if new and not self._shrinking and self.shrinking_seconds > 0:
            self._shrink(clause)
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
        if not self._shrinking:
            self._shrink(None)
        self._failing = tuple(self._done)
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
        if not self._shrinking and self._control_answered():
            self._failing_steps[what] = self._failing_steps.get(what, 0) + 1
            if self._failing_steps[what] >= FAULTY_TRIES:
                self._same_request_fails(fault)
        self._drop(fault)

    def not_sent(self, unsafe: NotSent) -> NoReturn:
        """Drop an example, or a sequence, that no account of this target may send."""
        self.unsafe += not self._shrinking
        self._unsafe_in_a_row += 1
        self.last_drop = unsafe
        self._drop()

    @property
    def _nearly_all_unsafe(self) -> bool:
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
        if not self._shrinking:
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

    def _shrink(self, clause: str | None) -> None:
        self._shrinking, self._target, self._passed_again = True, clause, False
        self._failing = tuple(self._done)
        self._shrinking_began = self.clock()
        self._deadline = self._shrinking_began + min(SHRINKING_SECONDS, self.shrinking_seconds)

    # -- all of them ---------------------------------------------------------------------------------------------------

    def run(
        self,
        rounds: Callable[[int | None, int], Any],
        examples: int,
        profile: str,
        chosen_seed: int | None,
        run_seed: int,
    ) -> None:
        """Run what makes the examples, round after round; ``rounds`` is given a seed and how many to make.

        A seed of None draws as in every run. The nightly profile draws again with other seeds until its time is over.
        Raises what ended it, if that is no breach that was noted.
        """
        nightly = profile == "nightly"
        self.seconds = NIGHTLY_SECONDS if nightly else self.seconds
        planned = examples * (NIGHTLY_ROUNDS if nightly else 1)
        first = chosen_seed if chosen_seed is not None else run_seed if nightly else None
        for number in range(_MOST_ROUNDS):
            seed = first if not number else (first or 0) + number
            left = max(planned, 2 * (self._first_breach or 0)) - self.made
            if left <= 0:
                break
            made, wanted = self.made, min(left, examples) if nightly else left
            again = self._round(rounds, seed, wanted)
            if self.fault is not None or self.unnamed_ends or self.cut or self._nearly_all_unsafe:
                break
            if not again and self.made - made < wanted:
                break  # there is nothing more to be drawn
        self._seek_accepted(rounds)
        self.conclude(planned)

    def _seek_accepted(self, rounds: Callable[[int | None, int], Any]) -> None:
        """Draw once more what showed an accepted breach that was not met, lest it be taken for mended."""
        breaches = self.around.breaches
        for draw in dict.fromkeys(each for draws in breaches.missed().values() for each in draws):
            waiting = [clause for clause, draws in breaches.missed().items() if draw in draws]
            if not waiting or draw in self._drawn:
                continue
            cut, self.cut, self._began = self.cut, False, None  # it has time of its own
            if self.fault is None and not self.unnamed_ends:
                self._round(rounds, draw.seed, draw.examples)
            if self.cut or self.fault is not None or self.unnamed_ends:
                breaches.unsought.update(clause for clause in waiting if clause in breaches.missed())
            self.cut = cut

    @property
    def unnamed_ends(self) -> bool:
        """Whether a failed assertion ends the exploration."""
        return self.unnamed is not None and not isinstance(self.unnamed[0], Violation)

    def _round(self, rounds: Callable[[int | None, int], Any], seed: int | None, examples: int) -> bool:
        """Whether another round is to follow, for this one was broken off."""
        broken_off = False
        self.around.breaches.drawing = Draw(seed, examples)
        self._drawn.add(Draw(seed, examples))
        try:
            rounds(seed, examples)
        except Stop:
            broken_off = True
        except Flaky:
            # A target that answers the same sequence in two ways breaks no promise by that alone.
            broken_off = True
            self._say_not_again()
        except Unsatisfiable:
            pass
        except (Violation, AssertionError):
            if not self._shrinking:
                raise
            broken_off = True
        except EnvironmentFault as fault:
            self.fault = fault
        finally:
            self.around.breaches.drawing = None
        if self._shrinking:
            broken_off = True
            took = self.clock() - self._shrinking_began
            self.shrinking_seconds -= took
            self._began = None if self._began is None else self._began + took
            self._shrinking, self._target, self._failing = False, None, None
        return broken_off

    def _say_not_again(self) -> None:
        """Say that a breach was not met again: only after a repetition that ran to its end and passed."""
        if not self._passed_again:
            return
        if self._target is not None:
            self.around.breaches.found[self._target].violation.add_note(_NOT_AGAIN)
        elif self.unnamed is not None:
            self.unnamed[0].add_note(_NOT_AGAIN)

    def conclude(self, planned: int) -> None:
        """Say how much was tried; raises what ended it, if that is no breach that was noted."""
        recorder, breaches = self.around.recorder, self.around.breaches
        breaches.conclude()
        if self.unnamed_ends or (self.unnamed is not None and not breaches.found):
            assert self.unnamed is not None, "asked just now"
            error, recorder.trace = self.unnamed
            raise error
        if self.fault is not None:
            raise self.fault
        if self.last_drop is not None and not breaches.examples:
            raise self.last_drop
        if self.cut and not breaches.examples:
            raise OutOfTime("the time was over before the first example")
        # Of what was tried in vain only the extent is told; the exchanges are all there.
        recorder.trace = [*(recorder.trace or []), Remark(self._extent(planned))]
        if self.doubt is not None:
            raise self.doubt

    def _extent(self, planned: int) -> str:
        found = "none of which failed" if self._first_breach is None else "some of which broke a clause"
        cut = f", cut short: {self.made} of {planned} examples ran before the time was over" if self.cut else ""
        faulty = self.dropped - self.unsafe
        dropped = f"; {faulty} more were dropped for faults of the way" if faulty else ""
        unsafe = f"; {self.unsafe} more were not sent: they need {DISPOSABLE}" if self.unsafe else ""
        average = self.done / max(1, self.made)
        return f"{self.made} examples of {average:.0f} steps on average, {found}{cut}{dropped}{unsafe}"


def seeded(test: Callable[[], None], number: int | None) -> Callable[[], None]:
    """The test, drawing from this seed; None leaves it as it is."""
    if number is not None:
        draw_from(test, number)
    return test
