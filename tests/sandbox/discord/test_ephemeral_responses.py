"""Ephemeral responses: buttons, follow-ups, deletion."""

import io
from typing import Any

import discord
import pytest
from discord import app_commands, ui

from sandbox.discord import ActionUnavailable
from tests.sandbox.discord.builders import picture
from tests.sandbox.discord.conftest import Client


class Book(ui.View):
    """Pages of an ephemeral response; its persistent buttons outlive the process."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    @ui.button(label="Next", custom_id="next")
    async def turn(self, interaction: discord.Interaction, _: ui.Button) -> None:
        assert interaction.message is not None
        number = int(interaction.message.content) + 1
        await interaction.response.edit_message(content=str(number))

    @ui.button(label="More", custom_id="more")
    async def more(self, interaction: discord.Interaction, _: ui.Button) -> None:
        await interaction.response.defer()
        sent = await interaction.followup.send("more", ephemeral=True, wait=True)
        await sent.edit(content="even more")
        await interaction.edit_original_response(content="9")

    @ui.button(label="Close", custom_id="close")
    async def close(self, interaction: discord.Interaction, _: ui.Button) -> None:
        await interaction.response.defer()
        kept = await interaction.followup.send("shut", ephemeral=True, wait=True)
        await interaction.delete_original_response()
        await kept.delete()


class Library(Client):
    def __init__(self) -> None:
        super().__init__()

        @self.tree.command()
        async def read(interaction: discord.Interaction) -> None:
            """Open the book."""
            await interaction.response.send_message("1", view=Book(), ephemeral=True)

    async def setup_hook(self) -> None:
        await super().setup_hook()
        self.add_view(Book())


async def test_buttons_of_an_ephemeral_response_work_for_its_member_only(connect, stand_in, noah):
    await connect(Library())
    shown = await (await noah.command("read")).answer()

    turned = await noah.press(shown["id"], "next")
    assert (await turned.until(lambda message: message["content"] == "2"))["id"] == shown["id"]
    ada = stand_in.member("Ada", channel="general")
    assert ada.visible() == []
    with pytest.raises(ActionUnavailable, match="gone"):
        await ada.press(shown["id"], "next")


async def test_ephemeral_follow_ups_are_edited_and_deleted(connect, stand_in, noah):
    await connect(Library())
    shown = await (await noah.command("read")).answer()

    await (await noah.press(shown["id"], "more")).until(lambda message: message["content"] == "9")
    assert [message["content"] for message in noah.visible()] == ["9", "even more"]
    assert all(message["flags"] & 64 for message in noah.visible())
    closed = await noah.press(shown["id"], "close")
    await closed.follow_up()
    await noah.delete(noah.visible()[1]["id"])

    await stand_in.world.wait(lambda: not noah.visible() or None, within=5, what="an empty channel")


async def test_ephemeral_response_outlives_the_bot_process(connect, stand_in, noah):
    first = await connect(Library())
    shown = await (await noah.command("read")).answer()
    await first.close()
    await stand_in.offline()
    stand_in.gateway.drop(resumable=False)
    await connect(Library())

    turned = await noah.press(shown["id"], "next")
    await turned.until(lambda message: message["content"] == "2")


@pytest.mark.parametrize(
    "how", ["private later", "unchanged", "form", "private now", "changed", "public"]
)
async def test_button_allows_each_kind_of_response(connect, noah, how):
    """The interaction contains the whole message of the button."""
    client: Any = Client()
    seen: list[Any] = []

    class Ways(ui.View):
        @ui.button(label="Press", custom_id="press")
        async def press(self, interaction: discord.Interaction, _: ui.Button) -> None:
            seen.append(interaction.message)
            response = interaction.response
            match how:
                case "private later":
                    await response.defer(ephemeral=True, thinking=True)
                    await interaction.edit_original_response(content="told")
                case "unchanged":
                    await response.defer()
                    await interaction.edit_original_response(content="told")
                case "form":
                    await response.send_modal(ui.Modal(title="Form", timeout=1).add_item(WHY))
                case "private now":
                    await response.send_message("told", ephemeral=True)
                case "changed":
                    await response.edit_message(content="told")
                case "public":
                    await response.send_message("told")

    @client.tree.command()
    async def start(interaction: discord.Interaction) -> None:
        """Start."""
        file = discord.File(io.BytesIO(picture()), "a.png", description="a boat")
        await interaction.response.send_message("begin", view=Ways(timeout=None), file=file)

    await connect(client)
    begun = await (await noah.command("start")).answer()
    pressed = await noah.press(begun["id"], "press")
    if how == "form":
        assert (await pressed.opened())["title"] == "Form"
    else:
        told = await pressed.until(lambda message: message["content"] == "told")
        assert (told["id"] == begun["id"]) == (how in ("unchanged", "changed"))
        assert pressed.ephemeral == how.startswith("private")
    (message,) = seen
    assert (message.content, message.author.id) == ("begin", client.user.id)
    assert message.attachments[0].description == "a boat"
    assert message.components[0].children[0].custom_id == "press"
    assert message.interaction_metadata.user.name == "noah"


WHY: ui.TextInput[Any] = ui.TextInput(label="Why", custom_id="why")


async def test_menu_command_contains_its_whole_target(connect, noah):
    client: Any = Client()
    seen: list[Any] = []

    class Card(ui.LayoutView):
        gallery: Any = ui.MediaGallery(
            discord.MediaGalleryItem("attachment://a.png", description="a boat", spoiler=True)
        )

    @client.tree.command()
    async def draw(interaction: discord.Interaction) -> None:
        """Draw."""
        file = discord.File(io.BytesIO(picture()), "a.png", description="a boat")
        await interaction.response.send_message(view=Card(timeout=None), file=file)

    @client.tree.context_menu(name="Imagine this")
    async def this(interaction: discord.Interaction, message: discord.Message) -> None:
        seen.append(message)
        await interaction.response.send_message("ok", ephemeral=True)

    await connect(client)
    drawn = await (await noah.command("draw")).answer()
    sent = await noah.message_command("Imagine this", drawn["id"])
    await sent.answer()

    assert sent.interaction.data["type"] == 3
    assert sent.interaction.data["target_id"] == drawn["id"]
    (message,) = seen
    item = message.components[0].items[0]
    assert (item.description, item.spoiler) == ("a boat", True)
    assert message.attachments[0].description == "a boat"
    assert message.author.id == client.user.id


async def test_choices_are_shown_in_the_members_language(connect, stand_in):
    client = Client()

    class German(app_commands.Translator):
        async def translate(self, string, locale, _):
            sea = str(string) == "sea" and locale is discord.Locale.german
            return "Meer" if sea else None

    @client.tree.command()
    async def find(interaction: discord.Interaction, word: str) -> None:
        """Find."""

    @find.autocomplete("word")
    async def words(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        sea = app_commands.locale_str("sea")
        return [app_commands.Choice(name=sea, value="1")]

    await client.tree.set_translator(German())
    await connect(client)
    for name, shown in (("Noah", "sea"), ("Ada", "Meer")):
        member = stand_in.member(name, channel="general")
        offered = await member.autocomplete("find", focused="word", word="s")
        assert offered == [{"name": shown, "value": "1"}]
