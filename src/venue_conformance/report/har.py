"""The exchanges of a run as an HTTP Archive (HAR 1.2), masked like everything else, for tools that read traffic."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from harfile import Content, Creator, HarFile, PostData, Record, Request, Response, Timings

from venue_conformance.report.records import ExchangeRecord
from venue_conformance.report.text import plain


def render_har(document: Mapping[str, Any], exchanges: Iterable[ExchangeRecord] | None = None) -> str:
    """One entry for each exchange; ``exchanges`` have the headers and bodies that the document leaves out."""
    checks = {number: check["id"] for check in document["checks"] for number in check["exchanges"]}
    records = exchanges or [ExchangeRecord.from_dict(each) for each in document["exchanges"]]
    text = io.StringIO()
    creator = Creator(name=document["tool"]["name"], version=document["tool"]["version"])
    with HarFile.open(text, creator=creator, comment=f"run {document['run']['id']}") as archive:
        for each in records:
            milliseconds = round(each.duration_seconds * 1000, 3)
            archive.add_entry(
                startedDateTime=each.started_at,
                time=milliseconds,
                request=_request(each),
                response=_response(each),
                timings=Timings(send=0, wait=milliseconds, receive=0),
                comment=_comment(each, checks.get(each.id)),
            )
    return text.getvalue() + "\n"


def _comment(exchange: ExchangeRecord, check: str | None) -> str:
    left_out = "" if exchange.kept else "; headers and bodies are not kept"
    return str(plain(f"exchange {exchange.id} of {check or 'no check'}{left_out}"))


def _request(exchange: ExchangeRecord) -> Request:
    try:
        query = parse_qsl(urlsplit(exchange.url).query, keep_blank_values=True)
    except ValueError:
        query = []
    body = None if exchange.request_body is None else str(plain(exchange.request_body))
    return Request(
        method=plain(exchange.method),
        url=plain(exchange.url),
        httpVersion="HTTP/1.1",
        headers=_headers(exchange.request_headers),
        queryString=[Record(name=plain(name), value=plain(value)) for name, value in query],
        postData=PostData(mimeType=_type(exchange.request_headers), text=body) if body is not None else None,
        bodySize=-1 if body is None else len(exchange.request_bytes or b""),
    )


def _response(exchange: ExchangeRecord) -> Response:
    body = str(plain(exchange.response_body or ""))
    return Response(
        status=exchange.status or 0,
        statusText="" if exchange.status is not None else str(plain(exchange.fault or "no answer")),
        httpVersion="HTTP/1.1",
        headers=_headers(exchange.response_headers),
        content=Content(size=len(body.encode()), mimeType=_type(exchange.response_headers), text=body),
        bodySize=-1,
    )


def _headers(headers: Mapping[str, str]) -> list[Record]:
    return [Record(name=plain(name), value=plain(value)) for name, value in headers.items()]


def _type(headers: Mapping[str, str]) -> str:
    found = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    return str(plain(found)) or "application/octet-stream"
