"""Milliseconds per face: models take turns, and the fastest round counts. The clock is made; nothing is timed."""

from typing import Any

from fer_core.evaluation.timing import time_models


class Clock:
    """Seconds that pass only while a model works, more of them while the machine is busy."""

    def __init__(self) -> None:
        self.now, self.busy, self.calls = 0.0, 1.0, []

    def __call__(self) -> float:
        return self.now

    def model(self, name: str, milliseconds: float) -> Any:
        clock = self

        class Model:
            def predict_proba(self, faces: Any) -> None:
                assert faces.shape == (1, 48, 48)
                clock.calls.append(name)
                clock.busy = 5.0 if 3 * 14 <= len(clock.calls) < 6 * 14 else 1.0  # three of the rounds
                clock.now += clock.busy * milliseconds / 1000

        return Model()


def test_models_take_turns_and_a_busy_spell_changes_only_the_slowest() -> None:
    clock, shares = Clock(), []
    models = {"a": clock.model("a", 1.0), "b": clock.model("b", 2.0)}
    times = time_models(models, 12, shares.append, clock)
    assert [round(x, 6) for x in times["a"]] == [1.0, 5.0] and [round(x, 6) for x in times["b"]] == [2.0, 10.0]
    turns = [name for name, before in zip(clock.calls, ["", *clock.calls], strict=False) if name != before]
    assert turns == ["a", "b"] * 12 and shares == [n / 12 for n in range(1, 13)]
