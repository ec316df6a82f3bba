"""Visits to a running app without a browser.

`python -m tests.support.sessions [--sessions N | --tabs N]` prints how they fare.

--sessions: many at once. --tabs: one after the other, each closed; threads and open files must be back where they were
once Streamlit gives up waiting for closed tabs to come back: it keeps 128 of them at most, each with three open files,
for two minutes and until the next visit.

A visit speaks the pages' own protocol: protobuf messages over a WebSocket.
"""

import argparse
import contextlib
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]


KEPT_SECONDS = 120  # Streamlit's own: a tab that comes back within them goes on where it was
FILES_PER_TAB = 3  # of an event loop


class Visit:
    """One tab. `texts`: the Markdown and HTML of its last run; `errors`: exceptions that its page has shown."""

    def __init__(self, url: str, patience: float = 300) -> None:
        from websockets.sync.client import connect

        address = f"{url.replace('http', 'ws', 1)}/_stcore/stream"
        wanted: Any = ["streamlit"]
        self._open = contextlib.ExitStack()
        connection = connect(address, subprotocols=wanted, max_size=None, open_timeout=patience)
        self._socket = self._open.enter_context(connection)
        self._patience, self._buttons = patience, dict[str, str]()
        self.texts, self.errors = list[str](), list[str]()

    def run(self, press: str = "") -> None:
        """Run the page, the button `press` pressed where one is named, until it has finished."""
        from streamlit.proto.BackMsg_pb2 import BackMsg
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        asked = BackMsg()
        asked.rerun_script.query_string = ""
        if press:
            asked.rerun_script.widget_states.widgets.add(id=self._buttons[press], trigger_value=True)
        self._socket.send(asked.SerializeToString())
        self.texts.clear()
        while True:
            message = ForwardMsg()
            received: Any = self._socket.recv(self._patience)
            message.ParseFromString(received)
            kind = message.WhichOneof("type")
            if kind == "delta":
                self._take(message.delta.new_element)
            elif kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return

    def close(self) -> None:
        self._open.close()

    def _take(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.errors.append(element.exception.message)
        elif kind == "button":
            self._buttons[element.button.label] = element.button.id
        elif kind == "markdown":
            self.texts.append(element.markdown.body)
        elif kind == "html":
            self.texts.append(element.html.body)


def together(url: str, count: int) -> tuple[list[Visit], list[float]]:
    """`count` visits that press the sample "Photo" at once -> the visits, still open, and seconds of each."""
    visits = [Visit(url) for _ in range(count)]
    for visit in visits:
        visit.run()
    gate = Barrier(count)

    def press(visit: Visit) -> float:
        gate.wait()
        before = time.perf_counter()
        visit.run("Photo")
        return time.perf_counter() - before

    with ThreadPoolExecutor(count) as pool:
        return visits, list(pool.map(press, visits))


def tabs(url: str, count: int) -> None:
    """Open and close `count` tabs."""
    for _ in range(count):
        visit = Visit(url)
        visit.run()
        visit.close()


def closed_tabs(server: Any, count: int) -> int:
    """Open and close `count` tabs, wait, visit once more -> 1 where threads or files have stayed."""
    tabs(server.url, 2)
    before = server.threads, server.open_files
    tabs(server.url, count)
    print(f"{before[0]} threads, {before[1]} open files; after {count} tabs {server.threads}, {server.open_files}")
    time.sleep(KEPT_SECONDS + 10)
    tabs(server.url, 1)
    time.sleep(2)
    after = server.threads, server.open_files
    print(f"{KEPT_SECONDS + 12} s later {after[0]}, {after[1]}")
    return int(after[0] > before[0] + 2 or after[1] > before[1] + 2)


def main() -> int:
    from tests.support.browser import running

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=20, help="default: %(default)s")
    parser.add_argument("--tabs", type=int, help="open and close so many tabs instead")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "log.txt") as server:
        if args.tabs:
            return closed_tabs(server, args.tabs)
        together(server.url, 1)  # the models load
        alone = float(np.median([together(server.url, 1)[1][0] for _ in range(5)]))
        visits, seconds = together(server.url, args.sessions)
        errors = [error for visit in visits for error in visit.errors]
        p95 = float(np.percentile(seconds, 95))
        print(
            f"one session: {alone:.2f} s; {args.sessions} at once: median {np.median(seconds):.2f} s, p95 {p95:.2f} s,"
        )
        print(f"which is {p95 / (alone * args.sessions):.2f} of the time that so many take one after the other")
        print(f"errors: {errors or 'none'}; server: {server.threads} threads, {server.memory_mb:.0f} MB")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
