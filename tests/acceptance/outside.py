"""What may be known of a bot, and done to it, from outside of its process.

Its store is read, and locked, by connections of the test's own; its pictures are looked for in the
whole world. The bot knows of nothing.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sandbox.botprocess import BotProcess
from sandbox.environment import SandboxEnvironment

LOOK = 0.01  # seconds between two looks at what cannot be waited for


async def without_limits(sandbox: SandboxEnvironment, guild: str = "Lighthouse Club") -> None:
    """Have a moderator lift what a server's members are limited to by default."""
    channel = next(iter(sandbox.world.guild(guild).channels.values())).name
    mira = sandbox.discord.member("Mira", channel=channel, guild=guild)
    sent = await mira.command("limits", "set", member_per_day=0, member_at_once=0)
    await sent.until(lambda message: message["content"])


class Store:
    """The SQLite file of a bot, which may run or not."""

    def __init__(self, sandbox: SandboxEnvironment) -> None:
        self.url = sandbox.bot_environment()["DATABASE_URL"]
        self.path = Path(self.url.removeprefix("sqlite+aiosqlite:///"))

    def row(self, prompt: str) -> dict | None:
        """Return the one row that orders *prompt*, as it is committed; None: there is none."""
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            found = connection.execute("SELECT * FROM jobs WHERE prompt = ?", [prompt]).fetchall()
        assert len(found) <= 1
        return dict(found[0]) if found else None

    def count(self, where: str) -> int:
        """Return how many rows are so."""
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as connection:
            ((count,),) = connection.execute(f"SELECT count(*) FROM jobs WHERE {where}")
        return count

    def state(self, prompt: str) -> str:
        """Return the state of the row, or a dash."""
        row = self.row(prompt)
        return row["state"] if row else "-"

    async def until(
        self, prompt: str, check: Callable[[dict], bool], *, within: float = 15.0
    ) -> dict:
        """Wait until the row passes *check*, and return it."""
        until = time.monotonic() + within
        while (row := self.row(prompt)) is None or not check(row):
            assert time.monotonic() < until, f"within {within:g} s; the row stands at {row}"
            await asyncio.sleep(LOOK)
        return row

    async def delivered(self, prompt: str) -> None:
        """Wait until it is on record that the pictures were brought: they are seen before."""
        await self.until(prompt, lambda row: row["state"] == "DELIVERED")

    def change(self, statement: str, *values: object) -> None:
        """Write to the store, in a transaction of its own."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(statement, values)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock without which nobody writes."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield


async def waits_for_lock(bot: BotProcess, *, within: float = 10.0) -> None:
    """Wait until a thread of *bot* sleeps, as nothing in it does but SQLite before a lock."""
    until = time.monotonic() + within
    while not any("nanosleep" in _read(task) for task in _threads(bot)):
        assert time.monotonic() < until, "the bot does not wait for the store's lock"
        await asyncio.sleep(LOOK)


def pictures(sandbox: SandboxEnvironment, prompt: str) -> list[dict]:
    """Return each message of the world that shows pictures of *prompt*, whoever may see it."""
    return [
        message.shown
        for channel in sandbox.world.channels.values()
        for message in {
            message.id: message
            for user in sandbox.world.users
            for message in sandbox.discord.messages.of(channel, viewer=user)
        }.values()
        if any(prompt in file["description"] for file in message.shown["attachments"])
    ]


def _threads(bot: BotProcess) -> list[Path]:
    return list(Path(f"/proc/{bot.pid}/task").glob("*/wchan"))


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # a thread that has just ended
        return ""
