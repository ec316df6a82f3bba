"""Training: the only place that imports keras (and, to export, tensorflow). The app never imports this package."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow's start-up chatter; errors stay
