"""The buttons on cards: each click is checked anew, however old the card is."""

import contextlib
from dataclasses import replace
from typing import Any, Final

import discord
from discord.ext import commands

from bot.client import ImagineBot
from bot.domain.job import State
from bot.domain.order import OrderOptions
from bot.service.errors import NotOwnForm
from bot.service.intake import OrderIntake
from bot.service.member_preferences import MemberPreferences
from bot.service.order_actions import OrderActions
from bot.service.port_errors import DiscordError
from bot.ui import interaction_context, order_form, order_questions, responses, texts
from bot.ui.error_handler import answered_errors
from cogs._ordering import Interaction, open_order_form, place_order

MOST_REMEMBERED: Final = 1000  # clicks on *Delete*


class OrderButtons(commands.Cog):
    """Handles the buttons, and the form that one of them opens."""

    def __init__(
        self, intake: OrderIntake, actions: OrderActions, preferences: MemberPreferences
    ) -> None:
        self._intake = intake
        self._actions = actions
        self._preferences = preferences
        # By job and person, the oldest first.
        self._delete_clicks: dict[tuple[str, int], Interaction] = {}

    @commands.Cog.listener()
    async def on_order_again(self, interaction: Interaction, job_id: str) -> None:
        """Place the same order again, for the member who clicked."""
        async with answered_errors(interaction):
            job = await self._intake.job_to_repeat(job_id, interaction.user.id)
            options = OrderOptions.of(job.order, private=job.reply.private)
            await place_order(interaction, self._intake, options)

    @commands.Cog.listener()
    async def on_order_edit(self, interaction: Interaction, job_id: str) -> None:
        """Open the form with a job's order."""
        async with answered_errors(interaction):
            job = await self._intake.job_to_repeat(job_id, interaction.user.id)
            options = OrderOptions.of(job.order, private=job.reply.private)
            await open_order_form(interaction, self._preferences, options)

    @commands.Cog.listener()
    async def on_order_form(
        self, interaction: Interaction, member_id: int, options: OrderOptions
    ) -> None:
        """Open the form with *options* and the prompt that the message shows."""
        async with answered_errors(interaction):
            if interaction.user.id != member_id:
                raise NotOwnForm
            message = interaction.message
            prompt = texts.refusals.prompt_of(message.content) if message else ""
            await open_order_form(interaction, self._preferences, replace(options, prompt=prompt))

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Place the order of a submitted form."""
        if interaction.type is not discord.InteractionType.modal_submit:
            return
        data: Any = interaction.data or {}
        options = order_form.read(str(data.get("custom_id")), data.get("components") or [])
        if options is not None:
            async with answered_errors(interaction):
                await place_order(interaction, self._intake, options)

    @commands.Cog.listener()
    async def on_order_cancel(self, interaction: Interaction, job_id: str) -> None:
        """Cancel an order, or ask whether to hide one that was sent already."""
        async with answered_errors(interaction):
            await responses.defer_edit(interaction)
            job = await self._actions.cancel(job_id, interaction_context.person(interaction))
            if job.state is State.CANCELLED:
                await responses.send_private(interaction, texts.order_buttons.cancelled())
            else:
                question = order_questions.too_late(job, interaction.user.id)
                await responses.show(interaction, question)

    @commands.Cog.listener()
    async def on_order_hide(self, interaction: Interaction, job_id: str) -> None:
        """Hide an order."""
        async with answered_errors(interaction):
            await responses.send_private(interaction, await self._hide(interaction, job_id))

    @commands.Cog.listener()
    async def on_order_hide_now(self, interaction: Interaction, job_id: str) -> None:
        """Hide an order, by the button under the question."""
        async with answered_errors(interaction):
            await responses.conclude(interaction, await self._hide(interaction, job_id))

    async def _hide(self, interaction: Interaction, job_id: str) -> str:
        await responses.defer_edit(interaction)
        job = await self._actions.hide(job_id, interaction_context.person(interaction))
        return texts.order_buttons.hidden(job, interaction.user.id)

    @commands.Cog.listener()
    async def on_order_delete(self, interaction: Interaction, job_id: str) -> None:
        """Ask whether to delete pictures; those that are deleted already need no question."""
        async with answered_errors(interaction):
            await responses.defer_edit(interaction)
            job = await self._actions.deletable(job_id, interaction_context.person(interaction))
            self._remember(interaction, job_id)
            if job.reply.deleted_at is not None:
                text = await self._delete(interaction, job_id)
                await responses.send_private(interaction, text)
            else:
                await responses.show(interaction, order_questions.delete(job, interaction.user.id))

    @commands.Cog.listener()
    async def on_order_delete_now(self, interaction: Interaction, job_id: str) -> None:
        """Delete pictures, with the message whose *Delete* was clicked."""
        async with answered_errors(interaction):
            await responses.defer_edit(interaction)
            await responses.conclude(interaction, await self._delete(interaction, job_id))

    @commands.Cog.listener()
    async def on_order_keep(self, interaction: Interaction, job_id: str) -> None:
        """Delete nothing after all."""
        async with answered_errors(interaction):
            await responses.defer_edit(interaction)
            await self._actions.deletable(job_id, interaction_context.person(interaction))
            await responses.conclude(interaction, texts.order_buttons.kept())

    def _remember(self, interaction: Interaction, job_id: str) -> None:
        """Remember the click on *Delete*: it alone can delete a private message, for minutes."""
        self._delete_clicks[job_id, interaction.user.id] = interaction
        if len(self._delete_clicks) > MOST_REMEMBERED:
            del self._delete_clicks[next(iter(self._delete_clicks))]

    async def _delete(self, interaction: Interaction, job_id: str) -> str:
        """Delete pictures and the messages that show them; return the answer.

        A private message is left if this process did not ask and the order's token has expired.
        """
        job = await self._actions.delete(job_id, interaction_context.person(interaction))
        click = self._delete_clicks.pop((job_id, interaction.user.id), None)
        removed = None
        if click is not None and click.message is not None:
            with contextlib.suppress(DiscordError):
                await responses.delete_original(click)
                removed = click.message.id
        is_gone = await self._actions.remove_message(job, removed=removed)
        return texts.order_buttons.deleted(job, interaction.user.id, left=not is_gone)

    @commands.Cog.listener()
    async def on_order_post(self, interaction: Interaction, job_id: str) -> None:
        """Post a private order's pictures in the channel where the button was clicked."""
        async with answered_errors(interaction):
            await responses.defer_edit(interaction)
            person = interaction_context.person(interaction)
            request = interaction_context.admission_request(interaction)
            channel_id = interaction.channel_id or 0
            async with self._actions.posting(
                job_id, person, request, channel_id=channel_id
            ) as posting:
                posting.message_id = await responses.post_pictures(
                    interaction, posting.job, posting.pictures, language=posting.language
                )
            await responses.delete_original(interaction)
            await responses.send_private(interaction, texts.order_buttons.posted())


async def setup(bot: ImagineBot) -> None:
    """Add the cog, with the services that it calls."""
    services = bot.services
    await bot.add_cog(OrderButtons(services.orders, services.actions, services.preferences))
