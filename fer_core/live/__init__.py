"""A webcam session: `webrtc` connects streams, `session` tracks the faces in their frames.

`log` keeps what was shown, `statistics` how fast it went.
"""

from fer_core.live.session import LiveSession
from fer_core.live.webrtc import StreamLimiter, ice_servers, stream_limit

__all__ = [
    "LiveSession",
    "StreamLimiter",
    "ice_servers",
    "stream_limit",
]
