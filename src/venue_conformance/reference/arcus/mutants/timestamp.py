"""Faults in X-Timestamp and the elements' own timestamps."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from typing import Any

from ...http import Request, Response
from ..base import Refusal
from ..cancels import Batch, Caller, Element
from ..payload import CancelPayload
from ..venue import ArcusVenue
from .authentication import acknowledge_blindly

_SECOND = 10**9


class TakesAMissingTimestampFromTheElement(ArcusVenue):
    """Without X-Timestamp, takes the first element's own timestamp, or else the present."""

    caught_by = "arcus.timestamp.missing"

    def timestamp_of(self, request: Request) -> int:
        if request.header("x-timestamp") is not None:
            return super().timestamp_of(request)
        with suppress(Refusal, LookupError, TypeError, AttributeError):
            given = self.read_json(request.body)["cancels"][0].get("timestamp")
            if isinstance(given, int):
                return given
        return self.clock.nanoseconds()


class AcknowledgesWithoutATimestamp(ArcusVenue):
    """Answers a batch without X-Timestamp with 202, although it carries out nothing."""

    caught_by = "arcus.timestamp.missing"

    async def cancel_batch(self, request: Request) -> Response:
        if request.header("x-timestamp") is None:
            self.key_of(request)
            return acknowledge_blindly(self, request)
        return await super().cancel_batch(request)


class AcceptsSeconds(ArcusVenue):
    """Takes an X-Timestamp of ten digits for seconds and finds it current."""

    caught_by = "arcus.timestamp.seconds"

    def is_current(self, nanoseconds: int) -> bool:
        return super().is_current(nanoseconds * 10**9 if nanoseconds < 10**11 else nanoseconds)


class RefusesSecondsWith400(ArcusVenue):
    """Answers an X-Timestamp in seconds with 400."""

    caught_by = "arcus.timestamp.seconds"

    def check_window(self, nanoseconds: int) -> None:
        if nanoseconds < 10**11:
            raise Refusal(400, "X-Timestamp must be Unix nanoseconds")
        super().check_window(nanoseconds)


class AcceptsMilliseconds(ArcusVenue):
    """Takes an X-Timestamp of thirteen digits for milliseconds and finds it current."""

    caught_by = "arcus.timestamp.milliseconds"

    def is_current(self, nanoseconds: int) -> bool:
        return super().is_current(nanoseconds * 10**6 if 10**11 < nanoseconds < 10**14 else nanoseconds)


class RefusesMillisecondsWith400(ArcusVenue):
    """Answers an X-Timestamp in milliseconds with 400."""

    caught_by = "arcus.timestamp.milliseconds"

    def check_window(self, nanoseconds: int) -> None:
        if 10**11 < nanoseconds < 10**14:
            raise Refusal(400, "X-Timestamp must be Unix nanoseconds")
        super().check_window(nanoseconds)


class TurnsSecondsIntoNanoseconds(ArcusVenue):
    """Reads an X-Timestamp of ten digits as seconds, and goes on with the nanoseconds that they are."""

    caught_by = "arcus.timestamp.seconds"

    def nanoseconds_in(self, text: str) -> int:
        given = super().nanoseconds_in(text)
        return given * 10**9 if given < 10**11 else given


class TurnsMillisecondsIntoNanoseconds(ArcusVenue):
    """Reads an X-Timestamp of thirteen digits as milliseconds, and goes on with the nanoseconds that they are."""

    caught_by = "arcus.timestamp.milliseconds"

    def nanoseconds_in(self, text: str) -> int:
        given = super().nanoseconds_in(text)
        return given * 10**6 if 10**11 < given < 10**14 else given


class LetsNotANumberThroughTheWindow(ArcusVenue):
    """Finds an X-Timestamp that is no number current, for no comparison with NaN is true."""

    caught_by = "arcus.timestamp.not-a-number"

    def timestamp_of(self, request: Request) -> int:
        if re.fullmatch("[0-9]+", self.written_timestamp(request)):
            return super().timestamp_of(request)
        return 0


class TakesNoNumberForThePresent(ArcusVenue):
    """Takes an X-Timestamp that does not begin with a digit for the present."""

    caught_by = "arcus.timestamp.not-a-number"

    def nanoseconds_in(self, text: str) -> int:
        return super().nanoseconds_in(text) if text[:1].isdecimal() else self.clock.nanoseconds()


class NeverFindsATimestampTooOld(ArcusVenue):
    """Accepts every X-Timestamp of the last year."""

    caught_by = "arcus.timestamp.too-old"

    def is_current(self, nanoseconds: int) -> bool:
        age = self.clock.nanoseconds() - nanoseconds
        return super().is_current(nanoseconds) or 0 < age < 365 * 24 * 3600 * _SECOND


class WaitsAMinute(ArcusVenue):
    """Accepts an X-Timestamp up to a minute old."""

    caught_by = "arcus.timestamp.too-old"

    def is_current(self, nanoseconds: int) -> bool:
        return super().is_current(nanoseconds) or 0 < self.clock.nanoseconds() - nanoseconds < 60 * _SECOND


class LooksAtTheTimeOfSingleCancelsOnly(ArcusVenue):
    """Accepts whatever time a batch of several elements was sent at."""

    caught_by = "arcus.timestamp.too-old"

    def authenticate(self, request: Request) -> Caller:
        with suppress(Refusal, LookupError, TypeError):
            self._several = len(self.read_json(request.body)["cancels"]) > 1
        return super().authenticate(request)

    def check_window(self, nanoseconds: int) -> None:
        if not self._several or nanoseconds < 10**17:
            super().check_window(nanoseconds)


class RefusesOldTimestampsWith400(ArcusVenue):
    """Answers an X-Timestamp in nanoseconds that is too old with 400."""

    caught_by = "arcus.timestamp.too-old"

    def check_window(self, nanoseconds: int) -> None:
        if nanoseconds > 10**17 and self.clock.nanoseconds() - nanoseconds > 30 * _SECOND:
            raise Refusal(400, "X-Timestamp is too old")
        super().check_window(nanoseconds)


class NeverFindsATimestampTooFarAhead(ArcusVenue):
    """Accepts every X-Timestamp of the future."""

    caught_by = "arcus.timestamp.too-far-ahead"

    def is_current(self, nanoseconds: int) -> bool:
        return super().is_current(nanoseconds) or nanoseconds > self.clock.nanoseconds()


class LooksAMinuteAhead(ArcusVenue):
    """Accepts an X-Timestamp up to a minute ahead."""

    caught_by = "arcus.timestamp.too-far-ahead"

    def is_current(self, nanoseconds: int) -> bool:
        return super().is_current(nanoseconds) or 0 < nanoseconds - self.clock.nanoseconds() < 60 * _SECOND


class RefusesFutureTimestampsWith403(ArcusVenue):
    """Answers an X-Timestamp that is too far ahead with 403."""

    caught_by = "arcus.timestamp.too-far-ahead"

    def check_window(self, nanoseconds: int) -> None:
        if nanoseconds - self.clock.nanoseconds() > 30 * _SECOND:
            raise Refusal(403, "X-Timestamp is in the future")
        super().check_window(nanoseconds)


class WindowOfTenSeconds(ArcusVenue):
    """Refuses an X-Timestamp that is more than ten seconds off."""

    caught_by = "arcus.timestamp.within-window"

    def is_current(self, nanoseconds: int) -> bool:
        return abs(self.clock.nanoseconds() - nanoseconds) <= 10 * _SECOND


class KnowsNoFuture(ArcusVenue):
    """Refuses an X-Timestamp that is more than a second ahead."""

    caught_by = "arcus.timestamp.within-window"

    def is_current(self, nanoseconds: int) -> bool:
        return super().is_current(nanoseconds) and nanoseconds <= self.clock.nanoseconds() + _SECOND


class WindowOpenToTheFutureOnly(ArcusVenue):
    """Refuses an X-Timestamp that is more than five seconds old."""

    caught_by = "arcus.timestamp.within-window"

    def is_current(self, nanoseconds: int) -> bool:
        return super().is_current(nanoseconds) and nanoseconds >= self.clock.nanoseconds() - 5 * _SECOND


class ReadsTheTimestampThroughADouble(ArcusVenue):
    """Reads X-Timestamp as a double, and with it what an element has to be signed over."""

    caught_by = "arcus.timestamp.exact-nanoseconds"

    def payload(self, batch: Batch, element: Element) -> CancelPayload:
        payload = super().payload(batch, element)
        return replace(payload, timestamp=int(float(payload.timestamp)))


class CountsInMicroseconds(ArcusVenue):
    """Keeps X-Timestamp in microseconds, and wants elements signed over that."""

    caught_by = "arcus.timestamp.exact-nanoseconds"

    def payload(self, batch: Batch, element: Element) -> CancelPayload:
        payload = super().payload(batch, element)
        return replace(payload, timestamp=payload.timestamp // 1000 * 1000)


class ReadsElementTimestampsThroughADouble(ArcusVenue):
    """Reads an element's own timestamp as a double, and finds that it differs from X-Timestamp."""

    caught_by = "arcus.timestamp.element-repeats-header"

    def same_time(self, batch: Batch, timestamp: int) -> bool:
        return int(float(timestamp)) == batch.caller.timestamp


class RefusesElementTimestamps(ArcusVenue):
    """Refuses an element that has a timestamp of its own."""

    caught_by = "arcus.timestamp.element-repeats-header"

    def check_element_time(self, caller: Caller, nanoseconds: int) -> None:
        raise self.malformed("unknown field timestamp")


class WantsATimestampInEveryElement(ArcusVenue):
    """Refuses an element without a timestamp of its own."""

    caught_by = "arcus.timestamp.element-omitted"

    def read_element_timestamp(self, item: dict[str, Any]) -> int | None:
        if "timestamp" not in item:
            raise self.malformed("timestamp is required")
        return super().read_element_timestamp(item)


class TakesElementTimestampsInAnyUnit(ArcusVenue):
    """Pays no attention to an element's own timestamp."""

    caught_by = "arcus.timestamp.element-not-nanoseconds"

    def check_element_time(self, caller: Caller, nanoseconds: int) -> None:
        """Nothing is checked."""

    def same_time(self, batch: Batch, timestamp: int) -> bool:
        return True
