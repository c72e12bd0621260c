"""A client that gives up waiting for its answer, on purpose."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from typing import Literal, get_args

How = Literal["closes", "resets", "closes its half"]
WAYS: tuple[How, ...] = get_args(How)
_AT_ONCE = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class HangUp:
    """``after`` is how many seconds after it began to send the client gives up, unless the answer has begun by then.

    It ``closes`` the connection, as whoever runs into a time-out does; ``resets`` it, as a process that is killed; or
    ``closes its half``, saying that nothing more will be sent, and goes on to wait for the answer.
    """

    after: float
    how: How

    def leave(self, connection: socket.socket) -> bool:
        """Do so; whether the answer is still waited for."""
        if self.how == "closes its half":
            # Of the connection below TLS, if there is any: a TLS one would not be read from any more.
            socket.socket.shutdown(connection, socket.SHUT_WR)
            return True
        if self.how == "resets":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        return False
