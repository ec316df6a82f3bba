"""POST /v1/video, and the job that it starts: status, result, cancel."""

import asyncio
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, JSONResponse, Response

from fer_core.analysis import SCHEMA_VERSION
from fer_core.detection import DEFAULT_DETECTOR
from fer_core.errors import ImageError
from fer_core.limits import MAX_VIDEO_BYTES, VIDEO_BODY_SECONDS
from fer_core.serve.intake import deadline, declared_length
from fer_core.serve.jobs import DONE, ENDED, QUEUED, Job, Jobs
from fer_core.serve.pictures import DetectorName, Models, chosen, known_detector
from fer_core.serve.problems import CONFLICT, PICTURE, TOO_LARGE, UNSUPPORTED, Problem

_HIDDEN: Final = ("attempts", "ended")  # of a status: nothing to clients
router = APIRouter()


@router.post("/v1/video", status_code=202)
async def start(request: Request, models: Models = "", detector: DetectorName = DEFAULT_DETECTOR) -> JSONResponse:
    """Start a job on the video that is the body: MP4, WebM, MOV or AVI."""
    names = chosen(models, request.app.state.engine)
    known_detector(detector)
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        raise Problem(UNSUPPORTED, "The body is to be the video itself, not a form: curl --data-binary @video.mp4")
    jobs: Jobs = request.app.state.jobs
    job = jobs.new()
    try:
        await _save(request, job)
        await asyncio.to_thread(_require_video, job)
        job.change(
            schema_version=SCHEMA_VERSION,
            job=job.id,
            state=QUEUED,
            progress=0.0,
            models=list(names),
            detector=detector,
            attempts=0,
        )
    except BaseException:
        job.remove()
        raise
    return JSONResponse(_shown(job), 202, {"Location": f"/v1/video/{job.id}"})


async def _save(request: Request, job: Job) -> None:
    """Write the body to the job's folder as it comes. Raises Problem."""
    too_large = Problem(TOO_LARGE, f"The limit is {MAX_VIDEO_BYTES // 2**20} MB per video.", {"Connection": "close"})
    if declared_length(request) > MAX_VIDEO_BYTES:
        raise too_large
    size = 0
    with job.video.open("wb") as file:
        async with deadline(VIDEO_BODY_SECONDS):
            async for chunk in request.stream():
                size += len(chunk)
                if size > MAX_VIDEO_BYTES:
                    raise too_large
                file.write(chunk)


def _require_video(job: Job) -> None:
    from fer_core.video import Video  # brings the video codecs

    try:
        with job.video.open("rb") as file, Video(file, None):
            return
    except ImageError as error:
        raise Problem(PICTURE, str(error)) from None


@router.get("/v1/video/{job}")
async def status(request: Request, job: str) -> JSONResponse:
    """How far a job is; once it is done, its summary."""
    return JSONResponse(_shown(_found(request, job)))


@router.get("/v1/video/{job}/result", response_class=FileResponse)
async def result(request: Request, job: str) -> Response:
    """A row per frame, face and model, as CSV, once the job is done."""
    found = _found(request, job)
    if (state := found.status()["state"]) != DONE:
        raise Problem(CONFLICT, f"The job is {state}, so there is no result.")
    return FileResponse(found.frames, media_type="text/csv; charset=utf-8")


@router.delete("/v1/video/{job}", status_code=204)
async def cancel(request: Request, job: str) -> Response:
    """Stop a job; of one that has ended, remove the result."""
    found = _found(request, job)
    if found.status()["state"] in ENDED:
        found.remove()
    else:
        found.cancel()
    return Response(status_code=204)


def _found(request: Request, job: str) -> Job:
    jobs: Jobs = request.app.state.jobs
    return jobs.find(job)


def _shown(job: Job) -> dict[str, Any]:
    return {key: value for key, value in job.status().items() if key not in _HIDDEN}
