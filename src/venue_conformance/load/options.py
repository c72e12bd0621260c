"""What a load test was asked to do, as it is handed from one process to the next."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Literal, Self

Role = Literal["local", "master", "worker"]

#: Where workers of other machines find their master, unless it is told otherwise.
DEFAULT_PORT = 5557
#: What workers of other machines may take to come.
COMING_SECONDS = 600.0
#: What a worker may take to start, and to give back what it has set up once its time is over.
START_SECONDS, GIVE_BACK_SECONDS, HURRIED_SECONDS = 60.0, 60.0, 5.0


@dataclass(frozen=True)
class LoadOptions:
    """One process of a load test; no secret stands here.

    ``folder`` is the report folder, ``target`` the target file's path. ``rate`` are requests a second of all workers
    together, None for no bound but the documented budgets. ``role`` says what the process is: ``local`` sends by
    itself, a ``master`` lets ``workers`` send, each of which finds it at ``host`` and ``port``.
    """

    run: str
    target: str
    folder: str
    users: int
    seconds: float
    rate: float | None
    seed: int
    fail_fast: bool = False
    force_production: bool = False
    strict: bool = False
    allow_untested: bool = False
    role: Role = "local"
    workers: int = 1
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    #: How many requests were sent before the workers began.
    probed: int = 0

    @property
    def longest_seconds(self) -> float:
        """After what time a process that has not ended is taken for dead."""
        return self.seconds + START_SECONDS + GIVE_BACK_SECONDS + 60.0

    def to_json(self) -> str:
        """As text."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The options again."""
        return cls(**json.loads(text))
