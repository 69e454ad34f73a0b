"""Routes that clients of other libraries call: the application, guilds, single commands."""

import pytest

from sandbox.discord import ActionUnavailable

CLUB = "/guilds/745100321596440576"
DRAW = {"name": "draw", "description": "Draw"}
LAUNCH = {"name": "launch", "description": "Launch an Activity", "type": 4, "handler": 2}


@pytest.fixture(params=["", CLUB])
def commands(api, request):
    return f"/applications/{api.application}{request.param}/commands"


@pytest.mark.parametrize(
    "path",
    [
        *("/gateway", "/gateway/bot", "/users/@me", "/users/@me/guilds", "/applications/@me"),
        *("/oauth2/applications/@me", "/users/331286592018415617"),
        *(f"/applications/A/{name}" for name in ("emojis", "entitlements", "commands")),
        *("/applications/A/role-connections/metadata", f"/applications/A{CLUB}/commands"),
        f"/applications/A{CLUB}/commands/permissions",
        *(f"{CLUB}/{name}" for name in ("channels", "emojis", "roles", "threads/active")),
        *(CLUB, f"{CLUB}/roles/745100321596440600", f"{CLUB}/members/331286592018415617"),
    ],
)
async def test_what_clients_ask_for_is_answered(api, path):
    """And as Discord describes it: the stand-in's fixture checks that."""
    assert (await api("GET", path.replace("/A", f"/{api.application}")))[0] == 200


async def test_guild_has_counts_if_asked(api):
    assert "approximate_member_count" not in (await api("GET", CLUB))[1]
    _, guild = await api("GET", CLUB, query={"with_counts": "true"})
    assert guild["approximate_member_count"] == 5


async def test_members_are_listed_with_the_privileged_intent_only(api, world):
    path = f"{CLUB}/members"
    assert await api.refused("GET", path) == (403, 50001, {})
    world.privileged_intents = True
    assert len((await api("GET", path, query={"limit": "3"}))[1]) == 3
    assert (await api.refused("GET", path, query={"limit": "x"}))[:2] == (400, 50035)


async def test_application_is_changed(api):
    status, shown = await api("PATCH", "/applications/@me", {"tags": ["pictures"]})
    assert (status, shown["tags"]) == (200, ["pictures"])
    assert (await api("GET", "/oauth2/applications/@me"))[1]["tags"] == ["pictures"]
    refused = await api.refused("PATCH", "/applications/@me", {"tags": ["x"] * 6})
    assert refused == (400, 50035, {"tags": "BASE_TYPE_MAX_LENGTH"})


async def test_single_command_is_created_overwritten_changed_and_deleted(api, commands):
    status, first = await api("POST", commands, DRAW)
    assert (status, first["name"]) == (201, "draw")
    status, second = await api("POST", commands, DRAW | {"description": "Draw again"})
    assert (status, second["id"], second["description"]) == (200, first["id"], "Draw again")
    assert second["version"] != first["version"]
    one = f"{commands}/{first['id']}"

    assert (await api("GET", one))[1] == second
    status, third = await api("PATCH", one, {"name": "paint", "nsfw": True})
    assert (status, third["name"], third["description"]) == (200, "paint", "Draw again")
    assert (await api("GET", commands))[1][0]["name"] == "paint"
    assert (await api("GET", commands, query={"with_localizations": "1"}))[1] == [third]
    assert (await api("DELETE", one))[0] == 204
    assert (await api("GET", commands))[1] == []


async def test_wrong_single_commands_are_refused(api, commands):
    await api("POST", commands, DRAW)
    _, paint = await api("POST", commands, DRAW | {"name": "paint"})
    paint_path = f"{commands}/{paint['id']}"

    assert await api.refused("POST", commands, {"name": "x"}) == (
        *(400, 50035),
        {"description": "BASE_TYPE_REQUIRED"},
    )
    assert await api.refused("PATCH", paint_path, {"name": "draw"}) == (
        *(400, 50035),
        {"name": "APPLICATION_COMMANDS_DUPLICATE_NAME"},
    )
    for method in ("GET", "PATCH", "DELETE"):
        body = {"name": "x"} if method == "PATCH" else None
        assert await api.refused(method, f"{commands}/1", body) == (404, 10063, {})


async def test_permissions_of_a_command_are_unknown_until_changed(api):
    commands = f"/applications/{api.application}{CLUB}/commands"
    _, draw = await api("POST", commands, DRAW)
    refused = await api.refused("GET", f"{commands}/{draw['id']}/permissions")
    assert refused == (404, 10066, {})


async def test_commands_of_a_guild_are_apart_from_global_ones(api, stand_in, deaf_bot):
    commands = f"/applications/{api.application}{CLUB}/commands"
    _, [own] = await api("PUT", commands, [DRAW | {"name": "club"}])
    assert own["guild_id"] == CLUB.rpartition("/")[2]
    assert len((await api("GET", f"/applications/{api.application}/commands"))[1]) == 2

    sent = await stand_in.member("Noah", channel="general").command("club")
    assert sent.interaction.data["guild_id"] == own["guild_id"]
    with pytest.raises((ActionUnavailable, LookupError)):
        await stand_in.member("Noah", channel="gallery").command("club")
    elsewhere = f"/applications/{api.application}/guilds/1/commands"
    assert await api.refused("GET", elsewhere) == (403, 50001, {})


async def test_entry_point_command_is_not_lost_by_a_replacement(api):
    commands = f"/applications/{api.application}/commands"
    status, launch = await api("POST", commands, LAUNCH)
    assert (status, launch["type"], launch["handler"]) == (201, 4, 2)

    assert await api.refused("PUT", commands, [DRAW]) == (400, 50240, {})
    status, kept = await api("PUT", commands, [DRAW, LAUNCH])
    assert (status, kept[1]) == (200, launch)
    assert await api.refused("POST", commands, LAUNCH | {"name": "other"}) == (400, 30032, {})
    assert (await api("DELETE", f"{commands}/{launch['id']}"))[0] == 204
    assert (await api("PUT", commands, [DRAW]))[0] == 200


async def test_routes_that_do_not_exist_are_not_found(api, stand_in):
    assert await api.refused("GET", "/nothing/here") == (404, 0, {})
    assert await api.refused("PUT", "/users/@me/channels") == (405, 0, {})
    stand_in.journal.exchanges.clear()  # Discord's description does not know them either
