"""A webcam stream, as fast as the machine goes.

`python -m tests.support.faults_stream [--minutes N]` prints how memory fares.

Frames of the sample with noise go through LiveSession.receive, 30 for each second of the stream; the page's questions
(view, timeline, shares, CSV) are asked once a second. Exit code 0 if memory grew by less than 50 MB after the first
sixth (five minutes of thirty).
"""

import argparse
import itertools
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MOST_MB = 50
RATE = 30


def stream(minutes: float, models: list[Any]) -> tuple[float, int]:
    """MB gained after the first sixth of the stream (NaN where the system does not tell), and frames."""
    import av

    from fer_core.benchmark.frames import still
    from fer_core.live.session import LiveSession
    from tests.support.memory import status_mb

    now = [0.0]
    session = LiveSession(clock=lambda: now[0])
    session.configure(models)
    pictures = [picture for _, picture in still(16 / RATE)]
    count, settled = round(minutes * 60 * RATE), None
    for index, picture in zip(range(count), itertools.cycle(pictures), strict=False):
        frame: Any = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base, now[0] = index, Fraction(1, RATE), index / RATE
        session.receive(frame)
        if index % RATE == 0:
            view, shares = session.view(), session.shares()
            for model in models:
                session.timeline(model.name, 60)
            assert not view.problem, view.problem
            assert not shares or all(abs(sum(share) - 1) < 1e-6 for share in shares.values())
        if index == count // 6:
            settled = status_mb("VmRSS")
    last = status_mb("VmRSS")
    assert session.csv().count("\n") > 1 and session.view().frames == count
    return (float("nan") if settled is None or last is None else last - settled), count


def main() -> int:
    from fer_core import list_models, load_model

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30, help="of the stream (default: %(default)s)")
    args = parser.parse_args()
    gained, frames = stream(args.minutes, [load_model(name) for name in list_models()[:2]])
    print(f"{frames} frames: {gained:.1f} MB gained after the first sixth")
    return 1 if gained > MOST_MB else 0


if __name__ == "__main__":
    sys.exit(main())
