"""What every reference venue is: a clock, ids, armed faults, provider states, and an answer to each request."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, TypedDict, Unpack

from .clock import Clock
from .faults import Faults
from .http import Headers, Request, Response, json_response
from .identity import Identities
from .states import ProviderStates
from .texts import toml_lines

STATES_PATH = "/_states"
"""Where a served venue takes requests for provider states."""


class VenueUnavailable(Exception):
    """Something that a venue rests upon cannot be had; the message says what, in one line and without secrets."""


class VenueOptions(TypedDict, total=False):
    """What a venue may be told when it is made."""

    seed: int
    """Ids and credentials follow from it; 0 when left out."""
    clock: Clock
    """The real clock when left out."""
    rate_limited: bool
    """Whether callers are held to their budget; they are when left out."""
    states_token: str
    """The bearer token that requests for provider states must carry; none when left out."""


class Venue(ABC):
    """The chassis of a reference venue. A subclass says what its endpoints answer.

    All requests of one venue are served on one event loop: code between two awaits is never interleaved, and a
    step that must be atomic simply does not await.
    """

    name: ClassVar[str]
    """The venue as target files name it."""
    has_store: ClassVar[bool] = False
    """Whether it leaves open where orders are kept, and so takes the option `store`."""

    states: ProviderStates

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        self.clock = options.get("clock") or Clock()
        self.identities = Identities(options.get("seed", 0), self.name)
        self.faults = Faults()
        self.rate_limited = options.get("rate_limited", True)
        self.states_token = options.get("states_token")

    async def handle(self, request: Request) -> Response:
        """Answer one request, be it for a provider state or for the venue."""
        if request.path == STATES_PATH:
            return await self.states.handle(request)
        return await self.answer(request)

    @abstractmethod
    async def answer(self, request: Request) -> Response:
        """Answer one request to the venue itself."""

    @abstractmethod
    def first_credentials(self, base_url: str) -> dict[str, str]:
        """The credentials in the target file of this venue served at `base_url`."""

    def target_file(self, base_url: str) -> str:
        """A target file (TOML) for this venue served at `base_url`, with the first account's credentials."""
        base_url = base_url.rstrip("/")
        states = {"url": base_url + STATES_PATH} | ({} if self.states_token is None else {"token": self.states_token})
        top = {"venue": self.name, "base_url": base_url, "environment": "embedded reference"}
        return "\n".join(
            [
                *toml_lines(top),
                *("", "[credentials]", *toml_lines(self.first_credentials(base_url))),
                *("", "[states]", *toml_lines(states), ""),
            ]
        )

    def reply(self, status: int, value: object, headers: Headers = ()) -> Response:
        """An answer with a JSON body."""
        return json_response(status, value, headers)

    async def open(self) -> None:  # noqa: B027 - most venues rest upon nothing
        """Make ready what the venue rests upon. Called once, on the loop that serves it, before the first request.

        Raises `VenueUnavailable`.
        """

    async def close(self) -> None:  # noqa: B027 - most venues hold nothing
        """Give back what the venue holds. Called once, on the loop that served it, when its server has stopped."""

    def refuse_oversize(self) -> Response:
        """The answer to a body that is too large to be read."""
        return json_response(413, {"message": "The request body is too large"})
