"""Image x models -> Analysis.

bytes -> `fer_core.image` decodes -> `fer_core.detection` finds and crops -> every model in one batch -> `results`,
which `drawing` turns into an annotated image and `export` into CSV, JSON and files; `schema` is the form of the JSON.
`batch` does so for many files, `blurring` hides faces in copies, `framing` takes the largest face of labelled pictures.
"""

from fer_core.analysis.analyze import analyze, analyze_many
from fer_core.analysis.batch import analyze_files
from fer_core.analysis.blurring import Blur, hide_faces
from fer_core.analysis.export import csv_lines, escape_formula, images_file, images_file_name, to_csv, to_json
from fer_core.analysis.framing import FramedFaces, frame_pictures, largest_face
from fer_core.analysis.results import UNSURE_BELOW, Analysis, Face, Prediction, annotate
from fer_core.analysis.schema import SCHEMA_VERSION, analysis_schema

__all__ = [
    "SCHEMA_VERSION",
    "UNSURE_BELOW",
    "Analysis",
    "Blur",
    "Face",
    "FramedFaces",
    "Prediction",
    "analysis_schema",
    "analyze",
    "analyze_files",
    "analyze_many",
    "annotate",
    "csv_lines",
    "escape_formula",
    "frame_pictures",
    "hide_faces",
    "images_file",
    "images_file_name",
    "largest_face",
    "to_csv",
    "to_json",
]
