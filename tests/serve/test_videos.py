"""/v1/video: a job's life; what `video` writes is what it gives."""

import csv
import io
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from fer_core import load_model
from fer_core.client import Client, ServiceError
from fer_core.image import decode_image
from fer_core.limits import MAX_VIDEO_BYTES, MAX_VIDEO_JOBS, VIDEO_BODY_SECONDS
from fer_core.serve.jobs import CANCELLED, DONE, ENDED, FAILED, QUEUED, RUNNING, Job, Jobs
from fer_core.video import Video, VideoSummary, analyze_video
from tests.support.bad_inputs import good
from tests.support.browser import until
from tests.support.video_files import astronaut, encode


def ended(client: Client, job: str) -> dict[str, Any]:
    until(lambda: client.request("GET", f"/v1/video/{job}")["state"] in ENDED, "the job to end")
    status: dict[str, Any] = client.request("GET", f"/v1/video/{job}")
    return status


def test_a_job_gives_what_the_core_gives(client: Client, tmp_path: Path) -> None:
    data = astronaut(seconds=1.0)
    job = client.request("POST", "/v1/video", data, models="cnn")
    assert job["state"] == QUEUED and job["models"] == ["cnn"] and job["progress"] == 0
    status = ended(client, job["job"])
    assert status["state"] == DONE and status["progress"] == 1
    rows = client.request("GET", f"/v1/video/{job['job']}/result")

    (tmp_path / "video.mp4").write_bytes(data)
    summary = VideoSummary()
    with Video(tmp_path / "video.mp4") as video:
        for frame in analyze_video(video, [load_model("cnn", threads=1)], csv=tmp_path / "frames.csv"):
            summary.add(frame)
    assert list(csv.reader(io.StringIO(rows))) == list(csv.reader((tmp_path / "frames.csv").open(newline="")))
    assert status["summary"]["frames"] == summary.frames and status["summary"]["faces"] == len(summary.faces) == 1

    client.request("DELETE", f"/v1/video/{job['job']}")
    with pytest.raises(ServiceError) as refused:
        client.request("GET", f"/v1/video/{job['job']}")
    assert refused.value.problem["status"] == 404


def test_a_job_is_cancelled_and_its_video_removed(client: Client) -> None:
    frame = decode_image(good())[:, :256]
    long = encode((frame for _ in range(800)), "mp4", 30)
    job = client.request("POST", "/v1/video", long, models="everyday")["job"]
    until(lambda: client.request("GET", f"/v1/video/{job}")["state"] == RUNNING, "the job to begin")
    with pytest.raises(ServiceError) as refused:
        client.request("GET", f"/v1/video/{job}/result")
    assert refused.value.problem["status"] == 409
    client.request("DELETE", f"/v1/video/{job}")
    assert ended(client, job)["state"] == CANCELLED


@pytest.mark.parametrize(
    ("data", "status", "said"),
    [
        (b"", 422, "is not a supported video"),
        (b"#EXTM3U\nhttp://127.0.0.1/secret", 422, "is not a supported video"),
        (astronaut(seconds=0.3)[:200], 422, "is damaged"),
    ],
    ids=["nothing", "a playlist", "a cut video"],
)
def test_what_is_no_video_is_refused_at_once(client: Client, data: bytes, status: int, said: str) -> None:
    with pytest.raises(ServiceError) as refused:
        client.request("POST", "/v1/video", data)
    assert refused.value.problem["status"] == status and said in refused.value.problem["detail"]


@pytest.mark.parametrize("name", ["../../etc", "0" * 32, "x" * 32, "%2e%2e", ""])
def test_there_is_no_other_job(client: Client, name: str) -> None:
    with pytest.raises(ServiceError) as refused:
        client.request("GET", f"/v1/video/{name}")
    assert refused.value.problem["status"] in (404, 405)


def test_a_video_that_is_too_large_is_refused_before_it_is_sent(client: Client) -> None:
    connection = client._connection
    connection.putrequest("POST", "/v1/video")
    connection.putheader("Content-Length", str(MAX_VIDEO_BYTES + 1))
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 413 and b"200 MB per video" in answer.read()


def new_job(jobs: Jobs, **status: Any) -> Job:
    job = jobs.new()
    job.video.write_bytes(b"video")
    job.change(**({"state": QUEUED, "models": [], "detector": "auto", "attempts": 0} | status))
    return job


def test_only_so_many_jobs_wait(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    waiting = [new_job(jobs) for _ in range(MAX_VIDEO_JOBS)]
    with pytest.raises(Exception, match="Other videos") as refused:
        jobs.new()
    assert refused.value.response().headers["Retry-After"]  # type: ignore[attr-defined]
    waiting[0].change(state=FAILED)
    assert not waiting[0].video.exists()
    arriving = jobs.new()
    with pytest.raises(Exception, match="Other videos"):  # it counts while its video is on its way
        jobs.new()
    arriving.remove()
    assert jobs.new().folder.is_dir()


def test_an_upload_that_was_cut_off_by_a_kill_makes_room_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = Jobs(tmp_path)
    left = [jobs.new() for _ in range(MAX_VIDEO_JOBS)]
    later = time.time() + VIDEO_BODY_SECONDS + 61
    monkeypatch.setattr(time, "time", lambda: later)
    jobs.new()
    assert not any(job.folder.exists() for job in left)


def test_a_job_that_another_process_removes_meanwhile_harms_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = Jobs(tmp_path)
    gone, kept = new_job(jobs, state=DONE), new_job(jobs, state=DONE)
    status = Job.status

    def vanishing(job: Job) -> dict[str, Any]:
        if job.id == gone.id:
            shutil.rmtree(gone.folder, ignore_errors=True)
        return status(job)

    monkeypatch.setattr(Job, "status", vanishing)
    assert jobs.new().folder.is_dir() and kept.folder.is_dir() and not gone.folder.exists()


def test_results_go_after_their_time_and_when_there_are_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = Jobs(tmp_path)
    monkeypatch.setattr("fer_core.serve.jobs.MAX_VIDEO_RESULTS", 2)
    kept = [new_job(jobs, state=DONE) for _ in range(3)]
    jobs.tidy()
    assert [job.id for job in jobs.all()] == [job.id for job in kept[1:]]
    later = time.time() + 3700
    monkeypatch.setattr(time, "time", lambda: later)
    jobs.tidy()
    assert not list(jobs.all())
