"""A line and a count for every request: method, route, status, milliseconds. Nothing of what was sent, nor by whom."""

import logging
import time
import traceback
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fer_core.serve import metrics

_log: Final = logging.getLogger("fer_core.serve")
_METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


class Observing:
    """ASGI, outermost: logs and counts. What the application raised, once it has answered, ends here."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            # without the error's text, which may quote what was sent
            _log.error("%s\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
        seconds = time.perf_counter() - started
        route = getattr(scope.get("route"), "path", "none")  # the pattern: a path may hold anything
        method = scope["method"] if scope["method"] in _METHODS else "other"
        metrics.REQUESTS.labels(route, status).inc()
        metrics.SECONDS.labels(route).observe(seconds)
        _log.info("%s %s %d %.1f ms", method, route, status, seconds * 1000)
