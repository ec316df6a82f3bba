"""Work that goes on in a thread of its own keeps its order, its errors and its end."""

import threading
from collections.abc import Generator

import pytest

from fer_core.utils.ahead import ahead


def numbers(until: int, made: list[int], error: Exception | None = None) -> Generator[int, None, None]:
    try:
        for number in range(until):
            made.append(number)
            yield number
        if error:
            raise error
    finally:
        made.append(-1)


def test_all_items_come_in_order() -> None:
    assert list(ahead(numbers(100, []))) == list(range(100))
    assert list(ahead(numbers(0, []))) == []


def test_it_runs_ahead_but_not_without_end() -> None:
    made = list[int]()
    items = ahead(numbers(50, made), steps=3)
    assert next(items) == 0
    for _ in range(200):
        if len(made) == 5:  # one taken, three waiting, one that finds no room
            break
        threading.Event().wait(0.01)
    threading.Event().wait(0.3)
    assert made == [0, 1, 2, 3, 4]
    items.close()


def test_an_error_comes_where_it_happened() -> None:
    items = ahead(numbers(3, [], ValueError("three")))
    assert [next(items), next(items), next(items)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(items)


def test_closed_early_the_work_has_ended_and_been_closed() -> None:
    made, before = list[int](), threading.active_count()
    items = ahead(numbers(10**6, made))
    next(items)
    items.close()
    assert made[-1] == -1 and threading.active_count() == before
