"""``python -m benchmarks.chaos``: many orders, a bot that is killed again and again, and a count.

The vendor has bad moments too, and callbacks are on. Nothing may be submitted twice, nothing be
delivered twice, and no picture be lost whose request id reached the bot: else it exits with 1.
"""

import argparse
import asyncio
import contextlib
import json
import random
import sqlite3
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sandbox.botprocess import BotProcess
from sandbox.discord.member import Invocation
from sandbox.environment import SandboxEnvironment
from sandbox.pixazo import Settings

MOST_KILLS = 20
WITHIN = 170.0  # seconds that all of it may take
LIFE = (0.4, 3.5)  # the shortest and the longest time from a start to the kill, in seconds
IMPATIENCE = (0.05, 0.6)  # the same from one order to the next
TROUBLE = 0.3  # of all orders: the share before which the vendor gets into some
TROUBLES: tuple[tuple[str, float | None], ...] = (
    ("429", 1.0),
    ("503", 1.0),
    ("503", None),
    ("cut", None),
    ("402", None),
)
PLACES = (("general", "Lighthouse Club"), ("reading-room", "Quiet Library"))
MODERATOR = "Mira"
MEMBERS = (MODERATOR, "Noah", "Ada", "Sam")
OVER = {"DELIVERED", "FAILED", "ERROR", "REFUSED", "CANCELLED", "EXPIRED"}
CLEARLY_REFUSED = {402, 429}
SUBMIT = "/auraflow-v0-3-512/v1/auraflow-v0-3-request"


@dataclass(frozen=True, kw_only=True)
class Row:
    """What the bot's store says of one order."""

    prompt: str
    state: str
    request_id: str | None
    owner: str | None


class Chaos:
    """One run."""

    def __init__(self, sandbox: SandboxEnvironment, *, orders: int, seed: int) -> None:
        self.kills = 0
        self._sandbox = sandbox
        self._orders = [f"wish {number:04}" for number in range(orders)]
        self._sent: list[Invocation] = []
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._database = Path(
            sandbox.bot_environment()["DATABASE_URL"].removeprefix("sqlite+aiosqlite:///")
        )

    async def run(self) -> bool:
        """Order, kill, wait for the end of all orders; tell whether it came in time."""
        bot = self._sandbox.bot(
            LANE_RATE_PER_MINUTE="6000",
            SUBMIT_TIMEOUT_SECONDS="5",
            BALANCE_PROBE_SECONDS="0.1",
            MAX_IMAGES_PER_DAY="0",
            MAX_IMAGES_PER_GUILD_PER_DAY="0",
        )
        await bot.start()
        await self._sandbox.ready()
        for channel, guild in PLACES:
            await self._lift_limits(channel, guild)
        try:
            async with asyncio.timeout(WITHIN):
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._order_all())
                    group.create_task(self._kill(bot))
                while not all(map(self._over, self.rows())):  # noqa: ASYNC110 - a file rings no bell
                    await asyncio.sleep(0.2)
        except TimeoutError:
            return False
        return True

    async def _lift_limits(self, channel: str, guild: str) -> None:
        """Have a moderator let members order as much as they like, as these few would not."""
        moderator = self._sandbox.discord.member(MODERATOR, channel=channel, guild=guild)
        sent = await moderator.command("limits", "set", member_per_day=0, member_at_once=0)
        await sent.until(lambda message: message["content"])

    async def _order_all(self) -> None:
        for prompt in self._orders:
            await asyncio.sleep(self._random.uniform(*IMPATIENCE))
            await self._sandbox.ready()
            if self._random.random() < TROUBLE:
                answer, retry_after = self._random.choice(TROUBLES)
                self._sandbox.pixazo.answer_next(answer, retry_after=retry_after)
            channel, guild = self._random.choice(PLACES)
            member = self._sandbox.discord.member(
                self._random.choice(MEMBERS), channel=channel, guild=guild
            )
            images = self._random.randint(1, 3)
            self._sent.append(await member.command("imagine", prompt=prompt, images=images))

    async def _kill(self, bot: BotProcess) -> None:
        """Kill the bot at random moments, those of its start and of its recovery too."""
        while self.kills < MOST_KILLS:
            await asyncio.sleep(self._random.uniform(*LIFE))
            await bot.kill()
            self._sandbox.online = False
            self.kills += 1
            await bot.start()

    def rows(self) -> list[Row]:
        """Return what the store says of all orders that it knows."""
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT prompt, state, request_id, owner FROM jobs")
            return [
                Row(prompt=prompt, state=state, request_id=request_id, owner=owner)
                for prompt, state, request_id, owner in found
            ]

    def told(self) -> int:
        """Return how many orders were refused privately, and never recorded."""
        return sum(sent.ephemeral for sent in self._sent)

    def _over(self, row: Row) -> bool:
        """Tell whether nothing more will come: no callback either, where nothing was taken."""
        if row.state == "UNCERTAIN":
            return row.prompt not in self.submits()
        return row.state in OVER and row.owner is None

    def submits(self) -> Counter[str]:
        """Return how often each order was taken, and billed."""
        return Counter(_prompt(accepted.body) for accepted in self._sandbox.pixazo.accepted)

    def posts(self) -> Counter[str]:
        """Return how often each order was sent, without what was clearly refused."""
        return Counter(
            _prompt(exchange.body)
            for exchange in self._sandbox.pixazo.journal.find("POST", SUBMIT)
            if exchange.status not in CLEARLY_REFUSED
            and not (exchange.status == 503 and "Retry-After" in exchange.answer_headers)  # noqa: PLR2004
        )

    def messages(self) -> Counter[str]:
        """Return in how many messages of the world each order's pictures stand."""
        shown = {
            message.id: message.shown["attachments"][0]["description"]
            for channel in self._sandbox.world.channels.values()
            for user in self._sandbox.world.users
            for message in self._sandbox.discord.messages.of(channel, viewer=user)
            if message.shown["attachments"]
        }
        return Counter(
            prompt for text in shown.values() for prompt in self._orders if text.endswith(prompt)
        )

    def lost(self) -> set[str]:
        """Return the orders whose request id reached the bot, but whose pictures no member."""
        heard = {
            delivery.request_id
            for delivery in self._sandbox.pixazo.callbacks.deliveries
            if delivery.answer == 200  # noqa: PLR2004
        }
        reached = {
            _prompt(accepted.body)
            for accepted in self._sandbox.pixazo.accepted
            if accepted.request_id in heard
        }
        reached |= {row.prompt for row in self.rows() if row.request_id is not None}
        return reached - self.messages().keys()


def _prompt(body: bytes) -> str:
    return str(json.loads(body)["prompt"])


def _report(chaos: Chaos, orders: int) -> list[int]:
    """Print the counts, and return those that must be 0."""
    rows, messages = chaos.rows(), chaos.messages()
    states = Counter(row.state for row in rows)
    twice = sum(max(chaos.submits()[row.prompt], chaos.posts()[row.prompt]) > 1 for row in rows)
    forbidden = {
        "submitted twice": twice,
        "delivered twice": sum(count > 1 for count in messages.values()),
        "lost": len(chaos.lost()),
    }
    counts = {
        "kills": chaos.kills,
        "orders": orders,
        "submitted": len(chaos.submits()),
        "delivered exactly once": sum(count == 1 for count in messages.values()),
        "uncertain": states["UNCERTAIN"],
        "refused": states["REFUSED"],
        "cancelled": states["CANCELLED"],
        "refused before they were on record": chaos.told(),
        "killed before they were on record": orders - len(rows) - chaos.told(),
    }
    for name, count in counts.items():
        print(f"{count:6} {name}")
    for name, count in forbidden.items():
        print(f"{count:6} {name} (must be 0)")
    return list(forbidden.values())


async def main() -> int:
    """Run once and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument("--orders", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311
    arguments = parser.parse_args()
    vendor = Settings(
        queued_seconds=(0.2, 1.5),
        processing_seconds=(0.5, 4.0),
        callback_retry_seconds=(0.5,) * 600,
        picture_size=64,
    )
    started = time.monotonic()
    async with SandboxEnvironment(vendor=vendor) as sandbox:
        chaos = Chaos(sandbox, orders=arguments.orders, seed=arguments.seed)
        in_time = await chaos.run()
        failures = _report(chaos, arguments.orders)
        open_rows = [] if in_time else [row for row in chaos.rows() if row.state not in OVER]
    print(f"seed {arguments.seed}, {time.monotonic() - started:.0f} s")
    for row in open_rows:
        print(f"still open: {row}")
    return 0 if in_time and not any(failures) else 1


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(asyncio.run(main()))
