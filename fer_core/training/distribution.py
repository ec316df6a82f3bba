"""Training on several devices of one machine: the same network on each, a share of every batch for each."""

import contextlib
import json
import os

import keras

from fer_core.errors import DatasetError

_SEVERAL_HOSTS = (
    "--distribute mirrored is for the devices of one machine, and TF_CONFIG names {count}: Keras 3 cannot train over "
    "several machines with TensorFlow. Unset TF_CONFIG and train on one of them, or use KERAS_BACKEND=jax there."
)


def distribution_scope(how: str | None) -> contextlib.AbstractContextManager[object]:
    """Networks built and fitted inside use every device that the backend sees, or one, where `how` is None.

    how: "mirrored": every device has the whole network and a share of each batch; gradients are averaged. With
    TensorFlow by tf.distribute.MirroredStrategy, with JAX by keras.distribution.DataParallel. A batch stays as large
    as the settings say, whatever the number of devices. Raises DatasetError where the backend cannot.
    """
    if how is None:
        return contextlib.nullcontext()
    backend = keras.backend.backend()
    if backend == "tensorflow":
        hosts = json.loads(os.environ.get("TF_CONFIG") or "{}").get("cluster", {})
        if (count := sum(len(addresses) for addresses in hosts.values())) > 1:
            raise DatasetError(_SEVERAL_HOSTS.format(count=count))
        import tensorflow as tf

        strategy = tf.distribute.MirroredStrategy()
        print(f"On {strategy.num_replicas_in_sync} devices.", flush=True)
        scope: contextlib.AbstractContextManager[object] = strategy.scope()
        return scope
    if backend == "jax":
        parallel = keras.distribution.DataParallel(auto_shard_dataset=False)
        print(f"On {parallel.device_mesh.shape[0]} devices.", flush=True)
        scope = parallel.scope()
        return scope
    raise DatasetError(f"--distribute works with TensorFlow and JAX, not with KERAS_BACKEND={backend}.")
