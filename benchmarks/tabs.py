"""A tab of the app without a browser: Streamlit's own messages, protobuf over a WebSocket, as its frontend sends them.

    tab = await Tab.open("http://localhost:8501")      # the first page has been run
    await tab.visit("live")                            # another page, as its link does
    await tab.give("upload", "picture.jpg", data)      # a file into the page's first field for files
    await tab.close()

What a page runs by itself (`st.fragment(run_every=...)`) is asked for as often as a browser does.
"""

import asyncio
import json
import uuid
from collections.abc import Callable
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

PATIENCE = 120
"""Seconds until a page counts as one that never came."""
_DIRECT = build_opener(ProxyHandler({}))  # no proxy knows this machine's own address


class Tab:
    """errors: exceptions that the page has shown, and connections that ended by themselves. texts: of its last run."""

    def __init__(self, url: str, socket: ClientConnection) -> None:
        self.errors, self.texts = list[str](), list[str]()
        self._url, self._socket = url, socket
        self._session = self._page = self._uploader = ""
        self._pages = dict[str, str]()
        self._components = dict[str, tuple[str, dict[str, Any]]]()
        self._states = dict[str, WidgetState]()
        self._answers = dict[str, asyncio.Future[Any]]()
        self._repeating = set[asyncio.Task[None]]()
        self._news = asyncio.Condition()
        self._runs, self._ended = 0, False  # runs that have ended; whether the connection has
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def open(cls, url: str) -> "Tab":
        """Load the app's page, connect and run its first page to the end."""
        await asyncio.to_thread(_fetch, Request(url))
        address = f"{url.replace('http', 'ws', 1)}/_stcore/stream"
        wanted: Any = ["streamlit"]
        tab = cls(url, await connect(address, subprotocols=wanted, max_size=None, open_timeout=PATIENCE, proxy=None))
        await tab._run()
        return tab

    async def visit(self, page: str) -> None:
        """Run another page to the end; page: as in its address, "" for the first."""
        self._page = self._pages[page]
        self._states.clear()
        self._components.clear()
        await self._run()

    async def give(self, name: str, data: bytes) -> None:
        """Upload a file into the page's field for files, and run the page to the end."""
        asked, number = BackMsg(), uuid.uuid4().hex
        asked.file_urls_request.request_id, asked.file_urls_request.session_id = number, self._session
        asked.file_urls_request.file_names.append(name)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send(asked.SerializeToString())
        urls = await asyncio.wait_for(answer, PATIENCE)
        await asyncio.to_thread(_put, self._url, urls.upload_url, name, data)
        state = WidgetState(id=self._uploader)
        state.file_uploader_state_value.uploaded_file_info.add(
            file_id=urls.file_id, name=name, size=len(data), file_urls=urls
        )
        self._states[self._uploader] = state
        await self._run()

    async def set_component(self, name: str, value: Any) -> None:
        """Have a component (`component` knows its name) tell the page its value; does not wait for the run."""
        number = self._components[name][0]
        self._states[number] = WidgetState(id=number, json_value=json.dumps(value))
        await self._ask()

    def component(self, name: str) -> dict[str, Any]:
        """The arguments that the page gave a component last; {} where it has shown none whose name ends so."""
        return self._components[name][1] if name in self._components else {}

    async def until(self, true: Callable[[], Any], what: str) -> None:
        """Wait until something that the page shows is so. Raises TimeoutError."""
        try:
            async with asyncio.timeout(PATIENCE), self._news:
                await self._news.wait_for(lambda: true() or self._ended)
        except TimeoutError:
            raise TimeoutError(f"waited {PATIENCE} s for {what}") from None
        if not true():
            await self._listening  # raises what ended it
            raise ConnectionError("the app ended the connection")

    async def close(self) -> None:
        """Close the tab."""
        self._listening.cancel()
        self._stop_repeating()
        await self._socket.close()

    async def _run(self) -> None:
        before = self._runs
        self._stop_repeating()
        await self._ask()
        await self.until(lambda: self._runs > before, "a page to end")

    async def _ask(self, fragment: str = "") -> None:
        asked = BackMsg()
        asked.rerun_script.query_string = ""
        asked.rerun_script.page_script_hash = self._page
        asked.rerun_script.fragment_id, asked.rerun_script.is_auto_rerun = fragment, bool(fragment)
        asked.rerun_script.widget_states.widgets.extend(self._states.values())
        await self._socket.send(asked.SerializeToString())

    async def _listen(self) -> None:
        try:
            async for received in self._socket:
                message = ForwardMsg.FromString(received)  # type: ignore[arg-type]
                self._take(message)
                async with self._news:
                    self._news.notify_all()
        except ConnectionClosed as error:
            self.errors.append(f"the connection ended: {error}")
        finally:
            self._ended = True
            async with self._news:
                self._news.notify_all()

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._session = message.new_session.initialize.session_id or self._session
            if not message.metadata.run.fragment_ids:
                self._page = message.new_session.page_script_hash
                self.texts.clear()
                self._stop_repeating()
        elif kind == "navigation":
            pages = message.navigation.app_pages
            self._pages = {("" if page.is_default else page.url_pathname): page.page_script_hash for page in pages}
        elif kind == "delta":
            self._show(message.delta.new_element)
        elif kind == "auto_rerun":
            self._repeat(message.auto_rerun.interval, message.auto_rerun.fragment_id)
        elif kind == "script_finished":
            self._runs += message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
        elif kind == "file_urls_response":
            answer = self._answers.pop(message.file_urls_response.response_id)
            answer.set_result(message.file_urls_response.file_urls[0])

    def _show(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.errors.append(element.exception.message or element.exception.type)
        elif kind == "file_uploader":
            self._uploader = element.file_uploader.id
        elif kind == "component_instance":
            own = element.component_instance
            self._components[own.component_name.rsplit(".", 1)[-1]] = own.id, json.loads(own.json_args)
        elif kind in ("markdown", "html", "alert"):
            self.texts.append(getattr(element, kind).body)

    def _repeat(self, seconds: float, fragment: str) -> None:
        async def repeat() -> None:
            while True:
                await asyncio.sleep(seconds)
                await self._ask(fragment)

        self._repeating.add(asyncio.create_task(repeat()))

    def _stop_repeating(self) -> None:
        for task in self._repeating:
            task.cancel()
        self._repeating.clear()


def _fetch(request: Request) -> Any:
    with _DIRECT.open(request, timeout=PATIENCE) as response:
        response.read()
        return response.headers


def _put(url: str, address: str, name: str, data: bytes) -> None:
    """As browsers upload: with the cookie that the app has set, once as cookie and once as header."""
    cookie = _fetch(Request(f"{url}/_stcore/health")).get("Set-Cookie", "").partition(";")[0]
    edge = uuid.uuid4().hex
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    headers = {"Content-Type": f"multipart/form-data; boundary={edge}", "Cookie": cookie}
    headers["X-Xsrftoken"] = cookie.partition("=")[2].strip('"')
    body = head.encode() + data + f"\r\n--{edge}--\r\n".encode()
    _fetch(Request(url + address, body, headers, method="PUT"))
