"""Settings: what a card says of those that differ from the recipe's."""

from dataclasses import replace

from fer_core.training.recipes import RECIPES
from fer_core.training.settings import changes


def test_what_differs_from_the_usual_is_named() -> None:
    usual = RECIPES["deep4"].settings
    assert changes(usual, usual, dropout=(0.4, 0.4)) == changes(usual, replace(usual, seed=3)) == {}
    other = replace(usual, batch_size=64, class_weights=True, augmentation=replace(usual.augmentation, mixup=0.2))
    assert changes(usual, other, dropout=(0.4, 0.1)) == {
        "changed": "batch size 64 instead of 128, class weights True instead of False, mixup 0.2 instead of 0.0, "
        "dropout 0.1 instead of 0.4"
    }
