"""Use cases of moderators: block members from ordering, and end that."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.domain.deeds import Deed, DeedKind
from bot.domain.job import EndReason, State
from bot.domain.owner import MODERATOR
from bot.domain.rules import Block, block_of
from bot.service.deed_outbox import new_deed
from bot.service.errors import BlockFault, NotBlockable
from bot.service.moderation import Moderator
from bot.service.ports.store import Guilds, Jobs

BLOCKS_ON_PAGE: Final = 8


@dataclass(frozen=True, kw_only=True)
class BlockTarget:
    """Who is to be blocked, as Discord described them to the moderator."""

    id: int
    is_bot: bool = False
    moderates: bool = False  # may manage the server
    outranks: bool = False  # has a role as high as the moderator's highest


@dataclass(frozen=True, kw_only=True)
class BlockPage:
    """A page of the server's blocks, newest first."""

    blocks: Sequence[Block]
    total: int
    number: int  # from 0

    @property
    def of(self) -> int:
        """The number of pages, at least one."""
        return max(-(-self.total // BLOCKS_ON_PAGE), 1)


class BlockService:
    """Blocks and unblocks members of one server at a time; each is recorded as a deed."""

    def __init__(
        self,
        *,
        guilds: Guilds,
        jobs: Jobs,
        now: Callable[[], float],
        wake_recovery: Callable[[], None],
        tell_deeds: Callable[[], None],
    ) -> None:
        self._guilds = guilds
        self._jobs = jobs
        self._now = now
        self._wake_recovery = wake_recovery  # it shows a blocked member what was given back
        self._tell_deeds = tell_deeds  # has blocks told soon

    async def block(
        self,
        by: Moderator,
        target: BlockTarget,
        *,
        hours: int | None,
        reason: str,
        job_id: str | None = None,
    ) -> Block:
        """Block a member from ordering, for *hours* or until a moderator unblocks them.

        What the member waits for is given back. What was sent goes on. *job_id* is the order that
        they are blocked for. Raises NotBlockable.
        """
        _check_blockable(by, target)
        block = block_of(target.id, by=by.id, now=self._now(), hours=hours, reason=reason)
        deed = self._deed(DeedKind.BLOCK, by, target.id, until=block.until, reason=block.reason)
        deed = replace(deed, job_id=job_id)
        await self._guilds.block(by.guild_id, block, deeds=[deed])
        self._tell_deeds()
        await self._give_back(by.guild_id, target.id)
        return block

    async def blocked(self, by: Moderator, member_id: int) -> Block | None:
        """Return a member's block without an end; ``None``: there is none."""
        block = await self._guilds.block_of(by.guild_id, member_id)
        return block if block is not None and block.until is None else None

    async def blocks(self, by: Moderator, number: int) -> BlockPage:
        """Return a page of the blocks that hold; beyond the last one, the last one."""
        page = await self._block_page(by, number)
        if page.number >= page.of:
            page = await self._block_page(by, page.of - 1)
        return page

    async def _block_page(self, by: Moderator, number: int) -> BlockPage:
        blocks, total = await self._guilds.blocks(
            by.guild_id, now=self._now(), skip=number * BLOCKS_ON_PAGE, most=BLOCKS_ON_PAGE
        )
        return BlockPage(blocks=blocks, total=total, number=number)

    async def unblock(self, by: Moderator, member_id: int, *, job_id: str | None = None) -> bool:
        """End a member's block; ``False``: there was none."""
        deed = replace(self._deed(DeedKind.UNBLOCK, by, member_id), job_id=job_id)
        ended = await self._guilds.unblock(by.guild_id, member_id, deeds=[deed])
        self._tell_deeds()
        return ended

    async def _give_back(self, guild_id: int, member_id: int) -> None:
        """End the member's waiting orders; recovery adopts them and shows it."""
        now = self._now()
        for job in await self._jobs.waiting_of(guild_id, member_id):
            ended = job.transition(State.REFUSED, now=now, end_reason=EndReason.BLOCKED)
            await self._jobs.swap(job, ended.owned_by(MODERATOR))
        self._wake_recovery()

    def _deed(self, kind: DeedKind, by: Moderator, member_id: int, **detail: Any) -> Deed:
        return new_deed(
            kind,
            guild_id=by.guild_id,
            at=self._now(),
            moderator_id=by.id,
            member_id=member_id,
            detail={"server": by.server, "language": by.language, **detail},
        )


def _check_blockable(by: Moderator, target: BlockTarget) -> None:
    """Raise NotBlockable if the moderator can't block *target*."""
    for applies, fault in (
        (target.id == by.id, BlockFault.SELF),
        (target.is_bot, BlockFault.BOT),
        (target.moderates, BlockFault.MODERATOR),
        (target.outranks, BlockFault.RANK),
    ):
        if applies:
            raise NotBlockable(member_id=target.id, fault=fault)
