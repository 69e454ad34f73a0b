"""The process: start, connection, reconnection, end, and the commands beside it."""

import time
from email.utils import formatdate
from typing import Any

import pytest

from sandbox.faults import Cut, Fault
from tests.acceptance.driver import CHECK, delivered

GATEWAY = pytest.mark.gateway("is about its connections, events and close codes")


@pytest.mark.parametrize("away", [pytest.param("gateway", marks=GATEWAY), "everything"])
async def test_discord_being_away_at_the_start_is_waited_out(sandbox, noah, away):
    bot = sandbox.bot()
    if away == "gateway":
        sandbox.world.refuse_gateway = True
        await bot.start()
    else:
        sandbox.discord.faults.add(Fault(method="*", path="*", do=Cut(when="before"), times=100))
        await bot.start()
        await bot.wait_line("Discord login failed")
    await bot.wait_line("reconnecting to Discord")

    sandbox.world.refuse_gateway = False
    sandbox.discord.faults.clear()
    await sandbox.ready()

    sent = await noah.command("imagine", prompt="a cat")
    assert await sent.answer()


async def test_a_cut_connection_is_resumed_and_sigterm_ends_the_process_cleanly(
    sandbox, start, noah, operate
):
    bot = await start(LOG_LEVEL="DEBUG")
    assert (await operate("health"))[0] == 0
    sandbox.pixazo.hold_states()

    sandbox.discord.gateway.drop()
    sent = await noah.command("imagine", prompt="a cat")
    assert await sent.answer()
    await sandbox.pixazo.wait_accepted()

    assert await bot.stop(within=10) == 0
    assert not [line for line in bot.log if " ERROR " in line or "Traceback" in line]
    assert not [line for line in bot.log if sandbox.world.bot_token in line]
    assert (await operate("health"))[0] == 1


MALFORMED: tuple[tuple[Any, Any], ...] = (
    ("GUILD_CREATE", {"id": None}),
    ("GUILD_CREATE", None),
    ("GUILD_UPDATE", "what"),
    ("GUILD_DELETE", {}),
    ("CHANNEL_CREATE", {"guild_id": "x", "type": "y"}),
    ("CHANNEL_UPDATE", []),
    ("GUILD_ROLE_UPDATE", {"guild_id": "1", "role": 7}),
    ("INTERACTION_CREATE", {"id": "1", "type": 2}),
    ("INTERACTION_CREATE", None),
    ("NEVER_HEARD_OF", {"a": 1}),
    (["no", "name"], {}),
)


@GATEWAY
async def test_malformed_events_cost_no_connection_and_are_logged_once_per_kind(
    sandbox, start, noah
):
    bot = await start()
    gateway = sandbox.discord.gateway
    (session,) = gateway.sessions.values()
    for name, data in MALFORMED * 2:
        session.dispatch(name, data)
    for text in ('{"op": 0', "[]", "null", '{"op": 0, "t": "READY"}'[:-1], '{"op": "eleven"}'):
        gateway.send_raw(text)

    sent = await noah.command("imagine", prompt="a cat")
    await sent.until(delivered(1))

    assert list(gateway.sessions.values()) == [session]
    assert len([line for line in bot.log if "has connected to Gateway" in line]) == 1
    logged = [line for line in bot.log if "malformed gateway event dropped" in line]
    assert len([line for line in logged if "kind=GUILD_CREATE" in line]) == 1


@GATEWAY
async def test_after_a_frame_that_breaks_the_stream_the_session_is_resumed(sandbox, start, noah):
    bot = await start()
    sandbox.discord.gateway.send_raw(b"no such compression")
    await bot.wait_line("successfully RESUMED")

    sent = await noah.command("imagine", prompt="a cat")
    await sent.until(delivered(1))
    assert len(sandbox.world.starts.taken) == 1


async def test_a_token_that_discord_refuses_ends_it_with_a_line_that_names_it(operate):
    status, lines = await operate(DISCORD_TOKEN="wrong")

    assert status == 2
    assert "imagine: DISCORD_TOKEN: Discord does not take it" in lines


CLOSE_CODES = {
    4004: "DISCORD_TOKEN",
    4010: "SHARD_IDS",
    4011: "SHARD_COUNT",
    4012: "DISCORD_GATEWAY_URL",
    4013: "DISCORD_GATEWAY_URL",
    4014: "DISCORD_TOKEN",
}


@GATEWAY
@pytest.mark.parametrize("code", CLOSE_CODES)
@pytest.mark.parametrize("at_once", [True, False])
async def test_a_close_that_no_reconnect_mends_ends_it_with_a_line_that_says_what_to_do(
    sandbox, start, monkeypatch, code, at_once
):
    def refuse(connection, _data):
        connection.close(code, "so be it")

    if at_once:
        monkeypatch.setattr(sandbox.discord.gateway, "_identify", refuse)
        bot = sandbox.bot()
        await bot.start()
    else:
        bot = await start()
        (session,) = sandbox.discord.gateway.sessions.values()
        session.connection.close(code, "so be it")

    assert await bot.wait_exit() == 2
    (line,) = [line for line in bot.log if line.startswith("imagine: ")]
    assert line.startswith(f"imagine: {CLOSE_CODES[code]}: ")
    assert f"close code {code}" in line
    assert "Traceback" not in "\n".join(bot.log)


async def test_a_second_run_on_one_database_ends_with_a_clear_line(start, operate):
    await start()

    status, lines = await operate("run", WEB_PORT="0")

    assert status == 1
    assert any("another process runs on" in line for line in lines)


@CHECK
async def test_check_says_line_by_line_what_works_and_spends_nothing(sandbox, operate):
    status, lines = await operate("check")

    assert status == 0
    assert [line.split()[:2] for line in lines][:4] == [
        ["ok", "settings:"],
        ["ok", "store:"],
        ["ok", "vendor:"],
        ["ok", "Discord:"],
    ]
    assert not sandbox.pixazo.accepted


@CHECK
@pytest.mark.parametrize(
    ("trouble", "line"),
    [
        ("endpoint", "portal: Discord sends all commands to https://elsewhere.example"),
        ("shards", "gateway: Discord wants 3 shards: set SHARD_COUNT"),
        ("starts", "gateway: 12 of 1000 starts left today: the bot waits"),
        ("clock", "clock: this machine's clock is wrong: +36"),
    ],
)
async def test_check_finds_what_would_keep_commands_away(
    sandbox, operate, monkeypatch, trouble, line
):
    if trouble == "endpoint":
        sandbox.world.application["interactions_endpoint_url"] = "https://elsewhere.example"
    elif trouble == "shards":
        sandbox.world.shards = 3
    elif trouble == "starts":
        sandbox.world.starts.remaining = 12
    else:
        an_hour_ago = formatdate(time.time() - 3600, usegmt=True)
        monkeypatch.setattr("aiohttp.web_response.rfc822_formatted_time", lambda: an_hour_ago)

    status, lines = await operate("check")

    assert status == 1
    (failed,) = [one for one in lines if one.startswith("FAILED")]
    assert line in failed


async def test_check_tells_what_does_not_work(operate):
    status, lines = await operate("check", PIXAZO_API_KEY="wrong", DISCORD_TOKEN="wrong")

    assert status == 1
    assert any(line.startswith("ok") and "store" in line for line in lines)
    assert any(line.startswith("FAILED") and "PIXAZO_API_KEY" in line for line in lines)
    assert any(line.startswith("FAILED") and "DISCORD_TOKEN" in line for line in lines)
