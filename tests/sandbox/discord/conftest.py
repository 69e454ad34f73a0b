"""A stand-in of Discord, and discord.py clients connected to it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import discord
import pytest
import yarl
from discord.backoff import ExponentialBackoff
from discord.gateway import DiscordClientWebSocketResponse, DiscordWebSocket
from discord.http import Route

from sandbox.discord import Discord, sample_world
from sandbox.discord.limits import Limits
from sandbox.faults import Faults
from sandbox.journal import Journal
from tests.openapi import assert_conform


@pytest.fixture
def world():
    """A world whose limits do not slow down tests of other things."""
    world = sample_world()
    world.limits = Limits.generous()
    return world


@pytest.fixture
async def stand_in(world):
    """A stand-in; its exchanges must conform to Discord's OpenAPI description."""
    async with Discord(world, Journal(), Faults()) as server:
        yield server
    assert_conform(server.journal.exchanges)


@pytest.fixture
def noah(stand_in):
    return stand_in.member("Noah", channel="general")


class Client(discord.Client):
    """A minimal bot with a command tree."""

    def __init__(self, **options) -> None:
        options = {"intents": discord.Intents.default(), "guild_ready_timeout": 0.0, **options}
        super().__init__(**options)
        self.tree = discord.app_commands.CommandTree(self)
        self.resumed = asyncio.Event()
        self.seen: asyncio.Queue[discord.Message] = asyncio.Queue()

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Skip the library's pause of five seconds."""

    async def on_resumed(self) -> None:
        self.resumed.set()

    async def on_message(self, message: discord.Message) -> None:
        self.seen.put_nowait(message)


@pytest.fixture
async def connect(stand_in, monkeypatch) -> AsyncIterator[Callable]:
    """Connect a client and wait until it is ready; close all clients at the end."""
    monkeypatch.setattr(Route, "BASE", stand_in.api_url)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(stand_in.gateway_url))
    # The bot's start changes these for the whole process; here is discord.py as it is.
    monkeypatch.setattr(discord.client, "DiscordWebSocket", DiscordWebSocket)
    monkeypatch.setattr(discord.client, "ExponentialBackoff", ExponentialBackoff)
    monkeypatch.setattr(
        discord.http, "DiscordClientWebSocketResponse", DiscordClientWebSocketResponse
    )
    async with AsyncExitStack() as stack:

        async def connect(client: discord.Client) -> discord.Client:
            await stack.enter_async_context(running(client, stand_in.world.bot_token))
            return client

        yield connect


@asynccontextmanager
async def running(client: discord.Client, token: str) -> AsyncIterator[None]:
    async with client:
        task = asyncio.create_task(client.start(token))
        ready = asyncio.create_task(client.wait_until_ready())
        await asyncio.wait((task, ready), return_when=asyncio.FIRST_COMPLETED, timeout=5)
        if task.done():
            ready.cancel()
            task.result()
        assert ready.done()
        try:
            yield
        finally:
            await client.close()
            await task


ENDS = (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)


class Api:
    """A plain REST client with the bot's token."""

    def __init__(self, stand_in: Discord, session: aiohttp.ClientSession) -> None:
        self._stand_in = stand_in
        self._session = session
        self.application = stand_in.world.application_id

    async def __call__(
        self, method, path, json=None, *, token=None, data=None, query=None, headers=None
    ):
        """Return status and body of one request."""
        token = self._stand_in.world.bot_token if token is None else token
        async with self._session.request(
            method,
            self._stand_in.api_url + path,
            json=json,
            data=data,
            params=query,
            headers={"Authorization": f"Bot {token}", **(headers or {})},
        ) as response:
            self.headers = response.headers
            raw = await response.read()
            is_json = response.content_type == "application/json"
            return response.status, await response.json() if raw and is_json else None

    async def refused(self, method, path, json=None, **more):
        """Return status, code and field errors of a request that must fail."""
        status, body = await self(method, path, json, **more)
        assert status >= 400, body
        return status, body["code"], dict(_flat(body.get("errors", {})))


def _flat(errors, path=""):
    for key, inner in errors.items():
        if key == "_errors":
            yield path, inner[0]["code"]
        else:
            yield from _flat(inner, f"{path}.{key}".strip("."))


@pytest.fixture
async def api(stand_in):
    async with aiohttp.ClientSession() as session:
        yield Api(stand_in, session)


class Socket:
    """The WebSocket of a chat page."""

    def __init__(self, ws):
        self.ws = ws

    async def next(self, *kinds):
        """Return the next frame of one of these kinds."""
        async with asyncio.timeout(5):
            while (frame := await self.ws.receive_json())["type"] not in kinds:
                pass
        return frame

    async def send(self, kind, **more):
        await self.ws.send_json({"type": kind, "nonce": "n", **more})


@pytest.fixture
async def open_page(stand_in):
    async with aiohttp.ClientSession() as session:

        async def open_page(name, **more):
            user = stand_in.world.user(name)
            url = f"{stand_in.origin}/page/socket?user={user.id}"
            return Socket(await session.ws_connect(url, **more))

        yield open_page


class Wire:
    """A connection to the gateway, of plain JSON frames."""

    def __init__(self, ws, token):
        self.ws = ws
        self._login = {"token": token, "intents": 1, "properties": {}}

    async def send(self, op, d=None):
        await self.ws.send_json({"op": op, "d": d})

    async def identify(self, **changes):
        await self.send(2, self._login | changes)

    async def resume(self, session, seq, **changes):
        login = {"token": self._login["token"], "session_id": session, "seq": seq}
        await self.send(6, login | changes)

    async def next(self, *kinds):
        """Return the next frame of one of these event names or opcodes, or any frame."""
        async with asyncio.timeout(5):
            while True:
                frame = await self.ws.receive_json()
                if not kinds or (frame["t"] or frame["op"]) in kinds:
                    return frame

    async def ready(self):
        """Identify, and return READY's data."""
        await self.identify()
        return (await self.next("READY"))["d"]

    async def closed(self):
        """Return the code that the connection is closed with."""
        while (await self.ws.receive(timeout=5)).type not in ENDS:
            pass
        return self.ws.close_code


@pytest.fixture
async def dial(stand_in):
    """Connect to the gateway with a query; connections stay open until the test's end."""
    wires = []
    async with aiohttp.ClientSession() as session:

        async def dial(**query):
            query = {"v": "10", "encoding": "json"} | query
            ws = await session.ws_connect(stand_in.gateway_url, params=query)
            wires.append(wire := Wire(ws, stand_in.world.bot_token))
            return wire

        yield dial


@pytest.fixture
async def deaf_bot(api, stand_in, dial):
    """A bot that has commands and a gateway session, and sends no responses."""
    commands = [
        {"name": "draw", "description": "Draw"},
        {
            "name": "find",
            "description": "Find",
            "options": [
                {"type": 4, "name": "page", "description": "Page", "autocomplete": True},
            ],
        },
    ]
    await api("PUT", f"/applications/{api.application}/commands", commands)
    await (await dial()).ready()
