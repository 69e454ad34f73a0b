"""Many members of many servers, and what the stand-in of Discord saw of each of their orders."""

import asyncio
import functools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Self

from sandbox.discord.enums import CallbackType
from sandbox.discord.events import Event
from sandbox.discord.interactions import InteractionAnswered
from sandbox.discord.limits import Limits
from sandbox.discord.member import Invocation, Member
from sandbox.discord.messages import Message, MessageEdited
from sandbox.discord.world import World
from sandbox.environment import SandboxEnvironment
from sandbox.faults import Answer, Fault
from sandbox.pixazo import Settings
from sandbox.pixazo.painter import paint

GUILDS = 20
KEPT = 1000  # exchanges of each journal: a benchmark makes tens of thousands
ALWAYS = 10**9  # times


@dataclass(eq=False, kw_only=True)
class Sent:
    """One ``/imagine``. Times are the stand-in's, Unix seconds; 0.0: that has not happened."""

    prompt: str
    invocation: Invocation
    sent_at: float  # its INTERACTION_CREATE was handed to the gateway
    answered_at: float = 0.0  # the deferral had arrived
    visible_at: float = 0.0  # the pictures had
    refused: bool = False  # privately, or not answered in time
    lapsed: bool = False  # not answered in time
    answered: asyncio.Event = field(default_factory=asyncio.Event)  # one way or the other
    over: asyncio.Event = field(default_factory=asyncio.Event)  # visible, or refused


class Crowd:
    """All members of a sandbox, and their orders.

    It listens to the world itself: hundreds who wait for the world's news would have the stand-in
    do little else than wake them.
    """

    def __init__(self, sandbox: SandboxEnvironment) -> None:
        self.sandbox = sandbox
        self.members = [
            sandbox.discord.member(user_id, channel=channel.id)
            for guild in sandbox.world.guilds.values()
            for channel in guild.channels.values()
            for user_id in guild.members
            if user_id != sandbox.world.bot.id
        ]
        self._sent: dict[str, Sent] = {}  # by their interactions' ids
        sandbox.world.listeners.append(self._hear)

    @classmethod
    @asynccontextmanager
    async def gather(
        cls, members: int, vendor: Settings, *, by_http: bool = False
    ) -> AsyncIterator[Self]:
        """Open a sandbox with that many members; one picture, painted before, stands for all.

        *by_http*: interactions come by HTTP.
        """
        picture = Answer(status=200, body=await asyncio.to_thread(_painted))
        async with SandboxEnvironment(
            vendor=vendor, world=_world(members), keep=KEPT, by_http=by_http
        ) as sandbox:
            sandbox.pixazo.media_faults.add(Fault(method="GET", path="*", do=picture, times=ALWAYS))
            yield cls(sandbox)

    @property
    def orders(self) -> list[Sent]:
        """All orders, oldest first."""
        return list(self._sent.values())

    async def order(self, member: Member, prompt: str, **options: Any) -> Sent:
        """Have *member* order *prompt*, and return without waiting for the answer."""
        invocation = await member.command("imagine", prompt=prompt, **options)
        sent = Sent(prompt=prompt, invocation=invocation, sent_at=time.time())
        self._sent[invocation.id] = sent
        await asyncio.sleep(0)  # lets the gateway write
        return sent

    def _hear(self, event: Event) -> None:
        match event:
            case InteractionAnswered(interaction) if sent := self._sent.get(interaction.id):
                sent.answered_at = time.time()
                sent.lapsed = interaction.lapsed
                sent.answered.set()
                if interaction.callback is not CallbackType.DEFERRED_MESSAGE:
                    sent.refused = True
                    sent.over.set()
            case MessageEdited(message) if message.draft.files:
                sent = self._sent.get(message.shown["interaction_metadata"]["id"])
                if sent and not sent.over.is_set():
                    sent.visible_at = time.time()
                    sent.over.set()
                self._let_go(message)

    def _let_go(self, message: Message) -> None:
        """Forget what a message's pictures show: nobody looks, and it would fill the memory."""
        for file in message.draft.files:
            del self.sandbox.discord.messages.files[file.id]
        empty = [replace(file, data=b"") for file in message.draft.files]
        message.draft = replace(message.draft, files=empty)


def _world(members: int) -> World:
    world = World(limits=Limits.generous())  # the bot is measured, not Discord
    for number in range(GUILDS):
        owner = world.add_user(f"Owner {number}")
        # Ids of different milliseconds: the servers of one moment would all be one shard's.
        guild = world.add_guild(f"Server {number}", owner=owner, id=str((number + 1) << 22))
        world.add_channel(guild, "general")
        del guild.members[owner.id]
        for place in range(number, members, GUILDS):
            guild.members[world.add_user(f"Member {place}").id] = []
    return world


@functools.cache
def _painted() -> bytes:
    return paint("a lighthouse in a storm", steps=50, guidance=3.5, index=0, size=1024)
