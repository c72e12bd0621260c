"""Plays scenarios side by side, each before a fresh staged venue. Nothing here waits for ever."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from venue_conformance.clients.adaptor import Adaptor
from venue_conformance.clients.protocol import Hello, Opening
from venue_conformance.clients.recording import Recording
from venue_conformance.clients.scenario import ClientScenario
from venue_conformance.clients.scene import PlayedScene
from venue_conformance.errors import AdaptorFault, Cause, ConformanceError, EnvironmentFault
from venue_conformance.reference.stage import make_stage
from venue_conformance.reference.stage_server import StageHost

#: So many scenarios in which the adaptor was at fault, and none in which it was not, and the rest is given up; and so
#: many at all.
_HOPELESS, _MOST_FAULTS = 3, 12
_TICK_SECONDS = 0.2
_BUSY = "the stage did not come to its turn in time: is this machine very busy? --jobs makes it less so"

Ending = Literal["played", "not-tested", "inconclusive", "error"]


@dataclass
class Played:
    """How one scenario ended: its recording, or why there is none; ``variant`` is None for the reference."""

    scenario: ClientScenario
    variant: str | None = None
    ending: Ending = "played"
    recording: Recording | None = None
    reason: str | None = None
    cause: Cause | None = None
    seconds: float = 0.0

    @property
    def id(self) -> str:
        """The id of the scenario, with the variant where there is one."""
        return self.scenario.id if self.variant is None else f"{self.scenario.id}[{self.variant}]"


@dataclass(frozen=True)
class CertificationPlan:
    """What is to be played, and how.

    ``new_adaptor`` starts one; ``until`` is a moment of the monotonic clock; ``account`` is the kind of account that
    the client gets where a scenario does not say. ``ended`` hears of each part, from any thread, once it has ended.
    """

    hello: Hello
    new_adaptor: Callable[[], Adaptor]
    seed: int
    parts: tuple[tuple[ClientScenario, str | None], ...]
    lanes: int
    until: float
    timeout_seconds: float = 2.0
    deadline_seconds: float = 60.0
    account: Mapping[str, str] = field(default_factory=dict)
    tell: Callable[[str], None] = field(default=lambda _: None)
    ended: Callable[[Played], None] = field(default=lambda _: None)


class Driver:
    """Plays a plan. ``stop`` may be called from any thread, and ends it soon."""

    def __init__(self, plan: CertificationPlan) -> None:
        self._plan = plan
        self._host = StageHost()
        self._lock = threading.Lock()
        self._waiting = sorted(plan.parts, key=lambda part: -part[0].seconds)
        self._done: dict[tuple[str, str | None], Played] = {}
        self._adaptors: set[Adaptor] = set()
        self._faults = self._fine = 0
        self._ended: tuple[str, Cause] | None = None

    def play(self) -> list[Played]:
        """Play everything that there is time for, and say how each part ended, in the order of the plan."""
        lanes = [
            threading.Thread(target=self._lane, name=f"lane {number}", daemon=True)
            for number in range(min(self._plan.lanes, len(self._waiting)))
        ]
        try:
            for lane in lanes:
                lane.start()
            while any(lane.is_alive() for lane in lanes):
                if time.monotonic() > self._plan.until:
                    self.stop("the time of the run is over", "out-of-time")
                lanes[0].join(_TICK_SECONDS) if lanes[0].is_alive() else time.sleep(_TICK_SECONDS)
        except KeyboardInterrupt:
            self.stop("the run was interrupted", "interrupted")
            for lane in lanes:
                lane.join(5)
            raise
        finally:
            self.stop("the run has ended", "interrupted")
            for lane in lanes:
                lane.join(5)
            self._host.close()
        return self.results()

    def results(self) -> list[Played]:
        """How each part ended so far; what was not played is inconclusive."""
        reason, cause = self._ended or ("the run ended before it", "interrupted")
        return [
            self._done.get((scenario.name, variant))
            or Played(scenario, variant, "inconclusive", reason=reason, cause=cause)
            for scenario, variant in self._plan.parts
        ]

    def stop(self, reason: str, cause: Cause) -> None:
        """Begin nothing further, and let go of every adaptor."""
        with self._lock:
            self._ended = self._ended or (reason, cause)
            adaptors, self._adaptors = self._adaptors, set()
        for adaptor in adaptors:
            adaptor.stop(at_once=True)

    def _lane(self) -> None:
        adaptor: Adaptor | None = None
        while (part := self._next()) is not None:
            if adaptor is None:
                try:
                    adaptor = self._start()
                except ConformanceError as fault:
                    self._note(Played(*part, "inconclusive", reason=str(fault), cause="way"))
                    continue
            began = time.monotonic()
            self._tell_beginning(part[0], part[1])
            played = self._play(adaptor, *part)
            played.seconds = time.monotonic() - began
            self._note(played)
            if played.ending == "inconclusive":
                self._let_go(adaptor)
                adaptor = None
        if adaptor is not None:
            if self._ended is None:
                adaptor.close()
            self._let_go(adaptor)

    def _next(self) -> tuple[ClientScenario, str | None] | None:
        with self._lock:
            return self._waiting.pop(0) if self._waiting and self._ended is None else None

    def _start(self) -> Adaptor:
        adaptor = self._plan.new_adaptor()
        with self._lock:
            if self._ended is not None:
                ended = self._ended
            else:
                self._adaptors.add(adaptor)
                return adaptor
        adaptor.stop()
        raise EnvironmentFault(*ended)

    def _let_go(self, adaptor: Adaptor) -> None:
        with self._lock:
            self._adaptors.discard(adaptor)
        adaptor.stop()

    def _play(self, adaptor: Adaptor, scenario: ClientScenario, variant: str | None) -> Played:
        played = Played(scenario, variant)
        plan, seed = self._plan, seed_of(self._plan.seed, scenario, variant)
        if scenario.needs and not plan.hello.can & set(scenario.needs):
            reason = f"the adaptor's hello does not have {' or '.join(scenario.needs)} in its can"
            return Played(scenario, variant, "not-tested", reason=reason, cause="not-applicable")
        try:
            stage = self._host.open(
                make_stage(plan.hello.venue, seed=seed, variant=variant, rate_limited=scenario.rate_limited)
            )
        except TimeoutError:
            return Played(scenario, variant, "inconclusive", reason=_BUSY, cause="way")
        except OSError as error:
            return Played(scenario, variant, "error", reason=f"no stage: {error}")
        try:
            kind = dict(scenario.caller) or plan.account
            account: dict[str, str] = stage.state("caller", **kind)["credentials"]
            scene = PlayedScene(stage, adaptor, plan.hello, account, seed, plan.deadline_seconds)
            played.recording = scene.recording
            opening = Opening(stage.base_url, account, stage.ws_url, plan.timeout_seconds, plan.deadline_seconds)
            adaptor.open(opening)
            try:
                scenario.act(scene)
            finally:
                scene.recording.arrivals = stage.arrivals()
            scene.finish()
        except AdaptorFault as fault:
            played.ending, played.reason, played.cause = "inconclusive", fault.reason, fault.cause
        except EnvironmentFault as fault:
            played.ending, played.reason, played.cause = "not-tested", fault.reason, fault.cause
        except TimeoutError:
            played.ending, played.cause = "inconclusive", "way"
            played.reason = _BUSY
        except Exception as error:  # a bug of a scenario or of the stage; the report says so, and the run ends with 4
            played.ending, played.reason = "error", f"{type(error).__name__}: {error}"
        finally:
            stage.close()
        if played.reason is not None and played.recording is not None:
            played.reason = played.recording.redaction.text(played.reason)
        ended = self._ended
        if ended is not None and played.ending in ("inconclusive", "error"):  # what it used was taken away under it
            played.ending = "inconclusive"
            played.reason, played.cause = ended
        return played

    def _note(self, played: Played) -> None:
        with self._lock:
            self._done[played.scenario.name, played.variant] = played
            at_fault = played.ending == "inconclusive" and self._ended is None
            self._faults += at_fault
            self._fine += played.ending in ("played", "not-tested")
            hopeless = (self._faults >= _HOPELESS and not self._fine) or self._faults >= _MOST_FAULTS
        self._tell_end(played)
        self._plan.ended(played)
        if at_fault and hopeless:
            self.stop(f"given up after {self._faults} scenarios; in the last of them {played.reason}", "way")

    def _tell_beginning(self, scenario: ClientScenario, variant: str | None) -> None:
        most = scenario.calls * (self._plan.deadline_seconds + 1) + 30
        at, until = datetime.now(), datetime.now() + timedelta(seconds=most)
        name = scenario.name + (f" [{variant}]" if variant else "")
        self._plan.tell(f"{at:%H:%M:%S} begins {name}: waits for {scenario.waits_for}, until {until:%H:%M:%S} at most")

    def _tell_end(self, played: Played) -> None:
        name = played.scenario.name + (f" [{played.variant}]" if played.variant else "")
        if played.ending == "played" and played.recording is not None:
            said = "; ".join(call.report.describe() for call in played.recording.calls)
            sent = len(played.recording.batches)
            said = played.recording.redaction.text(said)
            told = f"{sent} batch{'' if sent == 1 else 'es'} sent, the client says: {said or 'nothing'}"
        else:
            told = f"{played.ending}: {played.reason}"
        self._plan.tell(f"{datetime.now():%H:%M:%S} ends   {name}, {played.seconds:.1f} s: {told}")


def seed_of(seed: int, scenario: ClientScenario, variant: str | None) -> int:
    """The seed of one stage: all its ids and keys follow from it, so that anybody can make them again."""
    digest = hashlib.sha256(f"{seed}/{scenario.name}/{variant or ''}".encode()).digest()
    return int.from_bytes(digest[:6], "big")


def parts_of(
    scenarios: Iterable[ClientScenario], variants: Iterable[str]
) -> tuple[tuple[ClientScenario, str | None], ...]:
    """What is played: each scenario before the reference, and some of them before every variant too."""
    chosen = list(scenarios)
    before_variants = [(each, variant) for variant in variants for each in chosen if each.with_variants]
    return (*((each, None) for each in chosen), *before_variants)
