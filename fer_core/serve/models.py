"""GET /v1/models, and what watches the service: /healthz, /readyz, /metrics."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from fer_core.bundle import EmotionModel
from fer_core.serve import metrics
from fer_core.serve.engine import Engine
from fer_core.serve.problems import UNAVAILABLE, Problem
from fer_core.serve.settings import Settings

router = APIRouter()


@router.get("/v1/models")
async def models(request: Request) -> JSONResponse:
    """The models that are served, and those whose files cannot be used, each with the reason."""
    engine: Engine = request.app.state.engine
    settings: Settings = request.app.state.settings
    served = [_about(model) for model in engine.models.values()]
    return JSONResponse({"models": served, "unavailable": dict(settings.unavailable)})


def _about(model: EmotionModel) -> dict[str, Any]:
    card = model.card
    return {
        "name": card.name,
        "title": card.title,
        "purpose": card.purpose,
        "version": model.version,
        "recommended": card.recommended,
        "parameters": card.parameters,
        "emotions": list(card.emotions),
    }


@router.get("/healthz")
async def healthz() -> JSONResponse:
    """The process runs and answers."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
async def readyz(request: Request) -> JSONResponse:
    """The models are loaded and the queue has room: 503 where it has not."""
    engine: Engine = request.app.state.engine
    if engine.is_full:
        raise Problem(UNAVAILABLE, "The queue is full.", {"Retry-After": "1"})
    return JSONResponse({"status": "ok", "models": list(engine.models)})


@router.get("/metrics", response_class=Response)
async def prometheus() -> Response:
    """What Prometheus reads, over all processes of the service."""
    return Response(metrics.text(), media_type=metrics.CONTENT_TYPE)
