"""Roles, channels, languages and log channels of servers as Discord has them."""

import json

import pytest

from sandbox.discord.enums import ChannelType, InteractionType
from tests.acceptance.driver import (
    FAST_LANE,
    Server,
    answered,
    button,
    components,
    crafted,
    delivered,
    refusal,
    report,
    says,
    set_limits,
    words,
)


@pytest.fixture(scope="module")
def bot_settings():
    return FAST_LANE | {"DEFAULT_LANGUAGE": "de"}


@pytest.fixture
def world(shared):
    return shared.world


async def limits(server, *path, **options):
    """Use a command of a moderator, and return the words of the answer."""
    sent = await server.mira.command("limits", *path, **options)
    return words(await sent.until(words))


async def panel(server):
    """Open the panel, and return the message."""
    return await (await server.mira.command("limits", "show")).until(says("Limits of this server"))


async def logs_to(server, channel="pictures"):
    """Choose a log channel, and return its id."""
    channel_id = server.channel(channel)
    assert "Log channel: <#" in await limits(server, "log", channel=channel_id)
    return channel_id


async def deleted_meanwhile(sandbox, *removals):
    """Delete while the bot is away, so that it hears of it by no event."""
    await sandbox.process.kill()
    for remove, *what in removals:
        remove(*what)
    await sandbox.process.start()
    await sandbox.ready()


def option(name, kind, value):
    """Return an option of a command as Discord sends it."""
    return {"name": name, "type": kind, "value": value}


# Tiers.


async def test_a_tier_of_everyone_holds_for_everyone_and_pings_nobody(server):
    await limits(server, "tier", role=server.guild.id, images=1)
    await limits(server, "tier", role=server.patrons.id, images=3)
    log = server.member("Mira", channel="pictures")
    await logs_to(server)

    assert "up to 1 image at a time here; this order has 2" in await refusal(server.noah, images=2)
    sent = await server.ada.command("imagine", prompt="a patron", images=3)
    await sent.until(delivered(3))
    shown = await panel(server)
    assert r"- \@everyone: 1 image per order" in words(shown)
    assert "1 image per order" in await limits(server, "tier", role=server.guild.id, remove=True)
    line = await log.sees(says(r"\@everyone"))
    assert not line["mention_everyone"]
    sent = await server.noah.command("imagine", prompt="nobody's", images=2)
    await sent.until(delivered(2))


async def test_a_deleted_role_is_forgotten_and_the_log_says_so(server, world):
    await limits(server, "tier", role=server.patrons.id, images=1)
    await logs_to(server)

    world.remove_role(server.guild, server.patrons)
    await server.noticed()

    log = server.member("Mira", channel="pictures")
    told = f"deleted role `{server.patrons.id}`"
    line = await log.sees(says("weil eine Rolle oder ein Kanal gelöscht wurde"))
    assert f"gelöschte Rolle `{server.patrons.id}`" in line["content"]
    assert told not in words(await panel(server))


@pytest.mark.parametrize("by", ["the panel", "the command"])
async def test_what_was_deleted_while_the_bot_was_away_is_shown_and_can_be_removed(
    shared, server, world, by
):
    patrons, pictures = server.patrons, world.channel("pictures", guild=server.name)
    await limits(server, "tier", role=patrons.id, images=1)
    for channel in ("general", "pictures"):
        await limits(server, "channels", add=server.channel(channel))
    await deleted_meanwhile(
        shared, (world.remove_role, server.guild, patrons), (world.remove_channel, pictures)
    )

    shown = await panel(server)
    gone = (f"deleted role `{patrons.id}`", f"deleted channel `{pictures.id}`")
    assert all(name in words(shown) for name in gone)
    general = server.channel("general")
    if by == "the panel":
        opened = await server.mira.press(shown["id"], button(shown, "limits:edit:channels"))
        (field,) = (await opened.opened())["components"]
        assert [one["id"] for one in field["component"]["default_values"]] == [general]
        removed = await server.mira.press(shown["id"], button(shown, "limits:forget:deleted"))
        after = words(await removed.until(says("**Saved**")))
        assert all(f"1 removed ({name}" in after for name in gone)
    else:
        # A client of Discord's own offers nothing that is deleted.
        tier = [option("role", 8, patrons.id), option("remove", 5, True)]
        for name, options in (("tier", tier), ("channels", [option("remove", 7, pictures.id)])):
            inner = {"name": name, "type": 1, "options": options}
            data = {"id": "1", "name": "limits", "type": 1, "options": [inner]}
            sent = crafted(shared, server.mira, InteractionType.COMMAND, data, None)
            await sent.until(says("**Saved**"))

    after = await panel(server)
    assert "deleted" not in words(after)
    assert not [part for part in components(after) if "forget" in str(part.get("custom_id"))]
    assert f"Pictures can be ordered in <#{general}>" in words(after)
    sent = await server.noah.command("imagine", prompt="still here", images=2)
    await sent.until(delivered(2))


@pytest.mark.parametrize(
    ("thread", "away"),
    [
        pytest.param(False, False, id="channel-while the bot listens"),
        pytest.param(False, True, id="channel-meanwhile"),
        pytest.param(
            *(True, False),
            id="thread-while the bot listens",
            marks=pytest.mark.gateway("it alone tells of deleted threads"),
        ),
        pytest.param(True, True, id="thread-meanwhile"),
    ],
)
async def test_once_the_last_channel_is_deleted_orders_are_taken_nowhere(
    shared, server, world, away, thread
):
    chosen = world.channel("pictures", guild=server.name)
    if thread:
        chosen = world.add_thread(chosen, "posters")
    await limits(server, "channels", add=chosen.id)
    log = await logs_to(server, "after-dark")

    if away:
        await deleted_meanwhile(shared, (world.remove_channel, chosen))
    else:
        world.remove_channel(chosen)
        await server.noticed()
        at_log = server.member("Mira", channel="after-dark")
        await at_log.sees(says(f"gelöschter Kanal `{chosen.id}`"))

    told = await refusal(server.noah)
    assert "All channels for pictures were deleted here." in told
    assert "This server's moderators can change this" in told
    if away:
        shown = await panel(server)
        assert f"deleted channel `{chosen.id}`" in words(shown)
        removed = await server.mira.press(shown["id"], button(shown, "limits:forget:deleted"))
        shown = await removed.until(says("**Saved**"))
    else:
        shown = await panel(server)
    assert "Pictures can be ordered **nowhere**" in words(shown)
    assert "Nothing to change" in await limits(server, "channels", remove=log)
    assert "All channels for pictures were deleted" in await refusal(server.noah)

    opened = await server.mira.press(shown["id"], button(shown, "limits:edit:channels"))
    sent = await server.mira.submit_modal(opened, {})
    preview = await sent.until(says("Pictures can be ordered in all channels"))
    saved = await server.mira.press(preview["id"], button(preview, "limits:save:"))
    await saved.until(says("**Saved**"))
    ordered = await server.noah.command("imagine", prompt=f"open again {log}")
    await ordered.until(delivered(1))


# Channels.


@pytest.mark.parametrize(
    ("kind", "within"),
    [
        (ChannelType.TEXT, "thread"),
        (ChannelType.ANNOUNCEMENT, "channel"),
        (ChannelType.VOICE, "channel"),
        (ChannelType.STAGE, "channel"),
        (ChannelType.FORUM, "thread"),
        (ChannelType.MEDIA, "thread"),
        (ChannelType.CATEGORY, "category"),
        (ChannelType.FORUM, "the thread itself"),
        (ChannelType.TEXT, "an archived thread"),
    ],
)
async def test_orders_are_taken_in_a_chosen_place_of_any_kind(server, world, kind, within):
    chosen = here = world.add_channel(server.guild, "chosen", type=kind)
    if within == "category":
        here = world.add_channel(server.guild, "inside", parent_id=chosen.id)
        here = world.add_thread(here, "deep inside")
    elif within != "channel":
        here = world.add_thread(chosen, "a post")
        chosen = here if within in {"the thread itself", "an archived thread"} else chosen
    if within == "an archived thread":
        world.change_channel(here, archived=True)
    shown = await panel(server)
    opened = await server.mira.press(shown["id"], button(shown, "limits:edit:channels"))
    sent = await server.mira.submit_modal(opened, {"channels": [chosen.id]})
    preview = await sent.until(says(f"Channels for orders: 1 added (<#{chosen.id}>)"))
    saved = await server.mira.press(preview["id"], button(preview, "limits:save:"))
    after = await saved.until(says("**Saved**"))

    told = words(after)  # an archived thread still exists
    assert f"Pictures can be ordered in <#{chosen.id}>" in told
    assert f" in <#{chosen.id}>." in await refusal(server.noah)
    if within != "an archived thread":
        ordered = await server.member("Noah", channel=here.id).command("imagine", prompt=here.id)
        await ordered.until(delivered(1))


# Languages.


@pytest.mark.parametrize(
    ("guild", "chosen", "spoken"),
    [
        ({}, None, "de"),
        ({}, "en", "en"),
        ({"features": ["COMMUNITY"]}, None, "en"),
        ({"features": ["COMMUNITY"]}, "de", "de"),
        ({"features": ["COMMUNITY"], "locale": "fr"}, None, "de"),
        ({"features": ["COMMUNITY"], "locale": "en-GB"}, None, "en"),
        ({"features": ["COMMUNITY"], "locale": "de"}, "en", "en"),
    ],
)
async def test_what_all_read_is_in_the_chosen_language_then_discords_then_the_default(
    shared, guild, chosen, spoken
):
    server = Server(shared, **guild)
    log = server.member("Mira", channel="pictures")
    if chosen:
        assert "Language: as in Discord → " in await limits(server, "set", language=chosen)
    await logs_to(server)
    await set_limits(server.mira, cooldown=60)
    sent = await server.noah.command("imagine", prompt="a bat")

    said = {
        "en": ("**Completed**", "changed limits", "reported a picture", "**Dismissed**"),
        "de": ("**Fertig**", "hat Limits geändert", "hat ein Bild von", "**Verworfen**"),
    }
    done, changed, reported, dismissed = said[spoken]
    card = await sent.until(says(done))
    await log.sees(says(changed))
    assert "wait 1 minute between orders" in await refusal(server.noah)  # private, in the member's
    await report(server.noah, card)
    entry = await log.sees(says(reported))
    await log.press(entry["id"], button(entry, "report:dismiss"))
    await log.sees(says(dismissed))
    if chosen:
        back = await limits(server, "set", language="discord")
        assert "→ as in Discord" in back


# The log channel.


NOT_TOLD = pytest.mark.gateway("it does not tell of that; by HTTP the bot asks")


@pytest.mark.parametrize("trouble", ["denied", "deleted", pytest.param("refused", marks=NOT_TOLD)])
async def test_a_log_channel_that_takes_nothing_is_told_to_who_changes_something(
    shared, server, world, trouble
):
    channel = world.channel("pictures", guild=server.name)
    await logs_to(server)
    match trouble:
        case "denied":
            world.deny(channel, "SEND_MESSAGES")
            told = f"needs View Channel and Send Messages in <#{channel.id}>"
        case "deleted":
            world.remove_channel(channel)
            told = "The log channel was deleted, so nothing is logged"
        case _:
            channel.denied |= 1 << 11  # of which the gateway does not tell
            told = f"The bot couldn't write its last line in <#{channel.id}>"
            await set_limits(server.mira, cooldown=1)
            path = f"/api/v10/channels/{channel.id}/messages"
            await shared.discord.journal.wait("POST", path, count=2)

    changed = await server.mira.command("limits", "set", cooldown=2)
    answer = (await changed.until(answered))["content"]
    assert told in answer.splitlines()[-1]
    assert changed.ephemeral
    ada = {"member": server.ada.user.id}
    for path, options in (("block", ada), ("unblock", ada), ("pause", {}), ("resume", {})):
        assert told in await limits(server, path, **options)
    assert told in await limits(server, "words", "add", phrase="wolf")
    assert told in words(await panel(server))

    if trouble != "deleted":
        world.allow(channel)
        await set_limits(server.mira, cooldown=3)
        await server.member("Mira", channel="pictures").sees(says("3 Sekunden"))
        assert told not in await limits(server, "set", cooldown=4)
    else:
        await logs_to(server, "general")
        assert told not in json.dumps(await panel(server))
