"""POST /v1/analyze and POST /v1/faces."""

import asyncio
from collections.abc import Awaitable
from typing import Annotated, Any, Final, TypeVar

import numpy as np
from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse

from fer_core.analysis import SCHEMA_VERSION, UNSURE_BELOW
from fer_core.detection import DEFAULT_DETECTOR, DETECTORS
from fer_core.emotions import EMOTIONS
from fer_core.limits import WORK_SECONDS
from fer_core.serve.crops import faces_of
from fer_core.serve.engine import Engine, Question
from fer_core.serve.intake import read_body, read_pictures
from fer_core.serve.problems import GONE, PARAMETER, PICTURE, UNAVAILABLE, Problem

_DECIMALS: Final = 4  # of a probability, as in Analysis.to_dict()
router = APIRouter()
Result = TypeVar("Result")

Models = Annotated[str, Query(description="Names of served models, separated by commas; all served ones without it.")]
DetectorName = Annotated[str, Query(description="What finds the faces.", json_schema_extra={"enum": list(DETECTORS)})]
Threshold = Annotated[float, Query(ge=0, le=1, description="A confidence below this is marked as unsure.")]


@router.post("/v1/analyze")
async def analyze(
    request: Request,
    models: Models = "",
    detector: DetectorName = DEFAULT_DETECTOR,
    unsure_below: Threshold = UNSURE_BELOW,
) -> JSONResponse:
    """Find the faces of one or several pictures and classify each with every model."""
    engine: Engine = request.app.state.engine
    how = Question(chosen(models, engine), known_detector(detector), unsure_below)
    engine.require_places(1)  # before anything is uploaded in vain
    async with request.app.state.held.share() as share:
        given = await read_pictures(request, share)
        names = [picture.name for picture in given]
        results = await while_there(request, engine.analyze(given, how))
    refused = [
        Problem(PICTURE, str(result), more={"picture": name})
        for name, result in zip(names, results, strict=True)
        if not isinstance(result, dict)
    ]
    if len(refused) == len(results):
        first = refused[0]
        raise (
            first
            if len(refused) == 1
            else Problem(PICTURE, first.detail, more={"refused": [problem.to_dict() for problem in refused]})
        )
    return JSONResponse(
        {
            "schema_version": SCHEMA_VERSION,
            "analyses": [result for result in results if isinstance(result, dict)],
            "refused": [problem.to_dict() for problem in refused],
        }
    )


@router.post("/v1/faces")
async def faces(request: Request, models: Models = "") -> JSONResponse:
    """Classify 48x48 grey faces that are already cropped."""
    engine: Engine = request.app.state.engine
    names = chosen(models, engine)
    engine.require_places(1)
    async with request.app.state.held.share() as share:
        crops = faces_of(await read_body(request, share))
        rows = await while_there(request, engine.faces(crops, names))
    return JSONResponse(
        {
            "schema_version": SCHEMA_VERSION,
            "emotions": list(EMOTIONS),
            "faces": len(crops),
            "probabilities": {name: np.round(own.astype(np.float64), _DECIMALS).tolist() for name, own in rows.items()},
        }
    )


def chosen(models: str, engine: Engine) -> tuple[str, ...]:
    """The models that a request names, each once; no name leads to a file. Raises Problem for what is not served."""
    names = tuple(dict.fromkeys(filter(None, models.split(",")))) or tuple(engine.models)
    for name in names:
        if name not in engine.models:
            raise Problem(PARAMETER, f"models: expected some of {', '.join(engine.models)}. Received: {name[:60]}.")
    return names


def known_detector(name: str) -> str:
    """Raises Problem for a name that is none of DETECTORS."""
    if name not in DETECTORS:
        raise Problem(PARAMETER, f"detector: expected one of {', '.join(DETECTORS)}. Received: {name[:60]}.")
    return name


async def while_there(request: Request, work: Awaitable[Result]) -> Result:
    """The result of `work`, which is cancelled when the client goes away or time is up. Raises Problem for both.

    The request's body must have been read.
    """
    task: asyncio.Future[Any] = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(request.receive())  # after the body comes nothing but a disconnect
    try:
        done, _ = await asyncio.wait({task, gone}, timeout=WORK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if task in done:
            result: Result = task.result()
            return result
        if gone in done:
            raise Problem(GONE, "The client went away.")
        late = f"The answer was not ready within {WORK_SECONDS} seconds; please send less at once."
        raise Problem(UNAVAILABLE, late, {"Retry-After": "30"})
    finally:
        task.cancel()
        gone.cancel()
