"""Keras layers that compute what Keras's own do, faster on processors."""

from typing import Any, Final

import keras

_ROW: Final = 32
"""Pixels of a row that oneDNN's bfloat16 kernel takes at once for the kernel's gradient; it fills up shorter rows."""


@keras.saving.register_keras_serializable("fer_core")
class SideBySideConv2D(keras.layers.Conv2D):  # type: ignore[misc]
    """keras.layers.Conv2D; same weights, same results, and in bfloat16 on a processor another way to its gradient.

    The kernel's gradient is a sum over the pixels of a map. A row of 6 pixels leaves most of a block of oneDNN's empty,
    and that sum takes four times as long as the convolution itself. Several maps in one row, columns of zeros between
    them, give the same sum: a step of `deepfer` takes a fifth less, of `seresnet` a ninth (two cores with AMX). It
    needs TensorFlow, stride 1 and "same" padding; anything else is as in Keras.
    """

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """(N, height, width, channels) -> (N, height, width, filters)."""
        plain = self.strides != (1, 1) or self.padding != "same" or self.dilation_rate != (1, 1) or self.groups != 1
        if plain or self.kernel_size[1] % 2 == 0 or self.compute_dtype != "bfloat16" or not _on_processor():
            return super().convolution_op(inputs, kernel)
        gap = self.kernel_size[1] // 2
        count = _ROW // (inputs.shape[2] + gap)
        return super().convolution_op(inputs, kernel) if count < 2 else _convolve(inputs, kernel, count, gap)


def _on_processor() -> bool:
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf  # where keras trains on it, it is loaded already

    return not tf.config.list_logical_devices("GPU")


def _convolve(inputs: Any, kernel: Any, count: int, gap: int) -> Any:
    import tensorflow as tf

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def convolve(x: Any, k: Any) -> Any:
        def gradient(dy: Any) -> tuple[Any, Any]:
            dx = tf.compat.v1.nn.conv2d_backprop_input(tf.shape(x), k, dy, [1, 1, 1, 1], "SAME")
            wide_x, wide_dy = side_by_side(x, count, gap), side_by_side(dy, count, gap)
            return dx, tf.compat.v1.nn.conv2d_backprop_filter(wide_x, k.shape, wide_dy, [1, 1, 1, 1], "SAME")

        return tf.nn.conv2d(x, k, 1, "SAME"), gradient

    return convolve(inputs, tf.convert_to_tensor(kernel))


def side_by_side(maps: Any, count: int, gap: int) -> Any:
    """(N, height, width, channels) -> (N / count rounded up, height, count * (width + gap), channels): `gap` columns of
    zeros after each map, maps of zeros for what is missing in the last row.
    """
    import tensorflow as tf

    n = tf.shape(maps)[0]
    _, height, width, channels = maps.shape
    maps = tf.pad(maps, [[0, -n % count], [0, 0], [0, gap], [0, 0]])
    rows = tf.reshape(maps, (-1, count, height, width + gap, channels))
    return tf.reshape(tf.transpose(rows, (0, 2, 1, 3, 4)), (-1, height, count * (width + gap), channels))


@keras.saving.register_keras_serializable("fer_core")
class FusedBatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]
    """keras.layers.BatchNormalization over the last axis; same weights, same results, other kernel while training.

    Keras 3 writes it as a dozen elementwise operations, each a pass over memory. TensorFlow's fused kernel (oneDNN on
    processors) does it in one, forwards and back: a step of `seresnet` (batch 128, bfloat16, two cores with AMX) takes
    0.39 s instead of 0.80. Only its running variance differs, by n / (n - 1). Other backends fuse by themselves.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """(N, height, width, channels) -> the same."""
        if not training or not self.trainable or len(inputs.shape) != 4 or keras.backend.backend() != "tensorflow":
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf  # where keras trains on it, it is loaded already

        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs,
            tf.convert_to_tensor(self.gamma),
            tf.convert_to_tensor(self.beta),
            epsilon=self.epsilon,
            is_training=True,
        )
        for running, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            running.assign(running * self.momentum + batch * (1.0 - self.momentum))
        return outputs


def with_fused_normalisation(network: keras.Model) -> keras.Model:
    """A copy of `network`, weights included, with fused batch normalisations: for networks built elsewhere."""

    def replaced(layer: keras.layers.Layer) -> keras.layers.Layer:
        fused = isinstance(layer, keras.layers.BatchNormalization)
        return (FusedBatchNormalization if fused else type(layer)).from_config(layer.get_config())

    copy = keras.models.clone_model(network, clone_function=replaced)
    copy.set_weights(network.get_weights())
    return copy
