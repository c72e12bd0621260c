"""What is used of Hypothesis that its documentation does not promise, all of it in one place.

The documented ways were tried first: ``@seed`` forgets about the example database besides, and nothing documented keeps
constants out of what is drawn, or tells two properties apart that share one function.

Whatever is not where it is expected ends the import with a SuiteFault that says for which versions this was written.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import hypothesis.core
import hypothesis.internal.reflection
from hypothesis.internal.conjecture import providers

from venue_conformance.errors import SuiteFault

#: The versions that this module was tried with; ``pyproject.toml`` asks for no others.
WRITTEN_FOR = ">=6.150,<7"

_SEED, _DIGEST = "_hypothesis_internal_use_seed", "_hypothesis_internal_add_digest"


def _require() -> None:
    """Both are attributes that Hypothesis looks for by name: that it still does shows in its source alone."""
    read = {_SEED: hypothesis.core, _DIGEST: hypothesis.internal.reflection}
    missing = [name for name, module in read.items() if name not in inspect.getsource(module)]
    missing += [name for name in ("_get_local_constants", "Constants") if not hasattr(providers, name)]
    if missing:
        raise SuiteFault(
            f"hypothesis {version('hypothesis')} has no {', '.join(missing)}: this was written for {WRITTEN_FOR}"
        )


_require()


def draw_from(test: Any, number: int) -> None:
    """Let a test, or a state machine, draw from this seed, and still replay what the example database remembers."""
    setattr(test, _SEED, number)


def tell_apart(test: Any, name: str) -> None:
    """Draw for a property of this name what is not drawn for another one that shares its function."""
    setattr(test.hypothesis.inner_test, _DIGEST, name.encode())


def keep_constants_out() -> None:
    """Keep what is drawn from depending on which modules happen to be loaded, and from where.

    Hypothesis mixes constants that it finds in the source of local modules into what it draws. The same seed would
    then draw otherwise in an installed suite than in a checkout, and in one process than in another.
    """
    none: Callable[[], Any] = providers.Constants  # type: ignore[attr-defined]
    providers._get_local_constants = none
