"""The relay of the deployment: coturn with deploy/turnserver.conf takes the app's passes, and no private address."""

import asyncio
import subprocess
from pathlib import Path
from typing import Any

import pytest

from fer_core.live.webrtc import ice_servers
from tests.support.browser import PATIENCE, free_port
from tests.support.deploy import DEPLOY, needs_coturn, replaced


@needs_coturn
def test_the_relay_takes_the_apps_passes_and_keeps_the_network_closed(tmp_path: Path) -> None:
    from aioice import stun, turn

    port = free_port()
    text = replaced((DEPLOY / "turnserver.conf").read_text(), "listening-port=3478", f"listening-port={port}")
    (tmp_path / "turnserver.conf").write_text(text)
    options = ["--realm=emotions.test", "--static-auth-secret=north", "--listening-ip=127.0.0.1"]
    options += ["--relay-ip=127.0.0.1", f"--pidfile={tmp_path}/pid", "--log-file=stdout", "--simple-log"]
    with (tmp_path / "log.txt").open("w") as log:
        relay = subprocess.Popen(
            ["turnserver", "-c", str(tmp_path / "turnserver.conf"), *options], stdout=log, stderr=subprocess.STDOUT
        )

    async def allocated(secret: str) -> Any:
        server = ice_servers({"FER_TURN_URLS": f"turn:127.0.0.1:{port}", "FER_TURN_SECRET": secret})[0]
        return await turn.create_turn_endpoint(
            asyncio.DatagramProtocol,
            server_addr=("127.0.0.1", port),
            username=server["username"],
            password=server["credential"],
        )

    async def visit() -> None:
        for attempt in range(300):  # until it listens
            try:
                transport, _ = await allocated("north")
                break
            except (stun.TransactionTimeout, OSError):
                assert attempt < 299, (tmp_path / "log.txt").read_text()
                await asyncio.sleep(0.2)
        assert transport.get_extra_info("sockname")[0] == "127.0.0.1"
        inner = transport._TurnTransport__inner_protocol  # the public interface does not tell of a refusal
        for address in ("127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254"):
            with pytest.raises(stun.TransactionFailed) as refused:
                await inner.channel_bind(0x4000, (address, 53))
            assert refused.value.response.attributes["ERROR-CODE"][0] == 403, address
        await inner.channel_bind(0x4000, ("203.0.113.7", 5000))
        with pytest.raises(stun.TransactionFailed) as refused:
            await allocated("south")
        assert refused.value.response.attributes["ERROR-CODE"][0] == 401
        transport.close()

    try:
        asyncio.run(visit())
    finally:
        relay.terminate()
        relay.wait(PATIENCE)
