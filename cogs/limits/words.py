"""``/limits words``: the phrases that a server's prompts may not contain."""

from discord import app_commands

from bot.domain import rules, word_filter
from bot.ui import interaction_context, layout, mentions, responses, texts
from cogs.limits._base import Interaction, LimitsCommands, begin

Phrases = app_commands.Range[str, 1, word_filter.MOST_CHARACTERS]


class WordCommands(LimitsCommands):
    """Changes, lists and tests the lists of phrases."""

    words_group = app_commands.Group(name="words", description=texts.commands.WORDS)

    @words_group.command(name="add", description=texts.commands.WORDS_ADD)
    @app_commands.describe(phrase=texts.commands.PHRASE)
    async def words_add(self, interaction: Interaction, phrase: Phrases) -> None:
        """Block phrases."""
        await self._change_words(interaction, phrase, "block")

    @words_group.command(name="allow", description=texts.commands.WORDS_ALLOW)
    @app_commands.describe(phrase=texts.commands.PHRASE)
    async def words_allow(self, interaction: Interaction, phrase: Phrases) -> None:
        """Allow phrases."""
        await self._change_words(interaction, phrase, "allow")

    @words_group.command(name="remove", description=texts.commands.WORDS_REMOVE)
    @app_commands.describe(phrase=texts.commands.PHRASE)
    async def words_remove(self, interaction: Interaction, phrase: Phrases) -> None:
        """Remove phrases from both lists."""
        await self._change_words(interaction, phrase, "remove")

    async def _change_words(self, interaction: Interaction, phrases: str, how: str) -> None:
        interaction_context.moderator(interaction)  # before Discord is asked for names
        named = await mentions.named(interaction, phrases)
        await self._change(interaction, lambda before: rules.with_words(before, **{how: named}))

    @words_group.command(name="list", description=texts.commands.WORDS_LIST)
    async def words_list(self, interaction: Interaction) -> None:
        """List the phrases."""
        moderator = await begin(interaction)
        current = await self._moderation.rules(moderator)
        view = layout.text_view(texts.explanations.words_listed(current))
        await responses.show(interaction, view)

    @words_group.command(name="test", description=texts.commands.WORDS_TEST)
    @app_commands.describe(prompt=texts.commands.PROMPT)
    async def words_test(
        self, interaction: Interaction, prompt: app_commands.Range[str, 1, 1000]
    ) -> None:
        """Tell whether a prompt would be refused."""
        moderator = await begin(interaction)
        prompt = await mentions.named(interaction, prompt)
        finding = await self._moderation.try_words(moderator, prompt)
        view = layout.text_view(texts.explanations.words_found(prompt, finding))
        await responses.show(interaction, view)
