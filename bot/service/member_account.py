"""Use cases of members: their orders, remaining limits and stored data."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from bot.domain import admission
from bot.domain.admission import DAY, AdmissionContext, AdmissionRequest, RuleResult, day_of
from bot.domain.deeds import Deed, DeedKind
from bot.domain.job import Job
from bot.service.picture_files import PictureFiles, reason_of
from bot.service.port_errors import FilesUnavailable, StoreUnavailable
from bot.service.ports.store import Deeds, JobQueries, Jobs, Members, MemberSettings
from bot.service.settings import ServiceSettings

log = logging.getLogger(__name__)

PAGE: Final = 5  # orders on a page of ``/history``
MOST: Final = 100  # members whose data is erased in one sweep


@dataclass(frozen=True, kw_only=True)
class HistoryPage:
    """One page of a member's orders; *number* counts from 0, *of* is the number of pages."""

    jobs: Sequence[Job]
    number: int
    of: int
    total: int  # orders
    word: str  # the filter on prompts; empty: no filter


@dataclass(frozen=True, kw_only=True)
class OrderPlace:
    """Whether orders are taken in a place."""

    in_server: bool  # one that the bot is a member of
    violation: RuleResult | None = None  # the rule for which none are; None: they are
    direct: bool = False  # whether they are taken outside of servers


@dataclass(frozen=True, kw_only=True)
class UsageReport:
    """The result of every rule for a member, and when the day's counts reset, in Unix seconds."""

    verdicts: Sequence[RuleResult]
    anew_at: float
    place: OrderPlace


@dataclass(frozen=True, kw_only=True)
class ErasureResult:
    """Whether all data is erased, and when the day ends, in Unix seconds.

    Running orders are erased after their end, orders that today's limits count after the day.
    """

    done: bool
    day_ends_at: float


class MemberAccount:
    """A member's own history, usage, export and erasure.

    An erasure is recorded before it begins: what could not be erased is erased by :meth:`sweep`.
    """

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        members: Members,
        queries: JobQueries,
        jobs: Jobs,
        deeds: Deeds,
        files: PictureFiles,
        now: Callable[[], float],
    ) -> None:
        self.retention = settings.retention
        self._settings = settings
        self._members = members
        self._queries = queries
        self._jobs = jobs
        self._deeds = deeds
        self._files = files
        self._now = now

    async def page(self, member_id: int, *, word: str, number: int) -> HistoryPage:
        """Return a page of the member's orders, newest first; past the end, the last page.

        *number* counts from 0. Only orders whose prompt contains *word* are listed.
        """
        page = await self._queries.page(member_id, word=word, skip=number * PAGE, most=PAGE)
        last = max(page.total - 1, 0) // PAGE
        if number > last:
            number = last
            page = await self._queries.page(member_id, word=word, skip=number * PAGE, most=PAGE)
        return HistoryPage(jobs=page.jobs, number=number, of=last + 1, total=page.total, word=word)

    async def usage(self, member_id: int, ask: AdmissionRequest) -> UsageReport:
        """Return the result of every rule for an order that the member would make now."""
        now = self._now()
        standing = await self._jobs.admission_context(
            ask.guild_id, member_id, lane=self._settings.lane, now=now
        )
        verdicts = list(
            admission.rule_results(ask, caps=self._settings.caps, context=standing, now=now)
        )
        violation = admission.place_violation(verdicts)
        return UsageReport(
            verdicts=verdicts, anew_at=day_of(now) + DAY, place=self._place(ask, violation)
        )

    async def place(self, request: AdmissionRequest) -> OrderPlace:
        """Tell whether orders are taken there; by the operator's settings if the store is away."""
        context, now = AdmissionContext(), self._now()
        if request.guild_id is not None:
            with contextlib.suppress(StoreUnavailable):
                context = await self._jobs.admission_context(
                    request.guild_id, 0, lane=self._settings.lane, now=now
                )
        results = admission.rule_results(
            request, caps=self._settings.caps, context=context, now=now
        )
        return self._place(request, admission.place_violation(results))

    def _place(self, request: AdmissionRequest, violation: RuleResult | None) -> OrderPlace:
        return OrderPlace(
            in_server=request.guild_id is not None,
            violation=violation,
            direct=self._settings.caps.direct,
        )

    async def export(self, member_id: int) -> bytes:
        """Return everything stored about the member, as JSON."""
        settings = await self._members.settings(member_id)
        document = {
            "member_id": member_id,
            "ping": settings.ping,
            "ping_in": settings.ping_in,
            **asdict(settings.preferences),
            "blocks": [
                {"guild_id": guild_id, "since": block.since, "until": block.until}
                | {"reason": block.reason}
                for guild_id, block in await self._members.blocks(member_id)
            ],
            "bar_by_operator": await self._exported_denial(member_id),
            "deeds": [
                _exported_deed(deed)
                for deed in await self._deeds.about(member_id)
                if deed.kind is not DeedKind.ENTRY
            ],
            "orders": [_exported(job) for job in await self._queries.orders_of(member_id)],
        }
        text = await asyncio.to_thread(json.dumps, document, indent=2, ensure_ascii=False)
        return text.encode()

    async def _exported_denial(self, member_id: int) -> dict[str, Any] | None:
        denial = await self._members.denial(member_id)
        if denial is None:
            return None
        return {"since": denial.since, "until": denial.until, "reason": denial.reason}

    async def erase(self, member_id: int) -> ErasureResult:
        """Erase the member's orders and settings; :meth:`sweep` erases the rest later.

        Running orders are finished first. Of today's orders, which limits count, prompts and
        pictures are erased at once and the rest when the day is over.
        """
        now = self._now()
        await self._members.change(member_id, lambda _: MemberSettings(forget_before=now))
        done = await self._erase(member_id, now)
        return ErasureResult(done=done, day_ends_at=day_of(now) + DAY)

    async def sweep(self) -> None:
        """Erase what could not be erased at the time of the request."""
        for member_id, settings in await self._members.pending_erasures(most=MOST):
            if settings.forget_before is not None:
                await self._erase(member_id, settings.forget_before)

    async def _erase(self, member_id: int, before: float) -> bool:
        """Erase files, then rows: while a file exists, a row refers to it."""
        today = day_of(self._now())
        idle = {
            job.id: job
            for job in await self._queries.orders_of(member_id)
            if job.created_at <= before and job.lease.owner is None
        }
        stored = [job.id for job in idle.values() if job.may_be_stored]
        if not await self._remove_files(list(idle), stored=stored):
            return False
        erased = await self._queries.erase_member(member_id, made_before=before, today=today)
        late = [job_id for job_id in erased if job_id not in idle]
        await self._remove_files(late, stored=late)
        if await self._queries.erasure_pending(member_id, made_before=before):
            return False
        await self._members.finish_erasure(member_id, made_before=before)
        return True

    async def _remove_files(self, job_ids: Sequence[str], *, stored: Sequence[str]) -> bool:
        try:
            await self._files.remove(job_ids, stored=stored)
        except (OSError, FilesUnavailable) as error:
            log.warning("files not removed, erased later: error=%s", reason_of(error))
            return False
        return True


def _exported_deed(deed: Deed) -> dict[str, Any]:
    """Return a member's report, or what a moderator did, for the export; not who it was."""
    return {
        "guild_id": deed.guild_id,
        "at": deed.at,
        "kind": deed.kind,
        "order": deed.job_id,
        "until": deed.detail.get("until"),
        "reason": deed.detail.get("reason"),
        "text": deed.detail.get("text"),  # of a report
    }


def _exported(job: Job) -> dict[str, Any]:
    """Return a job for the export: no secrets, nothing that only the bot needs."""
    reply = job.reply
    return {
        "id": job.id,
        "interaction_id": reply.interaction_id,
        "application_id": reply.application_id,
        "guild_id": job.guild_id,
        "channel_id": reply.channel_id,
        "member_id": job.member_id,
        "order": asdict(job.order),
        "created_at": job.created_at,
        "state": job.state,
        "billed": job.billed,
        "cause": job.end_reason,
        "error": job.error,
        "request_id": job.request_id,
        "media": () if job.held else job.media,  # moderators decide whether they are shown
        "screening": job.screening,
        "held": job.held,
        "private": reply.private,
        "spoiler": reply.spoiler,
        "language": reply.language,
        "answers_only": reply.answers_only,
        "hidden": job.withdrawn,
        "left_today": reply.left_today,
        "message_id": reply.message_id,
        "since": job.state_since,
        "answered_at": reply.answered_at,
        "submit_started_at": job.lease.submit_started_at,
        "queued_at": job.queued_at,
        "completed_at": job.completed_at,
        "kept_at": job.outstanding.kept_at,
        "withdrawn_by": _by(job, reply.withdrawn_by),
        "deleted_at": reply.deleted_at,
        "deleted_by": _by(job, reply.deleted_by),
        "reported_at": reply.reported_at,
    }


def _by(job: Job, person_id: int | None) -> str | None:
    """Return who that is without naming a moderator: their ids are not the member's data."""
    if person_id is None:
        return None
    return "you" if person_id == job.member_id else "a moderator"
