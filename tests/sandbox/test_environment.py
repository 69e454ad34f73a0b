"""The sandbox: its servers start and stop, and a bot's settings point to them."""

import time
from typing import Any

import aiohttp

from sandbox import time_of_day
from sandbox.discord.events import BotOnline
from sandbox.environment import SandboxEnvironment
from sandbox.pixazo import Settings

EPHEMERAL = 1 << 6


async def test_all_servers_listen_and_stop():
    async with SandboxEnvironment() as sandbox, aiohttp.ClientSession() as client:
        async with client.get(f"{sandbox.address}panel/state") as response:
            assert response.status == 200
            assert (await response.json())["bot"]["running"] is False
        async with client.get(f"{sandbox.discord.api_url}/gateway") as response:
            assert response.status == 200
        async with client.get(f"{sandbox.pixazo.origin}/v2/requests/status/x") as response:
            assert response.status == 401

    async with aiohttp.ClientSession() as client:
        for address in (sandbox.address, sandbox.pixazo.origin, sandbox.pixazo.media_origin):
            try:
                await client.get(address)
            except aiohttp.ClientConnectorError:
                continue
            raise AssertionError(f"{address} still listens")


async def test_a_bots_settings_name_only_the_stand_ins(monkeypatch):
    monkeypatch.setenv("PIXAZO_API_KEY", "a real one")
    async with SandboxEnvironment() as sandbox:
        env = sandbox.bot(POLL_SECONDS="5").env

        assert env["DISCORD_TOKEN"] == sandbox.world.bot_token
        assert env["DISCORD_API_URL"] == sandbox.discord.api_url
        assert env["DISCORD_GATEWAY_URL"] == sandbox.discord.gateway_url
        assert env["PIXAZO_API_KEY"] == "sandbox-key"
        assert env["PIXAZO_URL"] == sandbox.pixazo.origin
        assert env["MEDIA_ORIGINS"] == sandbox.pixazo.media_origin
        assert env["POLL_SECONDS"] == "5"
        assert sandbox.pixazo.settings.forward == {
            env["PUBLIC_URL"]: f"http://127.0.0.1:{env['WEB_PORT']}"
        }


async def test_the_panel_controls_the_newest_bot():
    async with SandboxEnvironment() as sandbox:
        sandbox.bot()
        newest = sandbox.bot()

        assert sandbox.process is newest


async def test_ready_waits_for_the_gateway():
    async with SandboxEnvironment(vendor=Settings(wallet_usd=1.0)) as sandbox:
        assert not sandbox.online

        sandbox.world.publish(BotOnline(online=True))

        await sandbox.ready(within=1)
        shown: Any = sandbox.panel.state()["bot"]
        assert shown["online"]
        sandbox.world.publish(BotOnline(online=False))
        assert not sandbox.online


async def test_a_days_limit_starts_again_on_the_next_day():
    """With a real bot, which restarts: its clock and those of both stand-ins go on together."""
    quick = Settings(queued_seconds=(0.0, 0.1), processing_seconds=(0.0, 0.1))
    async with SandboxEnvironment(stepped=True, vendor=quick) as sandbox:
        await sandbox.bot(MAX_IMAGES_PER_DAY="1").start()
        await sandbox.ready()
        mira = sandbox.discord.member("Mira", channel="pictures")

        async def order(prompt: str) -> None:
            ordered = await mira.command("imagine", prompt=prompt)
            await ordered.until(lambda message: message["attachments"])

        await order("a red boat")
        refused = await mira.command("imagine", prompt="a blue boat")
        assert (await refused.answer())["flags"] & EPHEMERAL
        assert len(sandbox.pixazo.accepted) == 1
        async with aiohttp.ClientSession() as client:
            step = {"seconds": 86400}
            async with client.post(f"{sandbox.address}panel/clock", json=step) as response:
                assert response.status == 200
        await sandbox.ready()

        await order("a green boat")
        assert len(sandbox.pixazo.accepted) == 2
    assert abs(time_of_day.now() - time.time()) < 1


async def test_leaving_the_sandbox_stops_all_its_bots(tmp_path):
    """Earlier bots too; a script replaces the bot here."""
    (tmp_path / "bot.py").write_text("import time; print('up', flush=True); time.sleep(60)")
    async with SandboxEnvironment() as sandbox:
        bots = [sandbox.bot(PYTHONPATH=str(tmp_path)) for _ in range(2)]
        for bot in bots:
            await bot.start()
            await bot.wait_line("up")

    assert [bot.running for bot in bots] == [False, False]
