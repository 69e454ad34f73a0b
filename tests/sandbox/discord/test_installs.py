"""The bot where it was never invited: in the account of a member who takes it along."""

import io
from dataclasses import replace

import discord
import pytest
from discord import app_commands, ui

from sandbox.discord import ActionUnavailable
from sandbox.discord.enums import Permission
from tests.sandbox.discord.conftest import Client
from tests.sandbox.discord.pictures import picture


class Wanderer(Client):
    """Tells where it is, and by whose leave."""

    def __init__(self) -> None:
        super().__init__()

        @self.tree.command(name="where")
        @app_commands.allowed_installs(guilds=True, users=True)
        @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
        async def where(interaction: discord.Interaction) -> None:
            """Tell."""
            told = [
                "guild" if interaction.is_guild_integration() else "",
                "user" if interaction.is_user_integration() else "",
                "direct" if interaction.context.dm_channel else "",
                "private" if interaction.context.private_channel else "",
                str(interaction.guild_locale),
            ]
            await interaction.response.send_message(" ".join(filter(None, told)), view=Pressed())

        @self.tree.command(name="home")
        async def home(interaction: discord.Interaction) -> None:
            """Be for servers only."""


class Pressed(ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)

    @ui.button(label="Again", custom_id="again")
    async def again(self, interaction: discord.Interaction, _: ui.Button) -> None:
        owner = next(iter(interaction._integration_owners.items()))
        await interaction.response.send_message(f"{interaction.user.name} by {owner}")


@pytest.fixture
async def bot(connect):
    return await connect(Wanderer())


@pytest.fixture
def noah(stand_in):
    """Somebody who added the bot to the account, in a server that doesn't have it."""
    return stand_in.member("Noah", channel="quay")


@pytest.mark.parametrize(
    ("name", "channel", "told"),
    [
        ("Mira", "general", "guild en-US"),
        ("Noah", "general", "guild user en-US"),
        ("Noah", "quay", "user en-US"),
        ("Noah", None, "user direct None"),
        ("Mira", None, "direct None"),
        ("Noah", "988120345067651200", "user private None"),
    ],
)
async def test_an_interaction_tells_by_whose_leave_the_bot_is_there(
    bot, stand_in, name, channel, told
):
    sent = await stand_in.member(name, channel=channel).command("where")
    assert (await sent.answer())["content"] == told


async def test_only_who_added_the_bot_finds_it_elsewhere(bot, stand_in, world):
    mira = stand_in.member("Mira", channel="quay")
    with pytest.raises(ActionUnavailable, match="none"):
        await mira.command("where")

    world.install(mira.user)
    assert (await (await mira.command("where")).answer())["content"] == "user en-US"
    with pytest.raises(ActionUnavailable, match="but where"):
        await mira.command("home")  # for servers that invited the bot

    world.install(mira.user, present=False)
    with pytest.raises(ActionUnavailable):
        await mira.command("where")


async def test_others_may_press_but_the_leave_stays_with_who_asked(bot, stand_in, world, noah):
    shown = await (await noah.command("where")).answer()
    pressed = await stand_in.member("Mira", channel="quay").press(shown["id"], "again")
    assert (await pressed.answer())["content"] == f"mira by (1, {noah.user.id})"


async def test_the_bots_own_token_reaches_nothing_there(api, deaf_bot, stand_in, world, noah):
    """Only the interaction's token does, for its quarter of an hour."""
    said = await noah.say("a boat")
    channel = f"/channels/{noah.channel.id}"
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/messages", None),
        ("POST", "/messages", {"content": "x"}),
        ("GET", f"/messages/{said['id']}", None),
        ("PATCH", f"/messages/{said['id']}", {"content": "x"}),
        ("DELETE", f"/messages/{said['id']}", None),
    ):
        assert await api.refused(method, channel + path, body) == (403, 50001, {})
    private = f"/channels/{stand_in.member('Noah', channel='988120345067651200').channel.id}"
    assert await api.refused("POST", f"{private}/messages", {"content": "x"}) == (403, 50001, {})
    guild = world.guild("Night Harbour").id
    assert (await api.refused("GET", f"/guilds/{guild}"))[:2] == (404, 10004)
    commands = f"/applications/{api.application}/guilds/{guild}/commands"
    assert (await api.refused("GET", commands))[:2] == (403, 50001)


async def test_five_further_messages_and_no_sixth(connect, stand_in, noah):
    client = Client()

    @client.tree.command()
    @app_commands.allowed_installs(guilds=True, users=True)
    async def tell(interaction: discord.Interaction) -> None:
        """Tell much."""
        await interaction.response.defer()
        try:
            for number in range(7):  # the first fills the deferred answer
                await interaction.followup.send(str(number), ephemeral=True)
        except discord.HTTPException as error:
            await interaction.edit_original_response(content=f"{error.status} {error.code}")
        else:
            await interaction.edit_original_response(content="all")

    await connect(client)
    refused = await noah.command("tell")
    allowed = await stand_in.member("Noah", channel="general").command("tell")

    await refused.until(lambda message: message["content"] == "400 40094")
    assert [message["content"] for message in refused.follow_ups] == ["1", "2", "3", "4", "5"]
    await allowed.until(lambda message: message["content"] == "all")
    assert len(allowed.follow_ups) == 6


async def test_pictures_come_there_by_the_interactions_token(connect, stand_in, noah):
    client = Client()

    @client.tree.command()
    @app_commands.allowed_installs(guilds=False, users=True)
    async def draw(interaction: discord.Interaction) -> None:
        """Draw."""
        await interaction.response.defer()
        file = discord.File(io.BytesIO(picture()), "a.png", description="a boat")
        await interaction.edit_original_response(attachments=[file])

    await connect(client)
    sent = await noah.command("draw")
    done = await sent.until(lambda message: message["attachments"])
    assert done["attachments"][0]["description"] == "a boat"
    with pytest.raises(ActionUnavailable):  # it is for accounts only, and Mira's has it not
        await stand_in.member("Mira", channel="general").command("draw")


async def test_a_server_may_hush_what_its_members_bring_along(bot, stand_in, world, noah):
    """Without "Use External Apps" the answers are for the member alone."""
    guild = world.guild("Night Harbour")
    everyone = guild.roles[guild.id]
    hushed = everyone.permissions & ~Permission.USE_EXTERNAL_APPS
    guild.roles[guild.id] = replace(everyone, permissions=hushed)

    sent = await noah.command("where")
    await sent.answer()
    assert sent.ephemeral
    assert stand_in.member("Mira", channel="quay").visible() == []


async def test_menus_of_messages_work_there_too(connect, stand_in, noah):
    client = Client()

    @client.tree.context_menu(name="Imagine this")
    @app_commands.allowed_installs(guilds=True, users=True)
    async def this(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"{message.author.name}: {message.content}")

    await connect(client)
    said = await stand_in.member("Mira", channel="quay").say("a quiet sea")

    sent = await noah.message_command("Imagine this", said["id"])
    assert (await sent.answer())["content"] == "mira: a quiet sea"
    assert sent.message["interaction_metadata"]["target_message_id"] == said["id"]
    assert sent.message["interaction_metadata"]["authorizing_integration_owners"] == {
        "1": noah.user.id
    }
