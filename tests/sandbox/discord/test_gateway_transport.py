"""The encodings of the gateway's frames: compression, binary frames, limits."""

import json
import zlib

import aiohttp
import discord
import pytest

from tests.sandbox.discord.conftest import Client


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
    ws, inflate = (await dial(compress=compress)).ws, context()

    def decode(message):
        assert message.type is aiohttp.WSMsgType.BINARY
        assert compress != "zlib-stream" or message.data.endswith(b"\0\0\xff\xff")
        return json.loads(inflate.decompress(message.data))

    seen = await greeting(ws, identify, decode)

    assert seen == [10, "READY", "GUILD_CREATE", "GUILD_CREATE", 11]


async def test_large_payloads_are_compressed_one_by_one(dial, identify):
    ws = (await dial()).ws
    kinds = []

    def decode(message):
        kinds.append(message.type)
        return plain_or_zlib(message)

    await greeting(ws, identify, decode)

    text, binary = aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY
    assert kinds == [text, text, binary, binary, text]  # large are the guilds


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
    assert await (await dial(**query)).closed() == code


@pytest.mark.parametrize("frame", [b"\xff", b"[" * 4000, b'{"op": 1, "d": 0}'.ljust(4097)])
@pytest.mark.parametrize("method", ["send_bytes", "send_str"])
async def test_unreadable_and_large_frames_are_decoding_errors(dial, frame, method):
    wire = await dial()

    await getattr(wire.ws, method)(
        frame if method == "send_bytes" else frame.decode(errors="replace")
    )

    assert await wire.closed() == 4002


async def test_frame_of_4096_bytes_is_read(dial):
    wire = await dial()

    await wire.ws.send_str('{"op": 1, "d": null}'.ljust(4096))

    await wire.next(11)


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
