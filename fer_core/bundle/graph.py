"""The work of a network, counted from its TFLite graph."""

import numpy as np

from fer_core.errors import ModelError


def multiply_adds(content: bytes) -> int:
    """Multiply-adds for one face: convolutions and matrix products; the rest is small.

    content: a TFLite file. Raises ModelError where it has neither.
    """
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    # without XNNPACK, which would hide the operations that it takes over
    plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(model_content=content, experimental_op_resolver_type=plain)
    interpreter.allocate_tensors()
    shapes = {tensor["index"]: tensor["shape"] for tensor in interpreter.get_tensor_details()}
    total = 0
    for operation in interpreter._get_ops_details():  # there is no public way to walk the graph
        kind = operation["op_name"]
        if kind in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
            weights, output = shapes[operation["inputs"][1]], shapes[operation["outputs"][0]]
            # weights: (out, height, width, in), (1, height, width, channels) or (out, in)
            taps = np.prod(weights[1:3]) if kind == "DEPTHWISE_CONV_2D" else np.prod(weights[1:])
            total += int(np.prod(output) * taps)
    if not total:
        raise ModelError("Expected a network with convolutions or dense layers. Received: a graph with neither.")
    return total
