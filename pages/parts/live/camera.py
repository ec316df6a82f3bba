"""Problems with the camera, found out in the browser, and what people can do about them."""

import streamlit as st

ADVICE = {
    "insecure": (
        "Browsers allow cameras on secure pages only. Open the app over **https://**, or as **http://localhost** on "
        "the machine that runs it."
    ),
    "missing": "No camera was found. Connect one, or switch it on, and press START.",
    "denied": (
        "The browser does not let this page use the camera. Click the camera or lock symbol beside the page's address, "
        "allow the camera, reload the page and press START."
    ),
    "in_use": "The camera does not respond. Close other programs that use it, and press START.",
    "connection": (
        "Still no video. The server may be busy, or a firewall or router may block the direct connection: wait a "
        "little, try another network, or take a snapshot below. Whoever runs this app can set up a TURN server "
        "(docs/deploy.md, Running it for others)."
    ),
    "busy": (
        "All places for live video are taken at the moment. This page keeps checking: START appears as soon as one is "
        "free."
    ),
}
"""Problem -> what to do."""
CAMERA_PROBLEMS = ("insecure", "missing", "denied", "in_use")
"""Those in which the page has no camera at all, for a snapshot neither."""

# The page's own script may look into the streamer's frame (one origin): its failed requests are the only sign of a
# prompt that was dismissed or of a camera that another program holds. Everything else is asked of the browser.
_SCRIPT = """
const CODES = {NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "missing",
               OverconstrainedError: "missing", NotReadableError: "in_use", AbortError: "in_use"}

async function look() {
  if (!window.isSecureContext || !navigator.mediaDevices) return "insecure"
  try {
    const permission = await navigator.permissions.query({name: "camera"})
    if (permission.state === "denied") return "denied"
  } catch { /* a browser that does not tell */ }
  try {
    const devices = await navigator.mediaDevices.enumerateDevices()
    if (!devices.some(device => device.kind === "videoinput")) return "missing"
  } catch { /* the same */ }
  return ""
}

function listen(report) {
  for (const frame of document.querySelectorAll('iframe[src*="streamlit_webrtc"]')) {
    try {
      const devices = frame.contentWindow.navigator.mediaDevices
      if (!devices || devices.isHeard) continue
      const ask = devices.getUserMedia.bind(devices)
      devices.isHeard = true
      devices.getUserMedia = constraints => ask(constraints).then(
        stream => { report("", true); return stream },
        error => { report(CODES[error.name] || "in_use", true); throw error })
    } catch { /* the frame is still loading */ }
  }
}

export default function ({ data, setStateValue }) {
  let known = data.problem, heard = false
  const report = (problem, fromRequest) => {
    heard = heard || fromRequest
    if (problem !== known) { known = problem; setStateValue("problem", problem) }
  }
  // what the camera itself answered outweighs what the browser believes
  const check = () => look().then(problem => { if (problem || !heard) report(problem, false) })
  const timers = [setInterval(() => listen(report), 250), setInterval(check, 1500)]
  check()
  return () => timers.forEach(clearInterval)
}
"""


def camera_problem() -> str:
    """Empty, or "insecure", "missing", "denied" or "in_use": at once, and whenever it changes."""
    probe = st.components.v2.component("fer_camera_probe", js=_SCRIPT)
    known = st.session_state.get("camera_problem", "")
    found = probe(
        key="camera-probe",
        data={"problem": known},
        default={"problem": known},
        height=1,
        on_problem_change=lambda: None,
    )
    st.session_state.camera_problem = found.problem or ""
    return st.session_state.camera_problem
