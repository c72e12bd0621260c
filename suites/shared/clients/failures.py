"""Scenarios 12 to 26: the venue, or the way to it, fails; and answers that the page does not allow."""

from __future__ import annotations

from venue_conformance.clients.scenario import Scene, scenario
from venue_conformance.reference.stage_steps import Step, answer, effect_then

HTML = b"<!doctype html><html><body><h1>We'll be back soon</h1></body></html>"
AGAIN = "signing.fresh-each-try retry.bounded outcomes.typed-errors"
AFTER_A_FAULT = f"idempotency.retry-same-key idempotency.one-key-one-body outcomes.says-what-became {AGAIN}"


@scenario(12, "the client to send again 2 s after 429", f"retry.obeys-retry-after {AGAIN}", seconds=3)
def rate_limited(scene: Scene) -> None:
    """429 with Retry-After: 2, then the venue's own answer."""
    scene.script(answer(429, scene.refusal(429, 2), (("Retry-After", "2"),)))
    scene.cancel(scene.open())


@scenario(13, "the client to send again a moment after 429", f"retry.obeys-retry-after {AGAIN}", seconds=2)
def rate_limited_without_a_time(scene: Scene) -> None:
    """429 that does not say how long, then the venue's own answer."""
    scene.script(answer(429, scene.refusal(429)))
    scene.cancel(scene.open())


@scenario(14, "the client to give up", f"retry.obeys-retry-after {AGAIN}", seconds=9)
def rate_limited_for_good(scene: Scene) -> None:
    """429 with Retry-After: 1, for as long as the client may ask."""
    scene.script(answer(429, scene.refusal(429, 1), (("Retry-After", "1"),)).for_good())
    scene.cancel(scene.open())


@scenario(15, "a try that failed before it did anything", AFTER_A_FAULT, seconds=2)
def failed_before(scene: Scene) -> None:
    """500, and nothing has happened; then the venue's own answer."""
    scene.script(answer(500, scene.refusal(500)))
    scene.cancel(scene.open(2))


@scenario(16, "a try that failed after it took effect", AFTER_A_FAULT, seconds=2)
def failed_after_effect(scene: Scene) -> None:
    """503 although the orders are cancelled; then the venue's own answer."""
    scene.script(effect_then(503, scene.refusal(503)))
    scene.cancel(scene.open(2))


@scenario(17, "a try whose answer was lost", AFTER_A_FAULT, seconds=2)
def closed_after_effect(scene: Scene) -> None:
    """The connection ends without an answer although the orders are cancelled."""
    scene.script(Step("effect_close"))
    scene.cancel(scene.open(2))


@scenario(18, "a try that was lost", AFTER_A_FAULT, seconds=2)
def closed_before(scene: Scene) -> None:
    """The connection ends without an answer, and nothing has happened."""
    scene.script(Step("close"))
    scene.cancel(scene.open(2))


@scenario(19, "an answer that comes after the client's time-out", AFTER_A_FAULT, seconds=5)
def late_after_effect(scene: Scene) -> None:
    """The orders are cancelled at once, and the answer takes 3 s where the client was told to wait for 2."""
    scene.script(Step("effect_late", seconds=3.0))
    scene.cancel(scene.open())


@scenario(20, "a refusal with 400", "retry.not-after-refusal outcomes.typed-errors", seconds=2)
def bad_request(scene: Scene) -> None:
    """400 to whatever is sent."""
    scene.script(answer(400, scene.refusal(400)).for_good())
    scene.cancel(scene.open(2))


@scenario(21, "a refusal with 401", "retry.not-after-refusal outcomes.typed-errors", seconds=2)
def unauthorized_for_good(scene: Scene) -> None:
    """401 to whatever is sent."""
    scene.script(answer(401, scene.refusal(401)).for_good())
    scene.cancel(scene.open())


@scenario(22, "an answer that breaks off", "outcomes.typed-errors", breaks_page=True, no_rows=True, seconds=4)
def short(scene: Scene) -> None:
    """The answer ends after 12 bytes of the many that Content-Length tells; nothing has happened."""
    scene.script(Step("short", keep=12).for_good())
    scene.cancel([*scene.filled(), *scene.unknown()])


@scenario(23, "an answer that is no whole document", "outcomes.typed-errors", breaks_page=True, no_rows=True, seconds=4)
def cut(scene: Scene) -> None:
    """The answer is the first 12 bytes of a document, as if that were all; nothing has happened."""
    scene.script(Step("cut", keep=12).for_good())
    scene.cancel([*scene.filled(), *scene.unknown()])


@scenario(24, "200 with a page of HTML", "outcomes.typed-errors", breaks_page=True, no_rows=True, seconds=4)
def html(scene: Scene) -> None:
    """200 with an HTML page, as a proxy under maintenance answers; nothing has happened."""
    scene.script(Step("answer", 200, (("Content-Type", "text/html"),), HTML).for_good())
    scene.cancel(scene.open(2))


@scenario(25, "fields and an order of rows that are new", "outcomes.unknown-fields", breaks_page=True, calls=2)
def unknown_fields_and_order(scene: Scene) -> None:
    """Fields that the page does not list; then also rows in another order than the request's."""
    first, second, third, fourth = scene.open(4)
    scene.script(Step("change", change="unknown fields").for_good())
    scene.cancel([first, second])
    scene.script(Step("change", change="unknown fields, rows in another order").for_good())
    scene.cancel([third, *scene.unknown(), fourth, *scene.filled()])


@scenario(26, "a redirection to another host", "secrets.stay-home outcomes.typed-errors", seconds=2)
def elsewhere(scene: Scene) -> None:
    """307 to another port, where whatever arrives is noted."""
    scene.script(Step("elsewhere").for_good())
    scene.cancel(scene.open())
