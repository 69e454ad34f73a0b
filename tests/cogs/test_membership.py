"""The bot learns of each server that it was added to, whatever discord.py makes of it."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import discord
import pytest

from bot.client import Gateway, ImagineBot
from bot.domain.shards import Shards
from cogs.membership import Membership
from tests.cog_services import NO_SERVICES

BOT, GUILD = "1", "7001"
AWAY = [{"id": "6001", "unavailable": True}]


class Recorded:
    """The service, which notes what it was told."""

    def __init__(self):
        self.arrivals = []
        self.came = asyncio.Event()

    async def listed(self, *_):
        pass

    async def changed(self, *_):
        pass

    def is_new(self, *_):
        return True

    async def arrived(self, arrival):
        self.arrivals.append(arrival.guild_id)
        self.came.set()


def joined() -> Any:
    """Return GUILD_CREATE of a server to which the bot is added now."""
    me = {
        "user": {"id": BOT, "username": "Imagine", "discriminator": "0", "avatar": None},
        "roles": [],
        "joined_at": datetime.now(UTC).isoformat(),
        "flags": 0,
    }
    everyone = {"id": GUILD, "name": "@everyone", "permissions": "0", "position": 0, "color": 0}
    everyone |= {"hoist": False, "managed": False, "mentionable": False}
    return {
        "id": GUILD,
        "name": "New",
        "owner_id": "2",
        "preferred_locale": "en-US",
        "roles": [everyone],
        "members": [me],
        **{name: [] for name in ("channels", "threads", "emojis", "stickers", "features")},
        **dict.fromkeys(("verification_level", "default_message_notifications"), 0),
        **dict.fromkeys(("explicit_content_filter", "mfa_level", "nsfw_level"), 0),
    }


class Late(asyncio.Queue[discord.Guild]):
    """discord.py's queue of servers before `ready`; one comes as the wait for it runs out."""

    def __init__(self, comes):
        super().__init__()
        self._comes = comes

    async def get(self):
        try:
            return await super().get()
        except asyncio.CancelledError:
            self._comes()
            raise


@pytest.mark.parametrize("when", ["before", "as it ends", "after"])
async def test_a_server_joined_around_ready_is_welcomed(when):
    bot: Any = ImagineBot(NO_SERVICES, Gateway(shards=Shards()))
    told: Any = Recorded()
    await bot.add_cog(Membership(told))
    state = bot._connection
    state.guild_ready_timeout = 0.01
    await bot._async_setup_hook()
    ready = asyncio.Event()
    bot.on_ready = ready_event(ready)

    def comes():
        state.parse_guild_create(joined())

    user = joined()["members"][0]["user"]
    state.parse_ready({"user": user, "guilds": AWAY, "application": {"id": "1", "flags": 0}})
    if when == "before":
        comes()
    elif when == "as it ends":
        state._ready_state = Late(comes)
    await ready.wait()
    if when == "after":
        comes()

    await told.came.wait()
    assert set(told.arrivals) == {int(GUILD)}


def ready_event(ready):
    async def on_ready():
        ready.set()

    return on_ready
