"""The gateway's connection: what is dropped, and what ends in another connection."""

import asyncio
import json
import zlib
from types import SimpleNamespace
from typing import Any

import pytest
from discord.gateway import ReconnectWebSocket

from bot.gateway_socket import GatewaySocket


class Dispatched(list):
    """The malformed events that were reported."""

    def __call__(self, event, *arguments):
        if event == "malformed_event":
            self.append(arguments[0])


@pytest.fixture
async def socket():
    async def close(*, code):
        pass

    closed: Any = SimpleNamespace(close=close, close_code=None)
    socket = GatewaySocket(closed, loop=asyncio.get_running_loop())
    socket.shard_id = 0
    socket._dispatch = Dispatched()
    socket._discord_parsers = {
        "GUILD_CREATE": lambda data: data["id"],
        "READY": lambda data: data["user"],
        "RESUMED": lambda _: None,
    }
    return socket


def event(name, data):
    return json.dumps({"op": 0, "t": name, "s": 7, "d": data})


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        (event("GUILD_CREATE", {}), "GUILD_CREATE"),
        (event("GUILD_CREATE", None), "GUILD_CREATE"),
        (event({"a": 1}, {}), "frame"),
        ("no JSON", "frame"),
        ("[1]", "frame"),
        ("null", "frame"),
    ],
)
async def test_what_cannot_be_read_is_dropped(socket, frame, kind):
    await socket.received_message(frame)

    assert socket._dispatch == [kind]


@pytest.mark.parametrize(
    ("frame", "kind", "resumes"),
    [
        (event("READY", {"user": 1}), "READY", False),
        (event("RESUMED", None), "RESUMED", False),
        ('{"op": 10, "d": null}', "HELLO", False),
        (zlib.compress(b"{}") + b"\x00\x00\xff\xff", "frame", True),
    ],
)
async def test_without_what_a_session_needs_there_is_another_connection(
    socket, frame, kind, resumes
):
    with pytest.raises(ReconnectWebSocket) as raised:
        await socket.received_message(frame)

    assert raised.value.resume is resumes
    assert socket._dispatch == [kind]
