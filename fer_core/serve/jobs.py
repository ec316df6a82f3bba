"""Jobs of the service as files, so that every process of it knows them: a folder each, under one that all share.

<job>/status.json   what clients see        <job>/video      the upload, until the job has ended
<job>/frames.csv    a row per frame, face   <job>/cancel     is there once the job is to stop
<job>/lock          held by the process that works on it, and let go of by the system when that is killed
"""

import contextlib
import json
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from fer_core.limits import MAX_VIDEO_JOBS, MAX_VIDEO_RESULTS, VIDEO_BODY_SECONDS, VIDEO_RESULT_SECONDS
from fer_core.serve.problems import NOT_FOUND, Problem, busy
from fer_core.utils.files import atomic_write

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
STATES: Final = (QUEUED, RUNNING, DONE, FAILED, CANCELLED)
ENDED: Final = (DONE, FAILED, CANCELLED)
_ID: Final = re.compile(r"[0-9a-f]{32}")  # a random one: who does not know it cannot ask for it
_RETRY_SECONDS: Final = 30
_STATUS: Final = "status.json"
_ARRIVAL_SECONDS: Final = VIDEO_BODY_SECONDS + 60  # an upload that takes longer has ended, one way or another


class Job:
    """One job. folder: its own; it may go at any time once the job has ended."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.id = folder, folder.name
        self.video, self.frames, self.lock = folder / "video", folder / "frames.csv", folder / "lock"
        self._cancel = folder / "cancel"

    def status(self) -> dict[str, Any]:
        """What clients see. Raises Problem (404) where the job is gone."""
        try:
            content: dict[str, Any] = json.loads((self.folder / _STATUS).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise no_job() from None
        return content

    def change(self, **changes: Any) -> None:
        """Overwrite fields of the status; the video goes where the job ends."""
        changed = (self.status() if (self.folder / _STATUS).exists() else {}) | changes
        if changed["state"] in ENDED:
            self.video.unlink(missing_ok=True)
            changed["ended"] = time.time()
        with atomic_write(self.folder / _STATUS) as unfinished:
            unfinished.write_text(json.dumps(changed), encoding="utf-8")

    def cancel(self) -> None:
        """Have it stopped, by the process that works on it or would begin to."""
        self._cancel.touch()

    @property
    def is_cancelled(self) -> bool:
        """Whether it is to stop."""
        return self._cancel.exists()

    def remove(self) -> None:
        """All of it."""
        shutil.rmtree(self.folder, ignore_errors=True)


class Jobs:
    """All jobs in a folder. Any process may use it at any time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def new(self) -> Job:
        """A job without a status, which nobody works on yet. Raises Problem (429) where there are too many.

        Those whose video is still on its way count too.
        """
        self.tidy()
        job = Job(self._folder / uuid.uuid4().hex)
        job.folder.mkdir()  # before counting: of several at once each sees the others
        waiting = sum(status["state"] not in ENDED for _, status in self._statuses())
        arriving = sum(1 for _ in self._folders(with_status=False))
        if waiting + arriving > MAX_VIDEO_JOBS:
            job.remove()
            raise busy("Other videos are being worked on; please try again in a while.", _RETRY_SECONDS)
        return job

    def find(self, name: str) -> Job:
        """By what a client calls it. Raises Problem (404)."""
        job = Job(self._folder / name) if _ID.fullmatch(name) else None
        if job is None or not (job.folder / _STATUS).exists():
            raise no_job()
        return job

    def all(self) -> Iterator[Job]:
        """Those with a status, the oldest first."""
        for _, path in sorted(self._folders(with_status=True)):
            yield Job(path)

    def tidy(self) -> None:
        """Remove results that are old, or too many."""
        ended = [(job, status["ended"]) for job, status in self._statuses() if status["state"] in ENDED]
        for number, (job, since) in enumerate(reversed(ended)):
            if number >= MAX_VIDEO_RESULTS or time.time() - since > VIDEO_RESULT_SECONDS:
                job.remove()
        for created, path in self._folders(with_status=False):
            if time.time() - created > _ARRIVAL_SECONDS:  # of a process that was killed meanwhile
                Job(path).remove()

    def _statuses(self) -> Iterator[tuple[Job, dict[str, Any]]]:
        """As `all`, with what clients see; without those that another process removes meanwhile."""
        for job in self.all():
            with contextlib.suppress(Problem):
                yield job, job.status()

    def _folders(self, with_status: bool) -> Iterator[tuple[float, Path]]:
        """When each was made, and where it is; without those that another process removes meanwhile."""
        for path in self._folder.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if (path / _STATUS).exists() == with_status:
                    yield path.stat().st_ctime, path


def no_job() -> Problem:
    return Problem(NOT_FOUND, "There is no such job; a result is kept for an hour.")
