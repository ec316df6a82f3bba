"""A network that keras saved, loaded only to predict."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray


def load_predictor(path: str | Path) -> Callable[[NDArray[np.float32]], Any]:
    """A function that passes a batch through the network of a .keras or HDF5 file. Raises what keras raises."""
    network = keras.models.load_model(path, compile=False)
    return lambda batch: network.predict(batch, verbose=0)
