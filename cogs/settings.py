"""``/settings``: a member's own pings, defaults and styles. Only they see the answers."""

from typing import Any, Final, assert_never

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import ImagineBot
from bot.command_registration import OUTSIDE
from bot.domain.errors import ChangeRejected, OwnStyleNotFound
from bot.service.member_preferences import MemberPreferences
from bot.service.ports.store import MemberSettings, Ping, PingIn
from bot.ui import (
    form_fields,
    layout,
    mentions,
    responses,
    settings_forms,
    settings_view,
    texts,
)
from bot.ui.button_actions import SettingsAction
from bot.ui.error_handler import answered_errors
from bot.ui.interaction_payload import UnreadableInteraction

Interaction = discord.Interaction[ImagineBot]

CHOICES: Final = [
    app_commands.Choice(name=name, value=ping.value) for ping, name in texts.commands.PINGS.items()
]


class Settings(commands.Cog):
    """The command, its selects, buttons and forms: each changes the settings of who uses it."""

    def __init__(self, preferences: MemberPreferences) -> None:
        self._preferences = preferences

    @app_commands.command(description=texts.commands.SETTINGS, extras=OUTSIDE)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    @app_commands.describe(ping=texts.commands.SETTINGS_PING)
    @app_commands.choices(ping=CHOICES)
    async def settings(
        self, interaction: Interaction, ping: app_commands.Choice[str] | None = None
    ) -> None:
        """Change what is given, or show the settings."""
        await responses.defer(interaction, private=True)
        member_id = interaction.user.id
        if ping is not None:
            after = await self._preferences.set_ping(member_id, Ping(ping.value))
            view = layout.text_view(texts.settings.ping_changed(after.ping))
        else:
            view = settings_view.settings(await self._preferences.settings(member_id))
        await responses.show(interaction, view)

    @commands.Cog.listener()
    async def on_settings_click(self, interaction: Interaction, action: SettingsAction) -> None:
        """Open a form, or remove the defaults."""
        async with answered_errors(interaction):
            member_id = interaction.user.id
            match action:
                case SettingsAction.MORE:
                    current = (await self._preferences.settings(member_id)).preferences
                    await responses.open_form(interaction, settings_forms.more(current))
                case SettingsAction.STYLE:
                    await responses.open_form(interaction, settings_forms.style())
                case SettingsAction.FORGET:
                    await responses.defer_private(interaction)
                    after = await self._preferences.forget_defaults(member_id)
                    await _show(interaction, after, texts.settings.forgotten())
                case _:
                    assert_never(action)

    @commands.Cog.listener()
    async def on_settings_pick(self, interaction: Interaction, name: str) -> None:
        """Change what was chosen, or open the form of an own style."""
        async with answered_errors(interaction):
            data: Any = interaction.data or {}
            values = data.get("values") or []
            if name == "own_style":
                await self._open_style(interaction, values)
                return
            await responses.defer_private(interaction)
            await self._pick(interaction, name, values)

    async def _open_style(self, interaction: Interaction, values: list[Any]) -> None:
        current = (await self._preferences.settings(interaction.user.id)).preferences
        style = next((one for one in current.styles if one.name in values), None)
        await responses.open_form(interaction, settings_forms.style(style))

    async def _pick(self, interaction: Interaction, name: str, values: list[Any]) -> None:
        member_id = interaction.user.id
        if name.startswith("ping"):
            try:
                ping = Ping(values[0]) if name == "ping" else None
                ping_in = PingIn(values[0]) if name == "ping_in" else None
            except (ValueError, IndexError) as error:
                raise UnreadableInteraction("values") from error
            after = await self._preferences.set_ping(member_id, ping, ping_in)
            await _show(interaction, after, texts.settings.saved())
            return
        after, faults = await self._preferences.set_defaults(
            member_id, settings_view.read(name, values)
        )
        await _show(interaction, after, texts.settings.changed(faults))

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Change what a submitted form says."""
        data: Any = interaction.data or {}
        name = settings_forms.name_of(str(data.get("custom_id")))
        if interaction.type is not discord.InteractionType.modal_submit or name is None:
            return
        async with answered_errors(interaction):
            await responses.defer_private(interaction)
            components = data.get("components") or []
            for field in form_fields.fields(components):
                text = field.get("value")
                if isinstance(text, str):  # as in a prompt
                    field["value"] = await mentions.named(interaction, text)
            if name == "style":
                was = settings_forms.style_of(data["custom_id"])
                await self._submit_style(interaction, was, components)
                return
            changes = settings_forms.read_more(components)
            after, faults = await self._preferences.set_defaults(interaction.user.id, changes)
            await _show(interaction, after, texts.settings.changed(faults))

    async def _submit_style(
        self, interaction: Interaction, was: str, components: list[Any]
    ) -> None:
        member_id = interaction.user.id
        name, words = settings_forms.read_style(components)
        note = texts.settings.saved()
        try:
            after = await self._preferences.set_style(member_id, name, words, was=was)
        except OwnStyleNotFound:
            note = texts.settings.no_style()
            after = await self._preferences.settings(member_id)
        except ChangeRejected as error:
            note = texts.changes.rejection(error, form=True)
            after = await self._preferences.settings(member_id)
        await _show(interaction, after, note)


async def _show(interaction: Interaction, current: MemberSettings, note: str) -> None:
    await responses.edit(interaction, settings_view.settings(current, note))


async def setup(bot: ImagineBot) -> None:
    """Add the cog, with the service that it calls."""
    await bot.add_cog(Settings(bot.services.preferences))
