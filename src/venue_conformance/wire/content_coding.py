"""Reads the body of an answer, however it is compressed, and never more of it than was meant as an answer."""

from __future__ import annotations

import zlib

import httpx

#: Nobody compresses what is compressed already, so that more than these few are there to do harm.
_MOST_CODINGS = 3
_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
_KINDS = {"gzip": (_GZIP,), "x-gzip": (_GZIP,), "deflate": (_ZLIB, _RAW)}


class TooLong(httpx.ReadError):
    """An answer is longer than the bound, as it came or once it is decompressed."""


def body_of(response: httpx.Response, most: int) -> bytes:
    """The body of an open response, decompressed.

    A few kilobytes may stand for gigabytes, more so where what is compressed was compressed before: nothing beyond
    ``most`` bytes is ever decompressed. Raises TooLong for such a body, httpx.DecodingError for one that is not what
    its header says, or that is compressed in a way that no request of ours accepts.
    """
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > most:
            raise _too_long(most)
    codings = [name.strip().lower() for name in response.headers.get("Content-Encoding", "").split(",")]
    codings = [name for name in codings if name not in ("", "identity")]
    if not body or not codings:
        return bytes(body)
    if len(codings) > _MOST_CODINGS:
        raise httpx.DecodingError(f"the answer is compressed {len(codings)} times")
    decoded = bytes(body)
    for name in reversed(codings):
        decoded = _decompressed(decoded, name, most)
    return decoded


def _decompressed(data: bytes, name: str, most: int) -> bytes:
    if name not in _KINDS:
        raise httpx.DecodingError(f"the answer has the Content-Encoding {name}, which the request did not accept")
    fault: zlib.error | None = None
    for kind in _KINDS[name]:
        reader = zlib.decompressobj(kind)
        try:
            decoded = reader.decompress(data, most + 1)
        except zlib.error as error:
            fault = fault or error
            continue
        if len(decoded) > most:
            raise _too_long(most)
        return decoded
    raise httpx.DecodingError(str(fault))


def _too_long(most: int) -> TooLong:
    return TooLong(f"the answer is longer than {most} bytes")
