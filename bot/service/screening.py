"""The operator's check of pictures before they are delivered, and what comes of it."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from bot.domain.deeds import DeedKind
from bot.domain.job import Job, Screening
from bot.domain.rules import Rules, Safety
from bot.service.deed_outbox import new_deed
from bot.service.persistence import retry_store, swap_with_retry
from bot.service.picture_files import PictureFiles
from bot.service.port_errors import CheckUnavailable
from bot.service.ports.picture_check import CheckResult, PictureCheck, Verdict
from bot.service.ports.store import Guilds, Jobs
from bot.service.ports.vendor import Picture
from bot.service.rate_limiter import LaneRateLimiter
from bot.service.settings import ServiceSettings

log = logging.getLogger(__name__)

DAY: Final = 86400.0  # seconds
_DECIDED: Final = frozenset({Screening.PASSED, Screening.RELEASED})


@dataclass(frozen=True, kw_only=True)
class _Outcome:
    """What the check said of an order's pictures, and for what reason."""

    verdict: Verdict
    reason: str = ""


class PictureScreening:
    """Has the pictures of servers that want it checked, and covers or holds what is flagged.

    A call that may cost money is recorded before it is made, and never repeated: what a crash
    interrupts counts as a check that was away.
    """

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        check: PictureCheck | None,
        jobs: Jobs,
        guilds: Guilds,
        files: PictureFiles,
        limiter: LaneRateLimiter,
        tell_deeds: Callable[[], None],
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._check = check
        self._jobs = jobs
        self._guilds = guilds
        self._files = files
        self._limiter = limiter
        self._tell_deeds = tell_deeds  # has the entry of held pictures drawn soon
        self._now = now
        self._away = False  # as it was told the operator last
        # Told of each verdict, and of what was wrong.
        self.report: Callable[[Verdict, Exception | None], None] = lambda _verdict, _error: None

    async def is_pending(self, job: Job) -> bool:
        """Tell whether the job's pictures must be checked before anybody sees them."""
        return (await self._safety(job))[0] is not Safety.OFF

    async def screen(self, before: Job, job: Job, pictures: Sequence[Picture]) -> Job:
        """Check the pictures if that is to be done; return the job as recorded then.

        *job* is *before* with what is not recorded yet; it is returned itself if there is nothing
        to do.
        """
        safety, rules = await self._safety(job)
        if safety is Safety.OFF or self._check is None:
            return job
        if job.screening is Screening.CHECKING:
            outcome = self._judged(job, Verdict.AWAY)  # the answer is lost
        else:
            if not self._check.repeatable:
                checking = replace(job, screening=Screening.CHECKING)
                before = job = await self._swap(before, checking)
                if job.lease != checking.lease or job.screening is not Screening.CHECKING:
                    return job  # another change came first
            outcome = await self._ask(self._check, job, pictures)
        return await self._decide(before, job, outcome, safety, rules)

    def hold_ends(self, job: Job) -> float:
        """Return until when moderators can decide about the pictures of a held job."""
        since = job.outstanding.outstanding_since or self._now()
        return since + self._settings.retention.held_days * DAY

    async def _safety(self, job: Job) -> tuple[Safety, Rules]:
        """Return what becomes of the job's pictures if they are flagged; *off*: no check."""
        guild_id = job.guild_id
        if self._check is None or guild_id is None or job.screening in _DECIDED:
            return Safety.OFF, Rules()
        backoff = self._settings.store_backoff
        rules = await retry_store(lambda: self._guilds.rules(guild_id), backoff)
        return rules.effective_safety, rules

    async def _ask(self, check: PictureCheck, job: Job, pictures: Sequence[Picture]) -> _Outcome:
        """Have all pictures checked, each once."""
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(self._ask_one(check, job, one.path)) for one in pictures]
        results = [task.result() for task in asked]
        errors = [result for result in results if isinstance(result, CheckUnavailable)]
        flagged = [one for one in results if isinstance(one, CheckResult) and one.flagged]
        reasons = dict.fromkeys(one.reason for one in flagged if one.reason)
        verdict = Verdict.AWAY if errors else Verdict.PASSED
        return self._judged(
            job,
            Verdict.FLAGGED if flagged else verdict,
            reason=", ".join(reasons),
            error=errors[0] if errors else None,
        )

    async def _ask_one(
        self, check: PictureCheck, job: Job, path: Path
    ) -> CheckResult | CheckUnavailable:
        if not check.repeatable:  # a call of the vendor
            await self._limiter.acquire_poll(due=self._now())
        try:
            return await check.check(path, address=_address(job, path))
        except CheckUnavailable as error:
            return error

    async def _decide(
        self, before: Job, job: Job, outcome: _Outcome, safety: Safety, rules: Rules
    ) -> Job:
        """Record what becomes of the pictures."""
        away_holds, verdict = self._settings.screening.hold_when_away, outcome.verdict
        suspect = verdict is Verdict.FLAGGED or (verdict is Verdict.AWAY and away_holds)
        if suspect and safety is Safety.HOLD:
            return await self._hold(before, job, outcome, rules)
        if suspect:
            job = job.with_reply(spoiler=True)
        log.info("pictures checked: job=%s result=%s spoiler=%s", job.id, verdict, suspect)
        return await self._swap(before, replace(job, screening=Screening.PASSED))

    async def _hold(self, before: Job, job: Job, outcome: _Outcome, rules: Rules) -> Job:
        now = self._now()
        held = job.hold(now=now, until=now + self._settings.retention.held_days * DAY)
        detail: dict[str, Any] = {"language": rules.language or job.reply.language}
        deed = new_deed(
            DeedKind.HOLD,
            guild_id=job.guild_id,
            at=now,
            job_id=job.id,
            member_id=job.member_id,
            detail=detail | {"reason": outcome.reason, "away": outcome.verdict is Verdict.AWAY},
            tell_member=False,  # the card does
        )
        await self._files.store(held)  # if that fails, the upkeep of the storage does it later
        backoff = self._settings.store_backoff
        recorded = await swap_with_retry(self._jobs, before, held, backoff, deeds=[deed])
        log.info("pictures held: job=%s verdict=%s", job.id, outcome.verdict)
        self._tell_deeds()
        return recorded

    def _judged(
        self, job: Job, verdict: Verdict, *, reason: str = "", error: Exception | None = None
    ) -> _Outcome:
        """Log, once for each episode, that the check is away, and that it works again."""
        self.report(verdict, error)
        if error is not None:
            level = logging.INFO if self._away else logging.WARNING
            log.log(level, "picture check away: job=%s error=%s", job.id, error)
        elif self._away and verdict is not Verdict.AWAY:
            log.warning("picture check works again: job=%s", job.id)
        self._away = error is not None or (self._away and verdict is Verdict.AWAY)
        return _Outcome(verdict=verdict, reason=reason)

    async def _swap(self, before: Job, after: Job) -> Job:
        return await swap_with_retry(self._jobs, before, after, self._settings.store_backoff)


def _address(job: Job, path: Path) -> str:
    """Return where the vendor has the picture in the file at *path*, whose name is its number."""
    return job.media[int(path.stem) - 1]
