"""``/help``, ``/usage``, ``/settings``, ``/privacy``: what members find out about themselves."""

from typing import Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import OUTSIDE, ImagineBot
from bot.domain.admission import SAMPLE, AdmissionRequest
from bot.service.errors import NotOwnData
from bot.service.member_account import MemberAccount
from bot.service.ports import Ping
from bot.ui import answers, history_view, texts

Interaction = discord.Interaction[ImagineBot]

CHOICES: Final = [
    app_commands.Choice(name=name, value=ping.value) for ping, name in texts.commands.PINGS.items()
]


class Help(commands.Cog):
    """The member's desk."""

    def __init__(self, account: MemberAccount) -> None:
        self._account = account

    @app_commands.command(description=texts.commands.HELP, extras=OUTSIDE)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    @app_commands.allowed_installs(guilds=True, users=False)
    async def help(self, interaction: Interaction) -> None:
        """Show how to begin."""
        await answers.deferral(interaction, private=True)()
        await answers.shown(interaction, history_view.words(texts.desk.how_to()))

    @app_commands.command(description=texts.commands.USAGE, extras=OUTSIDE)
    @app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
    @app_commands.allowed_installs(guilds=True, users=False)
    async def usage(self, interaction: Interaction) -> None:
        """Show how every rule stands to the member, in this place."""
        await answers.deferral(interaction, private=True)()
        ask = AdmissionRequest(
            order=SAMPLE,
            guild_id=answers.guild_id(interaction),
            channel_id=answers.channel_id(interaction),
            role_ids=answers.role_ids(interaction.user),
            age_restricted=answers.age_restricted(interaction),
        )
        figures = await self._account.usage(interaction.user.id, ask)
        await answers.shown(interaction, history_view.words(texts.desk.usage(figures)))

    @app_commands.command(description=texts.commands.SETTINGS, extras=OUTSIDE)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.describe(ping=texts.commands.SETTINGS_PING)
    @app_commands.choices(ping=CHOICES)
    async def settings(
        self, interaction: Interaction, ping: app_commands.Choice[str] | None = None
    ) -> None:
        """Set what is named; show what is set."""
        await answers.deferral(interaction, private=True)()
        if ping is not None:
            await self._account.wish(interaction.user.id, Ping(ping.value))
        wishes = await self._account.wishes(interaction.user.id)
        told = texts.desk.settings(wishes) if ping is None else texts.desk.wished(wishes.ping)
        await answers.shown(interaction, history_view.words(told))

    @app_commands.command(description=texts.commands.PRIVACY, extras=OUTSIDE)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    @app_commands.allowed_installs(guilds=True, users=False)
    async def privacy(self, interaction: Interaction) -> None:
        """Show what is kept."""
        await answers.deferral(interaction, private=True)()
        await answers.shown(
            interaction, history_view.privacy(interaction.user.id, self._account.keeping)
        )

    @commands.Cog.listener()
    async def on_data_press(self, interaction: Interaction, do: str, member_id: int) -> None:
        """Export or delete a member's data; for themself alone."""
        async with answers.explaining(interaction):
            member = interaction.user.id
            if member != member_id:
                raise NotOwnData
            match do:
                case "export":
                    await answers.deferral(interaction, private=True)()
                    await answers.document(interaction, await self._account.export(member))
                case "delete":
                    await answers.hold(interaction)
                    await answers.change(interaction, history_view.asks(member))
                case "confirm":
                    await answers.hold(interaction)
                    outcome = await self._account.forget(member)
                    await answers.change(interaction, history_view.forgotten(outcome))
                case "keep":
                    await answers.hold(interaction)
                    await answers.change(
                        interaction, history_view.privacy(member, self._account.keeping)
                    )


async def setup(bot: ImagineBot) -> None:
    """Add the cog, with the service it calls."""
    await bot.add_cog(Help(bot.services.account))
