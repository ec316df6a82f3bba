"""Who may ask: with a token, whoever shows it; without one, this machine alone."""

import hmac
import ipaddress
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from fer_core.serve.problems import FORBIDDEN, UNAUTHORIZED, Problem

OPEN: Final = ("/", "/docs", "/openapi.json", "/healthz", "/readyz")
"""What needs no token: it tells nothing but that the service runs, and how it is used."""
SHORTEST_TOKEN: Final = 16
_TOKEN_WANTED: Final = "This service needs a token: send the header `Authorization: Bearer TOKEN`."
_ELSEWHERE: Final = "Without a token this service answers pages and programs of this machine alone."


def is_local(host: str) -> bool:
    """Whether an address or name is this machine's own, so that no other can reach what listens there."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class Access:
    """ASGI: refuses what is not let in, before anything of its body is read.

    Where no token is asked, `Host` and `Origin` must name this machine: else a web page of anybody's, open in a browser
    here, could send requests, and read the answers once its name leads to this machine (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._token = app, token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        problem = self._refusal(scope) if scope["type"] == "http" else None
        if problem is None:
            await self._app(scope, receive, send)
        else:
            await problem.response()(scope, receive, send)

    def _refusal(self, scope: Scope) -> Problem | None:
        headers = Headers(scope=scope)
        if not self._token:
            named = [f"//{headers.get('host', '')}", *filter(None, [headers.get("origin")])]
            return None if all(map(_is_own, named)) else Problem(FORBIDDEN, _ELSEWHERE)
        if scope["path"] in OPEN:
            return None
        scheme, _, shown = headers.get("authorization", "").partition(" ")
        # in constant time: how long it takes to compare tells nothing of the token
        if scheme.lower() == "bearer" and hmac.compare_digest(shown.strip().encode("utf-8", "replace"), self._token):
            return None
        return Problem(UNAUTHORIZED, _TOKEN_WANTED, {"WWW-Authenticate": "Bearer"})


def _is_own(address: str) -> bool:
    try:
        return is_local(urlsplit(address).hostname or "")
    except ValueError:
        return False
