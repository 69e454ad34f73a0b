"""Rejections apart from invalid fields, with status and code."""

import pytest

from sandbox.discord.world import MIB
from tests.sandbox.discord.builders import V2, picture, text, upload

GENERAL = "/channels/745100321596440610"
MESSAGES = f"{GENERAL}/messages"


async def test_components_v2_flag_cannot_be_removed(api):
    _, message = await api("POST", MESSAGES, {"flags": V2, "components": [text()]})
    path = f"{MESSAGES}/{message['id']}"

    refused = await api.refused("PATCH", path, {"flags": 0})
    assert refused == (400, 50035, {"flags": "MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG"})
    refused = await api.refused("PATCH", path, {"content": "x"})
    assert refused[2] == {"content": "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"}


async def test_message_becomes_v2_only_without_content(api):
    _, message = await api("POST", MESSAGES, {"content": "words"})
    path = f"{MESSAGES}/{message['id']}"
    new = {"flags": V2, "components": [text()]}

    assert (await api.refused("PATCH", path, new))[0] == 400
    status, edited = await api("PATCH", path, {**new, "content": None})
    assert (status, edited["content"], edited["flags"]) == (200, "", V2)


async def test_file_over_the_limit_is_rejected(api, world):
    world.attachment_size_limit = MIB
    at_limit, over = bytes(MIB), bytes(MIB + 1)

    assert (await api("POST", MESSAGES, data=upload("{}", at_limit)))[0] == 200
    assert await api.refused("POST", MESSAGES, data=upload("{}", over)) == (413, 40005, {})


async def test_eleventh_file_is_rejected(api):
    assert (await api("POST", MESSAGES, data=upload("{}", *[b"x"] * 10)))[0] == 200
    refused = await api.refused("POST", MESSAGES, data=upload("{}", *[b"x"] * 11))
    assert refused == (400, 30015, {})


async def test_alt_text_over_its_limit_is_rejected(api):
    payload = {"attachments": [{"id": 0, "description": "x" * 1025}]}
    refused = await api.refused("POST", MESSAGES, data=upload(payload, picture()))
    assert refused == (400, 50035, {"attachments.0.description": "BASE_TYPE_MAX_LENGTH"})


async def test_invalid_json_is_rejected(api):
    assert await api.refused("POST", MESSAGES, data=upload("{", b"x")) == (400, 50109, {})


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/channels/1", 404, 10003),
        ("GET", f"{MESSAGES}/1", 404, 10008),
        ("PATCH", f"{MESSAGES}/1", 404, 10008),
        ("DELETE", f"{MESSAGES}/1", 404, 10008),
        ("GET", "/guilds/1", 404, 10004),
        ("GET", "/guilds/745100321596440576/members/1", 404, 10007),
        ("GET", "/users/1", 404, 10013),
        ("GET", "/applications/1/commands", 404, 10002),
        ("GET", "/webhooks/1/token/messages/@original", 404, 10015),
        ("POST", "/interactions/1/token/callback", 404, 10062),
    ],
)
async def test_unknown_resource_has_its_own_code(api, method, path, status, code):
    body = {"PATCH": {"content": "x"}, "POST": {"type": 5}}.get(method)
    assert await api.refused(method, path, body) == (status, code, {})


async def test_wrong_token_is_rejected(api):
    assert await api.refused("GET", "/users/@me", token="wrong") == (401, 0, {})


async def test_unknown_interaction_token_is_unauthorized(api):
    path = f"/webhooks/{api.application}/made-up"
    assert await api.refused("POST", path, {"content": "x"}) == (401, 50027, {})


async def test_missing_permissions_are_rejected(api, world):
    channel = world.channel("general")
    status, message = await api("POST", MESSAGES, {"content": "before"})
    assert status == 200

    world.deny(channel, "ATTACH_FILES")
    assert (await api.refused("POST", MESSAGES, data=upload("{}", b"x")))[:2] == (403, 50013)
    world.deny(channel, "SEND_MESSAGES")
    assert (await api.refused("POST", MESSAGES, {"content": "x"}))[:2] == (403, 50013)
    path = f"{MESSAGES}/{message['id']}"
    assert (await api("PATCH", path, {"content": "an edit needs less"}))[0] == 200
    world.deny(channel, "VIEW_CHANNEL")
    assert (await api.refused("PATCH", path, {"content": "x"}))[:2] == (403, 50001)
    world.allow(channel)
    assert (await api("POST", MESSAGES, {"content": "after"}))[0] == 200


async def test_bot_that_was_removed_has_no_access(api, world):
    world.move_bot(world.guild("Lighthouse Club"), present=False)
    assert (await api.refused("GET", GENERAL))[:2] == (403, 50001)
    assert (await api.refused("GET", "/guilds/745100321596440576"))[:2] == (404, 10004)


async def test_direct_message_to_a_closed_member_is_rejected(api, world):
    noah = world.user("Noah")
    _, direct = await api("POST", "/users/@me/channels", {"recipient_id": noah.id})
    path = f"/channels/{direct['id']}/messages"
    assert (await api("POST", path, {"content": "hello"}))[0] == 200

    world.closed_to_bot.add(noah.id)
    assert (await api.refused("POST", path, {"content": "hello?"}))[:2] == (403, 50007)


async def test_messages_of_others_cannot_be_edited_or_deleted(api, stand_in):
    said = await stand_in.member("Noah", channel="general").say("mine")
    path = f"{MESSAGES}/{said['id']}"

    assert (await api.refused("PATCH", path, {"content": "x"}))[:2] == (403, 50005)
    assert (await api.refused("DELETE", path))[:2] == (403, 50013)


async def test_old_message_takes_three_more_edits(api, world):
    world.old_after = 0.0
    _, message = await api("POST", MESSAGES, {"content": "old"})
    path = f"{MESSAGES}/{message['id']}"

    for number in range(3):
        assert (await api("PATCH", path, {"content": f"{number}"}))[0] == 200
    assert (await api.refused("PATCH", path, {"content": "3"}))[:2] == (429, 30046)
