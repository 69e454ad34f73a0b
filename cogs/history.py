"""``/history``: a member's own orders, and pictures that could not be delivered."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum, auto
from functools import partial
from typing import Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import ImagineBot
from bot.command_registration import OUTSIDE
from bot.domain.job import Job
from bot.log import about, fault
from bot.service.member_account import HistoryPage, MemberAccount
from bot.service.port_errors import DiscordError, FileTooLarge, StoreUnavailable
from bot.service.ports.vendor import Picture
from bot.service.undelivered import UndeliveredPictures
from bot.ui import history_view, interaction_context, layout, responses, texts
from bot.ui.error_handler import answered_errors

log = logging.getLogger(__name__)

Interaction = discord.Interaction[ImagineBot]

# Statuses with which Discord refuses what a message says, not that there is one.
REFUSED_CONTENT: Final = frozenset({400, 403, 413})


class Outcome(Enum):
    """What became of an order's kept pictures."""

    SENT = auto()
    LINKED = auto()
    FAILED = auto()


class History(commands.Cog):
    """The command ``/history`` and the buttons under its pages."""

    def __init__(self, undelivered: UndeliveredPictures, account: MemberAccount) -> None:
        self._undelivered = undelivered
        self._account = account

    @app_commands.command(description=texts.commands.HISTORY, extras=OUTSIDE)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    @app_commands.describe(word=texts.commands.HISTORY_WORD)
    async def history(
        self,
        interaction: Interaction,
        word: app_commands.Range[str, 1, history_view.LONGEST_WORD] = "",
    ) -> None:
        """Send kept pictures privately, one message for each order; then show a page."""
        await responses.defer(interaction, private=True)
        kept = await self._undelivered.orders(
            interaction.user.id, file_limit=interaction.filesize_limit
        )
        orders = await self._takes_orders(interaction)
        handed_over: list[Job] = []
        failed = len(kept.unreadable)
        for job, pictures in kept.ready:
            with about(job=job.id):
                outcome = await self._hand_over(interaction, job, pictures, orders=orders)
            if outcome is Outcome.SENT:
                handed_over.append(job)
            failed += outcome is Outcome.FAILED
        page = await self._account.page(interaction.user.id, word=word.strip(), number=0)
        note = texts.history.note(
            handed_over=handed_over,
            fetching=len(kept.fetching),
            gone=len(kept.gone),
            failed=failed,
        )
        build = partial(history_view.page_view, page, note, orders=orders)
        await show_page(interaction, page, build, responses.show)
        await self._undelivered.confirm_gone(kept.gone)

    async def _hand_over(
        self, interaction: Interaction, job: Job, pictures: Sequence[Picture], *, orders: bool
    ) -> Outcome:
        """Send one order's pictures, smaller or as links if need be; raises nothing.

        Unless they are sent they stay kept.
        """
        try:
            if await self._send(interaction, job, pictures, orders=orders):
                await self._undelivered.confirm(job, count=len(pictures))
                return Outcome.SENT
            log.warning("kept pictures too large in any size, linked: job=%s", job.id)
            text = texts.history.too_large(job, history_view.addresses(job))
            await responses.show(interaction, layout.text_view(text))
        except (DiscordError, StoreUnavailable) as error:
            log.warning("kept pictures not handed over: job=%s error=%s", job.id, error)
            return Outcome.FAILED
        except Exception as error:  # noqa: BLE001 - one order never holds back the others
            fault(log, "kept pictures not handed over", error, job=job.id)
            return Outcome.FAILED
        return Outcome.LINKED

    async def _send(
        self, interaction: Interaction, job: Job, pictures: Sequence[Picture], *, orders: bool
    ) -> bool:
        """Send one order's pictures; ``False``: Discord takes them in no size."""
        try:
            await responses.send_pictures(interaction, job, pictures, orders=orders)
        except FileTooLarge:
            try:
                smaller = await self._undelivered.smaller_pictures(job)
                await responses.send_pictures(interaction, job, smaller, orders=orders)
            except FileTooLarge:
                return False
        return True

    @commands.Cog.listener()
    async def on_history_page(self, interaction: Interaction, number: int, word: str) -> None:
        """Show another page of the orders of the member who clicked."""
        async with answered_errors(interaction):
            await responses.defer_edit(interaction)
            page = await self._account.page(interaction.user.id, word=word, number=number)
            orders = await self._takes_orders(interaction)
            build = partial(history_view.page_view, page, orders=orders)
            await show_page(interaction, page, build, responses.edit)

    async def _takes_orders(self, interaction: Interaction) -> bool:
        request = interaction_context.admission_request(interaction)
        return (await self._account.place(request)).violation is None


async def show_page(
    interaction: Interaction,
    page: HistoryPage,
    build: Callable[..., discord.ui.LayoutView],
    send: Callable[[Interaction, discord.ui.LayoutView], Awaitable[None]],
) -> None:
    """Show a page, without the order that can't be shown if there is one."""
    problem: Exception | None = None
    for withheld, pictures in history_view.reduced(page):
        try:
            await send(interaction, build(withheld=withheld, pictures=pictures))
        except DiscordError as error:
            if error.status not in REFUSED_CONTENT:
                raise
            problem = problem or error
        except Exception as error:  # noqa: BLE001 - one order never holds back the others
            if problem is None:
                fault(log, "page of orders not built", error)
            problem = problem or error
        else:
            break
    else:
        assert problem is not None
        raise problem
    if problem is not None:
        ids = ",".join(job.id for job in withheld)
        log.warning("orders not shown: jobs=%s pictures=%s error=%r", ids, pictures, problem)


async def setup(bot: ImagineBot) -> None:
    """Add the cog, with the services that it calls."""
    await bot.add_cog(History(bot.services.history, bot.services.account))
