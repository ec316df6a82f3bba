"""Put on a process's PYTHONPATH, it writes every address that the process looks up or connects to into FER_WATCH_LOG.

An audit hook (PEP 578) sees all of Python's sockets, however short they live, and cannot be taken out again.
"""

import os
import sys

_log = os.open(os.environ["FER_WATCH_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        os.write(_log, f"{event} {arguments[0]}\n".encode())
    elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        os.write(_log, f"{event} {address[0] if isinstance(address, tuple) else 'a local socket'}\n".encode())


sys.addaudithook(_note)
