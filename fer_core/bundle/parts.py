"""The parts of a dataset on which a card reports: their names, their roles, and which of them two models share."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from fer_core.bundle.card import ModelCard

OFFICIAL_TEST: Final = "private_test"
"""The test part of FER-2013 with its official split, by which models of different people compare."""
REAL_FACES: Final = "real_faces"
"""Pictures of faces, found and classified: what `evaluate --find-faces --store` keeps beside the dataset's parts."""
PART_NAMES: Final = {
    REAL_FACES: "Real faces, found and classified",
    OFFICIAL_TEST: "FER-2013 test part (PrivateTest)",
    "private_test_clean": "FER-2013 test part without copies",
    "ferplus_test": "FER-2013 test part under FER+ labels",
    "test": "test part",
    "public_test": "FER-2013 validation part (PublicTest, used for choosing)",
    "validation": "validation part (used for choosing)",
}
"""The parts of a card and REAL_FACES, in the order in which people choose, each with its name for them."""
_ROLES: Final = {"test": (OFFICIAL_TEST, "test"), "validation": ("public_test", "validation")}


def main_part(parts: Collection[str]) -> str | None:
    """The part by which a model is judged: the most important of `parts`; None where there are none."""
    return next((part for part in (*PART_NAMES, *parts) if part in parts), None)


def part_in_role(parts: Collection[str], role: str) -> str | None:
    """The part among `parts` that has a role: "test" (training never saw it), "validation" (it chose the epoch).

    Any other role is taken for the name of a part. None where `parts` holds no such part.
    """
    return next((part for part in _ROLES.get(role, (role,)) if part in parts), None)


def dataset_hash(card: ModelCard) -> str | None:
    """The SHA-256 of the dataset that the card was evaluated on, or None where it does not say."""
    found = card.training.get("dataset_sha256")
    return found if isinstance(found, str) and found else None


def shared_parts(first: ModelCard, second: ModelCard) -> list[str]:
    """The parts that both were evaluated on, of the same dataset and with as many faces; those of PART_NAMES first.

    REAL_FACES is one where the predictions of both for the same pictures, found by the same detector, are stored.
    """
    real = [REAL_FACES] if _same_pictures(first.real_faces, second.real_faces) else []
    if dataset_hash(first) is None or dataset_hash(first) != dataset_hash(second):
        return real
    both = real + [
        part
        for part in first.evaluation
        if part in second.evaluation and first.evaluation[part].get("n") == second.evaluation[part].get("n")
    ]
    order = list(PART_NAMES)
    return sorted(both, key=lambda part: (order.index(part) if part in order else len(order), part))


def _same_pictures(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    keys = ("sha256", "detector", "stored_predictions")
    return bool(first.get(keys[-1])) and all(first.get(key) == second.get(key) for key in keys)
