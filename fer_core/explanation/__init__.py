"""A model and faces -> what in the face decided.

`evidence`: the network's own feature maps, weighed by its last layer, or `occlusion` -> a map per emotion ->
`overlay`, pictures for people. `faithfulness` measures whether the maps show what the model goes by.
"""

from fer_core.explanation.evidence import evidence, face_evidence
from fer_core.explanation.faithfulness import Faithfulness, centre_blob, faithfulness, random_maps
from fer_core.explanation.overlay import ABOUT, explanation_image, overlay, overlay_on, runner_up

__all__ = [
    "ABOUT",
    "Faithfulness",
    "centre_blob",
    "evidence",
    "explanation_image",
    "face_evidence",
    "faithfulness",
    "overlay",
    "overlay_on",
    "random_maps",
    "runner_up",
]
