"""Equal processes on one PostgreSQL, before which a load balancer stands: orders, restarts, a kill.

What became of the orders is told from outside: by what the stand-ins were sent.
"""

import asyncio
import contextlib
import itertools
import random
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text

from benchmarks.balancer import FALL, LOOK_EVERY, Balancer
from benchmarks.crowd import ALWAYS, Crowd, Sent
from benchmarks.outcomes import HONEST, Outcomes
from benchmarks.process import WIDE_OPEN
from bot.store.database import Database
from sandbox.botprocess import BotProcess
from sandbox.discord.member import Member
from sandbox.faults import Answer, Fault
from sandbox.listener import free_port
from tests.acceptance.driver import buttons

STARTED_WITHIN: Final = 120.0  # seconds
OVER_WITHIN: Final = 120.0  # seconds after an order
DRAIN: Final = 2 * FALL * LOOK_EVERY + 1.0  # seconds: the balancer surely has noticed
PRIVATE: Final = 0.5  # the share of the orders
POSTED_WITHIN: Final = 30.0  # seconds
SETTLE: Final = 2.0  # seconds in which a second delivery would come
LOOK: Final = 0.02  # seconds
NONE: Final[Mapping[str, str]] = {}
TOLD: Final = ("Not ordered", *HONEST)  # by a card


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What became of orders, as the stand-ins saw it."""

    orders: int
    private: int
    refused: int  # privately: nothing was ordered
    unanswered: set[str]  # by Discord's clock of 3 s
    lost: set[str]  # answered or submitted, and neither shown nor told why
    twice: set[str]  # submitted or shown
    slowest: float  # seconds from an order to its pictures


class Cluster:
    """Processes of the bot at ports of their own, and the balancer at the address for Discord."""

    def __init__(self, crowd: Crowd, url: str, count: int, settings: Mapping[str, str]) -> None:
        """Share the database at *url*."""
        sandbox, ports = crowd.sandbox, [free_port() for _ in range(count)]
        self.outcomes = Outcomes(sandbox)
        self.balancer = Balancer(sandbox.web_port, ports)
        self.bots: dict[int, BotProcess] = {}  # by their ports
        self.sent: list[Sent] = []
        self.killed_at = 0.0  # Unix seconds
        self._crowd = crowd
        self._url = url
        self._private: dict[str, Member] = {}  # who ordered privately, by their prompts
        self._numbers = itertools.count()
        self._members = itertools.cycle(crowd.members)
        self._random = random.Random(1)  # noqa: S311 - no secret
        for number, port in enumerate(ports):
            own = self.outcomes.database.parent / f"bot-{number}"
            own.mkdir()
            own_settings = {
                "INSTANCE": own.name,
                "WEB_PORT": str(port),
                "DATABASE_URL": url,
                "DRAIN_SECONDS": str(DRAIN),
            }
            env = sandbox.bot_environment() | WIDE_OPEN | own_settings | dict(settings)
            self.bots[port] = BotProcess(env, cwd=own)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, crowd: Crowd, url: str, *, count: int = 3, settings: Mapping[str, str] = NONE
    ) -> AsyncIterator["Cluster"]:
        """Start the processes, and wait until the balancer sends to all of them."""
        cluster = cls(crowd, url, count, settings)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(cluster.balancer)
            for port, bot in cluster.bots.items():
                stack.push_async_callback(bot.kill)
                await bot.start()
                await cluster.balancer.until(port, ready=True, within=STARTED_WITHIN)
            await crowd.sandbox.ready()
            yield cluster

    async def keep_ordering(self, at_once: int, enough: asyncio.Event, *, least: int = 0) -> None:
        """Order again and again, a part of it privately, until it is *enough*."""

        async def one_by_one() -> None:
            while len(self.sent) < least or not enough.is_set():
                await _end(await self._order())

        await asyncio.gather(*(one_by_one() for _ in range(at_once)))

    async def ordered(self, count: int) -> None:
        """Wait until so many orders were made."""
        async with asyncio.timeout(STARTED_WITHIN):
            while len(self.sent) < count:  # noqa: ASYNC110 - no bell rings
                await asyncio.sleep(LOOK)

    async def restart_all(self) -> None:
        """Stop and start the processes one after the other, as a deployment does."""
        for port, bot in self.bots.items():
            if await bot.stop(within=STARTED_WITHIN) != 0:
                raise RuntimeError("\n".join(bot.log))
            await self.balancer.until(port, ready=False, within=STARTED_WITHIN)
            await bot.start()
            await self.balancer.until(port, ready=True, within=STARTED_WITHIN)

    async def kill_one(self, *, holding: int) -> list[Sent]:
        """Kill a process that holds at least so many orders, and return those."""
        bot = list(self.bots.values())[-1]
        query = text("SELECT prompt FROM jobs WHERE owner LIKE :of")
        instance = {"of": f"{bot.env['INSTANCE']}:%"}
        async with Database.open(self._url) as database, asyncio.timeout(STARTED_WITHIN):

            async def held() -> set[str]:
                rows = await database.read(lambda reading: reading.execute(query, instance).all())
                return {row.prompt for row in rows}

            while len(await held()) < holding:  # noqa: ASYNC110 - the store rings no bell
                await asyncio.sleep(LOOK)
            self.killed_at = time.time()
            await bot.kill()
            prompts = await held()
        return [sent for sent in self.sent if sent.prompt in prompts]

    async def judge(self) -> Judged:
        """Wait until no order is open, and tell what became of all."""
        await asyncio.gather(*map(_end, self.sent))
        await asyncio.sleep(SETTLE)
        shown, submits = self.outcomes.messages(), self.outcomes.submits()
        told = {sent.prompt for sent in self.sent if is_told(sent)} - set(submits)
        taken = {sent.prompt: sent for sent in self.sent if not sent.refused}
        return Judged(
            orders=len(self.sent),
            private=len(self._private),
            refused=sum(sent.refused and not sent.lapsed for sent in self.sent),
            unanswered={sent.prompt for sent in self.sent if sent.lapsed},
            lost=(set(taken) | set(submits)) - set(shown) - told,
            twice=self.outcomes.twice() | {one for one, count in submits.items() if count > 1},
            slowest=max(sent.visible_at - sent.sent_at for sent in taken.values()),
        )

    async def post_private(self, count: int) -> int:
        """Have members post pictures of private orders, which the vendor has no more; count them.

        Only the bot has those pictures, wherever it keeps them.
        """
        self._crowd.sandbox.pixazo.media_faults.clear()
        gone = Fault(method="GET", path="*", do=Answer(status=404), times=ALWAYS)
        self._crowd.sandbox.pixazo.media_faults.add(gone)
        chosen = [sent for sent in self.sent if sent.prompt in self._private and sent.visible_at]
        for sent in chosen[:count]:
            card = sent.invocation.message
            pressed = await self._private[sent.prompt].press(card["id"], buttons(card)["post"])
            await pressed.acknowledged(within=OVER_WITHIN)
        until = time.monotonic() + POSTED_WITHIN
        posted = 0
        while posted < count and time.monotonic() < until:
            await asyncio.sleep(SETTLE)
            shown = self.outcomes.messages()
            cards = {sent.prompt: sent.invocation.stored for sent in chosen[:count]}
            # The private card has gone, and the picture is in the channel.
            posted = sum(card.removed and prompt in shown for prompt, card in cards.items() if card)
        return posted

    async def _order(self) -> Sent:
        """Have the next member order, and return without waiting for the answer."""
        private, prompt = self._random.random() < PRIVATE, f"wish {next(self._numbers):05}"
        member = next(self._members)
        if private:
            self._private[prompt] = member
        self.outcomes.images[prompt] = 1
        sent = await self._crowd.order(member, prompt, private=private)
        self.sent.append(sent)
        return sent


async def _end(sent: Sent) -> None:
    """Wait for the pictures of an order, but not for ever."""
    waits = max(0.0, sent.sent_at + OVER_WITHIN - time.time())
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(sent.over.wait(), waits)


def is_told(sent: Sent) -> bool:
    """Tell whether the card of an order says that no picture comes, or perhaps none."""
    message = sent.invocation.stored
    return message is not None and any(words in str(message.shown) for words in TOLD)
