"""What several cogs share: placing an order from an interaction, and opening the order's form."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import discord

from bot.client import ImagineBot
from bot.domain.styles import all_of
from bot.service.intake import OrderIntake, OrderRequest
from bot.service.member_account import MemberAccount
from bot.ui import interaction_context as context
from bot.ui import language, order_form, responses

Interaction = discord.Interaction[ImagineBot]


async def place_order(
    interaction: Interaction, intake: OrderIntake, options: Mapping[str, Any]
) -> None:
    """Place an order with *options* for the member who asks, where they ask.

    Raises:
        OrderRejected: Nothing was ordered.
        DuplicateInteraction: The interaction has an order already.
    """
    private = options["private"] is True
    request = OrderRequest(
        interaction_id=interaction.id,
        application_id=interaction.application_id,
        token=interaction.token,
        guild_id=context.guild_id(interaction),
        channel_id=interaction.channel_id or 0,
        parent_id=context.channel_id(interaction),
        age_restricted=context.age_restricted(interaction),
        member_id=interaction.user.id,
        role_ids=context.role_ids(interaction.user),
        file_limit=interaction.filesize_limit,
        answers_only=context.answers_only(interaction),
        language=context.card_language(interaction, private=private),
        guild_language=language.of(interaction.guild_locale),
        **options,
    )
    await intake.take(request, partial(responses.defer, interaction, private=private))


async def open_order_form(
    interaction: Interaction, account: MemberAccount, options: Mapping[str, Any]
) -> None:
    """Open the form, filled with *options*, with the styles that there are here."""
    own = await account.styles(context.guild_id(interaction))
    form = order_form.form(options, all_of(own), language.of(interaction.locale))
    await responses.open_form(interaction, form)
