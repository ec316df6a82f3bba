"""A video on the Classify page, run by AppTest: worked through, shown, cancelled, kept while the visitor is away."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from fer_core import list_models, load_model
from fer_core.video.analyze import VideoFrame, analyze_video
from fer_core.video.reader import Video
from pages.parts.classify import video as video_part
from pages.parts.classify import video_job
from pages.parts.classify.video_job import VideoJob
from tests.support import video_files
from tests.support.video_app import app, checked

pytestmark = pytest.mark.skipif(len(list_models()) < 2, reason="needs the two shipped bundles under models/")
CLIP = video_files.astronaut()


def given(page: AppTest, data: bytes = CLIP, name: str = "me.mp4") -> AppTest:
    uploader = next(widget for widget in page.file_uploader if "MP4" in widget.label)
    uploader.set_value([(name, data, "video/mp4")])
    return checked(page.run())


def texts(page: AppTest) -> str:
    kinds = (page.header, page.markdown, page.caption, page.info, page.warning, page.error)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def shown(page: AppTest) -> list[str]:
    return [element.value for element in page.header]


def jobs(page: AppTest) -> list[Any]:
    return list(page.session_state["video-jobs"].values())


def flagships() -> list[str]:
    return [load_model(name).card.title for name in list_models() if load_model(name).card.flagship]


@pytest.fixture(scope="module")
def done() -> Iterator[AppTest]:
    yield given(app())


def test_nothing_is_shown_before_a_video_is_given() -> None:
    page = app()
    assert not page.header and "Clear results" not in [button.label for button in page.button]


def test_the_player_the_timeline_and_the_files(done: AppTest) -> None:
    assert shown(done) == ["me.mp4"] and "10 frames, 0:00.9, faces: 1" in texts(done)
    assert len(done.get("video")) == 1
    components = [json.loads(each.proto.json or each.proto.mixed.json) for each in done.get("bidi_component")]
    (drawn,) = (data for data in components if "tracks" in data)
    assert [model["title"] for model in drawn["models"]] == flagships() and drawn["faces"] == [1]
    assert (drawn["start"], round(drawn["end"], 3), len(drawn["tracks"])) == (0, 1, len(flagships()))
    files = [data["label"] for data in components if "file_name" in data]
    assert files == ["CSV", "Parquet", "ELAN", "SRT", "WebVTT", "Summary", "Save edits"]
    assert [button.label for button in done.get("download_button")] == ["Annotated MP4"]
    (job,) = jobs(done)
    rows = list(csv.DictReader(io.StringIO(job.viewed.edited("csv").decode())))
    assert len(rows) == 10 * len(flagships()) and {row["person"] for row in rows} == {"Face 1"}
    as_written = list(csv.DictReader(io.StringIO(job.csv.read_text(encoding="utf-8"))))
    assert [{**row, "person": "Face 1"} for row in as_written] == rows, "without edits nothing changes"
    with Video(job.annotated) as copy:
        assert len(list(copy.frames())) == 10
    assert job.is_done and job._video is None, "the upload is let go of"


def test_another_run_of_the_page_does_not_work_anew(done: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_job, "analyze_video", lambda *_, **__: pytest.fail("worked through again"))
    assert "10 frames" in texts(checked(done.run()))


def test_the_result_is_there_again_after_another_page_until_it_is_cleared() -> None:
    page = given(app())
    folder = jobs(page)[0].annotated.parent
    page.switch_page("pages/compare.py").run()
    page = checked(page.switch_page("pages/classify.py").run())
    assert shown(page) == ["me.mp4"] and "10 frames" in texts(page)
    page = checked(page.button(key="video-clear").click().run())
    assert not shown(page) and not jobs(page) and not folder.exists()


def test_cancelled_inside_a_frame_what_was_done_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancel is a click that comes while a frame is analysed, on another thread: here it comes with the fourth."""
    started = list[VideoJob]()

    class Watched(VideoJob):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            started.append(self)

    def interrupted(*arguments: Any, **options: Any) -> Iterator[VideoFrame]:
        for number, frame in enumerate(analyze_video(*arguments, **options), start=1):
            if number == 4:
                started[0].cancel()
            yield frame

    monkeypatch.setattr(video_part, "VideoJob", Watched)
    monkeypatch.setattr(video_job, "analyze_video", interrupted)
    page = given(app())
    assert "Cancelled after 0:00.3" in texts(page) and "4 frames" in texts(page)
    with Video(jobs(page)[0].annotated) as copy:
        assert len(list(copy.frames())) == 4


@pytest.mark.parametrize("data", [b"", b"no video"], ids=["empty", "text"])
def test_what_is_no_video_is_refused_and_the_next_one_works(data: bytes) -> None:
    page = given(app(), data, "broken.mp4")
    assert "not a supported video" in page.error[0].value and not shown(page)
    assert shown(given(page)) == ["me.mp4"]


def test_no_more_than_the_newest_jobs_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_part, "JOBS_KEPT", 2)
    page = app()
    for number in range(3):
        page = given(page, name=f"{number}.mp4")
    assert [job.name for job in jobs(page)] == ["1.mp4", "2.mp4"]


def test_without_a_model_it_asks_for_one() -> None:
    page = app()
    page = given(checked(page.button_group(key="models").set_value([]).run()))
    assert "Pick at least one model" in texts(page) and not shown(page)


def test_a_name_is_only_text() -> None:
    page = given(app(), name="../**me**.mp4")
    assert shown(page) == [r"\*\*me\*\*.mp4"]


def test_the_chosen_detector_finds_the_faces(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    run = video_job.analyze_video
    monkeypatch.setattr(video_job, "analyze_video", lambda *a, **how: asked.append(how["detector"]) or run(*a, **how))
    page = given(app())
    assert not [slider for slider in page.slider if "unsure" in slider.label], "a film has no such marks"
    checked(page.selectbox(key="detector").set_value("haar").run())
    assert asked == ["auto", "haar"] and len(jobs(page)) == 2
