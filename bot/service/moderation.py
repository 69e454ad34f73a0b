"""What moderators do: set their server's rules, and see why something was refused.

Each change is one step in the store and one line in the server's log channel. Every verb asks for
a :class:`Moderator`, which exists only for those who were found to be one.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain import admission
from bot.domain import lane as breaker
from bot.domain.admission import AdmissionContext, AdmissionRequest, Caps, RuleResult
from bot.domain.log_entries import AnyLogEntry, Blocked, Changed, Unblocked
from bot.domain.order import clean
from bot.domain.rules import LONGEST_REASON, Block, Pause, Rules, block_of, changed
from bot.domain.word_filter import Finding, examine
from bot.service.errors import ChannelNotWritable, DraftExpired
from bot.service.port_errors import DiscordRefused, TransientDiscordError
from bot.service.ports.discord import LogChannel
from bot.service.ports.store import Guilds, Jobs, Lanes, PeakUsage


@dataclass(frozen=True, kw_only=True)
class Moderator:
    """Somebody of whom Discord said, just now, that they may manage this server."""

    id: int
    guild_id: int
    language: str = "en"  # the server's, for its log channel


@dataclass(frozen=True, kw_only=True)
class Overview:
    """A server's rules, and how much of them is used."""

    rules: Rules
    caps: Caps
    standing: AdmissionContext
    peaks: PeakUsage


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A change that is to be looked at before it is saved."""

    id: str
    before: Rules
    after: Rules


class ModerationService:
    """The moderators' desk."""

    def __init__(
        self,
        *,
        guilds: Guilds,
        jobs: Jobs,
        lanes: Lanes,
        log_channel: LogChannel,
        caps: Caps,
        lane: str,
        now: Callable[[], float],
    ) -> None:
        self._guilds = guilds
        self._jobs = jobs
        self._lanes = lanes
        self._log_channel = log_channel
        self._caps = caps
        self._lane = lane
        self._now = now

    async def rules(self, by: Moderator) -> Rules:
        """Return the server's rules."""
        return await self._guilds.rules(by.guild_id)

    async def overview(self, by: Moderator) -> Overview:
        """Return the rules with what is used of them now."""
        now = self._now()
        standing = await self._jobs.admission_context(by.guild_id, by.id, lane=self._lane, now=now)
        return Overview(
            rules=standing.rules,
            caps=self._caps,
            standing=standing,
            peaks=await self._jobs.peak_usage(by.guild_id, now=now),
        )

    async def change(self, by: Moderator, how: Callable[[Rules], Rules]) -> tuple[Rules, Rules]:
        """Put what *how* makes of the rules in their place; return before and after.

        What *how* raises, a ChangeRejected, is raised, and nothing changed.
        """
        before, after = await self._guilds.change(by.guild_id, how)
        if before != after:
            notice = Changed(by=by.id, before=before, after=after, language=by.language)
            self._log(after, notice)
        return before, after

    async def draft(self, by: Moderator, changes: Mapping[str, Any]) -> Draft:
        """Keep *changes*, by the names of rules, until they are saved; raises as a change does."""
        before = await self._guilds.rules(by.guild_id)
        draft = Draft(id=secrets.token_hex(8), before=before, after=changed(before, **changes))
        # What the form shows and nobody touched stays out: another may change it before the save.
        touched = {name: value for name, value in changes.items() if getattr(before, name) != value}
        if touched:
            await self._guilds.save_draft(draft.id, by.guild_id, touched, now=self._now())
        return draft

    async def save(self, by: Moderator, draft_id: str) -> tuple[Rules, Rules]:
        """Make a kept change, of what it names alone; return before and after.

        Raises DraftExpired where there is none.
        """
        changes = await self._guilds.load_draft(draft_id, by.guild_id)
        if changes is None:
            raise DraftExpired
        return await self.change(by, lambda rules: changed(rules, **changes))

    async def log_to(self, by: Moderator, channel_id: int | None) -> tuple[Rules, Rules]:
        """Choose the log channel, or none; the change is the first line in it.

        Raises ChannelNotWritable where the bot can't write there.
        """
        before = await self._guilds.rules(by.guild_id)
        after = changed(before, log_channel=channel_id)
        notice = Changed(by=by.id, before=before, after=after, language=by.language)
        try:
            if channel_id is not None and before != after:
                await self._log_channel.write(channel_id, notice)
        except (DiscordRefused, TransientDiscordError) as error:
            raise ChannelNotWritable from error
        before, after = await self._guilds.change(
            by.guild_id, lambda rules: changed(rules, log_channel=channel_id)
        )
        if channel_id is None:
            self._log(before, notice)
        return before, after

    async def block(
        self, by: Moderator, member_id: int, *, hours: int | None, reason: str
    ) -> Block:
        """Let a member order nothing, for *hours* or until it is ended.

        Raises InvalidLimit.
        """
        block = block_of(member_id, by=by.id, now=self._now(), hours=hours, reason=reason)
        await self._guilds.block(by.guild_id, block)
        notice = Blocked(block=block, language=by.language)
        self._log(await self._guilds.rules(by.guild_id), notice)
        return block

    async def blocked(self, by: Moderator, member_id: int) -> Block | None:
        """Return a member's block that holds until somebody ends it; ``None``: there is none."""
        now = self._now()
        standing = await self._jobs.admission_context(
            by.guild_id, member_id, lane=self._lane, now=now
        )
        block = standing.block
        return block if block is not None and block.until is None else None

    async def unblock(self, by: Moderator, member_id: int) -> bool:
        """End a member's block; ``False``: there was none."""
        ended = await self._guilds.unblock(by.guild_id, member_id)
        if ended:
            notice = Unblocked(by=by.id, member_id=member_id, language=by.language)
            self._log(await self._guilds.rules(by.guild_id), notice)
        return ended

    async def pause(self, by: Moderator, *, reason: str) -> Pause:
        """Take no orders in this server until it is resumed. What was ordered before goes on."""
        reason = clean(reason)[:LONGEST_REASON]
        pause = Pause(by=by.id, since=self._now(), reason=reason)
        await self.change(by, lambda rules: changed(rules, pause=pause))
        return pause

    async def resume(self, by: Moderator) -> tuple[bool, bool]:
        """Take orders again; tell whether it was paused, and whether an empty wallet is tried now.

        The next order is what tries it.
        """
        now = self._now()
        before, _ = await self.change(by, lambda rules: changed(rules, pause=None))
        _, lane = await self._lanes.update(
            self._lane, lambda lane: breaker.probe_due_now(lane, now=now)
        )
        return before.pause is not None, breaker.may_probe(lane, now)

    async def explain(
        self, by: Moderator, member_id: int, ask: AdmissionRequest
    ) -> list[RuleResult]:
        """Return how every rule stands to an order that the member would make now."""
        now = self._now()
        standing = await self._jobs.admission_context(
            by.guild_id, member_id, lane=self._lane, now=now
        )
        return list(admission.rule_results(ask, caps=self._caps, standing=standing, now=now))

    async def try_words(self, by: Moderator, prompt: str) -> Finding:
        """Return what the server's words find in *prompt*."""
        return examine((await self._guilds.rules(by.guild_id)).words, prompt)

    def _log(self, rules: Rules, notice: AnyLogEntry) -> None:
        if rules.log_channel is not None:
            self._log_channel.enqueue(rules.log_channel, notice)
