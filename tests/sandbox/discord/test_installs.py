"""The bot installed in a member's account, where no guild invited it."""

import io
from dataclasses import replace

import discord
import pytest
from discord import app_commands, ui

from sandbox.discord import ActionUnavailable
from sandbox.discord.enums import Permission
from tests.sandbox.discord.builders import picture
from tests.sandbox.discord.conftest import Client


class Wanderer(Client):
    """Reports the installation and the context of an interaction."""

    def __init__(self) -> None:
        super().__init__()

        @self.tree.command(name="where")
        @app_commands.allowed_installs(guilds=True, users=True)
        @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
        async def where(interaction: discord.Interaction) -> None:
            """Tell."""
            report = [
                "guild" if interaction.is_guild_integration() else "",
                "user" if interaction.is_user_integration() else "",
                "direct" if interaction.context.dm_channel else "",
                "private" if interaction.context.private_channel else "",
                str(interaction.guild_locale),
            ]
            await interaction.response.send_message(" ".join(filter(None, report)), view=Pressed())

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
    """A member who installed the bot in the account, in a guild without the bot."""
    return stand_in.member("Noah", channel="quay")


@pytest.mark.parametrize(
    ("name", "channel", "report"),
    [
        ("Mira", "general", "guild en-US"),
        ("Noah", "general", "guild user en-US"),
        ("Noah", "quay", "user en-US"),
        ("Noah", None, "user direct None"),
        ("Mira", None, "direct None"),
        ("Noah", "988120345067651200", "user private None"),
    ],
)
async def test_interaction_names_the_installations_that_authorize_it(
    bot, stand_in, name, channel, report
):
    sent = await stand_in.member(name, channel=channel).command("where")
    assert (await sent.answer())["content"] == report


async def test_user_installation_offers_commands_elsewhere(bot, stand_in, world):
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


async def test_button_of_another_member_keeps_the_authorizing_owner(bot, stand_in, world, noah):
    shown = await (await noah.command("where")).answer()
    pressed = await stand_in.member("Mira", channel="quay").press(shown["id"], "again")
    assert (await pressed.answer())["content"] == f"mira by (1, {noah.user.id})"


async def test_bot_token_has_no_access_without_a_guild_installation(
    api, deaf_bot, stand_in, world, noah
):
    """Only the interaction's token has, for 15 minutes."""
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


async def test_user_installation_allows_five_follow_ups(connect, stand_in, noah):
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


async def test_interaction_token_uploads_pictures(connect, stand_in, noah):
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
    with pytest.raises(ActionUnavailable):  # for accounts only; Mira has not installed it
        await stand_in.member("Mira", channel="general").command("draw")


async def test_guild_can_make_external_responses_ephemeral(bot, stand_in, world, noah):
    """Without "Use External Apps" only the member sees the responses."""
    guild = world.guild("Night Harbour")
    everyone = guild.roles[guild.id]
    hushed = everyone.permissions & ~Permission.USE_EXTERNAL_APPS
    guild.roles[guild.id] = replace(everyone, permissions=hushed)

    sent = await noah.command("where")
    await sent.answer()
    assert sent.ephemeral
    assert stand_in.member("Mira", channel="quay").visible() == []


async def test_message_menus_work_without_a_guild_installation(connect, stand_in, noah):
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
