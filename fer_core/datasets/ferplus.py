"""FER+: ten people's votes for every face of FER-2013 (Barsoum et al. 2016), in a file of their own, row by row."""

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fer_core.emotions import EMOTIONS, emotion_index
from fer_core.errors import DatasetError

COLUMNS: Final = (
    "neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF",
)  # fmt: skip
USAGES: Final = {"training": "training", "publictest": "public_test", "privatetest": "private_test"}
"""What the challenge's files call the parts, in lower case -> what they are called here."""


def read_votes(path: str | Path, usage: NDArray[np.str_]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Read the votes for the rows of the challenge CSV -> labels (N,) int8 and votes (N, 7) float32.

    usage: (N,), the part of every row of that CSV, for the two files are matched row by row. A label is the column with
    the most of the ten columns' votes, as an index into EMOTIONS; -1 for ties and winners outside the seven. The votes
    are how many people chose each of EMOTIONS. Raises DatasetError for a missing file, or one of another form or of
    other rows.
    """
    try:
        file = pd.read_csv(path)
        counts = file[list(COLUMNS)].to_numpy(dtype=np.float64)
        if not (np.isfinite(counts) & (counts >= 0)).all():
            raise ValueError("votes must be numbers from 0 up, in every row")
        of_file = file["Usage"].str.lower().map(USAGES).to_numpy(dtype=str)
    except FileNotFoundError as error:
        raise DatasetError(f"No FER+ votes at {path}: there is no such file. Check --ferplus.") from error
    except Exception as error:  # every compression, and every odd number, has its own errors
        raise DatasetError(
            f"{path} is not a FER+ file. Expected the columns Usage, {', '.join(COLUMNS)}. "
            f"Received: {' '.join(str(error).split())}. Check --ferplus."
        ) from error
    if not np.array_equal(of_file, usage):
        raise DatasetError(
            f"Expected the FER+ file of this very CSV, row by row. Received: {path} with {len(counts)} rows of votes "
            f"for {len(usage)} faces, or their parts differ. Check --ferplus."
        )
    emotions = [emotion_index(name) for name in COLUMNS]
    to_emotion = np.array([-1 if emotion is None else emotion for emotion in emotions], np.int8)
    tied = (counts == counts.max(axis=1, keepdims=True)).sum(axis=1) > 1
    labels = np.where(tied, np.int8(-1), to_emotion[counts.argmax(axis=1)])
    return labels, counts[:, [emotions.index(emotion) for emotion in range(len(EMOTIONS))]].astype(np.float32)
