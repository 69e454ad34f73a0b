"""The stand-in with discord.py: typical actions of a bot."""

import io
from typing import Any

import discord
import pytest
from discord import app_commands, ui

from sandbox.discord import InvalidInput
from tests.sandbox.discord.builders import picture
from tests.sandbox.discord.conftest import Client


class Card(ui.LayoutView):
    """A view of Components V2."""

    def __init__(self, *items: ui.Item) -> None:
        super().__init__(timeout=None)
        for item in items:
            self.add_item(item)


async def test_client_logs_in_and_finds_its_guilds(connect, stand_in):
    client = await connect(Client())

    assert client.user.name == "Imagine"
    assert {guild.name for guild in client.guilds} == {"Lighthouse Club", "Quiet Library"}
    channel = discord.utils.get(client.get_all_channels(), name="after-dark")
    assert channel.is_nsfw()
    assert channel.permissions_for(channel.guild.me).attach_files


async def test_command_is_answered(connect, noah):
    client = Client()

    @client.tree.command()
    async def echo(interaction: discord.Interaction, text: str, times: int = 1) -> None:
        """Say it again."""
        await interaction.response.send_message(text * times)

    await connect(client)
    sent = await noah.command("echo", text="ab", times=2)

    assert (await sent.answer())["content"] == "abab"
    assert sent.message["interaction_metadata"]["user"]["username"] == "noah"


async def test_deferred_answer_is_filled_with_pictures(connect, stand_in, noah):
    """An order: loading, then text, then a gallery of uploaded pictures."""
    client = Client()

    @client.tree.command()
    async def imagine(interaction: discord.Interaction, prompt: str) -> None:
        """Draw."""
        await interaction.response.defer(thinking=True)
        await interaction.edit_original_response(view=Card(ui.TextDisplay("queued")))
        gallery: ui.MediaGallery[Card] = ui.MediaGallery()
        for name in ("one.png", "two.png"):
            gallery.add_item(media=f"attachment://{name}", description=prompt)
        files = [
            discord.File(io.BytesIO(picture()), name, description=prompt)
            for name in ("one.png", "two.png")
        ]
        await interaction.edit_original_response(
            view=Card(ui.Container(ui.TextDisplay("completed"), gallery)), attachments=files
        )
        await interaction.followup.send("done", ephemeral=True)

    await connect(client)
    sent = await noah.command("imagine", prompt="a storm")

    done = await sent.until(lambda message: message["attachments"])
    gallery = done["components"][0]["components"][1]
    assert [item["media"]["width"] for item in gallery["items"]] == [64, 64]
    assert gallery["items"][0]["media"]["url"].startswith(stand_in.origin)
    assert done["attachments"][1]["description"] == "a storm"
    assert sent.versions[0]["flags"] == 128
    assert [version["flags"] for version in sent.versions[1:]] == [1 << 15, 1 << 15]
    assert (await sent.follow_up())["flags"] == 64


async def test_commands_are_listed_as_they_were_synced(connect, stand_in):
    """A bot compares them to decide whether to sync again."""
    client = Client()

    @client.tree.command()
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.choices(style=[app_commands.Choice(name="Oil", value="oil")])
    async def draw(
        interaction: discord.Interaction,
        prompt: app_commands.Range[str, 1, 1000],
        images: app_commands.Range[int, 1, 4] = 1,
        style: str | None = None,
    ) -> None:
        """Draw something."""

    @client.tree.context_menu(name="Imagine this")
    async def this(interaction: discord.Interaction, message: discord.Message) -> None: ...

    await connect(client)
    first = await client.tree.fetch_commands()
    again = await client.tree.sync()

    assert {command.name for command in first} == {"draw", "Imagine this"}
    by_name: dict[str, Any] = {command.name: command for command in first}
    assert by_name["draw"].default_member_permissions.manage_guild
    prompt, images, style = by_name["draw"].options
    assert (prompt.required, prompt.max_length) == (True, 1000)
    assert (images.required, images.min_value, images.max_value) == (False, 1, 4)
    assert style.choices[0].value == "oil"
    assert [command.id for command in first] == [command.id for command in again]


async def test_ephemeral_answer_is_seen_by_one_member_only(connect, stand_in, noah):
    client = Client()

    @client.tree.command()
    async def secret(interaction: discord.Interaction) -> None:
        """Whisper."""
        await interaction.response.defer(ephemeral=True)
        await interaction.followup.send("only you")

    await connect(client)
    sent = await noah.command("secret")

    filled = await sent.until(lambda message: message["content"] == "only you")
    assert filled["id"] == sent.versions[0]["id"], "the follow-up fills the loading message"
    assert sent.ephemeral
    assert noah.visible() == [filled]
    assert stand_in.member("Ada", channel="general").visible() == []
    await noah.delete(filled["id"])
    assert noah.visible() == []


async def test_button_edits_its_message_and_answers(connect, noah):
    client = Client()

    class Again(ui.View):
        @ui.button(label="Again", custom_id="again")
        async def again(self, interaction: discord.Interaction, _: ui.Button) -> None:
            await interaction.response.edit_message(content="pressed")
            await interaction.followup.send("and told")

        @ui.select(
            placeholder="Style",
            custom_id="style",
            options=[discord.SelectOption(label="Oil"), discord.SelectOption(label="Ink")],
        )
        async def style(self, interaction: discord.Interaction, select: ui.Select) -> None:
            await interaction.response.send_message(select.values[0])

    @client.tree.command()
    async def start(interaction: discord.Interaction) -> None:
        """Start."""
        await interaction.response.send_message("begin", view=Again(timeout=None))

    await connect(client)
    begun = await (await noah.command("start")).answer()
    pressed = await noah.press(begun["id"], "again")
    chosen = await noah.select(begun["id"], "style", ["Ink"])

    assert (await pressed.answer())["content"] == "pressed"
    assert (await pressed.follow_up())["content"] == "and told"
    assert (await chosen.answer())["content"] == "Ink"
    assert chosen.message["message_reference"]["message_id"] == begun["id"]


async def test_modal_is_opened_filled_and_sent(connect, noah):
    client = Client()

    class Report(ui.Modal, title="Report"):
        why: Any = ui.Label(text="Why", component=ui.TextInput(custom_id="why", min_length=3))
        kind: Any = ui.Label(
            text="Kind",
            component=ui.Select(
                custom_id="kind",
                options=[discord.SelectOption(label="Rude"), discord.SelectOption(label="Spam")],
            ),
        )

        async def on_submit(self, interaction: discord.Interaction) -> None:
            report = f"{self.why.component.value}: {self.kind.component.values[0]}"
            await interaction.response.send_message(report, ephemeral=True)

    @client.tree.command()
    async def report(interaction: discord.Interaction) -> None:
        """Report."""
        await interaction.response.send_modal(Report(timeout=5))

    await connect(client)
    sent = await noah.command("report")

    assert (await sent.opened())["title"] == "Report"
    with pytest.raises(InvalidInput, match="why takes 3"):
        await noah.submit_modal(sent, {"why": "ab", "kind": ["Rude"]})
    submitted = await noah.submit_modal(sent, {"why": "it is", "kind": ["Rude"]})
    assert (await submitted.answer())["content"] == "it is: Rude"


async def test_choices_are_offered_while_a_member_types(connect, noah):
    client = Client()

    @client.tree.command()
    async def find(interaction: discord.Interaction, word: str) -> None:
        """Find."""

    @find.autocomplete("word")
    async def words(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=f"{typed}{end}", value=end) for end in ("a", "b")]

    await connect(client)

    offered = await noah.autocomplete("find", focused="word", word="se")
    assert offered == [{"name": "sea", "value": "a"}, {"name": "seb", "value": "b"}]


async def test_menus_of_messages_and_members_carry_their_targets(connect, stand_in, noah):
    client = Client()

    @client.tree.context_menu(name="Imagine this")
    async def this(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(message.content.upper())

    @client.tree.context_menu(name="Block")
    async def block(interaction: discord.Interaction, member: discord.Member) -> None:
        await interaction.response.send_message(member.roles[-1].name)

    await connect(client)
    said = await noah.say("a quiet sea")

    imagined = await noah.message_command("Imagine this", said["id"])
    assert (await imagined.answer())["content"] == "A QUIET SEA"
    assert imagined.message["type"] == 23
    blocked = await noah.user_command("Block", stand_in.world.user("Ada").id)
    assert (await blocked.answer())["content"] == "Patrons"


async def test_options_name_people_roles_and_channels(connect, stand_in):
    client = Client()
    limits = app_commands.Group(name="limits", description="Limits")

    @limits.command()
    async def tier(
        interaction: discord.Interaction,
        role: discord.Role,
        member: discord.Member,
        channel: discord.TextChannel,
        factor: float,
    ) -> None:
        """Give a role its own limits."""
        report = f"{role.name} {member.display_name} {channel.name} {factor} {interaction.locale}"
        await interaction.response.send_message(report)

    client.tree.add_command(limits)
    await connect(client)
    world = stand_in.world
    guild = world.guild("Lighthouse Club")
    role = next(role for role in guild.roles.values() if role.name == "Patrons")
    ada = stand_in.member("Ada", channel="general")

    sent = await ada.command(
        "limits",
        "tier",
        role=role.id,
        member=world.user("Sam").id,
        channel=world.channel("pictures").id,
        factor=1.5,
    )
    assert (await sent.answer())["content"] == "Patrons Sam pictures 1.5 de"
    assert sent.message["interaction"]["name"] == "limits tier"  # the page shows who used what


async def test_rate_limited_request_is_repeated_by_the_library(connect, stand_in):
    client = await connect(Client())
    stand_in.rate_limit("POST", "/channels/*/messages", retry_after=0.05)
    channel = discord.utils.get(client.get_all_channels(), name="general")

    sent = await channel.send("at last")

    assert sent.content == "at last"
    statuses = [entry.status for entry in stand_in.journal.find("POST", "*/messages")]
    assert statuses == [429, 200]
