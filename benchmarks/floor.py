"""The floor: about the shortest bot that brings a member the same pictures.

It keeps nothing, limits nothing, checks no picture and tries nothing twice; a restart loses every
order. It shows each state in as many edits as the real bot, and as that one does it takes the end
of an order from the vendor's own answer: what a stranger calls back with must not reach a server.
Neither decodes pictures. ``python -m benchmarks.floor`` runs it with the real bot's settings.
"""

import asyncio
import io
import os
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
import uvloop
from aiohttp import web
from discord import app_commands
from yarl import URL

VENDOR = os.environ["PIXAZO_URL"]
SUBMIT = f"{VENDOR}/auraflow-v0-3-512/v1/auraflow-v0-3-request"
STATUS = f"{VENDOR}/v2/requests/status"
KEY = {"Ocp-Apim-Subscription-Key": os.environ["PIXAZO_API_KEY"]}
CALLBACKS = os.environ["PUBLIC_URL"]  # empty: it polls
POLL_SECONDS = float(os.environ["POLL_SECONDS"])

Body = dict[str, Any]


class Floor(discord.Client):
    """One command; one coroutine carries an order from its answer to its picture."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        super().__init__(intents=discord.Intents(guilds=True), max_messages=None)
        self._session = session
        self._calls: defaultdict[str, asyncio.Queue[Body]] = defaultdict(asyncio.Queue)
        self._tree = app_commands.CommandTree(self)
        self._tree.command(description="Draw an image")(self.imagine)

    async def setup_hook(self) -> None:
        """Register the command, and listen for callbacks."""
        await self._tree.sync()
        app = web.Application()
        app.router.add_post("/callbacks/{order}", self._called)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", int(os.environ["WEB_PORT"])).start()

    async def on_ready(self) -> None:
        """Tell who waits for it."""
        print(f"connected to Discord as {self.user}", flush=True)

    async def imagine(self, interaction: discord.Interaction, prompt: str) -> None:
        """Draw an image."""
        await interaction.response.defer(thinking=True)
        await interaction.edit_original_response(content=f"{prompt}: WAITING")
        headers = {**KEY}
        if CALLBACKS:
            headers["X-Webhook-URL"] = f"{CALLBACKS}/callbacks/{interaction.id}"
            headers["X-Webhook-Mode"] = "sync"
        async with self._session.post(SUBMIT, json={"prompt": prompt}, headers=headers) as answer:
            ticket = await answer.json()
        shown = "QUEUED"
        await interaction.edit_original_response(content=f"{prompt}: {shown}")
        async for news in self._news(str(interaction.id), ticket["request_id"]):
            if news["status"] == "COMPLETED":
                file = await self._picture(news["output"]["media_url"][0])
                await interaction.edit_original_response(content=prompt, attachments=[file])
                break
            if news["status"] != shown:
                shown = news["status"]
                await interaction.edit_original_response(content=f"{prompt}: {shown}")

    async def _news(self, order: str, request_id: str) -> AsyncIterator[Body]:
        while True:
            if not CALLBACKS:
                await asyncio.sleep(POLL_SECONDS)
            elif (call := await self._calls[order].get())["status"] != "COMPLETED":
                yield call
                continue
            async with self._session.get(f"{STATUS}/{request_id}", headers=KEY) as answer:
                yield await answer.json()

    async def _called(self, request: web.Request) -> web.Response:
        self._calls[request.match_info["order"]].put_nowait(await request.json())
        return web.Response()

    async def _picture(self, url: str) -> discord.File:
        async with self._session.get(url) as answer:
            picture = await answer.read()
        return discord.File(io.BytesIO(picture), filename="imagine.png")


async def main() -> None:
    """Run until the process is ended."""
    discord.http.Route.BASE = os.environ["DISCORD_API_URL"]
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = URL(os.environ["DISCORD_GATEWAY_URL"])
    async with aiohttp.ClientSession() as session, Floor(session) as client:
        await client.start(os.environ["DISCORD_TOKEN"])


if __name__ == "__main__":
    uvloop.run(main())
