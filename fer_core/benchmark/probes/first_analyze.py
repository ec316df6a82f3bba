"""Milliseconds of the first analyze, models loaded in them: MODELS_DIR DETECTOR NAME..."""

import sys
import time
from pathlib import Path

from fer_core import analyze, load_model
from fer_core.image import sample_image

folder, detector, *names = sys.argv[1:]
data = sample_image()
started = time.perf_counter()
analyze(data, [load_model(name, Path(folder)) for name in names], detector=detector)
print((time.perf_counter() - started) * 1000)
