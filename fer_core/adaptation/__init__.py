"""People's own labelled faces -> a new head for a model, fitted in seconds, without TensorFlow.

`labels`: pictures -> faces -> `adapt`: the model's features -> `fit`, held near the present head, as strongly as
`cross_validation` finds best; it also says whether the new head is better -> a bundle that names the model as its
base. `archive`: faces and bundles as ZIP files.
"""

from fer_core.adaptation.adapt import FEWEST, Adaptation, adapt
from fer_core.adaptation.archive import pack_bundle, pack_faces, unpack_faces
from fer_core.adaptation.cross_validation import Comparison
from fer_core.adaptation.labels import LabelledFaces, faces_to_learn

__all__ = [
    "FEWEST",
    "Adaptation",
    "Comparison",
    "LabelledFaces",
    "adapt",
    "faces_to_learn",
    "pack_bundle",
    "pack_faces",
    "unpack_faces",
]
