"""The application of one process: its models, its routes, and what stands around them."""

import contextlib
import functools
from collections.abc import AsyncIterator
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp

from fer_core.bundle import load_model
from fer_core.image import sample_image
from fer_core.serve import models, pictures, videos
from fer_core.serve.access import Access
from fer_core.serve.engine import Engine, Question
from fer_core.serve.intake import Held, Picture
from fer_core.serve.jobs import Jobs
from fer_core.serve.observing import Observing
from fer_core.serve.openapi import openapi
from fer_core.serve.page import HEADERS, page
from fer_core.serve.problems import INTERNAL, METHOD, PARAMETER, Problem, problem_of_status
from fer_core.serve.settings import Settings
from fer_core.serve.video_work import VideoWorker

TITLE: Final = "Facial emotions"
DESCRIPTION: Final = "Seven emotions from faces, in pictures and videos: the models of the app, for programs."
VERSION: Final = "1"
"""Of the interface: the /v1/ of its addresses."""


def create_app(settings: Settings) -> ASGIApp:
    """Everything that a process answers with. Its models are loaded when it starts."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        loaded = {folder.name: load_model(folder, threads=1) for folder in settings.models}
        engine = Engine(loaded, settings.threads)
        jobs = Jobs(settings.scratch / "videos")
        app.state.engine, app.state.held, app.state.jobs, app.state.settings = engine, Held(), jobs, settings
        # the first picture takes longest, so that no client waits for it
        await engine.analyze([Picture("", sample_image())], Question(tuple(engine.models), "auto", 0.5))
        worker = VideoWorker(jobs, {folder.name: folder for folder in settings.models})
        try:
            yield
        finally:
            worker.close()
            engine.close()

    app = FastAPI(
        title=TITLE,
        version=VERSION,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    described = functools.cache(lambda: openapi(app, token=bool(settings.token)))
    app.openapi = described  # type: ignore[method-assign]
    for router in (pictures.router, videos.router, models.router):
        app.include_router(router)
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_parameters)
    app.add_exception_handler(HTTPException, _on_framework)
    app.add_exception_handler(Exception, _on_failure)

    @app.get("/docs", include_in_schema=False)
    @app.get("/", include_in_schema=False)
    async def docs(request: Request) -> HTMLResponse:
        return HTMLResponse(page(described(), str(request.base_url).rstrip("/")), headers=HEADERS)

    return Observing(Access(app, settings.token))


async def _on_problem(_: Request, error: Any) -> Response:
    response: Response = error.response()
    return response


async def _on_parameters(_: Request, error: Any) -> Response:
    first = error.errors()[0]
    name = ".".join(map(str, first["loc"][1:]))
    return Problem(PARAMETER, f"{name}: {first['msg']}.").response()


async def _on_framework(request: Request, error: Any) -> Response:
    headers = dict(error.headers or {})
    if error.status_code == METHOD.status and (allowed := _allowed(request)):
        headers["Allow"] = allowed
    return problem_of_status(error.status_code, str(error.detail), headers).response()


def _allowed(request: Request) -> str:
    """The methods of an address: Starlette names those of its first route alone."""
    asked = request.url.path.split("/")
    methods = {
        method.upper()
        for path, operations in request.app.openapi()["paths"].items()
        for method in operations
        if len(parts := path.split("/")) == len(asked)
        and all(part == own or part.startswith("{") for part, own in zip(parts, asked, strict=True))
    }
    return ", ".join(sorted(methods))


async def _on_failure(_: Request, error: Exception) -> Response:
    return Problem(INTERNAL, "Something went wrong here; the log says where.").response()
