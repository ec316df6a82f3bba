"""Turns: as many at a time as there are places, and in the order in which they came."""

import threading
import time

from fer_core.live.turns import Turns

LONG = 60  # s


def test_turns_are_few_at_a_time_and_even() -> None:
    turns, counts = Turns(2), [0] * 5
    inside, most, lock = 0, 0, threading.Lock()
    stop, first = threading.Event(), threading.Barrier(len(counts))

    def work(number: int) -> None:
        nonlocal inside, most
        first.wait(LONG)
        while not stop.is_set():
            with turns:
                with lock:
                    inside += 1
                    most = max(most, inside)
                time.sleep(0.005)  # as long as it takes all others to ask for a turn
                counts[number] += 1
                with lock:
                    inside -= 1
                    if sum(counts) > 200:
                        stop.set()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(counts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert most == 2 and inside == 0
    assert min(counts) > 0.6 * max(counts), counts


def test_who_came_first_goes_first_and_a_turn_ends_with_an_error() -> None:
    turns, order = Turns(1), list[int]()

    def take(number: int) -> None:
        with turns:
            order.append(number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(4)]
    try:
        with turns:
            for number, thread in enumerate(threads, 1):
                thread.start()
                while len(turns._waiting) < number:
                    time.sleep(0.001)
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    for thread in threads:
        thread.join(LONG)
    assert order == [0, 1, 2, 3]
