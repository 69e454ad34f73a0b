"""Messages of channels, without interactions."""

import asyncio

MESSAGES = "/channels/745100321596440610/messages"


async def test_enforced_nonce_makes_one_message(api, world, stand_in):
    """A retry after a timeout must not post twice."""
    body = {"content": "once", "nonce": "job-1", "enforce_nonce": True}
    _, first = await api("POST", MESSAGES, body)
    _, again = await api("POST", MESSAGES, body)
    assert first["id"] == again["id"]

    world.nonce_window = 0.0
    _, later = await api("POST", MESSAGES, body)
    _, loose = await api("POST", MESSAGES, {**body, "enforce_nonce": False})
    assert len({first["id"], later["id"], loose["id"]}) == 3


async def test_history_is_paged_newest_first(api):
    sent = [(await api("POST", MESSAGES, {"content": f"{n}"}))[1]["id"] for n in range(7)]

    async def page(**query):
        return [message["content"] for message in (await api("GET", MESSAGES, query=query))[1]]

    assert await page(limit=3) == ["6", "5", "4"]
    assert await page(before=sent[3], limit=2) == ["2", "1"]
    assert await page(after=sent[3], limit=2) == ["5", "4"]
    assert await page(around=sent[3], limit=3) == ["4", "3", "2"]
    refused = await api.refused("GET", MESSAGES, query={"limit": 101})
    assert refused == (400, 50035, {"limit": "NUMBER_TYPE_MAX"})


async def test_named_member_is_mentioned_only_if_allowed(api, world):
    noah = world.user("Noah")
    body = {"content": f"Here it is, <@{noah.id}>"}
    _, mentioned = await api("POST", MESSAGES, body)
    _, silent = await api("POST", MESSAGES, {**body, "allowed_mentions": {"parse": []}})
    listed = {"allowed_mentions": {"parse": [], "users": [noah.id]}}
    _, chosen = await api("POST", MESSAGES, body | listed)

    assert [len(message["mentions"]) for message in (mentioned, silent, chosen)] == [1, 0, 1]


async def test_direct_message_reaches_its_member(api, stand_in, world):
    noah, me = world.user("Noah"), stand_in.member("Noah")
    _, channel = await api("POST", "/users/@me/channels", {"recipient_id": noah.id})
    waiting = asyncio.create_task(me.sees(lambda message: message["content"] == "psst"))
    await api("POST", f"/channels/{channel['id']}/messages", {"content": "psst"})

    assert (await waiting)["author"]["bot"]


async def test_lookups_conform_to_the_description(api, world):
    """The fixture checks the answers against the description."""
    guild = world.guild("Lighthouse Club")
    for path in (
        "/gateway",
        "/gateway/bot",
        "/users/@me",
        f"/users/{world.user('Ada').id}",
        "/oauth2/applications/@me",
        f"/guilds/{guild.id}",
        f"/guilds/{guild.id}/channels",
        f"/guilds/{guild.id}/members/{world.user('Mira').id}",
        f"/channels/{world.channel('after-dark').id}",
    ):
        assert (await api("GET", path))[0] == 200, path
