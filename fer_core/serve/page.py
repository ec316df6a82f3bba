"""/docs: the description as a page. Our own, for FastAPI's loads its scripts from others; this one has none at all."""

from html import escape
from typing import Any, Final

_STYLE: Final = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
h2 { border-top: 1px solid #ccc; padding-top: 1rem; } code, pre { font: 14px/1.5 ui-monospace, monospace; }
pre { background: #f3f3f3; padding: .75rem; overflow-x: auto; } td, th { text-align: left; padding: 0 1rem 0 0; }
@media (prefers-color-scheme: dark) { body { background: #181818; color: #ddd; } pre { background: #262626; } }
"""
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}
EXAMPLES: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("/v1/analyze", "post"): (
        "curl {header}{url}/v1/analyze --data-binary @picture.jpg",
        "curl {header}'{url}/v1/analyze?detector=blazeface&unsure_below=0.6' -F one=@picture.jpg -F two=@picture.jpg",
    ),
    ("/v1/faces", "post"): ("head -c 4608 /dev/zero | curl {header}{url}/v1/faces --data-binary @-",),
    ("/v1/video", "post"): ("curl {header}{url}/v1/video --data-binary @video.mp4",),
    ("/v1/video/{job}", "get"): ("curl {header}{url}/v1/video/$JOB",),
    ("/v1/video/{job}", "delete"): ("curl {header}-X DELETE {url}/v1/video/$JOB",),
    ("/v1/video/{job}/result", "get"): ("curl {header}{url}/v1/video/$JOB/result",),
    ("/v1/models", "get"): ("curl {header}{url}/v1/models",),
    ("/healthz", "get"): ("curl {url}/healthz",),
    ("/readyz", "get"): ("curl {url}/readyz",),
    ("/metrics", "get"): ("curl {header}{url}/metrics",),
}
"""Commands that run as they are, where picture.jpg, video.mp4 and, for a job, $JOB are there."""


def page(described: dict[str, Any], url: str) -> str:
    """The page for an OpenAPI description. url: where the service is reached."""
    title = escape(described["info"]["title"])
    header = '-H "Authorization: Bearer $TOKEN" ' if described.get("security") else ""
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><style>{_STYLE}</style>",
        f"<h1>{title}</h1><p>{escape(described['info'].get('description', ''))}</p>",
        '<p>The same for programs: <a href="openapi.json">openapi.json</a>. A refusal is a problem after RFC 9457: its '
        "<code>detail</code> says what was wrong.</p>",
    ]
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            examples = (text.format(url=url, header=header) for text in EXAMPLES[path, method])
            parts += [f"<h2><code>{method.upper()} {escape(path)}</code></h2>", _operation(operation)]
            parts += [f"<pre>{escape(example)}</pre>" for example in examples]
    return "\n".join(parts)


def _operation(operation: dict[str, Any]) -> str:
    parts = [f"<p>{escape(operation.get('description', ''))}</p>"]
    if body := operation.get("requestBody"):
        parts.append(f"<p>Body: {escape(body['description'])}</p>")
    if query := [given for given in operation.get("parameters", ()) if given["in"] == "query"]:
        rows = "".join(f"<tr><td><code>{escape(given['name'])}</code><td>{_parameter(given)}" for given in query)
        parts.append(f"<table>{rows}</table>")
    return "\n".join(parts)


def _parameter(given: dict[str, Any]) -> str:
    schema = given["schema"]
    choices = f" One of {', '.join(schema['enum'])}." if "enum" in schema else ""
    default = f" Default: {schema['default']}." if schema.get("default") not in (None, "") else ""
    return escape(f"{given.get('description', '')}{choices}{default}")
