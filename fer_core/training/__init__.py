"""Dataset -> trained network -> bundle. The only room that imports keras.

`options` and `recipes` (a network of `architectures`, its `settings`) -> `run` reads and splits the dataset -> `fit`
(`augment`, `targets`, `folds`, `distillation`, `checkpoint`) -> `calibration` -> `export`. Beside that: `tuning`
searches for settings, `reproduce` compares with what was published.
"""

import fer_core.training.backend  # noqa: F401 - first, so that TensorFlow starts quietly
