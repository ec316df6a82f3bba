"""What one live stream costs the server: decoding, reading the faces, drawing, encoding.

    python -m benchmarks.stream_cost [--seconds N] [--model NAME]...

Frames of 640x480 with one face, 30 a second, through the codec that browsers and aiortc agree on (VP8) and through
LiveSession, as the Live page has it. Processor time over all threads, so that cores can be counted: a stream that keeps
a core busy for 20 ms a frame leaves room for 33.3 / 20 = 1.7 streams a core.
"""

import argparse
import itertools
import time
from fractions import Fraction
from typing import Any

import av
from aiortc.codecs import depayload
from aiortc.codecs.vpx import Vp8Decoder, Vp8Encoder
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtcrtpparameters import RTCRtpCodecParameters

from fer_core import list_models, load_model
from fer_core.benchmark.frames import still
from fer_core.benchmark.timing import machine
from fer_core.live import LiveSession

RATE = 30
CODEC = RTCRtpCodecParameters(mimeType="video/VP8", clockRate=90000)


def measure(models: list[Any], seconds: float) -> dict[str, float]:
    """Step -> milliseconds of processor time for each frame."""
    session = LiveSession()
    session.configure(models)
    pictures = [picture for _, picture in still(2.0)]
    browser, decoder, encoder = Vp8Encoder(), Vp8Decoder(), Vp8Encoder()
    spent = dict.fromkeys(("decode", "read the faces and draw", "encode"), 0.0)
    count = round(seconds * RATE)
    for index, picture in zip(range(count), itertools.cycle(pictures), strict=False):
        frame: Any = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
        frame.pts, frame.time_base = index, Fraction(1, RATE)
        packets, stamp = browser.encode(frame)
        began = time.process_time()
        data = b"".join(depayload(CODEC, packet) for packet in packets)
        (seen,) = decoder.decode(JitterFrame(data=data, timestamp=stamp))
        decoded = time.process_time()
        shown = session.receive(seen)
        read = time.process_time()
        encoder.encode(shown)
        for step, start, end in zip(spent, (began, decoded, read), (decoded, read, time.process_time()), strict=True):
            spent[step] += end - start
    return {step: 1000 * value / count for step, value in spent.items()}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=float, default=20, help="of the stream (default: %(default)s)")
    options.add_argument(
        "--model",
        action="append",
        metavar="NAME",
        help="may be repeated (default: the first model of the app, then the first two)",
    )
    args = options.parse_args()
    print(machine())
    for names in (args.model,) if args.model else (list_models()[:1], list_models()[:2]):
        steps = measure([load_model(name) for name in names], args.seconds)
        total = sum(steps.values())
        said = ", ".join(f"{step} {value:.1f}" for step, value in steps.items())
        print(
            f"{' and '.join(names)}: {total:.1f} ms of a core for a frame ({said}): {1000 / RATE / total:.1f} streams"
        )


if __name__ == "__main__":
    main()
