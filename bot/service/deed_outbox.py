"""Tells of moderators' deeds: a line in the server's log channel, a notice to the member."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

from bot.domain.admission import OPERATORS, Rule
from bot.domain.deeds import Deed, DeedKind
from bot.domain.job import Job
from bot.domain.log_entries import (
    AnyLogEntry,
    Blocked,
    BudgetUsed,
    OrderModerated,
    ServerAllowed,
    ServerDenied,
    Unblocked,
)
from bot.domain.log_kinds import LogKind
from bot.domain.rules import Block, Rules
from bot.log import about, fault
from bot.retry import Backoff, wait_at_most
from bot.service.moderation import Moderator
from bot.service.port_errors import (
    DiscordError,
    StoreUnavailable,
    TransientDiscordError,
)
from bot.service.ports.discord import LogChannel, MemberNotices
from bot.service.ports.store import Deeds, Guilds, Jobs

log = logging.getLogger(__name__)

EVERY: Final = 5.0  # seconds between two looks for what other processes left
LEASE: Final = 60.0  # seconds until another process tries; Discord still knows the nonce then
SEND_WITHIN: Final = 25.0  # seconds of each of the two messages
KEEP_TRYING: Final = 86400.0  # seconds after the deed
MOST_TRIES: Final = 150  # in a row, to draw an entry: about as long
BACKOFF: Final = Backoff(first=5.0, most=600.0)  # seconds
MOST: Final = 50  # deeds at once


def new_deed(kind: DeedKind, **fields: Any) -> Deed:
    """Return a deed with a new id."""
    return Deed(id=secrets.token_hex(8), kind=kind, **fields)


def moderators_deed(
    kind: DeedKind,
    job: Job,
    by: Moderator,
    *,
    at: float,
    detail: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Deed:
    """Return a new deed of a moderator, about an order of their server."""
    return new_deed(
        kind,
        guild_id=by.guild_id,
        at=at,
        moderator_id=by.id,
        job_id=job.id,
        member_id=job.member_id,
        detail={"server": by.server, "language": by.language, **(detail or {})},
        **fields,
    )


class Entries(Protocol):
    """Draws entries in log channels that change with what is on record."""

    async def draw(self, entry: Deed, job: Job | None, *, language: str | None) -> float | None:
        """Draw an entry as it is now. Raises DiscordError.

        Returns when it is another one by itself, in Unix seconds; ``None``: never.
        """


class DeedOutbox:
    """Transactional outbox: tells of deeds at least once, across crashes, by any process.

    A deed is recorded in the transaction of what was done. Its id is the nonce of its messages, so
    that Discord drops one that is repeated within minutes. A refusal of Discord ends a message, an
    outage delays it for a day at most.
    """

    def __init__(
        self,
        *,
        deeds: Deeds,
        guilds: Guilds,
        jobs: Jobs,
        log_channel: LogChannel,
        notices: MemberNotices,
        entries: Mapping[DeedKind, Entries],
        due: asyncio.Event,
        now: Callable[[], float],
    ) -> None:
        self._deeds = deeds
        self._guilds = guilds
        self._jobs = jobs
        self._log_channel = log_channel
        self._notices = notices
        self._entries = entries  # what draws them, by the kind of their deeds
        self._due = due  # set when a deed was recorded
        self._now = now

    async def run(self) -> None:
        """Tell of deeds as they are recorded, until cancelled."""
        while True:
            self._due.clear()
            try:
                await self.sweep()
            except StoreUnavailable as error:
                log.warning("deeds not told, later: error=%s", error)
            await wait_at_most(self._due, EVERY)

    async def sweep(self) -> None:
        """Tell of everything that is due. Raises StoreUnavailable if that is incomplete."""
        while deeds := await self._deeds.claim(now=self._now(), lease=LEASE, most=MOST):
            servers: dict[int, list[Deed]] = {}
            for deed in deeds:
                servers.setdefault(deed.guild_id, []).append(deed)
            async with asyncio.TaskGroup() as group:  # one server keeps no other waiting
                for of_server in servers.values():
                    group.create_task(self._tell_all(of_server))

    async def _tell_all(self, deeds: Sequence[Deed]) -> None:
        for deed in deeds:
            with about(job=deed.job_id, guild=deed.guild_id):
                try:
                    await self._tell(deed)
                except StoreUnavailable as error:
                    log.warning("deed not told, later: deed=%s error=%s", deed.id, error)
                except Exception as error:  # noqa: BLE001 - the others are to be told
                    fault(log, "deed not told", error, deed=deed.id)

    async def _tell(self, deed: Deed) -> None:
        rules = await self._guilds.rules(deed.guild_id)
        job = await self._jobs.get(deed.job_id) if deed.job_id else None
        language = rules.language or deed.detail.get("language")
        channel_id = _log_channel(deed, rules)
        if (entries := self._entries.get(deed.kind)) is not None:
            await self._draw(entries, deed, job, language)
            return
        log_left, member_left = False, False
        if deed.tell_log and channel_id is not None:
            entry = replace(_entry(deed, job), language=language, key=deed.id)
            log_left = await self._try(deed, lambda: self._log_channel.write(channel_id, entry))
        if deed.kind is DeedKind.WELCOME:
            member_left = await self._try(deed, lambda: self._notices.welcome(deed, language))
        elif deed.tell_member:
            member_left = await self._try(deed, lambda: self._notices.tell(deed, job, language))
        due_at = self._next_try(deed) if log_left or member_left else None
        await self._deeds.settle(
            deed,
            tell_log=log_left and due_at is not None,
            tell_member=member_left and due_at is not None,
            due_at=due_at,
        )

    async def _draw(
        self, entries: Entries, entry: Deed, job: Job | None, language: str | None
    ) -> None:
        """Draw an entry, now and when it is another one by itself."""
        due_at: float | None = None

        async def draw() -> None:
            nonlocal due_at
            due_at = await entries.draw(entry, job, language=language)

        if await self._try(entry, draw):
            due_at = self._next_try(entry)
        tell_log = due_at is not None
        await self._deeds.settle(entry, tell_log=tell_log, tell_member=False, due_at=due_at)

    async def _try(self, deed: Deed, send: Callable[[], Awaitable[object]]) -> bool:
        """Send one message; tell whether to try again."""
        try:
            async with asyncio.timeout(SEND_WITHIN):
                await send()
        except (TransientDiscordError, TimeoutError) as error:
            log.info("message about a deed failed: deed=%s error=%s", deed.id, error)
            return True
        except DiscordError as error:
            log.info("message about a deed refused: deed=%s error=%s", deed.id, error)
        return False

    def _next_try(self, deed: Deed) -> float | None:
        """Return when to try again; ``None``: not any more."""
        delays = BACKOFF.delays()
        for _ in range(deed.tries):
            next(delays)
        due_at = self._now() + next(delays)
        is_entry = deed.kind in self._entries
        if deed.tries < MOST_TRIES if is_entry else due_at < deed.at + KEEP_TRYING:
            return due_at
        log.warning("messages about a deed given up: deed=%s kind=%s", deed.id, deed.kind)
        return None


def _log_channel(deed: Deed, rules: Rules) -> int | None:
    """Return where a line about a deed is written; ``None``: moderators want none."""
    match deed.kind:
        case DeedKind.DENY | DeedKind.ALLOW:
            return rules.log_channel
        case DeedKind.BLOCK | DeedKind.UNBLOCK:
            return rules.log_for(LogKind.BLOCKS)
        case DeedKind.BUDGET:
            return rules.log_for(LogKind.BUDGET)
        case _:
            return rules.log_for(LogKind.DEEDS)


def _entry(deed: Deed, job: Job | None) -> AnyLogEntry:
    """Return what the log channel says of a deed."""
    by, member_id = deed.moderator_id or 0, deed.member_id or 0
    match deed.kind:
        case DeedKind.BLOCK:
            until, reason = deed.detail.get("until"), deed.detail.get("reason", "")
            return Blocked(
                block=Block(member_id=member_id, by=by, since=deed.at, until=until, reason=reason)
            )
        case DeedKind.UNBLOCK:
            return Unblocked(by=by, member_id=member_id)
        case DeedKind.BUDGET:
            figures = {name: deed.detail[name] for name in ("percent", "used", "cap", "ends_at")}
            return BudgetUsed(operators=Rule(deed.detail["rule"]) in OPERATORS, **figures)
        case DeedKind.DENY:
            return ServerDenied(until=deed.detail["until"], reason=deed.detail["reason"])
        case DeedKind.ALLOW:
            return ServerAllowed()
        case _:
            return OrderModerated(deed=deed, job=job)
