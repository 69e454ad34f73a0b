"""Records which servers the bot is a member of, as Discord says."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.admission import is_served
from bot.domain.deeds import Deed, DeedKind
from bot.domain.shards import Shards
from bot.retry import retry
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.store import Deeds, Guilds
from bot.service.settings import ServiceSettings

log = logging.getLogger(__name__)

BATCH: Final = 500  # servers in one transaction
WELCOME_WITHIN: Final = 86400.0  # seconds after the bot was added

# The servers of a connection at this moment; None: it is over, and another one knows better.
Snapshot = Callable[[], set[int] | None]


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """The bot in a server, since a time that tells one joining from the next."""

    guild_id: int
    name: str
    joined_at: float  # Unix seconds
    language: str
    channels: Sequence[int]  # where it may introduce itself, the best one first


class ServerMembership:
    """Keeps the record of the bot's servers in step with Discord.

    What the store does not take is repeated, with what Discord says by then: of two changes of one
    server the later one lasts.
    """

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        guilds: Guilds,
        deeds: Deeds,
        tell_deeds: Callable[[], None],
        wake_recovery: Callable[[], None],
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._guilds = guilds
        self._deeds = deeds
        self._tell_deeds = tell_deeds  # has a server welcomed soon
        self._wake_recovery = wake_recovery  # it gives back what waits in servers that were left
        self._now = now
        self._members: set[int] = set()
        self._lock = asyncio.Lock()

    async def load(self, shards: Shards) -> None:
        """Read the servers of shards of this process, before these connect to Discord.

        Only these, and those that it has seen itself, can be found to be left: another process with
        the same shards may know newer ones. Raises StoreUnavailable.
        """
        after, found = 0, set[int]()
        while page := await self._guilds.recorded(after=after, most=BATCH):
            found |= {guild_id for guild_id, left in page if not left}
            after, _ = page[-1]
        others = {guild_id for guild_id in self._members if not shards.cover(guild_id)}
        self._members = others | set(filter(shards.cover, found))

    async def changed(self, guild_id: int, snapshot: Snapshot) -> None:
        """Record whether the bot is a member of a server."""

        async def record(present: set[int]) -> None:
            await self._write(joined={guild_id} & present, left={guild_id} - present)

        await self._repeat(record, snapshot)

    async def listed(self, shards: Shards, snapshot: Snapshot) -> None:
        """Record the servers that Discord lists for these shards, and which it lists no more."""

        async def record(present: set[int]) -> None:
            before = set(filter(shards.cover, self._members))
            await self._write(joined=present - before, left=before - present)

        await self._repeat(record, snapshot)

    def is_new(self, guild_id: int, joined_at: float) -> bool:
        """Tell whether a server may have to be welcomed, in which the bot is since that time."""
        served = is_served(guild_id, self._settings.caps)
        return served and joined_at > self._now() - WELCOME_WITHIN

    async def arrived(self, arrival: Arrival) -> None:
        """Have a server welcomed, once for each time that the bot was added to it.

        Discord tells of a server at each connection, and anew after an outage.
        """
        deed = Deed(
            id=f"w{arrival.guild_id:x}{int(arrival.joined_at):x}",  # at most 25 characters
            guild_id=arrival.guild_id,
            at=self._now(),
            kind=DeedKind.WELCOME,
            detail={
                "server": arrival.name,
                "language": arrival.language,
                "channels": list(arrival.channels),
            },
            tell_log=False,
        )

        async def attempt() -> None:
            await self._deeds.add(deed)
            self._tell_deeds()

        def failed(error: Exception) -> None:
            log.warning("welcome not recorded, retrying: error=%s", error)

        await retry(
            attempt, on=StoreUnavailable, backoff=self._settings.store_backoff, failed=failed
        )

    async def _repeat(
        self, record: Callable[[set[int]], Awaitable[None]], snapshot: Snapshot
    ) -> None:
        async def attempt() -> None:
            if (present := snapshot()) is not None:
                await record(present)

        def failed(error: Exception) -> None:
            log.warning("servers not recorded, retrying: error=%s", error)

        async with self._lock:  # changes are recorded in the order in which Discord told them
            await retry(
                attempt, on=StoreUnavailable, backoff=self._settings.store_backoff, failed=failed
            )

    async def _write(self, *, joined: set[int], left: set[int]) -> None:
        ids = sorted(joined)
        for start in range(0, len(ids), BATCH):
            await self._guilds.record_joined(ids[start : start + BATCH])
        if left:
            await self._guilds.record_left(left, now=self._now())
            log.info("servers left: count=%d some=%s", len(left), sorted(left)[:10])
            self._wake_recovery()
        self._members = (self._members - left) | joined
