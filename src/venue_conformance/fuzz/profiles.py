"""The profiles of a run as Hypothesis knows them: how much is drawn, whether at random, and what is remembered."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.database import (
    DirectoryBasedExampleDatabase,
    ExampleDatabase,
    MultiplexedDatabase,
)

from venue_conformance.errors import ClientFault
from venue_conformance.fuzz.hypothesis_internals import keep_constants_out

#: How many times the examples of the ci profile each profile tries in one round.
SCALE = {"smoke": 0.2, "ci": 1.0, "nightly": 1.0}
#: The nightly profile repeats rounds with other seeds for so many seconds for each property, so many times at most.
NIGHTLY_SECONDS, NIGHTLY_ROUNDS = 60.0, 20
#: After so many seconds a property begins nothing new: a target whose effects show late makes every attempt long.
TRYING_SECONDS = 30.0
#: How long the examples of one broken clause may be made smaller, in seconds, and those of all clauses that one
#: exploration finds broken: it costs the target requests.
SHRINKING_SECONDS, SHRINKING_SECONDS_IN_ALL = 5.0, 10.0
#: The address of a Redis in which nightly runs of several machines share their failing examples.
REDIS_VARIABLE = "VENUE_CONFORMANCE_REDIS"

_ANY_PACE = list(HealthCheck)


def register_profiles(report_dir: Path, *, remembering: bool) -> None:
    """Register smoke, ci and nightly with Hypothesis; ``remembering`` says that examples are kept at all.

    smoke and ci draw the same in every run and remember nothing. nightly draws at random and keeps examples that
    failed under ``report_dir``, which are tried first the next time.

    Raises ClientFault when a shared database is asked for that cannot be used.
    """
    keep_constants_out()
    common = settings(
        settings.get_profile("default"),
        deadline=None,
        database=None,
        print_blob=False,
        verbosity=Verbosity.quiet,
        report_multiple_bugs=False,
        suppress_health_check=_ANY_PACE,
        stateful_step_count=12,
    )
    drawn = (Phase.generate, Phase.shrink)
    settings.register_profile("venue-smoke", common, derandomize=True, phases=drawn, max_examples=20)
    settings.register_profile("venue-ci", common, derandomize=True, phases=drawn, max_examples=100)
    settings.register_profile(
        "venue-nightly",
        common,
        derandomize=False,
        database=_examples(report_dir) if remembering else None,
        phases=(Phase.reuse, *drawn),
        max_examples=100,
    )


def scaled(profile: str, examples: int) -> int:
    """How many examples a profile tries in one round of a property of so many in the ci profile."""
    return max(1, round(examples * SCALE[profile]))


def profile_settings(
    profile: str, examples: int, *, seeded: bool, again: bool = False, alike: bool = False
) -> settings:
    """The settings of a profile for a round of so many examples.

    ``seeded`` repeats an earlier run: nothing that was remembered meanwhile may change what is drawn. ``again`` says
    that a round before has tried what was remembered. ``alike`` draws what every run of the ci profile draws first,
    whatever this run draws from.
    """
    parent = settings.get_profile(f"venue-{profile}")
    drawn = (Phase.generate, Phase.shrink)
    if alike:
        return settings(parent, max_examples=examples, derandomize=True, database=None, phases=drawn)
    if seeded:
        return settings(parent, max_examples=examples, derandomize=False, database=None, phases=drawn)
    return settings(parent, max_examples=examples, phases=drawn if again else parent.phases)


def tables_folder(report_dir: Path) -> Path:
    """Where Hypothesis keeps its tables of characters, which take two seconds to make.

    With what this user's programs keep for later, so that the first run into a report folder finds them; in the report
    folder for a user without a home. Where it cannot be written, Hypothesis keeps nothing.
    """
    kept = os.environ.get("XDG_CACHE_HOME", "")
    try:
        folder = Path(kept) if kept.startswith("/") else Path.home() / ".cache"
    except RuntimeError:
        return report_dir / "hypothesis"
    return folder / "venue-conformance" / "hypothesis"


def _examples(report_dir: Path) -> ExampleDatabase:
    local = DirectoryBasedExampleDatabase(report_dir / "hypothesis" / "examples")
    address = os.environ.get(REDIS_VARIABLE)
    if not address:
        return local
    try:
        from hypothesis.extra.redis import RedisExampleDatabase
        from redis import Redis
    except ImportError as error:
        raise ClientFault(
            f"{REDIS_VARIABLE} is set, which needs: pip install 'venue-conformance[shared-examples]'"
        ) from error
    try:
        shared = Redis.from_url(address)
        shared.ping()
    except Exception as error:
        raise ClientFault(f"{REDIS_VARIABLE}={address}: {error}") from error
    return MultiplexedDatabase(local, RedisExampleDatabase(shared, key_prefix=b"venue-conformance:"))
