"""Keras and its backend, imported before anything else of this room, without what they say at their start."""

import os

from fer_core.utils.quiet import quiet_start

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # errors stay
# TensorFlow turns oneDNN's kernels on by itself only where a processor has AVX-512. With AVX2 alone, on one thread, a
# step of 64 faces takes 1.7 s with them and 2.5 without (`seresnet`), 0.76 and 1.6 (MobileNet 0.75 at 96 px).
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

with quiet_start():
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.list_physical_devices("GPU")  # here, since the first look for a GPU has something to say as well
