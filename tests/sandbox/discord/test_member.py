"""The member's client: checks of input, and the view of responses."""

import discord
import pytest
from discord import app_commands

from sandbox.discord import ActionUnavailable, InteractionTimeout, InvalidInput
from tests.sandbox.discord.conftest import Client


async def test_commands_work_in_direct_messages(connect, stand_in):
    client = Client()

    @client.tree.command()
    async def usage(interaction: discord.Interaction) -> None:
        """Tell."""
        await interaction.response.send_message(f"{interaction.guild} {interaction.user.name}")

    @client.tree.command()
    @app_commands.guild_only()
    async def imagine(interaction: discord.Interaction) -> None:
        """Draw."""

    await connect(client)
    noah = stand_in.member("Noah")

    assert (await (await noah.command("usage")).answer())["content"] == "None noah"
    with pytest.raises(ActionUnavailable):
        await noah.command("imagine")


async def test_moderator_command_is_hidden_from_other_members(connect, stand_in, noah):
    client = Client()

    @client.tree.command()
    @app_commands.default_permissions(manage_guild=True)
    async def limits(interaction: discord.Interaction) -> None:
        """Set."""
        await interaction.response.send_message(str(interaction.permissions.manage_guild))

    await connect(client)
    with pytest.raises(ActionUnavailable):
        await noah.command("limits")
    stand_in.world.open_to_all.add("limits")

    assert (await (await noah.command("limits")).answer())["content"] == "False"
    mira = stand_in.member("Mira", channel="general")
    assert (await (await mira.command("limits")).answer())["content"] == "True"


async def test_client_rejects_invalid_options(connect, noah):
    client = Client()

    @client.tree.command()
    async def draw(
        interaction: discord.Interaction,
        prompt: app_commands.Range[str, 1, 5],
        images: app_commands.Range[int, 1, 4] = 1,
    ) -> None:
        """Draw."""
        await interaction.response.send_message(f"{images}")

    await connect(client)
    for wrong in (
        {},
        {"prompt": "too long"},
        {"prompt": "a", "images": 5},
        {"prompt": 1},
        {"p": 1},
    ):
        with pytest.raises(InvalidInput):
            await noah.command("draw", **wrong)

    crafted = [
        {"name": "prompt", "type": 3, "value": "far too long"},
        {"name": "images", "type": 4, "value": 99},
    ]
    sent = await noah.command("draw", _raw_options=crafted)
    assert (await sent.answer())["content"] == "99"


async def test_silent_bot_makes_the_interaction_fail(connect, stand_in, noah):
    """Discord waits three seconds, then reports a failure."""
    stand_in.world.ack_window = 0.1
    client = Client()

    @client.tree.command()
    async def sleep(interaction: discord.Interaction) -> None:
        """Do nothing."""

    await connect(client)

    with pytest.raises(InteractionTimeout):
        await (await noah.command("sleep")).answer()


async def test_until_sees_all_versions_in_order(connect, noah):
    """A test that waits late must not miss early versions."""
    client = Client()

    @client.tree.command()
    async def draw(interaction: discord.Interaction) -> None:
        """Draw."""
        await interaction.response.send_message("queued")
        for state in ("processing", "completed"):
            await interaction.edit_original_response(content=state)

    await connect(client)
    sent = await noah.command("draw")
    await sent.until(lambda message: message["content"] == "completed")
    assert [version["content"] for version in sent.versions] == [
        "queued",
        "processing",
        "completed",
    ]

    with pytest.raises(TimeoutError, match="the last one is"):
        await sent.until(lambda message: message["content"] == "queued", within=0.01)


async def test_command_without_a_bot_fails_at_once(stand_in, noah):
    """Without a bot at the gateway the client fails at once."""
    stand_in.commands.replace([{"name": "draw", "description": "Draw"}])
    sent = await noah.command("draw")
    with pytest.raises(InteractionTimeout):
        await sent.answer()
