"""A path -> faces with labels (`readers`, `ferplus`) -> training, validation and test parts (`splits`).

`pictures`: labelled pictures whose faces are yet to be found.
"""

from fer_core.datasets.pictures import (
    MOST_UPLOADS,
    LabelledPictures,
    emotion_in_name,
    labelled_pictures,
    labelled_uploads,
    unknown_text,
)
from fer_core.datasets.readers import FaceTable, read_dataset
from fer_core.datasets.splits import Faces, Split, evaluation_parts, split_dataset

__all__ = [
    "MOST_UPLOADS",
    "FaceTable",
    "Faces",
    "LabelledPictures",
    "Split",
    "emotion_in_name",
    "evaluation_parts",
    "labelled_pictures",
    "labelled_uploads",
    "read_dataset",
    "split_dataset",
    "unknown_text",
]
