"""The chat page's WebSocket."""

import aiohttp
import pytest


async def after(stand_in, earlier):
    """Wait for an interaction after *earlier*."""

    def newest():
        interaction = stand_in.interactions.newest()
        return interaction if interaction is not earlier else None

    return await stand_in.world.wait(newest, within=5, what="interaction")


async def test_page_receives_the_world_first(open_page, world, deaf_bot):
    noah = await open_page("Noah")
    frame = await noah.next("world")

    assert frame["you"] == world.user("Noah").id
    assert {guild["name"]: guild["has_bot"] for guild in frame["guilds"]} == {
        "Lighthouse Club": True,
        "Quiet Library": True,
        "Night Harbour": False,
    }
    assert frame["installed"]
    assert frame["private"] == [{"id": "988120345067651200", "with": world.user("Ada").id}]
    assert frame["guilds"][0]["channels"][2]["nsfw"]
    assert {command["name"] for command in frame["commands"]} == {"draw", "find"}
    assert frame["direct"]["id"] in frame["messages"]
    people = {user["global_name"]: user for user in frame["users"]}
    assert all(people["Mira"]["moderator"].values())
    assert not any(people["Noah"]["moderator"].values())
    assert frame["bot"] == {"id": world.bot.id, "username": "Imagine", "online": True}


async def test_page_receives_commands_in_the_members_language(open_page, api, world):
    option = {"type": 3, "name": "word", "description": "A word"}
    sea = {"name": "sea", "name_localizations": {"de": "Meer"}, "value": "1"}
    translated = {"description_localizations": {"de": "Ein Wort"}, "choices": [sea]}
    find = {"name": "find", "description": "Find a word", "options": [option | translated]}
    menu = {"type": 3, "name": "Report", "name_localizations": {"de": "Melden"}}
    await api("PUT", f"/applications/{world.application_id}/commands", [find, menu])

    noah, ada = await open_page("Noah"), await open_page("Ada")
    english, german = [(await page.next("world"))["commands"] for page in (noah, ada)]

    assert [command["name"] for command in english] == ["find", "Report"]
    assert [command["name"] for command in german] == ["find", "Melden"]
    assert english[0]["options"][0]["description"] == "A word"
    assert german[0]["options"][0]["description"] == "Ein Wort"
    assert english[0]["options"][0]["choices"] == [{"name": "sea", "value": "1"}]
    assert german[0]["options"][0]["choices"] == [{"name": "Meer", "value": "1"}]


async def test_page_receives_new_and_deleted_messages(open_page, world):
    noah, ada = await open_page("Noah"), await open_page("Ada")
    channel = world.channel("general").id
    await ada.next("world")
    await noah.send("say", channel_id=channel, content="hello")
    message = (await ada.next("message"))["message"]
    await noah.send("delete", channel_id=channel, message_id=message["id"])

    assert message["content"] == "hello"
    assert message["ephemeral_for"] is None
    assert (await ada.next("message_delete"))["id"] == message["id"]


async def test_page_uses_commands_and_receives_responses(open_page, world, stand_in, api, deaf_bot):
    noah = await open_page("Noah")
    draw, find = (await noah.next("world"))["commands"]
    where = {
        "guild_id": world.guild("Lighthouse Club").id,
        "channel_id": world.channel("general").id,
    }

    await noah.send("command", command_id=draw["id"], options=[], **where)
    sent = await after(stand_in, None)
    path = f"/interactions/{sent.id}/{sent.token}/callback"
    await api("POST", path, {"type": 4, "data": {"content": "for you", "flags": 64}})
    message = (await noah.next("message"))["message"]
    assert message["ephemeral_for"] == world.user("Noah").id
    assert (await noah.next("acknowledged"))["nonce"] == "n"

    typed = [{"name": "page", "type": 4, "value": "1", "focused": True}]
    await noah.send("autocomplete", command_id=find["id"], options=typed, **where)
    typing = await after(stand_in, sent)
    path = f"/interactions/{typing.id}/{typing.token}/callback"
    await api("POST", path, {"type": 8, "data": {"choices": [{"name": "One", "value": 1}]}})
    assert (await noah.next("choices"))["choices"] == [{"name": "One", "value": 1}]


async def test_page_receives_and_submits_a_modal(open_page, world, stand_in, api, deaf_bot):
    noah = await open_page("Noah")
    draw, _ = (await noah.next("world"))["commands"]
    channel = world.channel("general").id
    await noah.send("command", command_id=draw["id"], channel_id=channel, options=[])
    sent = await after(stand_in, None)
    text = {"type": 4, "style": 1, "custom_id": "why", "label": "Why"}
    modal = {"custom_id": "m", "title": "T", "components": [{"type": 1, "components": [text]}]}
    await api("POST", f"/interactions/{sent.id}/{sent.token}/callback", {"type": 9, "data": modal})

    opened = await noah.next("modal")
    assert (opened["nonce"], opened["modal"]["title"]) == ("n", "T")
    filled = {"type": 4, "custom_id": "why", "value": "because"}
    await noah.send(
        "modal_submit",
        interaction_id=opened["interaction_id"],
        custom_id="m",
        components=[{"type": 1, "components": [filled]}],
    )
    submitted = await after(stand_in, sent)
    assert submitted.data["components"][0]["components"] == [filled]


async def test_page_receives_a_failure_while_the_bot_is_offline(open_page, world, stand_in, api):
    commands = f"/applications/{api.application}/commands"
    _, [draw] = await api("PUT", commands, [{"name": "draw", "description": "Draw"}])
    noah = await open_page("Noah")
    channel = world.channel("general").id
    await noah.send("command", command_id=draw["id"], channel_id=channel, options=[])

    failed = await noah.next("failed")
    assert failed == {"type": "failed", "nonce": "n", "text": "The application did not respond"}


async def test_page_receives_changed_commands(open_page, api, stand_in):
    noah = await open_page("Noah")
    assert (await noah.next("world"))["commands"] == []
    commands = f"/applications/{api.application}/commands"
    await api("PUT", commands, [{"name": "draw", "description": "Draw"}])
    assert len((await noah.next("world"))["commands"]) == 1


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("command", {"command_id": "1", "options": []}),
        ("component", {"message_id": "1", "custom_id": "x"}),
        ("say", {"content": " "}),
        ("dance", {}),
        ("say", {}),
        ("say", {"content": "x", "channel_id": "1"}),
    ],
)
async def test_impossible_action_returns_an_error(open_page, world, kind, more):
    noah = await open_page("Noah")
    await noah.send(kind, **{"channel_id": world.channel("general").id, **more})
    assert (await noah.next("error"))["nonce"] == "n"


async def test_other_origins_cannot_open_the_socket(open_page):
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        await open_page("Noah", headers={"Origin": "https://elsewhere.example"})


async def test_avatars_are_drawn(stand_in, world):
    async with aiohttp.request("GET", f"{stand_in.origin}/avatars/{world.bot.id}.svg") as response:
        assert response.content_type == "image/svg+xml"
        assert ">I</text>" in await response.text()
