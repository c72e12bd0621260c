"""A reference as a partner's sandbox: every request is told of, and a refusal says what was wrong with it."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from datetime import datetime
from typing import Any, Protocol

from .discovery import part_of
from .http import Receive, Request, Response, Send, SpeaksWebSocket
from .stage_steps import OWN_ANSWERS
from .venue import STATES_PATH, Venue


class Explainer(Protocol):
    """What explaining has to know of a venue: a module of the name ``explanations`` beside the venue."""

    def account_of(self, request: Request) -> str:
        """Who is asking, shortened so that it can be told."""

    def asked(self, request: Request) -> str:
        """What is asked, in a few words."""

    def explain(self, venue: Any, request: Request, response: Response) -> list[str]:
        """Why a request was refused, in whole or in part, and what would have been right; nothing for a right one.

        An explainer may have ``secrets(venue)`` beside this: what is masked wherever it stands in a request.
        """


class ExplainedVenue:
    """Answers as the venue does, and tells of it. Implements ``Handler``."""

    def __init__(self, venue: Venue, tell: Callable[[str], None]) -> None:
        self._venue, self._tell = venue, tell
        self._explainer = explainer_of(venue.name)

    async def handle(self, request: Request) -> Response:
        """Answer one request, and tell of it unless it is for a provider state."""
        response = await self._venue.handle(request)
        self.told(request, response)
        return response

    def told(self, request: Request, response: Response | None, step: str = "pass") -> None:
        """Tell of one request that was answered, unless it is for a provider state; ``step`` is that of a script."""
        if request.path == STATES_PATH:
            return
        staged = [] if step == "pass" else [f"         the script: {step}"]
        told = "\n".join([*self._lines(request, response, step), *staged])
        for secret in getattr(self._explainer, "secrets", _nothing)(self._venue):
            told = told.replace(secret, "***")
        self._tell(told)

    async def handle_websocket(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve a socket as the venue does; asked for only where it speaks WebSocket."""
        if isinstance(self._venue, SpeaksWebSocket):
            await self._venue.handle_websocket(scope, receive, send)

    def refuse_oversize(self) -> Response:
        """The answer to a body that is too large to be read."""
        self._tell(f"{_time()} a body that is too large to be read → 413")
        return self._venue.refuse_oversize()

    def _lines(self, request: Request, response: Response | None, step: str) -> list[str]:
        target = request.path + (f"?{request.query}" if request.query else "")
        head = (
            f"{_time()} {_plain(self._explainer.account_of(request))} {_plain(request.method)} {_plain(target)}: "
            f"{_plain(self._explainer.asked(request))} → "
            + ("no answer" if response is None else f"{response.status}{_code(response)}")
        )
        # What a script answers in the venue's place has nothing to do with the request.
        own = response is not None and step.startswith(OWN_ANSWERS)
        reasons = self._explainer.explain(self._venue, request, response) if own and response is not None else []
        return [head, *(f"         {_plain(line)}" for line in reasons)]


def explainer_of(venue_name: str) -> Explainer:
    """What explaining has to know of a venue. Raises LookupError where the venue has no explanations."""
    explainer: Explainer = part_of(venue_name, "explanations", f"{venue_name} has no explanations yet")
    return explainer


def _nothing(_: Venue) -> tuple[str, ...]:
    return ()


def _code(response: Response) -> str:
    text = response.body[:200].decode("utf-8", "replace")
    return "" if response.status < 400 else f" {_plain(text)}"


def _time() -> str:
    return datetime.now().strftime("%H:%M:%S")


def _plain(text: str) -> str:
    """A text of a request in a line of a terminal: nothing in it can act."""
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)[:2000]
