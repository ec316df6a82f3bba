"""How several processes end."""

import signal
import socket
from typing import Any

import pytest

from fer_core.serve.run import _Processes, bound, server_config


def test_at_the_end_new_connections_are_refused_at_once() -> None:
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    listening = bound("127.0.0.1", 0)
    address = listening.getsockname()
    nothing: Any = None
    try:
        processes = _Processes(server_config(nothing, 2), sockets=[listening])
        socket.create_connection(address, timeout=5).close()
        processes.terminate_all()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, timeout=5)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
