"""The ways to a member's card and to the member: which one, how often, when the next one.

An edit is idempotent, so it happens at least once: after a transient error the same call is
repeated with back-off. A definite refusal leads to the next way to the member, and so does an edit
that Discord does not take for two minutes.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

from bot.domain.job import Job, State
from bot.log import fault
from bot.retry import Backoff, wait_at_most
from bot.service.port_errors import (
    DiscordError,
    DiscordRefused,
    FileTooLarge,
    MessageDeleted,
    NotTaken,
    PermanentDiscordError,
    TransientDiscordError,
    UnreadableAnswer,
)
from bot.service.ports.vendor import Picture
from bot.service.telemetry import DiscordCall, Telemetry, timed
from bot.ui import cards
from bot.ui.card_calls import CardCalls, in_channel
from bot.ui.cards import Card, Place
from bot.ui.discord_errors import CALL_TIMEOUT, translated_errors
from bot.ui.language import speaking
from bot.ui.rest_gate import RestGate

log = logging.getLogger(__name__)

WAITING_TIMEOUT: Final = 2.0  # seconds for one call about a job that any process may claim
BACKOFF: Final = Backoff(first=0.5, most=30.0)  # seconds between attempts of a call
PATIENCE: Final = 120.0  # seconds of failures after which an edit goes another way
MOST_REFUSED: Final = 10_000  # jobs whose refused way is remembered

MakeCard = Callable[[], Card]
_Call = Callable[[Job, Card], Awaitable[None]]


class Superseded(DiscordError):
    """A newer update of the card waits: this one need not be shown."""


class _GivenUp(PermanentDiscordError):
    """A way that is not tried any more, although Discord may have acted on it."""


class CardWays:
    """Chain of responsibility: each way to the member is tried until it is refused, then the next.

    A way that was left is not tried again for that job.
    """

    def __init__(
        self,
        calls: CardCalls,
        gate: RestGate,
        *,
        meters: Telemetry,
        now: Callable[[], float],
        served: Callable[[int | None], bool],
    ) -> None:
        self._calls = calls
        self._gate = gate
        self._meters = meters
        self._now = now
        self._served = served
        self._refused: set[str] = set()  # jobs whose interaction no longer edits their card

    async def edit(
        self,
        job: Job,
        make: MakeCard,
        *,
        patient: bool = True,
        newer: asyncio.Event | None = None,
    ) -> None:
        """Edit the card by the interaction's token, or else by the bot's.

        The last of these ways is tried for as long as it takes if *patient*, until *newer* is set.
        Raises DiscordRefused; of a waiting job TransientDiscordError.
        """
        by_bot = in_channel(job) and job.reply.message_id is not None
        ways: list[_Call] = [self._calls.edit_by_bot] if by_bot else []
        if job.reply.interaction_token is not None and not (by_bot and job.id in self._refused):
            ways.insert(0, self._calls.edit_by_interaction)
        refused: DiscordRefused = PermanentDiscordError("there is no card to edit")
        for way in ways:
            last = way is ways[-1]
            try:
                return await self._retried(
                    job, make, way, DiscordCall.EDIT, patient=patient and last, newer=newer
                )
            except (MessageDeleted, FileTooLarge):
                raise
            except DiscordRefused as error:
                refused = refused if isinstance(refused, _GivenUp) else error
                if not last:
                    self._remember_refused(job)
        raise refused

    def _remember_refused(self, job: Job) -> None:
        """Begin with the next way from now on."""
        if len(self._refused) >= MOST_REFUSED:
            self._refused.clear()
        self._refused.add(job.id)

    async def post(
        self, job: Job, delivered: Job, pictures: Sequence[Picture], refused: DiscordRefused
    ) -> bool:
        """Post the pictures in the channel if that is allowed, or else directly.

        ``True``: they are in the card after all.
        """
        is_shown = False

        def unless_shown(post: _Call) -> _Call:
            async def call(job: Job, card: Card) -> None:
                nonlocal is_shown
                doubtful = isinstance(refused, _GivenUp)
                is_shown = doubtful and await self._calls.shows_pictures(job, len(pictures))
                if not is_shown:
                    await post(job, card)

            return call

        if in_channel(job) and not isinstance(refused, MessageDeleted):
            try:
                await self._retried(
                    job,
                    lambda: cards.done(
                        delivered, pictures, mention=True, orders=self._served(job.guild_id)
                    ),
                    unless_shown(self._calls.post_in_channel),
                    DiscordCall.POST,
                )
            except FileTooLarge:
                raise
            except DiscordRefused as error:
                log.info("pictures not posted in channel: job=%s error=%s", job.id, error)
            else:
                return is_shown
        await self._retried(
            job,
            lambda: cards.done(
                delivered, pictures, mention=True, place=Place.DIRECT, orders=self._served(None)
            ),
            unless_shown(self._calls.post_directly),
            DiscordCall.DIRECT,
        )
        return is_shown

    async def _retried(
        self,
        job: Job,
        make: MakeCard,
        call: _Call,
        name: DiscordCall,
        *,
        patient: bool = True,
        newer: asyncio.Event | None = None,
    ) -> None:
        """Repeat *call* with back-off until Discord accepts or refuses it, with a fresh card.

        While the job waits there is one short attempt only: any process may claim it, and a late
        edit would overwrite the card with its pictures. Unless *patient*, what fails for two
        minutes counts as refused.
        """
        newer = newer or asyncio.Event()
        failing_since: float | None = None
        delays = BACKOFF.delays()
        while True:
            if self._gate.resting:
                failing_since = None  # it was no failure of this way
                if job.state is State.WAITING:
                    raise NotTaken("calls to Discord rest")
                await self._gate.rest_over(newer)
            if newer.is_set():
                raise Superseded
            began = self._now()
            try:
                return await self._attempt(job, make, call, name)
            except TransientDiscordError as error:
                log.warning("Discord call failed: job=%s call=%s error=%s", job.id, name, error)
                if job.state is State.WAITING:
                    raise
                if not _was_kept_back(error):
                    failing_since = began if failing_since is None else failing_since
                elapsed = 0.0 if failing_since is None else self._now() - failing_since
                if elapsed >= PATIENCE and not patient:
                    raise _GivenUp(f"Discord did not take it for {elapsed:.0f} s") from error
            await wait_at_most(newer, next(delays))

    async def _attempt(self, job: Job, make: MakeCard, call: _Call, name: DiscordCall) -> None:
        within = WAITING_TIMEOUT if job.state is State.WAITING else CALL_TIMEOUT
        with speaking(job.reply.language):
            card = make()  # not part of what is repeated: a missing file stays missing
        try:
            with timed(partial(self._meters.called_discord, name)):
                async with translated_errors(within):
                    await call(job, card)
        except UnreadableAnswer as error:
            fault(log, "Discord's answer can't be read", error, job=job.id, call=name)
            raise _GivenUp("Discord's answer can't be read") from error
        except DiscordError:
            raise
        except Exception as error:
            fault(log, "Discord call not made", error, job=job.id, call=name)
            raise PermanentDiscordError("the call can't be made") from error
        finally:
            card.close()


def _was_kept_back(error: TransientDiscordError) -> bool:
    """Tell whether the call waited for its turn all the time, and no request was made."""
    timed_out = isinstance(error.__cause__, TimeoutError)
    return timed_out and isinstance(error, NotTaken) and error.status is None
