"""Use cases of moderators: change the server's rules, and see why an order is refused.

Each change is one transaction in the store and one entry in the server's log channel. Every method
takes a :class:`Moderator`, which is made only after the permission was checked.
"""

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from bot.domain import admission, lane_transitions
from bot.domain import lane as lane_rules
from bot.domain.admission import AdmissionContext, AdmissionRequest, Caps, RuleResult
from bot.domain.ineffective_limits import Ineffective, ineffective_limits
from bot.domain.job import Job
from bot.domain.lane import ClosedReason, Lane
from bot.domain.log_entries import AnyLogEntry, Changed
from bot.domain.log_kinds import LogKind
from bot.domain.order import clean
from bot.domain.rules import (
    LONGEST_REASON,
    Block,
    Pause,
    Rules,
    changed,
    differences,
    without_deleted,
)
from bot.domain.word_filter import Finding, examine
from bot.service.errors import ChannelNotWritable, DraftExpired
from bot.service.port_errors import DiscordRefused, TransientDiscordError
from bot.service.ports.discord import LogChannel
from bot.service.ports.store import Guilds, Jobs, Lanes, PeakUsage
from bot.service.settings import ServiceSettings


@dataclass(frozen=True, kw_only=True)
class Moderator:
    """A member who may manage this server, as Discord said with the interaction."""

    id: int
    guild_id: int
    language: str = "en"  # of the server, unless its moderators chose one
    server: str = ""  # its name


@dataclass(frozen=True, kw_only=True)
class ServiceState:
    """Whether the image service works, as the lane's circuit breaker knows it."""

    closed: ClosedReason | None = None  # None: it works, or pauses for a moment
    since: float | None = None  # it is closed
    next_try_at: float | None = None  # of a closed or paused lane; None: it tries now


@dataclass(frozen=True, kw_only=True)
class Overview:
    """A server's rules and how much of each limit is used."""

    rules: Rules
    caps: Caps
    standing: AdmissionContext
    peaks: PeakUsage
    ineffective: Sequence[Ineffective] = ()
    service: ServiceState = field(default_factory=ServiceState)
    log_refused: bool = False  # Discord did not take the last line for the log channel
    costs: bool = True  # the operator shows what orders cost


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A change to preview before it is saved."""

    id: str
    before: Rules
    after: Rules


RECENT_ORDERS: Final = 5


@dataclass(frozen=True, kw_only=True)
class MemberOverview:
    """What a moderator sees of one member in the server."""

    member_id: int
    results: Sequence[RuleResult]  # of an order that the member would make now
    block: Block | None  # one that holds
    orders: Sequence[Job]  # the newest


class ModerationService:
    """Changes and explains the rules of one server at a time.

    A change that fails leaves the rules as they were. A log entry is sent afterwards and may be
    lost when Discord refuses it.
    """

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        guilds: Guilds,
        jobs: Jobs,
        lanes: Lanes,
        log_channel: LogChannel,
        now: Callable[[], float],
    ) -> None:
        self._guilds = guilds
        self._jobs = jobs
        self._lanes = lanes
        self._log_channel = log_channel
        self._caps = settings.caps
        self._lane = settings.lane
        self._costs = settings.show_costs
        self._now = now

    async def rules(self, by: Moderator) -> Rules:
        """Return the server's rules."""
        return await self._guilds.rules(by.guild_id)

    async def language(self, by: Moderator) -> str:
        """Return the language of what the server's members read."""
        return (await self.rules(by)).language or by.language

    async def overview(self, by: Moderator) -> Overview:
        """Return the rules and how much of each limit is used now."""
        now = self._now()
        standing = await self._context(by, by.id, now)
        return Overview(
            rules=standing.rules,
            caps=self._caps,
            standing=standing,
            peaks=await self._jobs.peak_usage(by.guild_id, now=now),
            ineffective=self._ineffective(by, standing.rules),
            service=service_state(standing.lane, now),
            log_refused=self.log_refused(standing.rules),
            costs=self._costs,
        )

    def log_refused(self, rules: Rules) -> bool:
        """Tell whether Discord did not take the last line for the log channel."""
        return rules.log_channel is not None and self._log_channel.refused(rules.log_channel)

    async def change(self, by: Moderator, how: Callable[[Rules], Rules]) -> tuple[Rules, Rules]:
        """Replace the rules by what *how* makes of them; return the rules before and after.

        If *how* raises ChangeRejected, nothing changes.
        """
        before, after = await self._guilds.change(by.guild_id, how)
        if before != after:
            entry = Changed(by=by.id, before=before, after=after)
            self._log(after, entry, language=by.language)
        return before, after

    async def forget(
        self,
        guild_id: int,
        *,
        language: str,
        roles: Collection[int] = (),
        channels: Collection[int] = (),
    ) -> None:
        """Remove roles and channels that were deleted in Discord from the server's rules."""
        how = partial(without_deleted, roles=roles, channels=channels)
        before = await self._guilds.rules(guild_id)
        if how(before) == before:
            return  # the usual case, which needs no lock
        before, after = await self._guilds.change(guild_id, how)
        if before != after:
            entry = Changed(by=None, before=before, after=after)
            self._log(after, entry, language=language)

    def ineffective(self, by: Moderator, before: Rules, after: Rules) -> list[Ineffective]:
        """Return the limits that *after* changes, or makes ineffective, and that have no effect."""
        known, have_none = (self._ineffective(by, rules) for rules in (before, after))
        touched = {difference.name for difference in differences(before, after)}
        return [one for one in have_none if one.name in touched or one not in known]

    async def draft(self, by: Moderator, changes: Mapping[str, Any]) -> Draft:
        """Store *changes*, by field name, until they are saved; raises as :meth:`change`."""
        before = await self._guilds.rules(by.guild_id)
        draft = Draft(id=secrets.token_hex(8), before=before, after=changed(before, **changes))
        # Fields left as they were stay out: another moderator may change them before the save.
        touched = {name: value for name, value in changes.items() if getattr(before, name) != value}
        if touched:
            await self._guilds.save_draft(draft.id, by.guild_id, touched, now=self._now())
        return draft

    async def save(self, by: Moderator, draft_id: str) -> tuple[Rules, Rules]:
        """Apply a stored draft to the fields that it names; return the rules before and after."""
        changes = await self._guilds.load_draft(draft_id, by.guild_id)
        if changes is None:
            raise DraftExpired
        return await self.change(by, lambda rules: changed(rules, **changes))

    async def keep_form(self, by: Moderator, name: str, typed: Mapping[str, Any]) -> str:
        """Store what was *typed* in a form until it is opened again; return its id."""
        form_id = secrets.token_hex(8)
        await self._guilds.save_form(form_id, by.guild_id, name, typed, now=self._now())
        return form_id

    async def kept_form(self, by: Moderator, form_id: str) -> tuple[str, Mapping[str, Any]]:
        """Return a stored form's name and what was typed in it; raises DraftExpired."""
        form = await self._guilds.load_form(form_id, by.guild_id)
        if form is None:
            raise DraftExpired
        return form

    async def log_to(
        self, by: Moderator, channel_id: int | None, **more: Any
    ) -> tuple[Rules, Rules]:
        """Set the log channel, or none; the change is the first entry in it.

        *more* are changes of other fields, made with it.
        """
        before = await self._guilds.rules(by.guild_id)
        after = changed(before, log_channel=channel_id, **more)
        notice = Changed(
            by=by.id, before=before, after=after, language=before.language or by.language
        )
        try:
            if channel_id is not None and before != after:
                await self._log_channel.write(channel_id, notice)
        except (DiscordRefused, TransientDiscordError) as error:
            raise ChannelNotWritable from error
        before, after = await self._guilds.change(
            by.guild_id, lambda rules: changed(rules, log_channel=channel_id, **more)
        )
        if channel_id is None and before.log_channel is not None:
            self._log_channel.enqueue(before.log_channel, notice)  # the last line, in any case
        return before, after

    async def pause(self, by: Moderator, *, reason: str) -> Pause:
        """Accept no orders in this server until it is resumed. Running orders go on."""
        pause = Pause(by=by.id, since=self._now(), reason=clean(reason)[:LONGEST_REASON])
        await self.change(by, lambda rules: changed(rules, pause=pause))
        return pause

    async def resume(self, by: Moderator) -> tuple[bool, ClosedReason | None]:
        """Accept orders again, and have a closed or paused lane try again at once.

        Returns whether the server was paused, and why the lane was closed if it tries.
        """
        now = self._now()
        before, _ = await self.change(by, lambda rules: changed(rules, pause=None))
        _, lane = await self._lanes.update(
            self._lane, lambda lane: lane_transitions.probe_due_now(lane, now=now)
        )
        tries = lane.closed if lane_rules.may_probe(lane, now) or lane.probe_due(now) else None
        return before.pause is not None, tries

    async def explain(
        self, by: Moderator, member_id: int, ask: AdmissionRequest
    ) -> list[RuleResult]:
        """Return the result of every rule for an order that the member would make now."""
        now = self._now()
        standing = await self._context(by, member_id, now)
        return list(admission.rule_results(ask, caps=self._caps, context=standing, now=now))

    async def member(self, by: Moderator, member_id: int, ask: AdmissionRequest) -> MemberOverview:
        """Return whether a member can order now, their block and their newest orders."""
        now = self._now()
        standing = await self._context(by, member_id, now)
        block = standing.block
        return MemberOverview(
            member_id=member_id,
            results=list(admission.rule_results(ask, caps=self._caps, context=standing, now=now)),
            block=block if block is not None and block.holds(now) else None,
            orders=await self._jobs.recent_of(by.guild_id, member_id, most=RECENT_ORDERS),
        )

    async def try_words(self, by: Moderator, prompt: str) -> Finding:
        """Return what the server's words find in *prompt*, cleaned as an order's is."""
        rules = await self._guilds.rules(by.guild_id)
        return examine(rules.words, clean(prompt), look_alikes=rules.look_alikes)

    def _ineffective(self, by: Moderator, rules: Rules) -> list[Ineffective]:
        return list(ineffective_limits(rules, caps=self._caps, guild_id=by.guild_id))

    async def _context(self, by: Moderator, member_id: int, now: float) -> AdmissionContext:
        return await self._jobs.admission_context(by.guild_id, member_id, lane=self._lane, now=now)

    def _log(self, rules: Rules, notice: AnyLogEntry, *, language: str) -> None:
        channel_id = rules.log_for(LogKind.CHANGES)
        if channel_id is not None:
            notice = replace(notice, language=rules.language or language)
            self._log_channel.enqueue(channel_id, notice)


def service_state(lane: Lane, now: float) -> ServiceState:
    """Return whether the image service works at *now*, as the lane's circuit breaker knows it."""
    closed = lane.closed
    if closed is ClosedReason.BUSY and lane.next_try_at(now) is None:
        closed = None  # one order tries
    return ServiceState(
        closed=closed or lane_rules.closed_reason(lane, now),
        since=lane.shut_at or None,
        next_try_at=lane.next_try_at(now),
    )
