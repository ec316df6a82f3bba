"""Cards -> tables and texts for people.

`leaderboard`: one row per bundle, and `ensemble` for the mean of several; `published`: figures of reproduced systems
beside ours; `model_readme`: a README per bundle; `training_facts`: how it was trained; `real_faces`: models on
labelled pictures, end to end. All tables are written by `markdown`.
"""

from fer_core.reporting.ensemble import ensemble_row
from fer_core.reporting.leaderboard import COLUMNS, best_first, leaderboard_table, score_row
from fer_core.reporting.markdown import percent_interval
from fer_core.reporting.model_readme import README_NAME, readme_text, write_readmes
from fer_core.reporting.published import published_rows, published_table, why_they_differ
from fer_core.reporting.real_faces import RealFaces, measure_pictures, real_faces_record, store_real_faces
from fer_core.reporting.training_facts import calibrated_on, main_settings, training_facts

__all__ = [
    "COLUMNS",
    "README_NAME",
    "RealFaces",
    "best_first",
    "calibrated_on",
    "ensemble_row",
    "leaderboard_table",
    "main_settings",
    "measure_pictures",
    "percent_interval",
    "published_rows",
    "published_table",
    "readme_text",
    "real_faces_record",
    "score_row",
    "store_real_faces",
    "training_facts",
    "why_they_differ",
    "write_readmes",
]
