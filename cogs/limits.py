"""``/limits``: moderators set what their server may order, and see why something was refused."""

from collections.abc import Callable
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import ImagineBot
from bot.domain import rules, styles, word_filter
from bot.domain.admission import SAMPLE, AdmissionRequest
from bot.domain.rules import RANGES, Rules
from bot.service.errors import NotAModerator
from bot.service.member_account import MemberAccount
from bot.service.moderation import ModerationService, Moderator
from bot.ui import answers, limits_form, limits_view, texts

Interaction = discord.Interaction[ImagineBot]

Cooldown = app_commands.Range[int, 0, RANGES["cooldown"].high]
MemberPerDay = app_commands.Range[int, 0, RANGES["member_per_day"].high]
ServerPerDay = app_commands.Range[int, 0, RANGES["server_per_day"].high]
MemberAtOnce = app_commands.Range[int, 0, RANGES["member_at_once"].high]
ServerAtOnce = app_commands.Range[int, 0, RANGES["server_at_once"].high]
Images = app_commands.Range[int, 0, RANGES["images"].high]
Steps = app_commands.Range[int, 0, RANGES["steps"].high]
Reason = app_commands.Range[str, 1, rules.LONGEST_REASON]
StyleName = app_commands.Range[str, 1, styles.LONGEST_NAME]
StyleWords = app_commands.Range[str, 1, styles.LONGEST_WORDS]
Phrase = app_commands.Range[str, 1, word_filter.LONGEST_PHRASE]
Hours = app_commands.Range[int, rules.BLOCK_HOURS.low, rules.BLOCK_HOURS.high]


@app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
@app_commands.allowed_installs(guilds=True, users=False)
@app_commands.default_permissions(manage_guild=True)
class Limits(commands.GroupCog, group_name="limits", group_description=texts.commands.LIMITS):
    """The moderators' commands, buttons and forms; each asks first whether one is asking."""

    words = app_commands.Group(name="words", description=texts.commands.WORDS)
    styles = app_commands.Group(name="styles", description=texts.commands.STYLES)

    def __init__(self, limits: ModerationService, account: MemberAccount) -> None:
        self._limits = limits
        self._account = account

    @app_commands.command(description=texts.commands.SHOW)
    async def show(self, interaction: Interaction) -> None:
        """Show the panel."""
        moderator = await _begin(interaction)
        overview = await self._limits.overview(moderator)
        await answers.shown(interaction, limits_view.panel(overview))

    @app_commands.command(description=texts.commands.SET)
    @app_commands.describe(**texts.commands.OPTIONS)
    async def set(
        self,
        interaction: Interaction,
        cooldown: Cooldown | None = None,
        member_per_day: MemberPerDay | None = None,
        server_per_day: ServerPerDay | None = None,
        member_at_once: MemberAtOnce | None = None,
        server_at_once: ServerAtOnce | None = None,
        images: Images | None = None,
        steps: Steps | None = None,
        spoiler: bool | None = None,  # noqa: FBT001 - how Discord's options are declared
        age_restricted_only: bool | None = None,  # noqa: FBT001 - the same
    ) -> None:
        """Change what is named."""
        named = _named(
            cooldown=cooldown,
            member_per_day=member_per_day,
            server_per_day=server_per_day,
            member_at_once=member_at_once,
            server_at_once=server_at_once,
            images=images,
            steps=steps,
            spoiler=spoiler,
            age_restricted_only=age_restricted_only,
        )
        await self._change(interaction, lambda before: rules.changed(before, **named))

    @app_commands.command(description=texts.commands.TIER)
    @app_commands.describe(**texts.commands.TIER_OPTIONS)
    async def tier(
        self,
        interaction: Interaction,
        role: discord.Role,
        cooldown: Cooldown | None = None,
        member_per_day: MemberPerDay | None = None,
        member_at_once: MemberAtOnce | None = None,
        images: Images | None = None,
        steps: Steps | None = None,
        exempt: bool | None = None,  # noqa: FBT001 - how Discord's options are declared
        remove: bool = False,  # noqa: FBT001, FBT002 - the same
    ) -> None:
        """Change in a role's tier what is named, or remove it."""
        named = _named(
            cooldown=cooldown,
            member_per_day=member_per_day,
            member_at_once=member_at_once,
            images=images,
            steps=steps,
            exempt=exempt,
        )
        await self._change(
            interaction,
            lambda before: (
                rules.without_tier(before, role.id)
                if remove
                else rules.with_tier(before, role.id, **named)
            ),
        )

    @app_commands.command(description=texts.commands.CHANNELS)
    @app_commands.describe(**texts.commands.CHANNELS_OPTIONS)
    async def channels(
        self,
        interaction: Interaction,
        add: discord.TextChannel | None = None,
        remove: discord.TextChannel | None = None,
        everywhere: bool = False,  # noqa: FBT001, FBT002 - how Discord's options are declared
    ) -> None:
        """Change where orders are taken."""

        def how(before: Rules) -> Rules:
            kept = () if everywhere else before.channels
            kept = tuple(one for one in kept if remove is None or one != remove.id)
            more = (add.id,) if add is not None and add.id not in kept else ()
            return rules.changed(before, channels=(*kept, *more))

        await self._change(interaction, how)

    @words.command(name="add", description=texts.commands.WORDS_ADD)
    @app_commands.describe(phrase=texts.commands.PHRASE)
    async def words_add(self, interaction: Interaction, phrase: Phrase) -> None:
        """Block a phrase."""
        await self._change(interaction, lambda before: rules.with_words(before, block=phrase))

    @words.command(name="allow", description=texts.commands.WORDS_ALLOW)
    @app_commands.describe(phrase=texts.commands.PHRASE)
    async def words_allow(self, interaction: Interaction, phrase: Phrase) -> None:
        """Allow a phrase."""
        await self._change(interaction, lambda before: rules.with_words(before, allow=phrase))

    @words.command(name="remove", description=texts.commands.WORDS_REMOVE)
    @app_commands.describe(phrase=texts.commands.PHRASE)
    async def words_remove(self, interaction: Interaction, phrase: Phrase) -> None:
        """Take a phrase off the lists."""
        await self._change(interaction, lambda before: rules.with_words(before, remove=phrase))

    @words.command(name="list", description=texts.commands.WORDS_LIST)
    async def words_list(self, interaction: Interaction) -> None:
        """List the phrases."""
        moderator = await _begin(interaction)
        found = await self._limits.rules(moderator)
        await answers.shown(interaction, limits_view.words(texts.explained.words_listed(found)))

    @words.command(name="test", description=texts.commands.WORDS_TEST)
    @app_commands.describe(prompt=texts.commands.PROMPT)
    async def words_test(
        self, interaction: Interaction, prompt: app_commands.Range[str, 1, 1000]
    ) -> None:
        """Say what would become of a prompt."""
        moderator = await _begin(interaction)
        finding = await self._limits.try_words(moderator, prompt)
        await answers.shown(
            interaction, limits_view.words(texts.explained.words_found(prompt, finding))
        )

    @styles.command(name="add", description=texts.commands.STYLES_ADD)
    @app_commands.describe(name=texts.commands.STYLE_NAME, words=texts.commands.STYLE_WORDS)
    async def styles_add(
        self, interaction: Interaction, name: StyleName, words: StyleWords
    ) -> None:
        """Keep a style of the server's own."""
        await self._change(interaction, lambda before: rules.with_style(before, name, words))

    @styles.command(name="remove", description=texts.commands.STYLES_REMOVE)
    @app_commands.describe(name=texts.commands.STYLE)
    async def styles_remove(self, interaction: Interaction, name: StyleName) -> None:
        """Take one away."""
        await self._change(interaction, lambda before: rules.without_style(before, name))

    @styles_remove.autocomplete("name")
    async def own_styles(
        self, interaction: Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        """Offer those that there are."""
        try:
            moderator = answers.moderator(interaction)
        except NotAModerator:
            return []
        own = await self._account.styles(moderator.guild_id)
        return answers.style_choices(interaction, own, typed)

    @styles.command(name="list", description=texts.commands.STYLES_LIST)
    async def styles_list(self, interaction: Interaction) -> None:
        """List them, and those of every server."""
        moderator = await _begin(interaction)
        found = await self._limits.rules(moderator)
        await answers.shown(interaction, limits_view.words(texts.explained.styles_listed(found)))

    @app_commands.command(description=texts.commands.BLOCK)
    @app_commands.describe(**texts.commands.BLOCK_OPTIONS)
    async def block(
        self,
        interaction: Interaction,
        member: discord.User,
        hours: Hours | None = None,
        reason: Reason = "",
    ) -> None:
        """Block a member."""
        moderator = await _begin(interaction)
        block = await self._limits.block(moderator, member.id, hours=hours, reason=reason)
        await answers.privately(interaction, texts.changes.blocked(block))

    @app_commands.command(description=texts.commands.UNBLOCK)
    @app_commands.describe(member=texts.commands.MEMBER)
    async def unblock(self, interaction: Interaction, member: discord.User) -> None:
        """End a member's block."""
        moderator = await _begin(interaction)
        was = await self._limits.unblock(moderator, member.id)
        await answers.privately(interaction, texts.changes.unblocked(member.id, was=was))

    @app_commands.command(description=texts.commands.LOG)
    @app_commands.describe(channel=texts.commands.LOG_CHANNEL)
    async def log(
        self, interaction: Interaction, channel: discord.TextChannel | None = None
    ) -> None:
        """Choose the log channel."""
        moderator = await _begin(interaction)
        await self._limits.log_to(moderator, channel.id if channel else None)
        await answers.privately(interaction, texts.changes.logged(channel.id if channel else None))

    @app_commands.command(description=texts.commands.PAUSE)
    @app_commands.describe(reason=texts.commands.PAUSE_REASON)
    async def pause(self, interaction: Interaction, reason: Reason = "") -> None:
        """Take no orders."""
        moderator = await _begin(interaction)
        after = await self._limits.pause(moderator, reason=reason)
        await answers.privately(interaction, texts.changes.paused(after))

    @app_commands.command(description=texts.commands.RESUME)
    async def resume(self, interaction: Interaction) -> None:
        """Take orders again."""
        moderator = await _begin(interaction)
        was_paused, may_probe = await self._limits.resume(moderator)
        told = texts.changes.resumed(was_paused=was_paused, may_probe=may_probe)
        await answers.privately(interaction, told)

    @app_commands.command(description=texts.commands.EXPLAIN)
    @app_commands.describe(member=texts.commands.MEMBER)
    async def explain(self, interaction: Interaction, member: discord.Member) -> None:
        """Say how every rule stands for a member, in this channel."""
        moderator = await _begin(interaction)
        ask = AdmissionRequest(
            order=SAMPLE,
            guild_id=moderator.guild_id,
            channel_id=answers.channel_id(interaction),
            role_ids=answers.role_ids(member),
            age_restricted=answers.age_restricted(interaction),
        )
        verdicts = await self._limits.explain(moderator, member.id, ask)
        await answers.shown(
            interaction, limits_view.words(texts.explained.explained(member.id, verdicts))
        )

    @commands.Cog.listener()
    async def on_limits_press(self, interaction: Interaction, do: str, what: str) -> None:
        """Open a form, or save or drop what one asked for."""
        async with answers.explaining(interaction):
            moderator = answers.moderator(interaction)
            match do:
                case "edit" if what in limits_form.GROUPS:
                    form = limits_form.form(what, await self._limits.rules(moderator))
                    await answers.ask(interaction, form)
                case "save":
                    await answers.hold(interaction)
                    before, after = await self._limits.save(moderator, what)
                    note = texts.changes.changed(before, after)
                    overview = await self._limits.overview(moderator)
                    await answers.change(interaction, limits_view.panel(overview, note))
                case "drop":
                    await answers.hold(interaction)
                    overview = await self._limits.overview(moderator)
                    await answers.change(
                        interaction, limits_view.panel(overview, texts.changes.discarded())
                    )

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Take a form that was sent, and show what it would change."""
        data: Any = interaction.data or {}
        group = str(data.get("custom_id")).removeprefix(limits_form.PREFIX)
        if interaction.type is not discord.InteractionType.modal_submit:
            return
        if data.get("custom_id") != limits_form.PREFIX + group or group not in limits_form.GROUPS:
            return
        async with answers.explaining(interaction):
            moderator = answers.moderator(interaction)
            await answers.hold(interaction)
            changes = limits_form.read(group, data.get("components") or [])
            draft = await self._limits.draft(moderator, changes)
            if draft.before == draft.after:
                overview = await self._limits.overview(moderator)
                view = limits_view.panel(overview, texts.changes.no_difference())
            else:
                view = limits_view.preview(draft.id, draft.before, draft.after)
            await answers.change(interaction, view)

    async def _change(self, interaction: Interaction, how: Callable[[Rules], Rules]) -> None:
        moderator = await _begin(interaction)
        before, after = await self._limits.change(moderator, how)
        if after.styles != before.styles:
            self._account.styles_changed(moderator.guild_id)  # before anybody can know of it
        await answers.privately(interaction, texts.changes.changed(before, after))


async def _begin(interaction: Interaction) -> Moderator:
    """Find out whether a moderator asks, and if so, let Discord know that an answer comes."""
    moderator = answers.moderator(interaction)
    await answers.deferral(interaction, private=True)()
    return moderator


def _named(**options: Any) -> dict[str, Any]:
    """Return the options that somebody named."""
    return {name: value for name, value in options.items() if value is not None}


async def setup(bot: ImagineBot) -> None:
    """Add the cog, with the service it calls."""
    await bot.add_cog(Limits(bot.services.limits, bot.services.account))
