"""Rests all calls to Discord's REST API while a limit of all of them holds.

The limit of the bot as a whole (a 429 that says ``global``) holds for all but first answers to
interactions. A block by Cloudflare, which Discord's edge imposes on an address that met too many
refusals, holds for those too; a call that leaves meanwhile prolongs it.
"""

import asyncio
import contextlib
import logging
import math
import re
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import discord
from yarl import URL

from bot.retry import Backoff, wait_at_most
from bot.service.answers_first import AnswersFirst
from bot.service.port_errors import NotTaken, TransientDiscordError
from bot.ui.limit_answers import Limit, limit_of, tell_of

log = logging.getLogger(__name__)

# Between two calls until an answer shows that the limit is over.
TRIALS_APART: Final = 5.5  # seconds
LONGEST: Final = 3600.0  # seconds of rest, whatever is asked for
UNTOLD: Final = Backoff(first=TRIALS_APART, most=15.0)  # seconds; the answer does not say
AFTERWARDS: Final = 60.0  # seconds in which calls leave evenly: all waited for the same moment
APART: Final = 1 / 40  # seconds between them; Discord lets a bot make 50 calls a second

_FIRST_ANSWER: Final = re.compile(r"/interactions/(?P<id>\d+)/[^/]+/callback$")


@dataclass(kw_only=True)
class CallRecord:
    """What became of the requests of one call; discord.py repeats some by itself."""

    # A request is not repeated later than so many seconds after one whose outcome is unknown.
    repeatable_for: float = math.inf
    status: int | None = None  # of the last answer
    doubtful_since: float | None = None  # the first of them that Discord may have acted on
    end: Callable[[], None] | None = None  # at a 5xx, in place of a repetition by discord.py

    def transient(self, message: str, status: int | None = None) -> TransientDiscordError:
        """Return the error of a call that Discord did not take, or may not have taken."""
        if self.status == HTTPStatus.TOO_MANY_REQUESTS:  # discord.py waited for its time
            status = status or self.status
        kind = NotTaken if self.doubtful_since is None else TransientDiscordError
        return kind(message, status=status)


_RECORD: Final[ContextVar[CallRecord | None]] = ContextVar("discord_call", default=None)


@contextlib.contextmanager
def recorded(record: CallRecord) -> Iterator[None]:
    """Note the requests of the block in *record*."""
    token = _RECORD.set(record)
    try:
        yield
    finally:
        _RECORD.reset(token)


class RestGate:
    """Circuit breaker before every REST call of the process: one trial call ends a rest.

    Its hooks see each request of each client of discord.py, those that the library repeats too.
    """

    def __init__(
        self, answers: AnswersFirst | None = None, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.answers = answers or AnswersFirst()
        self._now = now
        # The last answer that said so; to begin with, the first call finds out.
        self._resting_since: float | None = -math.inf
        self._limited = self._blocked = False
        self._until = 0.0  # no call leaves before, first answers aside
        self._evenly_until = 0.0
        self._untold = UNTOLD.delays()
        self._queue = asyncio.Lock()
        self._over = asyncio.Event()

    @property
    def resting(self) -> bool:
        """Whether calls rest, or one of them finds out whether they still must."""
        return self._resting_since is not None

    @property
    def seconds_left(self) -> float:
        """The seconds until a call may leave, 0.0 without a rest."""
        return max(self._until - self._now(), 0.0) if self.resting else 0.0

    async def rest_over(self, unless: asyncio.Event | None = None) -> None:
        """Wait until a call may find out whether the rest is over, or *unless* is set."""
        while (seconds := self.seconds_left) and not (unless and unless.is_set()):
            events = [self._over] if unless is None else [self._over, unless]
            waiting = [asyncio.create_task(event.wait()) for event in events]
            try:
                await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in waiting:
                    task.cancel()

    def guard(self, trace: aiohttp.TraceConfig) -> aiohttp.TraceConfig:
        """Hold the requests of each session that *trace* is for; return *trace*."""
        trace.on_request_start.insert(0, self._before)  # resting is not part of a call's duration
        trace.on_request_end.append(self._after)
        trace.on_request_exception.append(self._failed)
        return trace

    async def _before(
        self, _: object, context: Any, params: aiohttp.TraceRequestStartParams
    ) -> None:
        if not str(params.url).startswith(str(URL(discord.http.Route.BASE))):
            return  # the gateway, for one
        first_answer = _FIRST_ANSWER.search(params.url.path)
        context.first_answer = int(first_answer["id"]) if first_answer else None
        if context.first_answer:  # in no queue: it has seconds
            await self._leave(first_answer=True)
        else:
            async with self._queue:
                await self._leave(first_answer=False)
        record = _RECORD.get()
        since = None if record is None else record.doubtful_since
        if record is not None and since is not None and self._now() > since + record.repeatable_for:
            raise TransientDiscordError("not repeated, it might be done twice")
        context.left_at = self._now()

    async def _leave(self, *, first_answer: bool) -> None:
        while (seconds := self._wait(first_answer=first_answer)) > 0:
            await wait_at_most(self._over, seconds)

    def _wait(self, *, first_answer: bool) -> float:
        """Return how long a call has to wait; 0.0: it leaves now."""
        if first_answer and not self._blocked:
            return 0.0
        now = self._now()
        if self._until > now:
            return self._until - now
        if self.resting:  # this call finds out, the others wait for its answer
            self._until = now + TRIALS_APART
        elif now < self._evenly_until:
            self._until = now + APART
        return 0.0

    async def _after(self, _: object, context: Any, params: aiohttp.TraceRequestEndParams) -> None:
        if not hasattr(context, "left_at"):
            return
        self._note_answer(context)
        status = params.response.status
        if (record := _RECORD.get()) is not None:
            record.status = status
            if _is_doubtful(status) and record.doubtful_since is None:
                record.doubtful_since = context.left_at
            if record.end is not None and status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                record.end()
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            limit = await limit_of(params.response)
            if not limit.blocked:
                await tell_of(limit, params.response)
            if limit.of_all:
                self._rest(limit, left_at=context.left_at)
                return
        held = self._blocked or not context.first_answer  # by the limit
        if self._resting_since is not None and context.left_at >= self._resting_since and held:
            self._go_on()

    async def _failed(
        self, _: object, context: Any, params: aiohttp.TraceRequestExceptionParams
    ) -> None:
        self._note_answer(context)
        record, left_at = _RECORD.get(), getattr(context, "left_at", None)
        unsent = isinstance(params.exception, aiohttp.ClientConnectorError)
        if left_at is not None and not self._limited:
            self._until = self._now()  # no answer is no limit
            self._wake()
        if record is not None and left_at is not None and not unsent:
            record.doubtful_since = record.doubtful_since or left_at

    def _note_answer(self, context: Any) -> None:
        interaction_id: int | None = getattr(context, "first_answer", None)
        if interaction_id is not None:
            self.answers.answered(interaction_id)

    def _rest(self, limit: Limit, *, left_at: float) -> None:
        now = self._now()
        known = self._resting_since is not None and left_at < self._resting_since
        if known and limit.seconds is None:
            return  # one of many that were on their way as the rest began
        seconds = limit.seconds or next(self._untold)
        if limit.blocked:
            seconds = max(seconds, TRIALS_APART)
        self._limited, self._blocked = True, self._blocked or limit.blocked
        self._until = max(self._until if self.resting else 0.0, now + min(seconds, LONGEST))
        self._resting_since = now
        kind = "blocked by Cloudflare" if limit.blocked else "global limit"
        log.log(
            logging.DEBUG if known else logging.WARNING,
            "calls to Discord rest: reason=%s seconds=%.1f",
            *(kind, seconds),
        )

    def _go_on(self) -> None:
        now = self._now()
        if self._limited:
            self._evenly_until = now + AFTERWARDS
            log.info("calls to Discord go on")
        self._resting_since, self._until = None, now
        self._limited = self._blocked = False
        self._untold = UNTOLD.delays()
        self._wake()

    def _wake(self) -> None:
        self._over.set()
        self._over = asyncio.Event()


def _is_doubtful(status: int) -> bool:
    """Tell whether Discord may have acted, although it answered with that error."""
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT
