"""``/limits safety``: what becomes of pictures that the operator's check flags."""

from discord import app_commands

from bot.domain import rules
from bot.ui import texts
from cogs.limits._base import Interaction, LimitsCommands, begin

MODES = [
    app_commands.Choice(name=name, value=value.value)
    for value, name in texts.commands.SAFETY_MODES.items()
]


class SafetyCommand(LimitsCommands):
    """Shows and changes what becomes of flagged pictures."""

    @app_commands.command(description=texts.commands.SAFETY)
    @app_commands.describe(mode=texts.commands.SAFETY_MODE)
    @app_commands.choices(mode=MODES)
    async def safety(self, interaction: Interaction, mode: str | None = None) -> None:
        """Choose what becomes of flagged pictures; without an option, show how it is."""
        if mode is not None:
            await self._change(interaction, lambda before: rules.changed(before, safety=mode))
            return
        moderator = await begin(interaction)
        current = await self._moderation.rules(moderator)
        warned = self._moderation.ineffective(moderator, rules.Rules(), current)
        lines = [texts.limits.line("safety", current)]
        lines += texts.warnings.safety(warned)
        await self._answer(interaction, moderator, "\n".join(lines))
