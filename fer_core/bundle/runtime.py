"""LiteRT: a network's bytes -> a function from faces to logits."""

import threading
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fer_core.emotions import EMOTIONS
from fer_core.errors import ModelError
from fer_core.image import FACE_SIZE
from fer_core.utils.quiet import quiet_start

MAX_BATCH: Final = 16
"""Faces per call of the network, at most. It bounds memory (a MobileNet needs about 1 MB a face) and keeps activations
in the caches: on two cores of a Xeon, 64 faces take the CNN 44 ms in batches of 16 and 53 ms at once, the MobileNet
42 ms and 40 ms."""
THREADS: Final = 2


class Graph:
    """A TFLite graph with (N, 48, 48) uint8 in and float32 out. Any thread may call it; calls take turns.

    content: the bytes of the file. threads: of one call. Raises ModelError for a damaged file.
    """

    def __init__(self, content: bytes, threads: int = THREADS) -> None:
        from ai_edge_litert.interpreter import Interpreter  # here: listing models and reading cards need no runtime

        try:
            with quiet_start():
                self._interpreter = Interpreter(model_content=content, num_threads=threads)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelError("the network file is damaged or of an unknown format.") from error
        self._input, self._output = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        # an interpreter is not thread-safe, and a second copy would double the memory
        self._lock = threading.Lock()
        self._batch = 1

    def run(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, 48, 48) uint8 -> (N, ...) float32, the graph's first output. N may be 0."""
        if not len(faces):
            return np.zeros((0, *self._output[0]["shape"][1:]), np.float32)
        # batches of equal size, nearly: for another size the runtime plans its memory anew
        batches = np.array_split(faces, -(-len(faces) // MAX_BATCH))
        return np.concatenate([self._run(batch) for batch in batches])

    def _run(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        with self._lock:
            if len(faces) != self._batch:
                self._interpreter.resize_tensor_input(self._input[0]["index"], faces.shape)
                self._interpreter.allocate_tensors()
                self._batch = len(faces)
            self._interpreter.set_tensor(self._input[0]["index"], faces)
            self._interpreter.invoke()
            return np.asarray(self._interpreter.get_tensor(self._output[0]["index"]), np.float32)


class Network(Graph):
    """A graph whose output are (N, 7) logits. Raises ModelError for another shape as well."""

    def __init__(self, content: bytes, threads: int = THREADS) -> None:
        super().__init__(content, threads)
        shapes = [tuple(d["shape_signature"][1:]) for d in (*self._input, *self._output)]
        if shapes != [(FACE_SIZE, FACE_SIZE), (len(EMOTIONS),)] or self._input[0]["dtype"] != np.uint8:
            raise ModelError(
                f"Expected a network of uint8 faces ({FACE_SIZE}, {FACE_SIZE}) to {len(EMOTIONS)} logits. Received: "
                f"{self._input[0]['dtype'].__name__} {', '.join(str(tuple(map(int, shape))) for shape in shapes)}."
            )

    def logits(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, 48, 48) uint8 -> (N, 7) float32. N may be 0."""
        return self.run(faces)
