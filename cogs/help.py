"""``/help``, ``/usage``, ``/privacy``: for members, about themselves."""

from typing import assert_never

from discord import app_commands
from discord.ext import commands

from bot.client import ImagineBot
from bot.command_registration import OUTSIDE
from bot.domain.order import OrderOptions
from bot.domain.styles import all_of
from bot.service.errors import NotOwnData
from bot.service.member_account import MemberAccount
from bot.service.member_preferences import MemberPreferences
from bot.service.surprises import Surprises
from bot.ui import interaction_context, layout, privacy_view, responses, texts
from bot.ui.button_actions import Example, PrivacyAction
from bot.ui.error_handler import answered_errors
from bot.ui.help_view import EXAMPLES, help_view
from bot.ui.texts import member_commands as words
from cogs._ordering import Interaction, open_order_form


class Help(commands.Cog):
    """Commands with which members help themselves; only they see the answers."""

    def __init__(
        self, account: MemberAccount, preferences: MemberPreferences, surprises: Surprises
    ) -> None:
        self._account = account
        self._preferences = preferences
        self._surprises = surprises

    @app_commands.command(description=texts.commands.HELP, extras=OUTSIDE)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    async def help(self, interaction: Interaction) -> None:
        """Show how to begin."""
        await responses.defer(interaction, private=True)
        place = await self._account.place(interaction_context.admission_request(interaction))
        moderates = interaction_context.person(interaction).moderates
        view = help_view(place, interaction.user.id, moderates=moderates and place.in_server)
        await responses.show(interaction, view)

    @commands.Cog.listener()
    async def on_help_styles(self, interaction: Interaction) -> None:
        """Show the styles of this place."""
        async with answered_errors(interaction):
            await responses.defer(interaction, private=True)
            guild_id, member_id = interaction_context.guild_id(interaction), interaction.user.id
            offered = await self._preferences.offered(guild_id, member_id)
            text = words.styles(all_of(offered.styles))
            await responses.show(interaction, layout.text_view(text))

    @commands.Cog.listener()
    async def on_help_example(self, interaction: Interaction, example: Example) -> None:
        """Open the form with an example."""
        async with answered_errors(interaction):
            await open_order_form(interaction, self._preferences, EXAMPLES[example])

    @commands.Cog.listener()
    async def on_help_surprise(self, interaction: Interaction) -> None:
        """Open the form with an idea: nothing is ordered before its member sends it."""
        async with answered_errors(interaction):
            guild_id, member_id = interaction_context.guild_id(interaction), interaction.user.id
            idea = await self._surprises.idea(guild_id, member_id)
            options = OrderOptions(prompt=idea.prompt)
            await open_order_form(interaction, self._preferences, options)

    @app_commands.command(description=texts.commands.USAGE, extras=OUTSIDE)
    async def usage(self, interaction: Interaction) -> None:
        """Show what each rule leaves the member, in this channel."""
        await responses.defer(interaction, private=True)
        request = interaction_context.admission_request(interaction)
        report = await self._account.usage(interaction.user.id, request)
        moderates = interaction_context.person(interaction).moderates and report.place.in_server
        view = layout.text_view(words.usage(report, moderates=moderates))
        await responses.show(interaction, view)

    @app_commands.command(description=texts.commands.PRIVACY, extras=OUTSIDE)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    async def privacy(self, interaction: Interaction) -> None:
        """Show what is kept of the member."""
        await responses.defer(interaction, private=True)
        view = privacy_view.overview(interaction.user.id, self._account.retention)
        await responses.show(interaction, view)

    @commands.Cog.listener()
    async def on_privacy_click(
        self, interaction: Interaction, action: PrivacyAction, member_id: int
    ) -> None:
        """Export or delete the data of the member who clicks, if the button is theirs."""
        async with answered_errors(interaction):
            if interaction.user.id != member_id:
                raise NotOwnData
            match action:
                case PrivacyAction.EXPORT:
                    await responses.defer(interaction, private=True)
                    await responses.send_data(interaction, await self._account.export(member_id))
                case PrivacyAction.DELETE:
                    await responses.defer_edit(interaction)
                    await responses.edit(interaction, privacy_view.confirmation(member_id))
                case PrivacyAction.CONFIRM:
                    await responses.defer_edit(interaction)
                    result = await self._account.erase(member_id)
                    await responses.edit(interaction, privacy_view.erased(result))
                case PrivacyAction.KEEP:
                    await responses.defer_edit(interaction)
                    view = privacy_view.overview(member_id, self._account.retention)
                    await responses.edit(interaction, view)
                case _:
                    assert_never(action)


async def setup(bot: ImagineBot) -> None:
    """Add the cog, with the services that it calls."""
    services = bot.services
    await bot.add_cog(Help(services.account, services.preferences, services.surprises))
