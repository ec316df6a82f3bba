"""The command `video`."""

import argparse
from pathlib import Path

from fer_core.cli.common import load_models, refuse
from fer_core.errors import ImageError
from fer_core.utils.progress import fraction_bar


def run(args: argparse.Namespace) -> int:
    """Work through the video, write what was asked for, print the summary."""
    # brings the video codecs, which nothing else here needs
    from fer_core.video import Video, VideoSummary, analyze_video

    models, summary = load_models(args.model, args.models_dir), VideoSummary()
    if args.annotated and Path(args.annotated).resolve() == Path(args.file).resolve():
        return refuse("the annotated copy would overwrite the video; name another file")
    try:
        with Video(args.file) as source:
            outputs = {"csv": args.csv, "annotated": args.annotated}
            with fraction_bar() as bar:
                for frame in analyze_video(source, models.values(), detector=args.detector, **outputs):
                    summary.add(frame)
                    bar.set_postfix_str(f"{summary.frames} frames", refresh=False)
                    bar.update(frame.progress - bar.n)
            print(*summary.lines(), *source.notes, sep="\n")
    except ImageError as error:
        return refuse(error)
    return 1 if source.notes else 0
