"""The encodings of the gateway's frames: compression, binary frames, limits."""

import json
import zlib

import aiohttp
import discord
import pytest

from tests.sandbox.discord.conftest import Client

V10 = {"v": "10", "encoding": "json"}


@pytest.fixture
async def dial(stand_in):
    """Connect to the gateway with a query."""
    async with aiohttp.ClientSession() as session:

        async def dial(**query):
            return await session.ws_connect(stand_in.gateway_url, params=V10 | query)

        yield dial


@pytest.fixture
def identify(stand_in):
    return {
        "op": 2,
        "d": {"token": stand_in.world.bot_token, "intents": 1, "properties": {}, "compress": True},
    }


async def greeting(ws, identify, decode):
    """Return the types of the frames from HELLO to the last GUILD_CREATE."""
    seen = [decode(await ws.receive())["op"]]
    await ws.send_bytes(json.dumps(identify).encode())
    ready = decode(await ws.receive())
    guilds = [decode(await ws.receive())["t"] for _ in ready["d"]["guilds"]]
    await ws.send_str('{"op": 1, "d": 3}')
    return [*seen, ready["t"], *guilds, decode(await ws.receive())["op"]]


def plain_or_zlib(message):
    binary = message.type is aiohttp.WSMsgType.BINARY
    return json.loads(zlib.decompress(message.data) if binary else message.data)


@pytest.mark.parametrize(
    ("compress", "context"),
    [
        ("zlib-stream", zlib.decompressobj),
        ("zstd-stream", discord.utils._ActiveDecompressionContext),
    ],
)
async def test_one_context_decompresses_all_frames(dial, identify, compress, context):
    ws, inflate = await dial(compress=compress), context()

    def decode(message):
        assert message.type is aiohttp.WSMsgType.BINARY
        assert compress != "zlib-stream" or message.data.endswith(b"\0\0\xff\xff")
        return json.loads(inflate.decompress(message.data))

    seen = await greeting(ws, identify, decode)

    assert seen == [10, "READY", "GUILD_CREATE", "GUILD_CREATE", 11]


async def test_large_payloads_are_compressed_one_by_one(dial, identify):
    ws = await dial()
    kinds = []

    def decode(message):
        kinds.append(message.type)
        return plain_or_zlib(message)

    await greeting(ws, identify, decode)

    text, binary = aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY
    assert kinds == [text, text, binary, binary, text]  # large are the guilds


async def close_code(ws):
    while (await ws.receive(timeout=5)).type is not aiohttp.WSMsgType.CLOSE:
        pass
    return ws.close_code


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"v": "5"}, 4012),
        ({"v": "ten"}, 4012),
        ({"encoding": "xml"}, 4002),
        ({"compress": "brotli"}, 4002),
    ],
)
async def test_unknown_queries_close_the_connection(dial, query, code):
    assert await close_code(await dial(**query)) == code


@pytest.mark.parametrize("frame", [b"\xff", b"[" * 4000, b'{"op": 1, "d": 0}'.ljust(4097)])
@pytest.mark.parametrize("method", ["send_bytes", "send_str"])
async def test_unreadable_and_large_frames_are_decoding_errors(dial, frame, method):
    ws = await dial()

    await getattr(ws, method)(frame if method == "send_bytes" else frame.decode(errors="replace"))

    assert await close_code(ws) == 4002


async def test_frame_of_4096_bytes_is_read(dial):
    ws = await dial()
    await ws.receive()

    await ws.send_str('{"op": 1, "d": null}'.ljust(4096))

    assert (await ws.receive_json())["op"] == 11


async def test_discord_py_uses_transport_compression(connect, stand_in, noah):
    client = Client()

    @client.tree.command()
    async def ping(interaction: discord.Interaction) -> None:
        """Answer."""
        await interaction.response.send_message("pong")

    await connect(client)
    sent = await noah.command("ping")

    assert (await sent.answer())["content"] == "pong"
    assert stand_in.gateway.compressions == ["zstd-stream"]
