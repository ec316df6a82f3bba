"""What the segments of a film amount to: shares of time, transitions, lengths, smiles."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from fer_core.emotions import EMOTIONS
from fer_core.video.segments import Segment, by_tier

SMILE: Final = "happy"
"""The label whose segments count as smiles."""


def film_statistics(segments: list[Segment], seconds: float, frames: int) -> dict[str, Any]:
    """JSON-ready: the film's length in seconds and frames looked at, its number of faces, and both of the below."""
    return {
        "seconds": round(seconds, 3),
        "frames": frames,
        "faces": len({segment.face for segment in segments}),
        "by_model": model_statistics(segments),
        "by_face": face_statistics(segments),
    }


def face_statistics(segments: list[Segment]) -> list[dict[str, Any]]:
    """JSON-ready, an entry per face and model.

    seconds: with a label; share, mean_seconds, segments: by emotion, of these seconds, of a segment's length, and their
    number; transitions: from -> to -> how often one label followed another at once; smiles: segments of `happy`.
    """
    return [
        {"face": face, "model": model, "from": round(held[0].start, 3), "to": round(held[-1].end, 3), **_summed(held)}
        for (face, model), held in by_tier(segments)
    ]


def model_statistics(segments: list[Segment]) -> dict[str, Any]:
    """The same by model, over all faces; transitions are those of single faces."""
    return {model: _summed([s for s in segments if s.model == model]) for model in sorted({s.model for s in segments})}


def _summed(held: Sequence[Segment]) -> dict[str, Any]:
    """Segments in the order of faces and time."""
    total = sum(segment.seconds for segment in held)
    count = Counter(segment.label for segment in held)
    length = {e: sum(s.seconds for s in held if s.label == e) for e in EMOTIONS}
    transitions: dict[str, Counter[str]] = {}
    for one, other in pairwise(held):
        if one.face == other.face and one.end == other.start:
            transitions.setdefault(one.label, Counter())[other.label] += 1
    return {
        "seconds": round(total, 3),
        "share": {e: round(length[e] / total, 4) if total else 0.0 for e in EMOTIONS},
        "mean_seconds": {e: round(length[e] / count[e], 3) if count[e] else None for e in EMOTIONS},
        "segments": {e: count[e] for e in EMOTIONS},
        "transitions": {e: dict(sorted(transitions[e].items())) for e in EMOTIONS if e in transitions},
        "smiles": count[SMILE],
    }
