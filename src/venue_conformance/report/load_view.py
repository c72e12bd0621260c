"""What the reports say of the load under which a target was judged: in lines, and as a picture of latency over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from venue_conformance.report.text import printable

Values = Mapping[str, Any]

_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 720, 220, 56, 24
_LINES = (("p50", "#2f6f4f", "half of the answers"), ("p90", "#b7791f", "90 %"), ("p99", "#b03030", "99 %"))


def load_lines(document: Values) -> list[str]:
    """The load in a few sentences; nothing where there was none."""
    load = document.get("load")
    if load is None:
        return []
    rate = "no ceiling" if load["rate"] is None else f"at most {load['rate']:g} requests a second"
    processes = f"{load['workers']} process{'' if load['workers'] == 1 else 'es'}"
    lines = [
        f"load: {load['users']} users in {processes} for {load['ran_seconds']:.0f} s, {rate}: {load['requests']} "
        f"requests, {load['requests_per_second']:.1f} a second; {load['rounds']} rounds, {load['orders']} orders, "
        f"{load['contended_orders']} of them contended"
    ]
    for kind in load["kinds"]:
        statuses = ", ".join(f"{status} ×{count}" for status, count in kind["statuses"].items())
        faults = ", ".join(f"{fault} ×{count}" for fault, count in kind["faults"].items())
        took = "" if kind["p50"] is None else f"; half within {_ms(kind['p50'])}, 99 % within {_ms(kind['p99'])}"
        lines.append(f"load, {kind['name']}: {', '.join(filter(None, (statuses, faults)))}{took}")
    return lines


def render_load(document: Values) -> Markup:
    """The load as a section of the HTML report; nothing where there was none."""
    load = document.get("load")
    if load is None:
        return Markup()
    heads = "".join(
        f'<th scope="col">{title}</th>'
        for title in ("requests", "how many", "half within", "90 % within", "99 % within", "longest", "answers")
    )
    rows = "\n".join(_row(kind) for kind in load["kinds"])
    memory = "; ".join(
        f"process {each['worker']}: {each['requests']} requests, {each['memory_mb'][0]:.0f} to "
        f"{each['memory_mb'][-1]:.0f} MB"
        for each in load["processes"]
        if each["memory_mb"]
    )
    return Markup(  # noqa: S704 - what is not ours is escaped where it is put in
        f"<section>\n<h2>Under load</h2>\n<p>{shown(load_lines(document)[0])}.</p>\n<p>{shown(memory)}</p>\n"
        f"{_picture(load['timeline'])}\n"
        '<div class="scroll" role="region" tabindex="0" aria-label="Requests under load">'
        f"<table><caption>Requests by kind</caption>\n<thead><tr>{heads}</tr></thead>\n"
        f"<tbody>\n{rows}\n</tbody></table>"
        "</div>\n</section>"
    )


def shown(text: str) -> str:
    """Text of others as it may stand in the page."""
    return str(escape(printable(text)))


def _row(kind: Values) -> str:
    answers = [f"{status} ×{count}" for status, count in (*kind["statuses"].items(), *kind["faults"].items())]
    times = "".join(f"<td>{_ms(kind[name])}</td>" for name in ("p50", "p90", "p99", "longest"))
    return (
        f'<tr><th scope="row">{shown(kind["name"])}</th><td>{kind["requests"]}</td>{times}'
        f"<td>{shown(', '.join(answers))}</td></tr>"
    )


def _picture(timeline: Sequence[Values]) -> str:
    """Latency over time, as lines; a dot at the bottom where requests failed."""
    points = [moment for moment in timeline if moment["p50"] is not None]
    if len(points) < 2:
        return ""
    last, top = float(points[-1]["second"]), max(float(moment["p99"]) for moment in points) or 1.0
    wide, high = _WIDTH - _LEFT, _HEIGHT - _BOTTOM

    def place(moment: Values, name: str) -> str:
        x = _LEFT + wide * float(moment["second"]) / (last or 1.0)
        return f"{x:.1f},{high - (high - 10) * float(moment[name]) / top:.1f}"

    lines = "".join(
        f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" '
        f'points="{" ".join(place(moment, name) for moment in points)}"><title>{label}</title></polyline>'
        for name, colour, label in _LINES
    )
    legend = "".join(
        f'<text x="{_LEFT + 10 + 150 * number}" y="12" font-size="11" fill="{colour}">{label} within</text>'
        for number, (_, colour, label) in enumerate(_LINES)
    )
    failed = "".join(
        f'<circle cx="{_LEFT + wide * float(moment["second"]) / (last or 1.0):.1f}" cy="{high}" r="3" fill="#b03030">'
        f"<title>{moment['failed']} failed</title></circle>"
        for moment in timeline
        if moment["failed"]
    )
    return (
        f'<figure><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="100%" role="img" '
        f'aria-label="Latency over time, up to {_ms(top)}">'
        f'<line x1="{_LEFT}" y1="{high}" x2="{_WIDTH}" y2="{high}" stroke="#888"/>'
        f'<line x1="{_LEFT}" y1="10" x2="{_LEFT}" y2="{high}" stroke="#888"/>'
        f'<text x="0" y="16" font-size="11" fill="#888">{_ms(top)}</text>'
        f'<text x="{_LEFT}" y="{_HEIGHT - 6}" font-size="11" fill="#888">0 s</text>'
        f'<text x="{_WIDTH - 60}" y="{_HEIGHT - 6}" font-size="11" fill="#888">{last:.0f} s</text>'
        f"{lines}{failed}{legend}</svg><figcaption>Latency over time; a dot marks time-outs, broken connections and "
        "server errors</figcaption></figure>"
    )


def _ms(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"
