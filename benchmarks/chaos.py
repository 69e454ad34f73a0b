"""``python -m benchmarks.chaos``: many orders, a bot that is killed again and again, and a count.

The vendor stumbles too, the bot's clock steps, and callbacks are lost. At the end all is well again
and the bot gets time. Then nothing may have been submitted or shown twice, no picture be lost whose
request id reached the bot, and no order that is known to be paid for have failed: else it exits
with 1.
"""

import argparse
import asyncio
import contextlib
import random
import sys
import time
from collections import Counter, deque
from pathlib import Path

from benchmarks.outcomes import GIVEN_UP, Outcomes
from benchmarks.troubles import Troubles, keep_opening, operate
from sandbox.botprocess import BotProcess
from sandbox.environment import SandboxEnvironment
from sandbox.pixazo import Settings
from sandbox.stepped_clock import COMMAND, SteppedClock
from tests.acceptance.driver import forget_starts

MOST_KILLS = 20
WITHIN = 230.0  # seconds that all of it may take
LIFE = (0.4, 3.5)  # the shortest and the longest time from a start to the kill, in seconds
MOST = 3  # orders that are made, for each that is to be on record
IMPATIENCE = (0.05, 0.6)  # the same from one order to the next
LASTING, APART = (0.5, 4.0), (0.2, 3.0)  # the same of the vendor's troubles
STEADY = (3.0, 9.0)  # the same from one step of the clock to the next
STEPS = (-300.0, 300.0, 300.0, 86400.0)  # of the clock, in seconds
REMINDERS = 10.0  # seconds from one look of the operator to the next
REFUSALS = 0.15  # of all orders: the share that meets a refusal of its own
ANSWERS: tuple[tuple[str, float | None], ...] = (
    ("429", 1.0),
    ("503", 1.0),
    ("503", None),
    ("cut", None),
    ("silence", None),
    ("500", None),
    ("html", None),
    ("402", None),
    ("FAILED", None),
)
PLACES = (("general", "Lighthouse Club"), ("reading-room", "Quiet Library"))
MODERATOR = "Mira"
MEMBERS = (MODERATOR, "Noah", "Ada", "Sam")


class Chaos:
    """One run."""

    def __init__(self, sandbox: SandboxEnvironment, *, orders: int, seed: int) -> None:
        self.kills = self.steps = self.ended_by_itself = 0
        self._sandbox = sandbox
        self.outcomes = Outcomes(sandbox)
        self._orders = orders
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self.troubles = Troubles(sandbox.pixazo, random.Random(seed + 1))  # noqa: S311 - no secret
        folder = self.outcomes.database.parent
        self._clock = SteppedClock(folder / "clock")
        settings = {
            "SUBMIT_TIMEOUT_SECONDS": "5",
            "BALANCE_PROBE_SECONDS": "0.1",
            "MAX_IMAGES_PER_DAY": "0",
            "MAX_IMAGES_PER_GUILD_PER_DAY": "0",
        }
        command = (*COMMAND, str(self._clock.file))
        self.bot = BotProcess(sandbox.bot_environment() | settings, cwd=folder, command=command)
        self.bot.log = deque()  # all of it

    async def run(self) -> bool:
        """Order, stumble and kill, wait for the end of all orders; tell whether it came in time."""
        await self.bot.start()
        await self._sandbox.ready()
        for channel, guild in PLACES:
            await self._lift_limits(channel, guild)
        try:
            async with asyncio.timeout(WITHIN):
                stumbling = [
                    asyncio.create_task(coming)
                    for coming in (
                        self.troubles.keep_coming(lasting=LASTING, apart=APART),
                        self.troubles.keep_coming(lasting=LASTING, apart=APART),
                        self._step_clock(),
                        keep_opening(self._sandbox, every=REMINDERS),
                    )
                ]
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._order_all())
                    group.create_task(self._kill())
                for task in stumbling:
                    task.cancel()
                await self._mend()
        except TimeoutError:
            return False
        return True

    async def _lift_limits(self, channel: str, guild: str) -> None:
        """Have a moderator let members order as much as they like, as these few would not."""
        moderator = self._sandbox.discord.member(MODERATOR, channel=channel, guild=guild)
        sent = await moderator.command("limits", "set", member_per_day=0, member_at_once=0)
        await sent.until(lambda message: message["content"])

    async def _order_all(self) -> None:
        """Order until so many orders are on record; a member who is refused orders again later."""
        sent = self.outcomes.sent
        while len(sent) - self.outcomes.told() < self._orders and len(sent) < MOST * self._orders:
            prompt = f"wish {len(sent):04}"
            await asyncio.sleep(self._random.uniform(*IMPATIENCE))
            await self._sandbox.ready(within=WITHIN)  # a busy machine starts none between two kills
            if self._random.random() < REFUSALS:
                answer, retry_after = self._random.choice(ANSWERS)
                self._sandbox.pixazo.answer_next(answer, retry_after=retry_after)
            channel, guild = self._random.choice(PLACES)
            member = self._sandbox.discord.member(
                self._random.choice(MEMBERS), channel=channel, guild=guild
            )
            images = self.outcomes.images[prompt] = self._random.randint(1, 3)
            sent[prompt] = await member.command("imagine", prompt=prompt, images=images)

    async def _kill(self) -> None:
        """Kill the bot at random moments, those of its start and of its recovery too."""
        while self.kills < MOST_KILLS:
            await asyncio.sleep(self._random.uniform(*LIFE))
            await self._restart()

    async def _restart(self) -> None:
        self.ended_by_itself += not self.bot.running
        self.outcomes.killed_at.append(time.time())
        await self.bot.kill()
        self._sandbox.online = False
        self.kills += 1
        # Else it would wait at the gateway, longer than it lives.
        forget_starts(self.bot.env["DATABASE_URL"])
        await self.bot.start()

    async def _step_clock(self) -> None:
        while True:
            await asyncio.sleep(self._random.uniform(*STEADY))
            self._clock.step(self._random.choice(STEPS))
            self.steps += 1

    async def _mend(self) -> None:
        """End all troubles, restart the bot, and have its operator help until all orders ended."""
        self.troubles.lift()
        self._clock.step(-self._clock.ahead)
        pixazo = self._sandbox.pixazo
        self.bot.env["MEDIA_ORIGINS"] = f"{pixazo.media_origin},{pixazo.other_media.origin}"
        await self._restart()
        await self._sandbox.ready()
        await pixazo.callbacks.settle()
        looked_at = time.monotonic()
        while self.outcomes.open():
            if time.monotonic() > looked_at + REMINDERS:
                await operate(self._sandbox, "lanes", "open")
                await operate(self._sandbox, "jobs", "retry", "--all")
                looked_at = time.monotonic()
            await asyncio.sleep(0.2)


def _report(chaos: Chaos) -> list[set[str]]:
    """Print the counts, and return the orders that must not be."""
    outcomes = chaos.outcomes
    rows, messages = outcomes.rows(), outcomes.messages()
    ends = Counter(f"{row.state} {row.cause or ''}" for row in rows)
    paid, submits, posts = outcomes.paid(), outcomes.submits(), outcomes.posts()
    forbidden = {
        "submitted twice": {
            row.prompt for row in rows if max(submits[row.prompt], posts[row.prompt]) > 1
        },
        "delivered twice": outcomes.twice(),
        "lost": outcomes.lost(),
        "known to be paid for, but failed": {
            row.prompt for row in rows if row.prompt in paid and row.state in GIVEN_UP
        },
        "uncertain, and the card does not say so": outcomes.dishonest(),
        "still open": {row.prompt for row in outcomes.open()},
    }
    counts = {
        "kills": chaos.kills,
        "of which the bot had ended by itself": chaos.ended_by_itself,
        "steps of the clock": chaos.steps,
        "troubles of the vendor": chaos.troubles.begun.total(),
        "orders": len(outcomes.sent),
        "submitted": len(submits),
        "paid for, and known to the bot": len(paid),
        "delivered exactly once": sum(len(count) == 1 for count in messages.values()),
        "refused before they were on record": outcomes.told(),
        "killed before they were on record": len(outcomes.sent) - len(rows) - outcomes.told(),
    }
    for name, count in (counts | ends).items():
        print(f"{count:6} {name}")
    for name, prompts in forbidden.items():
        print(f"{len(prompts):6} {name} (must be 0)")
    for prompt in sorted(set().union(*forbidden.values())):
        print(outcomes.history(prompt))
    return list(forbidden.values())


async def main() -> int:
    """Run once and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument("--orders", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311
    parser.add_argument("--log", type=Path, help="file that gets all of the bots' log")
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
        try:
            in_time = await chaos.run()
            failures = _report(chaos)
        finally:
            await chaos.bot.stop()
            if arguments.log:
                arguments.log.write_text("\n".join(chaos.bot.log))
    print(f"seed {arguments.seed}, {time.monotonic() - started:.0f} s")
    return 0 if in_time and not any(failures) else 1


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(asyncio.run(main()))
