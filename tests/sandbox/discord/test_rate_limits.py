"""Rate limits: buckets, the bot's own, what Cloudflare refuses, and the faults that force them."""

import asyncio

import pytest

from sandbox.discord.limits import Limit, Limits

GENERAL = "/channels/745100321596440610"
MESSAGES = f"{GENERAL}/messages"
BUCKET = {
    f"X-RateLimit-{name}" for name in ("Limit", "Remaining", "Reset", "Reset-After", "Bucket")
}


@pytest.fixture
def world(world):
    world.limits = Limits(bot=Limit(50, 60.0))  # a slow test must not see a window end
    return world


def said(api):
    """Return the rate limit headers of the last answer."""
    return {name: value for name, value in api.headers.items() if name.startswith("X-RateLimit-")}


async def test_sixth_message_in_five_seconds_is_refused_in_its_channel_alone(api, world):
    world.limits = Limits(buckets={"POST /channels/{channel}/messages": Limit(5, 0.5)})
    for remaining in "43210":
        assert (await api("POST", MESSAGES, {"content": "x"}))[0] == 200
        assert (said(api).keys(), said(api)["X-RateLimit-Remaining"]) == (BUCKET, remaining)

    status, body = await api("POST", MESSAGES, {"content": "x"})

    assert (status, body["global"], body["code"]) == (429, False, 0)
    assert 0 < body["retry_after"] <= 0.5
    assert api.headers["Retry-After"] == "1"
    assert (api.headers["Via"], api.headers["X-RateLimit-Scope"]) == ("1.1 google", "user")
    assert said(api).keys() == BUCKET | {"X-RateLimit-Scope"}
    elsewhere = world.channel("pictures").id
    assert (await api("POST", f"/channels/{elsewhere}/messages", {"content": "x"}))[0] == 200
    await asyncio.sleep(body["retry_after"])
    assert (await api("POST", MESSAGES, {"content": "x"}))[0] == 200


async def test_webhooks_are_limited_by_token_and_callbacks_not_at_all(api, noah, deaf_bot):
    sents = [await noah.command("draw") for _ in range(2)]
    for sent in sents:
        token = sent.interaction.token
        callback = f"/interactions/{sent.interaction.id}/{token}/callback"
        assert (await api("POST", callback, {"type": 5}))[0] == 204
        assert said(api) == {}
        edit = f"/webhooks/{api.application}/{token}/messages/@original"
        statuses = [(await api("PATCH", edit, {"content": "x"}))[0] for _ in range(6)]
        assert statuses == [200] * 5 + [429]


async def test_bot_has_a_limit_of_its_own_and_others_are_not_counted(api, noah, deaf_bot):
    sent = await noah.command("draw")
    results = await asyncio.gather(*(api("GET", GENERAL) for _ in range(60)))

    statuses = [status for status, _ in results]
    assert (statuses.count(200), statuses.count(429)) == (49, 11)  # one registered the commands
    status, body = await api("GET", "/users/@me")
    assert (status, body["global"]) == (429, True)
    assert said(api) == {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"}
    callback = f"/interactions/{sent.interaction.id}/{sent.interaction.token}/callback"
    assert (await api("POST", callback, {"type": 5}))[0] == 204


@pytest.mark.parametrize("path", ["/users/@me", "/gateway/bot", GENERAL, MESSAGES])
async def test_routes_without_a_bucket_have_no_headers(api, path):
    await api("GET", path)
    assert said(api) == {}
    assert api.headers["Via"] == "1.1 google"


@pytest.mark.parametrize(
    ("scope", "remaining", "is_global"),
    [("user", "0", False), ("shared", "4", False), ("global", None, True)],
)
async def test_forced_429_has_the_form_of_its_scope(api, stand_in, scope, remaining, is_global):
    stand_in.rate_limit("GET", "/users/@me", retry_after=1.25, scope=scope, times=2, every=3)

    statuses = [(await api("GET", "/users/@me"))[0] for _ in range(5)]
    status, body = await api("GET", "/users/@me")

    assert [*statuses, status] == [200, 200, 429] * 2
    assert (body["retry_after"], body["global"]) == (1.25, is_global)
    assert (api.headers["Retry-After"], api.headers["X-RateLimit-Scope"]) == ("2", scope)
    assert api.headers.get("X-RateLimit-Remaining") == remaining
    assert api.headers["Via"] == "1.1 google"


@pytest.mark.parametrize(
    ("form", "kind", "waits"),
    [
        ("html", "text/html", True),
        ("text", "text/plain", True),
        ("json", "application/json", False),
    ],
)
async def test_a_ban_refuses_everything_until_its_end(api, stand_in, form, kind, waits):
    stand_in.cloudflare_ban(0.3, form=form)
    for path in ("/users/@me", f"/webhooks/{api.application}/x/messages/@original"):
        assert (await api("GET", path))[0] == 429
        assert api.headers["Content-Type"].startswith(kind)
        assert ("Via" in api.headers, "Retry-After" in api.headers) == (False, waits)
        assert (api.headers["Server"], said(api)) == ("cloudflare", {})

    await asyncio.sleep(0.3)
    assert (await api("GET", "/users/@me"))[0] == 200
    journal = stand_in.journal
    first = journal.exchanges[0].at
    assert (len(journal.between(first, first + 0.3)), journal.densest(0.3), journal.densest(9)) == (
        2,
        2,
        3,
    )


async def test_too_many_invalid_requests_end_in_a_ban_and_shared_limits_do_not(api, stand_in):
    stand_in.world.limits = Limits(invalid=Limit(3, 60.0), ban_seconds=0.3)
    stand_in.rate_limit("GET", "/users/@me", retry_after=1, scope="shared", times=5)
    for _ in range(5):
        await api("GET", "/users/@me")
    for _ in range(3):
        assert "Via" in api.headers
        assert (await api("GET", "/users/@me", token="wrong"))[0] == 401

    assert (await api("GET", "/users/@me"))[0] == 429
    assert "Via" not in api.headers
    await asyncio.sleep(0.3)
    assert (await api("GET", "/users/@me"))[0] == 200
