"""A client of the service that `facial-emotions serve` starts; the standard library is all it needs.

from fer_core.client import Client
with Client("https://emotions.example.org", token="...") as client:
    print(client.analyze("picture.jpg")["faces"])
"""

import http.client
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any
from urllib.parse import quote, urlencode, urlsplit

from fer_core.errors import FerError

Body = bytes | IO[bytes]


class ServiceError(FerError):
    """A refusal. problem: the members of RFC 9457; the message is its `detail`. retry_after: seconds, or None."""

    def __init__(self, problem: Mapping[str, Any], retry_after: float | None = None) -> None:
        super().__init__(problem.get("detail") or problem.get("title") or f"status {problem.get('status')}")
        self.problem, self.retry_after = dict(problem), retry_after


class Client:
    """One connection, kept open: for one thread at a time. A context manager.

    Where it fails, OSError or http.client.HTTPException is raised.
    """

    def __init__(self, url: str = "http://127.0.0.1:8502", token: str = "", timeout: float = 60) -> None:
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname or "", parts.port, timeout=timeout)
        self._base = parts.path.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def analyze(self, picture: bytes | str | Path, **options: Any) -> dict[str, Any]:
        """`Analysis.to_dict()` of an encoded picture or its path; options: models, detector, unsure_below.

        Raises ServiceError where it is refused.
        """
        data = picture if isinstance(picture, bytes) else Path(picture).read_bytes()
        analysis: dict[str, Any] = self.request("POST", "/v1/analyze", data, **options)["analyses"][0]
        return analysis if isinstance(picture, bytes) else analysis | {"picture": Path(picture).name}

    def faces(self, pixels: bytes, **options: Any) -> dict[str, list[list[float]]]:
        """Model -> seven probabilities a face. pixels: of 48x48 grey faces, a byte each (`faces.tobytes()`)."""
        answer: dict[str, list[list[float]]] = self.request("POST", "/v1/faces", pixels, **options)["probabilities"]
        return answer

    def models(self) -> list[dict[str, Any]]:
        """What is served."""
        served: list[dict[str, Any]] = self.request("GET", "/v1/models")["models"]
        return served

    def request(self, method: str, path: str, body: Body = b"", **options: Any) -> Any:
        """Any request: the JSON of its answer, or its text where it is none. options: its query."""
        given = {key: _joined(value) for key, value in options.items() if value is not None}
        target = f"{self._base}{quote(path)}" + (f"?{urlencode(given)}" if given else "")
        headers = self._headers | {"Content-Type": "application/octet-stream"}
        try:
            response, content = self._exchange(method, target, body, headers)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            if not isinstance(body, bytes):
                raise
            response, content = self._exchange(method, target, body, headers)  # the idle connection had ended
        is_json = "json" in response.headers.get("Content-Type", "")
        answer = json.loads(content) if is_json else content.decode()
        if response.status >= 400:
            later = response.headers.get("Retry-After")
            problem = answer if isinstance(answer, dict) else {"detail": answer, "status": response.status}
            # a proxy may give a date in place of seconds
            raise ServiceError(problem, float(later) if later and later.isdecimal() else None)
        return answer

    def _exchange(
        self, method: str, target: str, body: Body, headers: Mapping[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        try:
            self._connection.request(method, target, body, headers)
            response = self._connection.getresponse()
            return response, response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()  # it is opened anew by the next request
            raise

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _joined(value: str | float | Iterable[str]) -> str:
    return str(value) if isinstance(value, str | int | float) else ",".join(value)
