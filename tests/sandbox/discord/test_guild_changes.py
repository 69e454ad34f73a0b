"""Changes of guilds, their channels, roles and members; and what interactions say of them."""

import pytest

from sandbox.discord import ActionUnavailable
from sandbox.discord.enums import ChannelType
from sandbox.discord.models import THREADS
from tests.sandbox.discord.conftest import Client


@pytest.fixture
async def heard(stand_in, dial):
    """Return the guild's next event, and its data."""
    wire = await dial()
    await wire.identify(intents=1 | 1 << 1)
    for _ in range(2):
        await wire.next("GUILD_CREATE")

    async def heard():
        frame = await wire.next()
        return frame["t"], frame["d"]

    return heard


@pytest.fixture
def world(world):
    world.privileged_intents = True
    return world


@pytest.fixture
def club(world):
    return world.guild("Lighthouse Club")


async def test_roles_are_created_changed_and_deleted(world, club, heard):
    role = world.add_role(club, "Guests")
    role = world.change_role(club, role, name="Visitors")
    club.members[world.user("Noah").id].append(role.id)
    world.remove_role(club, role)

    assert (await heard())[0] == "GUILD_ROLE_CREATE"
    assert (await heard())[1]["role"]["name"] == "Visitors"
    assert await heard() == ("GUILD_ROLE_DELETE", {"guild_id": club.id, "role_id": role.id})
    assert club.members[world.user("Noah").id] == []


async def test_channels_and_threads_are_created_changed_and_deleted(world, club, heard, api):
    forum = world.add_channel(club, "help", type=ChannelType.FORUM, slow_mode=30, nsfw=True)
    post = world.add_thread(forum, "How do I draw?")
    world.change_channel(post, archived=True)
    world.remove_channel(forum)

    name, shown = await heard()
    assert (name, shown["type"], shown["rate_limit_per_user"]) == ("CHANNEL_CREATE", 15, 30)
    name, shown = await heard()
    assert (name, shown["parent_id"], shown["newly_created"]) == ("THREAD_CREATE", forum.id, True)
    name, shown = await heard()
    assert (name, shown["thread_metadata"]["archived"]) == ("THREAD_UPDATE", True)
    name, shown = await heard()
    assert (name, shown["id"]) == ("CHANNEL_DELETE", forum.id)
    assert (await api("GET", f"/channels/{post.id}"))[0] == 404


async def test_guilds_change_and_have_outages(world, club, heard):
    world.change_guild(club, nsfw_level=3, locale="fr", features=("COMMUNITY",))
    world.outage(club)
    world.outage(club, away=False)

    name, shown = await heard()
    assert (name, shown["nsfw_level"], shown["preferred_locale"]) == ("GUILD_UPDATE", 3, "fr")
    assert await heard() == ("GUILD_DELETE", {"id": club.id, "unavailable": True})
    name, shown = await heard()
    assert (name, shown["unavailable"], shown["features"]) == ("GUILD_CREATE", False, ["COMMUNITY"])


async def test_a_guild_in_an_outage_is_not_created_after_ready(world, club, dial):
    world.outage(club)
    wire = await dial()
    assert len((await wire.ready())["guilds"]) == 2
    await wire.next("GUILD_CREATE")
    await wire.send(1)
    await wire.next(11)


async def test_a_member_in_time_out_can_only_look(world, club, heard, noah):
    world.time_out(club, noah.user, 3600)
    name, shown = await heard()
    assert name == "GUILD_MEMBER_UPDATE"
    assert shown["communication_disabled_until"] is not None
    with pytest.raises(ActionUnavailable, match="time-out"):
        await noah.say("hello")
    world.time_out(club, noah.user, 0)
    assert (await heard())[1]["communication_disabled_until"] is None
    await noah.say("hello")


async def test_archived_threads_are_reopened_by_messages_and_locked_ones_refuse(
    world, club, api, stand_in
):
    thread = world.add_thread(world.channel("general", guild=club.name), "storms")
    messages = f"/channels/{thread.id}/messages"
    _, sent = await api("POST", messages, {"content": "first"})
    world.change_channel(thread, archived=True)
    one = f"{messages}/{sent['id']}"
    assert (await api.refused("PATCH", one, {"content": "x"}))[:2] == (400, 50083)
    assert (await api.refused("DELETE", one))[:2] == (400, 50083)
    assert (await api("POST", messages, {"content": "second"}))[0] == 200
    assert not thread.archived
    world.change_channel(thread, archived=True, locked=True)
    assert (await api.refused("POST", messages, {"content": "third"}))[:2] == (400, 50083)


@pytest.mark.parametrize("kind", [ChannelType.CATEGORY, ChannelType.FORUM, ChannelType.MEDIA])
async def test_channels_without_text_take_no_message(world, club, api, kind):
    channel = world.add_channel(club, "posts", type=kind)
    refused = await api.refused("POST", f"/channels/{channel.id}/messages", {"content": "x"})
    assert refused[:2] == (400, 50008)


async def test_discord_py_knows_every_kind_of_channel(world, club, connect, api):
    general = world.channel("general", guild=club.name)
    kinds = set(ChannelType) - THREADS - {ChannelType.DIRECT}
    for kind in kinds:
        world.add_channel(club, kind.name.lower(), type=kind)
    thread = world.add_thread(general, "open")
    world.add_thread(general, "closed", archived=True)

    guild = (await connect(Client())).get_guild(int(club.id))

    assert {channel.type.value for channel in guild.channels} == kinds
    assert [str(one.id) for one in guild.threads] == [thread.id]
    _, active = await api("GET", f"/guilds/{club.id}/threads/active")
    assert [one["id"] for one in active["threads"]] == [thread.id]


# Interactions


async def test_an_interaction_in_a_thread_says_where_it_is(world, club, deaf_bot, stand_in, dial):
    general = world.channel("general", guild=club.name)
    thread = world.add_thread(general, "storms")
    wire = await dial()
    await wire.ready()

    member = stand_in.member("Noah", channel=thread.id)
    await member.command("draw")
    shown = (await wire.next("INTERACTION_CREATE"))["d"]

    assert shown["channel"]["parent_id"] == general.id
    assert shown["channel"]["permissions"] == shown["member"]["permissions"]
    assert "permission_overwrites" not in shown["channel"]
    assert (shown["context"], shown["entitlements"]) == (0, [])
    assert shown["authorizing_integration_owners"] == {"0": club.id}
    assert int(shown["app_permissions"]) & (1 << 38)
