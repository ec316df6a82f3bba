"""A model on disk: card.json, model.tflite, predictions.npz.

name -> folder (`registry`) -> card (`card`, checked by `schema`) -> network (`runtime`) -> `model`: faces -> logits ->
probabilities (`calibration`). `ending` reads the last layer, which an `adapted` bundle replaces. `predictions` and
`parts` are what comparisons of bundles need.
"""

from fer_core.bundle.adapted import AdaptedModel, pack_head
from fer_core.bundle.calibration import calibrated, log_prior, softmax, uncalibrated
from fer_core.bundle.card import (
    CARD_NAME,
    HEAD_NAME,
    MODEL_NAME,
    PREDICTIONS_NAME,
    ModelCard,
    change_card,
    check_name,
    file_entry,
    network_entry,
    read_card,
    read_file,
    write_card,
)
from fer_core.bundle.ending import Head
from fer_core.bundle.graph import multiply_adds
from fer_core.bundle.mean import MEAN_SIGN, MeanModel, mean_card, member_names
from fer_core.bundle.model import EmotionModel
from fer_core.bundle.parts import OFFICIAL_TEST, PART_NAMES, REAL_FACES, main_part, part_in_role, shared_parts
from fer_core.bundle.predictions import pack_predictions, read_predictions, with_part
from fer_core.bundle.registry import (
    Bundle,
    bundle_folder,
    find_base,
    folders_text,
    is_mean,
    list_models,
    load_model,
    model_folders,
    no_models_text,
    read_bundles,
    user_models_dir,
)
from fer_core.bundle.runtime import MAX_BATCH, THREADS, Network

__all__ = [
    "CARD_NAME",
    "HEAD_NAME",
    "MAX_BATCH",
    "MEAN_SIGN",
    "MODEL_NAME",
    "OFFICIAL_TEST",
    "PART_NAMES",
    "PREDICTIONS_NAME",
    "REAL_FACES",
    "THREADS",
    "AdaptedModel",
    "Bundle",
    "EmotionModel",
    "Head",
    "MeanModel",
    "ModelCard",
    "Network",
    "bundle_folder",
    "calibrated",
    "change_card",
    "check_name",
    "file_entry",
    "find_base",
    "folders_text",
    "is_mean",
    "list_models",
    "load_model",
    "log_prior",
    "main_part",
    "mean_card",
    "member_names",
    "model_folders",
    "multiply_adds",
    "network_entry",
    "no_models_text",
    "pack_head",
    "pack_predictions",
    "part_in_role",
    "read_bundles",
    "read_card",
    "read_file",
    "read_predictions",
    "shared_parts",
    "softmax",
    "uncalibrated",
    "user_models_dir",
    "with_part",
    "write_card",
]
