"""A download button for what changes all the time: its file is made when the button is pressed, after all that the
visitor did before.

st.download_button takes its bytes beforehand, or makes them on demand and drops them at the next sweep of its files:
with fragments that run twice a second, other sessions' too, that is often before the browser has fetched them. Nor does
it wait for a change that is on its way: it makes the file without, or fails where the page runs again meanwhile.
"""

import base64
import gzip
from collections.abc import Callable
from typing import Literal

import streamlit as st

_HTML = '<button type="button"></button>'
_CSS = """
button {
  width: 100%; min-height: 2.5rem; padding: 0.25rem 0.75rem; cursor: pointer; font: inherit; font-size: 0.875rem;
  color: var(--st-text-color); background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius);
}
button:hover, button:focus-visible { color: var(--st-primary-color); border-color: var(--st-primary-color); }
button:disabled { opacity: 0.4; cursor: not-allowed; color: inherit; border-color: var(--st-border-color); }
"""
_SCRIPT = """
export default async function ({ data, parentElement, setTriggerValue }) {
  const button = parentElement.querySelector("button")
  button.textContent = data.label
  button.disabled = data.disabled
  button.onclick = () => setTriggerValue("pressed", true)
  if (!data.content || button.saved === data.serial) return
  button.saved = data.serial
  const packed = Uint8Array.from(atob(data.content), character => character.charCodeAt(0))
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))
  const bytes = await new Response(stream).arrayBuffer()
  const link = document.createElement("a")
  link.href = URL.createObjectURL(new Blob([bytes], {type: data.mime}))
  link.download = data.file_name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60000)
}
"""


def download_button(
    label: str,
    make: Callable[[], bytes | str],
    file_name: str,
    mime: str,
    *,
    key: str,
    disabled: bool = False,
    width: Literal["stretch", "content"] = "stretch",
) -> None:
    """A button that gives the visitor the result of `make`, called when it is pressed, as the file `file_name`."""
    pending, count = f"{key}-content", f"{key}-count"

    def pressed() -> None:
        made = make()
        packed = gzip.compress(made.encode() if isinstance(made, str) else made, 3, mtime=0)
        st.session_state[pending] = base64.b64encode(packed).decode()
        st.session_state[count] = st.session_state.get(count, 0) + 1

    button = st.components.v2.component("fer_download_button", html=_HTML, css=_CSS, js=_SCRIPT)
    button(
        key=key,
        data={
            "label": label,
            "file_name": file_name,
            "mime": mime,
            "disabled": disabled,
            "content": st.session_state.pop(pending, ""),
            "serial": st.session_state.get(count, 0),
        },
        width=width,
        on_pressed_change=pressed,
    )
