"""Drives a bot and observes it from outside its process: orders, cards, buttons, its store.

Tests share these functions; what only one module needs is in that module.
"""

import asyncio
import itertools
import json
import random
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from PIL import Image
from sqlalchemy import func, select

from bot.domain.job import State
from bot.store.database import Database
from bot.store.tables import jobs
from sandbox.botprocess import BotProcess
from sandbox.discord.enums import InteractionType
from sandbox.discord.member import Invocation, Member
from sandbox.environment import SandboxEnvironment
from sandbox.listener import free_port
from sandbox.pixazo import Settings

Message = Mapping[str, Any]
Check = Callable[[Message], Any]

CLUB, LIBRARY = "Lighthouse Club", "Quiet Library"  # servers of the sample world
SUBMIT = "/auraflow-v0-3-512/v1/auraflow-v0-3-request"
STATUS = "/v2/requests/status/*"
EPHEMERAL = 64  # a flag of messages
BUTTON, THUMBNAIL = 2, 11  # types of components
POLL = 0.01  # seconds between two looks at what sends no event
ROUNDS = 4  # of orders, while the bot is too busy
FAST_LANE = {"LANE_RATE_PER_MINUTE": "6000"}


def quick(**changes: Any) -> Settings:
    """Return settings of a vendor that draws small pictures fast."""
    settings = Settings(queued_seconds=(0.2, 0.2), processing_seconds=(0.3, 0.3), picture_size=64)
    for name, value in changes.items():
        setattr(settings, name, value)
    return settings


async def eventually(check: Callable[[], Any], *, within: float = 20.0) -> None:
    """Wait until *check* passes, for conditions without an event."""
    until = time.monotonic() + within
    while not check():
        assert time.monotonic() < until
        await asyncio.sleep(POLL)


async def restart(sandbox: SandboxEnvironment, bot: BotProcess | None = None) -> None:
    """Kill the bot, start it again, and wait until it is connected."""
    bot = bot or sandbox.process
    assert bot is not None
    await bot.kill()
    await bot.start()
    await sandbox.ready()


# Messages.


def components(message: Message) -> Iterator[Message]:
    """Yield all components of a message, depth first."""

    def walk(parts: Iterable[Message]) -> Iterator[Message]:
        for part in parts:
            yield part
            yield from walk(part.get("components", []))
            if "accessory" in part:
                yield part["accessory"]

    return walk(message["components"])


def words(message: Message) -> str:
    """Return all text of a message."""
    texts = [message.get("content"), *(part.get("content") for part in components(message))]
    return "\n".join(text for text in texts if text)


def says(text: str) -> Check:
    """Return a check that a message contains *text*."""
    return lambda message: text in words(message)


def delivered(count: int) -> Check:
    """Return a check that a message has *count* pictures."""
    return lambda message: len(message["attachments"]) == count


def answered(message: Message) -> Any:
    """Check that a message has a text of its own."""
    return message["content"]


def buttons(message: Message) -> dict[str, str]:
    """Return the custom_ids of a message by their action: ``delete`` for ``report:delete:…``."""
    custom_ids = [part["custom_id"] for part in components(message) if part.get("custom_id")]
    split = {custom_id: custom_id.split(":") for custom_id in custom_ids}
    return {parts[1 if len(parts) > 2 else 0]: custom_id for custom_id, parts in split.items()}


def button(message: Message, start: str) -> str:
    """Return the custom_id of the button whose label or custom_id starts with *start*."""
    return next(
        part["custom_id"]
        for part in components(message)
        if str(part.get("custom_id")).startswith(start) or str(part.get("label")).startswith(start)
    )


async def downloaded(card: Mapping[str, Any]) -> bytes:
    """Return the first file of a message."""
    async with ClientSession() as session, session.get(card["attachments"][0]["url"]) as answer:
        return await answer.read()


def pictures(sandbox: SandboxEnvironment, prompt: str) -> list[Message]:
    """Return all messages with pictures of *prompt*, whoever can see them."""
    messages = {
        message.id: message.shown
        for channel in sandbox.world.channels.values()
        for user in sandbox.world.users
        for message in sandbox.discord.messages.of(channel, viewer=user)
    }
    return [
        message
        for message in messages.values()
        if any(prompt in file.get("description", "") for file in message["attachments"])
    ]


def noise(side: int) -> bytes:
    """Return a square PNG of random pixels, which does not compress."""
    encoded = BytesIO()
    data = random.Random(7).randbytes(side * side * 3)
    Image.frombytes("RGB", (side, side), data).save(encoded, "PNG", compress_level=1)
    return encoded.getvalue()


# Members.


async def set_limits(moderator: Member, **limits: Any) -> Message:
    """Set limits by the command, and return the answer."""
    sent = await moderator.command("limits", "set", **limits)
    return await sent.until(answered)


async def start_one_of_several(sandbox: SandboxEnvironment, **settings: str) -> BotProcess:
    """Start a process beside others, and wait until it takes interactions."""
    by_http = sandbox.by_http
    if by_http and settings.get("WEB_PORT") == "0":
        port = free_port()
        settings["WEB_PORT"] = str(port)
        sandbox.discord.endpoint.add(f"http://127.0.0.1:{port}")
    process = sandbox.bot(**settings)
    await process.start()
    await process.wait_line("connected to Discord:" if by_http else "has connected to Gateway")
    if by_http:
        await sandbox.discord.endpoint.look()
    return process


async def without_limits(sandbox: SandboxEnvironment, guild: str = CLUB) -> None:
    """Lift the limits of members that a server has by default."""
    channel = next(iter(sandbox.world.guild(guild).channels.values())).name
    mira = sandbox.discord.member("Mira", channel=channel, guild=guild)
    await set_limits(mira, member_per_day=0, member_at_once=0)


async def refusal(member: Member, prompt: str = "refused", **options: Any) -> str:
    """Order, and return the private answer, which must be a refusal."""
    sent = await member.command("imagine", prompt=prompt, **options)
    answer = await sent.answer()
    assert sent.ephemeral
    return str(answer["content"])


async def order_at_once(
    members: Iterable[Member], *, first: int = 0, sandbox: SandboxEnvironment | None = None
) -> tuple[list[Invocation], list[str]]:
    """Let *members* order concurrently; return the admitted orders and the texts of refusals.

    With *sandbox*, all who were refused order again if the bot was too busy for some of them, as it
    tells them: on a loaded machine it can't admit all within two seconds.
    """
    admitted: list[Invocation] = []
    refused: list[tuple[Member, str]] = []
    for rounds_left in range(ROUNDS, 0, -1):
        members = list(members)
        sents = await asyncio.gather(
            *(
                member.command("imagine", prompt=f"picture {number}")
                for number, member in enumerate(members, start=first)
            )
        )
        answers = await asyncio.gather(*(sent.answer(within=10) for sent in sents))
        admitted += [sent for sent in sents if not sent.ephemeral]
        refused = [
            (member, answer["content"])
            for member, sent, answer in zip(members, sents, answers, strict=True)
            if sent.ephemeral
        ]
        is_busy = any("too busy to take your order" in text for _, text in refused)
        if sandbox is None or not is_busy or rounds_left == 1:
            break
        await _given_back(sandbox)
        members = [member for member, _ in refused]
    return admitted, [text for _, text in refused]


async def _given_back(sandbox: SandboxEnvironment) -> None:
    """Wait until orders are cancelled that were recorded too late to be answered."""
    assert sandbox.process is not None
    is_unanswered = (jobs.c.state == State.WAITING, jobs.c.answered_at.is_(None))
    unanswered = select(func.count()).select_from(jobs).where(*is_unanswered)
    async with Database.open(sandbox.process.env["DATABASE_URL"]) as database, asyncio.timeout(60):
        while True:
            if not await database.read(lambda connection: connection.execute(unanswered).scalar()):
                return
            await asyncio.sleep(10 * POLL)


async def report(member: Member, card: Message) -> None:
    """Report the pictures of a message."""
    opened = await member.press(card["id"], buttons(card)["report"])
    await opened.opened()
    sent = await member.submit_modal(opened, {"reason": ["other"]})
    await sent.until(answered)


async def reopened(member: Member, told: Message) -> tuple[Invocation, dict[str, Any]]:
    """Open a form again by the button under its faults; return it, and its fields by their id."""
    again = await member.press(told["id"], button(told, "Change and try again"))
    form = await again.opened()
    return again, {one["component"]["custom_id"]: one["component"] for one in form["components"]}


def crafted(
    sandbox: SandboxEnvironment,
    member: Member,
    kind: InteractionType,
    data: dict[str, Any],
    source: Any = None,
    **more: Any,
) -> Invocation:
    """Send an interaction that Discord's own clients do not offer to *member*.

    *more* are further fields of the stand-in's Interaction.
    """
    if kind is InteractionType.COMPONENT:
        data = {"id": 1, "component_type": BUTTON} | data
    interaction = sandbox.discord.interactions.begin(
        kind, member.user, member.channel, data, source=source, **more
    )
    return Invocation(sandbox.world, interaction)


class Server:
    """A new server with Mira as its moderator, and Noah and Ada as members."""

    numbers = itertools.count(1)

    def __init__(self, sandbox: SandboxEnvironment, **more: Any) -> None:
        """*more* are further fields of the guild."""
        self._sandbox = sandbox
        world = sandbox.world
        self.name = f"Server {next(self.numbers)}"
        self.guild = world.add_guild(self.name, owner=world.user("Mira"), **more)
        self.patrons = world.add_role(self.guild, "Patrons")
        for name in ("general", "pictures"):
            world.add_channel(self.guild, name)
        world.add_channel(self.guild, "after-dark", nsfw=True)
        self.guild.members |= {world.user("Noah").id: [], world.user("Ada").id: [self.patrons.id]}
        # Long ago, so that the bot posts no welcome.
        world.move_bot(self.guild, present=True, joined_at=datetime(2024, 3, 1, tzinfo=UTC))
        self.mira, self.noah, self.ada = map(self.member, ("Mira", "Noah", "Ada"))

    async def noticed(self) -> None:
        """Let the bot learn of what was deleted: by HTTP it does when a moderator uses it."""
        if self._sandbox.by_http:
            await (await self.mira.command("help")).until(words)

    def member(self, name: str, channel: str = "general") -> Member:
        """Return a member in one of the channels."""
        return self._sandbox.discord.member(name, channel=channel, guild=self.name)

    def channel(self, name: str) -> str:
        """Return a channel's id."""
        return self._sandbox.world.channel(name, guild=self.name).id

    def crowd(self, count: int) -> list[Member]:
        """Add *count* members and return them."""
        members = []
        for number in range(count):
            user = self._sandbox.world.add_user(f"{self.name}, {number}")
            self.guild.members[user.id] = []
            members.append(self.member(user.id))
        return members


# The operator.

# Of tests of ``check``, which asks at PUBLIC_URL, too.
CHECK = pytest.mark.gateway("by HTTP the address that check asks at leads nowhere here")

# The vendor.


def prompts(exchanges: Iterable[Any]) -> list[str]:
    """Return the prompts of submits."""
    return [json.loads(exchange.body)["prompt"] for exchange in exchanges]


def accepted(sandbox: SandboxEnvironment) -> list[str]:
    """Return the prompts that the vendor accepted, and bills."""
    return prompts(sandbox.pixazo.accepted)


def submitted(sandbox: SandboxEnvironment) -> list[str]:
    """Return the prompts that the bot sent to the vendor."""
    return prompts(sandbox.pixazo.journal.find("POST", SUBMIT))


# The store.


def forget_starts(url: str) -> None:
    """Forget that a bot was connected: its next start at the gateway does not wait."""
    path = Path(url.partition(":///")[2])
    if url.startswith("sqlite") and path.exists():
        connection = sqlite3.connect(path, timeout=0)
        # It may have no such table yet.
        with closing(connection), suppress(sqlite3.OperationalError), connection:
            connection.execute("DELETE FROM gateway_starts")


class Store:
    """The SQLite file of a bot, whether the bot runs or not."""

    def __init__(self, sandbox: SandboxEnvironment) -> None:
        self.url = sandbox.bot_environment()["DATABASE_URL"]
        self.path = Path(self.url.removeprefix("sqlite+aiosqlite:///"))
        self.trace = self.path.with_name("write-lock.trace")  # see `fork_server.TRACE`

    def execute(self, statement: str, *values: object) -> list[Any]:
        """Execute a statement in a transaction and return its rows."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.row_factory = sqlite3.Row
            return connection.execute(statement, values).fetchall()

    def row(self, order: str) -> dict[str, Any] | None:
        """Return the committed row of an order, given by its prompt or id; None: there is none."""
        rows = self.execute("SELECT * FROM jobs WHERE prompt = ?1 OR id = ?1", order)
        assert len(rows) <= 1
        return dict(rows[0]) if rows else None

    def count(self, where: str) -> int:
        """Return the number of jobs for which *where* is true."""
        ((count,),) = self.execute(f"SELECT count(*) FROM jobs WHERE {where}")
        return int(count)

    def state(self, order: str) -> str:
        """Return the state of an order; a dash: there is none."""
        row = self.row(order)
        return row["state"] if row else "-"

    async def until(
        self, order: str, check: Callable[[dict[str, Any]], Any], *, within: float = 20.0
    ) -> dict[str, Any]:
        """Wait until the row passes *check*, and return it."""
        until = time.monotonic() + within
        while (row := self.row(order)) is None or not check(row):
            assert time.monotonic() < until, f"not within {within:g} s: {row}"
            await asyncio.sleep(POLL)
        return row

    async def ended(self, order: str, state: str) -> dict[str, Any]:
        """Wait until an order has *state* and no owner: the bot is done with it."""
        return await self.until(order, lambda row: (row["state"], row["owner"]) == (state, None))

    async def delivered(self, order: str) -> None:
        """Wait until the delivery is recorded, which is after the member sees the pictures."""
        await self.until(order, lambda row: row["state"] == "DELIVERED")

    async def kept(self, order: str) -> None:
        """Wait until the pictures are kept for ``/history``."""
        await self.until(order, lambda row: row["kept_at"] is not None)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold SQLite's write lock."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield

    def left_at(self, guild_id: str) -> float | None:
        """Return when the bot left a server that is on record; None: it is a member."""
        query = "SELECT left_at FROM guilds WHERE guild_id = ?"
        (row,) = self.execute(query, int(guild_id))
        left_at: float | None = row["left_at"]
        return left_at

    async def until_write_blocked(self) -> None:
        """Wait until the bot waits for the write lock, which the caller holds.

        The bot's trace ends with ``waiting``: it has begun a write that cannot proceed.
        """
        await eventually(lambda: self.trace.read_text().endswith("waiting\n"), within=10.0)
