"""Use cases of the operator: look at orders, settle them, try again, and open the lane.

Of no order anything is submitted again: a retry fetches what is paid for, or asks for an outcome.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.domain import lane_transitions
from bot.domain.job import EndReason, Job, Outstanding, State, Update, advance
from bot.domain.lane import ClosedReason
from bot.domain.owner import OPERATOR
from bot.service.errors import OperationFailed, OperationFault
from bot.service.ports.store import JobQueries, Jobs, Lanes

log = logging.getLogger(__name__)

ON_PAGE: Final = 8  # orders
COMMAND_LINE: Final = "command-line"


@dataclass(frozen=True, kw_only=True)
class OrderList:
    """A page of orders, the newest first; *number* counts from 0."""

    jobs: Sequence[Job]
    state: State | None  # all have it; None: any
    number: int
    more: bool  # older ones follow


class Operations:
    """Settles and retries orders and opens the lane, by the word of an operator.

    Every change is a compare-and-swap: one that loses a race against the bot has no effect. *by*
    is the operator, for the log.
    """

    def __init__(
        self,
        *,
        lane: str,
        jobs: Jobs,
        queries: JobQueries,
        lanes: Lanes,
        is_request_id: Callable[[str], bool],
        now: Callable[[], float],
        wake_recovery: Callable[[], None] = lambda: None,
    ) -> None:
        self._lane = lane
        self._jobs = jobs
        self._queries = queries
        self._lanes = lanes
        self._is_request_id = is_request_id
        self.now = now
        self._wake_recovery = wake_recovery  # it goes on with what was changed

    async def orders(self, state: State | None, number: int) -> OrderList:
        """Return a page of the newest orders; *state* selects those in one state."""
        jobs = await self._queries.newest(state, skip=number * ON_PAGE, most=ON_PAGE + 1)
        shown = jobs[:ON_PAGE]
        return OrderList(jobs=shown, state=state, number=number, more=len(jobs) > len(shown))

    async def order(self, job_id: str) -> Job:
        """Return an order. Raises OperationFailed."""
        if (job := await self._jobs.get(job_id)) is None:
            raise OperationFailed(fault=OperationFault.NO_ORDER, job_id=job_id)
        return job

    async def settle(self, job_id: str, request_id: str | None, *, by: object) -> Job:
        """Settle an order: the vendor has it as *request_id*; ``None``: it does not bill it.

        A running bot continues the order, or shows its end. Raises OperationFailed.
        """
        if request_id is not None and not self._is_request_id(request_id):
            raise OperationFailed(fault=OperationFault.NO_REQUEST_ID, job_id=job_id)
        job, now = await self.order(job_id), self.now()
        if not may_be_settled(job):
            raise OperationFailed(
                fault=OperationFault.NOT_SETTLEABLE, job_id=job_id, state=job.state
            )
        after = _refused(job, now) if request_id is None else _named(job, request_id, now)
        if not await self._jobs.swap(job, after):
            raise OperationFailed(fault=OperationFault.CHANGED, job_id=job_id)
        log.info("order settled: job=%s state=%s by=%s", job_id, after.state, by)
        self._wake_recovery()
        return after

    async def refuse_uncertain(self, *, since: float, most: int, by: object) -> int:
        """Settle what became UNCERTAIN *since* then: the vendor has none of it; return how many."""
        uncertain = await self._queries.newest(State.UNCERTAIN, most=most)
        recent = [job for job in uncertain if job.state_since >= since]
        now = self.now()
        settled = [await self._jobs.swap(job, _refused(job, now)) is not None for job in recent]
        log.info("uncertain orders settled: count=%d by=%s", sum(settled), by)
        self._wake_recovery()
        return sum(settled)

    async def retry(self, job_id: str | None, *, by: object) -> int:
        """Make the next try of an outstanding order due, of all without *job_id*; count them.

        Raises OperationFailed if that order is not outstanding.
        """
        count = await self._jobs.retry_now(job_id)
        if job_id is not None and not count:
            state = (await self.order(job_id)).state
            raise OperationFailed(fault=OperationFault.NOT_OUTSTANDING, job_id=job_id, state=state)
        log.info("outstanding orders tried again: job=%s count=%d by=%s", job_id, count, by)
        self._wake_recovery()
        return count

    async def open_lane(
        self, reason: ClosedReason | None, *, by: object
    ) -> tuple[ClosedReason | None, bool]:
        """Open the lane if it is closed or paused for *reason*; ``None``: for any.

        Return for what it was closed, ``None``: it was open; and whether it was opened.
        """
        now = self.now()
        lane = await self._lanes.get(self._lane)
        closed = lane.closed or (ClosedReason.BUSY if lane.paused(now) else None)
        if closed is None or reason not in {None, closed}:
            return closed, False
        await self._lanes.update(
            self._lane,
            lambda lane: lane_transitions.opened(lane) if lane.closed in {None, closed} else lane,
        )
        log.info("lane opened: lane=%s reason=%s by=%s", self._lane, closed, by)
        self._wake_recovery()
        return closed, True


def may_be_settled(job: Job) -> bool:
    """Tell whether the vendor may have charged an order without the bot's knowing."""
    if job.state is State.FAILED:
        return job.end_reason in {EndReason.VENDOR, EndReason.NO_PICTURE}
    return job.state in {State.QUEUED, State.PROCESSING, State.UNCERTAIN, State.EXPIRED}


def _refused(job: Job, now: float) -> Job:
    refused = job.transition(State.REFUSED, now=now, end_reason=EndReason.SETTLED)
    return refused.owned_by(OPERATOR)


def _named(job: Job, request_id: str, now: float) -> Job:
    """Return the job as the vendor's *request_id*, to be followed or delivered by any process."""
    if job.state is State.UNCERTAIN:
        return advance(job, Update(state=State.QUEUED, request_id=request_id), now=now)
    named = replace(job, request_id=request_id).fenced().released()
    if job.state is State.EXPIRED:
        return named.due()
    if job.state is State.FAILED:  # the delivery asks for its pictures
        anew: dict[str, Any] = {"media": (), "outstanding": Outstanding()}
        return named.transition(State.COMPLETED, now=now, end_reason=None, error=None, **anew)
    return named
