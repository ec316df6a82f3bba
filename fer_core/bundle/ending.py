"""How a network ends, read from its file: the last dense layer, and what goes into it.

A TFLite file names its outputs as tensors of its graph, so any tensor can become the output by one number in a copy of
the bytes in memory: the file, its hash and the speed of the network as it is stay as they are.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fer_core.errors import ModelError


@dataclass(frozen=True)
class Head:
    """A dense layer from features to logits: features @ weights.T + bias.

    weights: (7, D) float32. bias: (7,) float32.
    """

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    def logits(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, D) features -> (N, 7) float32."""
        return np.asarray(features @ self.weights.T + self.bias, np.float32)


@dataclass(frozen=True)
class Ending:
    """The end of a network, by the numbers of tensors. features: (N, D), what goes into the head.

    feature_maps: (N, height, width, D), whose mean over height and width is `features`; None where the network does not
    end in global average pooling and one dense layer.
    """

    head: Head
    features: int
    feature_maps: int | None


def read_ending(content: bytes) -> Ending:
    """The end of a TFLite file that ends in a dense layer. Raises ModelError for any other."""
    graph = _Graph(content)
    last = graph.producer(int(graph.subgraph.Outputs(0)))
    if last is None or graph.kind(last) != "FULLY_CONNECTED" or last.InputsLength() < 3:
        raise ModelError("Expected a network that ends in a dense layer. Received: another ending.")
    features, weights, bias = (int(index) for index in last.InputsAsNumpy())
    head = Head(graph.constant(weights).astype(np.float32), graph.constant(bias).astype(np.float32))
    return Ending(head, features, graph.pooled(features))


def with_output(content: bytes, tensor: int) -> bytes:
    """A copy of a TFLite file whose output is another tensor of its graph."""
    graph = _Graph(content)
    graph.subgraph.OutputsAsNumpy()[0] = tensor  # a view of the bytes
    return bytes(graph.content)


class _Graph:
    """The parts of a TFLite file that are needed here, by the schema that LiteRT brings."""

    def __init__(self, content: bytes) -> None:
        from ai_edge_litert import schema_py_generated as schema  # here: a tenth of a second

        self.schema, self.content = schema, bytearray(content)
        self.model = schema.Model.GetRootAs(self.content, 0)
        self.subgraph = self.model.Subgraphs(0)

    def producer(self, tensor: int) -> Any | None:
        """The operation that a tensor comes from; None for inputs and constants."""
        operations = (self.subgraph.Operators(i) for i in range(self.subgraph.OperatorsLength()))
        return next((found for found in operations if tensor in found.OutputsAsNumpy()), None)

    def kind(self, operation: Any) -> str:
        """An operation's name in the schema, such as "FULLY_CONNECTED"."""
        code = self.model.OperatorCodes(operation.OpcodeIndex())
        number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())  # old files have only the second
        return next((name for name, value in vars(self.schema.BuiltinOperator).items() if value == number), "")

    def pooled(self, tensor: int) -> int | None:
        """The feature maps of which a tensor is the mean over height and width; None where it is something else."""
        pooling = self.producer(tensor)
        if pooling is None or self.kind(pooling) != "MEAN":
            return None
        maps, axes = (int(index) for index in pooling.InputsAsNumpy())
        return maps if sorted(self.constant(axes).ravel().tolist()) == [1, 2] else None

    def constant(self, tensor: int) -> NDArray[Any]:
        """A stored tensor, dequantised where it is stored in fewer bits. Raises ModelError for one that is computed."""
        found, types = self.subgraph.Tensors(tensor), self.schema.TensorType
        data = self.model.Buffers(found.Buffer()).DataAsNumpy()
        if not isinstance(data, np.ndarray) or not data.size:
            source = self.producer(tensor)
            if source is None or self.kind(source) != "DEQUANTIZE":
                raise ModelError("Expected a dense layer with stored weights. Received: computed ones.")
            return self.constant(int(source.Inputs(0)))
        kinds = {types.FLOAT32: "<f4", types.FLOAT16: "<f2", types.INT8: "i1", types.INT32: "<i4"}
        if found.Type() not in kinds:
            raise ModelError("Expected weights in float32, float16 or int8. Received: another type.")
        values = data.view(kinds[found.Type()]).reshape(found.ShapeAsNumpy() if found.ShapeLength() else ())
        if found.Type() != types.INT8:
            return np.asarray(values)
        scales = np.asarray(found.Quantization().ScaleAsNumpy(), np.float32)  # one, or one for each row
        return np.asarray(values.astype(np.float32) * scales.reshape(-1, *[1] * (values.ndim - 1)))
