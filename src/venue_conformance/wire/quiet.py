"""Keeps what the HTTP and WebSocket clients say of each request, headers included, out of every log."""

from __future__ import annotations

import logging

#: Each is the parent of all loggers of its library.
_CLIENTS = ("httpx", "httpcore", "websockets", "hpack", "asyncio", "urllib3")


def quiet_clients() -> None:
    """Let them speak of warnings and worse alone, whatever level a root logger is given."""
    for name in _CLIENTS:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))
