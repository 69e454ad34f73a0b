"""What several cogs share: placing an order from an interaction, and opening the order's form."""

from dataclasses import replace

import discord

from bot.client import ImagineBot
from bot.domain.errors import OrderRejected
from bot.domain.order import OrderOptions
from bot.domain.styles import all_of
from bot.service.intake import OrderIntake
from bot.service.member_preferences import MemberPreferences
from bot.service.order_admission import OrderRequest
from bot.ui import interaction_context as context
from bot.ui import language, mentions, order_form, responses

Interaction = discord.Interaction[ImagineBot]


async def place_order(interaction: Interaction, intake: OrderIntake, options: OrderOptions) -> None:
    """Place an order with *options* for the member who asks.

    Raises OrderRejected, which knows the options.
    """
    try:
        await _place(interaction, intake, options)
    except OrderRejected as rejected:
        to_change = rejected.options
        if isinstance(to_change, OrderOptions):
            options = replace(to_change, prompt=options.prompt)  # as it was typed
        rejected.options = options
        raise


async def _place(interaction: Interaction, intake: OrderIntake, options: OrderOptions) -> None:
    if isinstance(options.prompt, str):
        prompt = await mentions.named(interaction, options.prompt)
        options = replace(options, prompt=prompt)
    request = OrderRequest(
        options=options,
        interaction_id=interaction.id,
        application_id=interaction.application_id,
        token=interaction.token,
        guild_id=context.guild_id(interaction),
        channel_id=interaction.channel_id or 0,
        parent_ids=context.parent_ids(interaction),
        age_restricted=context.age_restricted(interaction),
        timed_out_until=context.timed_out_until(interaction, interaction.user),
        member_id=interaction.user.id,
        role_ids=context.role_ids(interaction.user),
        file_limit=interaction.filesize_limit,
        answers_only=context.answers_only(interaction),
        member_language=language.of(interaction.locale),
        language=context.card_language(interaction),
        guild_language=context.server_language(interaction),
    )
    async with intake.placing(request) as order:
        private = order.job.reply.private
        order.answer(await responses.defer(interaction, private=private))


async def open_order_form(
    interaction: Interaction, preferences: MemberPreferences, options: OrderOptions
) -> None:
    """Open the form, filled with *options* and the member's defaults, with the styles here."""
    offered = await preferences.offered(context.guild_id(interaction), interaction.user.id)
    styles, spoken = all_of(offered.styles), language.of(interaction.locale)
    form = order_form.form(options, styles, spoken, offered.defaults)
    await responses.open_form(interaction, form)
