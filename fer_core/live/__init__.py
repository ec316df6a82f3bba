"""A webcam session: `webrtc` connects streams, `stream` carries their frames, `session` tracks the faces in them.

`log` keeps what was shown, `statistics` how fast it went.
"""

from fer_core.live.session import LiveSession
from fer_core.live.stream import LiveStream, NewestRelay
from fer_core.live.webrtc import StreamLimiter, camera_rate, crowding, ice_servers, stream_limit

__all__ = [
    "LiveSession",
    "LiveStream",
    "NewestRelay",
    "StreamLimiter",
    "camera_rate",
    "crowding",
    "ice_servers",
    "stream_limit",
]
