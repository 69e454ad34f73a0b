"""Mentions and unread counts, and permissions to read, reply and delete."""

import pytest

from tests.sandbox.discord.builders import V2


@pytest.fixture
def noah(stand_in):
    return stand_in.member("Noah", channel="pictures")


@pytest.fixture
def messages(noah):
    return f"/channels/{noah.channel.id}/messages"


@pytest.mark.parametrize(
    ("allowed", "called"),
    [
        (None, ["Mira", "Noah"]),
        ({"parse": []}, []),
        ({"parse": [], "replied_user": True}, ["Noah"]),
        ({"users": ["mira"]}, ["Mira"]),
        ({"users": ["mira"], "replied_user": True}, ["Mira", "Noah"]),
    ],
)
@pytest.mark.parametrize("v2", [False, True])
async def test_reply_mentions_the_allowed_users(
    api, stand_in, world, noah, messages, allowed, called, v2
):
    """The bot replies to a member's message and mentions the member."""
    said = await noah.say("a boat")
    mira = world.user("Mira")
    if allowed and "users" in allowed:
        allowed = {**allowed, "users": [mira.id]}
    text = f"Done, <@{mira.id}>"
    body = {"flags": V2, "components": [{"type": 10, "content": text}]} if v2 else {"content": text}
    mentions = {} if allowed is None else {"allowed_mentions": allowed}

    reference = {"message_reference": {"message_id": said["id"]}}
    status, sent = await api("POST", messages, body | mentions | reference)

    assert status == 200
    assert sent["type"] == 19
    assert sent["referenced_message"]["id"] == said["id"]
    assert sorted(user["global_name"] for user in sent["mentions"]) == called
    for name in ("Mira", "Noah", "Ada"):
        unread = stand_in.read_state.unread(world.user(name))
        assert unread[noah.channel.id] == (name in called)


async def test_mention_is_unread_until_the_channel_is_read(
    api, stand_in, world, noah, messages, open_page
):
    here = noah.channel.id
    for _ in range(2):
        await api("POST", messages, {"content": f"<@{noah.user.id}>"})

    first, second = await open_page("Noah"), await open_page("Noah")
    assert (await first.next("world"))["unread"] == {here: 2}
    assert (await second.next("world"))["unread"] == {here: 2}
    assert (await (await open_page("Ada")).next("world"))["unread"] == {here: 0}
    await first.send("read", channel_id=here)

    assert (await second.next("read"))["channel_id"] == here
    assert (await (await open_page("Noah")).next("world"))["unread"] == {}
    assert stand_in.read_state.unread(world.user("Ada")) == {here: 0}


async def test_edit_mentions_no_user(api, stand_in, noah, messages):
    _, sent = await api("POST", messages, {"content": "soon"})
    stand_in.read_state.read(noah.user, noah.channel)

    await api("PATCH", f"{messages}/{sent['id']}", {"content": f"done, <@{noah.user.id}>"})

    assert noah.channel.id not in stand_in.read_state.unread(noah.user)
    assert noah.visible()[-1]["mentions"][0]["id"] == noah.user.id


async def test_direct_message_counts_as_a_mention(api, stand_in, world, noah):
    _, channel = await api("POST", "/users/@me/channels", {"recipient_id": noah.user.id})
    await api("POST", f"/channels/{channel['id']}/messages", {"content": "your pictures"})
    assert stand_in.read_state.unread(noah.user) == {channel["id"]: 1}


async def test_reply_needs_the_history_permission(api, world, noah, messages):
    said = await noah.say("a boat")
    world.deny(noah.channel, "READ_MESSAGE_HISTORY")
    body = {"content": "done", "message_reference": {"message_id": said["id"]}}
    assert await api.refused("POST", messages, body) == (403, 160002, {})


async def test_deleting_messages_of_others_needs_a_permission(api, world, noah, messages):
    said = await noah.say("rude")
    path = f"{messages}/{said['id']}"
    _, own = await api("POST", messages, {"content": "mine"})

    assert (await api("DELETE", f"{messages}/{own['id']}"))[0] == 204
    assert await api.refused("DELETE", path) == (403, 50013, {})
    world.grant(noah.channel, "MANAGE_MESSAGES")
    assert (await api("DELETE", path))[0] == 204
    assert noah.visible() == []
    assert await api.refused("DELETE", path) == (404, 10008, {})


async def test_bot_cannot_delete_a_users_direct_message(api, stand_in):
    noah = stand_in.member("Noah")
    said = await noah.say("hello")
    path = f"/channels/{noah.channel.id}/messages/{said['id']}"
    assert await api.refused("DELETE", path) == (403, 50003, {})


async def test_reading_needs_its_permissions_and_shows_content_by_intent(
    api, world, noah, messages
):
    """The intent applies to REST as it does to the gateway."""
    plain, called = await noah.say("a boat"), await noah.say(f"<@{world.bot.id}> a boat")
    _, own = await api("POST", messages, {"content": "mine"})

    _, read = await api("GET", messages)
    assert [message["content"] for message in read] == ["mine", called["content"], ""]
    assert (await api("GET", f"{messages}/{plain['id']}"))[1]["content"] == ""
    world.privileged_intents = True
    assert (await api("GET", f"{messages}/{plain['id']}"))[1]["content"] == "a boat"

    world.deny(noah.channel, "READ_MESSAGE_HISTORY")
    assert await api("GET", messages) == (200, [])
    assert (await api.refused("GET", f"{messages}/{own['id']}"))[:2] == (403, 50013)
    world.deny(noah.channel, "VIEW_CHANNEL")
    assert (await api.refused("GET", messages))[:2] == (403, 50001)
