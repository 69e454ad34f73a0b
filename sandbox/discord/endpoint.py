"""Discord's side of interactions by HTTP: it signs each one and posts it to the bot.

https://docs.discord.com/developers/interactions/overview
"""

import asyncio
import json
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sandbox import time_of_day
from sandbox.discord.api_errors import Json
from sandbox.discord.events import BotOnline
from sandbox.discord.interactions import Interaction, Interactions, created
from sandbox.discord.world import World

LOOK_EVERY = 0.1  # seconds between two looks whether the bot is ready
PING: Json = {"id": "1", "application_id": "1", "type": 1, "token": "ping", "version": 1}


class Endpoint:
    """Posts interactions to the bot's address, once it is set; the gateway then gets none.

    A balancer stands before the bot's processes: it asks each of them `/readyz?exclude=lane`, and
    lets those that are ready take turns.
    """

    def __init__(self, world: World, interactions: Interactions) -> None:
        self._world = world
        self._interactions = interactions
        self._key = Ed25519PrivateKey.generate()
        self._ready: dict[str, bool] = {}  # the processes, by their origins; the next one first
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._watching: asyncio.Task[None] | None = None
        self.online = False  # whether a process is ready
        self.statuses: list[int] = []  # the bot's answers; 0: none
        world.application["verify_key"] = self._key.public_key().public_bytes_raw().hex()

    @property
    def is_set(self) -> bool:
        """Whether interactions are posted."""
        return bool(self._ready)

    def set(self, address: str, origin: str) -> None:
        """Post to the bot from now on, as if *address* led to *origin*."""
        self.clear()
        self._world.application["interactions_endpoint_url"] = address
        self.add(origin)
        self._session = self._session or aiohttp.ClientSession()
        self._watching = self._spawn(self._watch())

    def add(self, origin: str) -> None:
        """Put another process behind the balancer."""
        self._ready[origin] = False

    def clear(self) -> None:
        """Leave interactions to the gateway from now on."""
        self._world.application["interactions_endpoint_url"] = None
        self._ready.clear()
        if self._watching is not None:
            self._watching.cancel()
        self._note(online=False)

    async def close(self) -> None:
        """Stop posting."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def send(self, interaction: Interaction) -> None:
        """Post an interaction. It has failed at once if the bot does not take it."""
        self._spawn(self._send(interaction))

    async def post(
        self, body: bytes | Json, *, key: Ed25519PrivateKey | None = None, **headers: str
    ) -> int:
        """Post a body that is signed by *key*, by default the right one; return the status.

        *headers* replace those of the signature. Status 0: there was no answer.
        """
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        timestamp = str(int(time_of_day.today().timestamp()))
        signature = (key or self._key).sign(timestamp.encode() + sent).hex()
        signed = {"X-Signature-Ed25519": signature, "X-Signature-Timestamp": timestamp}
        assert self._session is not None
        url = f"{self._next()}/interactions"
        waits = aiohttp.ClientTimeout(total=self._world.ack_window)
        kind = {"Content-Type": "application/json"}
        try:
            async with self._session.post(
                url, data=sent, headers=kind | signed | headers, timeout=waits
            ) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return 0

    async def accepts(self) -> bool:
        """Tell whether Discord would take the address: a PING is answered, a forged one refused."""
        forged = await self.post(PING, key=Ed25519PrivateKey.generate())
        return await self.post(PING) == HTTPStatus.OK and forged == HTTPStatus.UNAUTHORIZED

    async def _send(self, interaction: Interaction) -> None:
        status = await self.post(created(self._world, interaction))
        self.statuses.append(status)
        if status != HTTPStatus.ACCEPTED and interaction.callback is None:
            self._interactions.lapse(interaction)

    async def look(self) -> None:
        """Ask each process whether it is ready."""
        origins = list(self._ready)
        ready = await asyncio.gather(*map(self._is_ready, origins))
        for origin, is_ready in zip(origins, ready, strict=True):
            if origin in self._ready:
                self._ready[origin] = is_ready
        self._note(online=any(ready))

    async def _is_ready(self, origin: str) -> bool:
        assert self._session is not None
        with suppress(aiohttp.ClientError):
            async with self._session.get(f"{origin}/readyz?exclude=lane") as answer:
                return answer.status == HTTPStatus.OK
        return False

    def _next(self) -> str:
        """Return the process whose turn it is."""
        ready = (origin for origin, is_ready in self._ready.items() if is_ready)
        origin = next(ready, None) or next(iter(self._ready))
        self._ready[origin] = self._ready.pop(origin)
        return origin

    async def _watch(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY)

    def _note(self, *, online: bool) -> None:
        if online != self.online:
            self.online = online
            self._world.publish(BotOnline(online=online))

    def _spawn(self, work: Any) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
