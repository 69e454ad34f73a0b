"""The process: start, connection, reconnection, end, and the commands beside it."""

from sandbox.faults import Cut, Fault

COMMANDS = "/api/v10/applications/*/commands"


async def test_commands_are_registered_only_when_they_differ(sandbox, start):
    bot = await start()
    assert len(sandbox.discord.journal.find("PUT", COMMANDS)) == 1

    await bot.stop()
    await bot.start()
    await sandbox.ready()

    assert len(sandbox.discord.journal.find("GET", COMMANDS)) == 2
    assert len(sandbox.discord.journal.find("PUT", COMMANDS)) == 1


async def test_a_refused_first_connection_does_not_end_the_process(sandbox, noah):
    sandbox.world.refuse_gateway = True
    bot = sandbox.bot()
    await bot.start()
    await bot.wait_line("reconnecting to Discord")

    sandbox.world.refuse_gateway = False
    await sandbox.ready()

    sent = await noah.command("imagine", prompt="a cat")
    assert await sent.answer()


async def test_discord_being_away_at_the_start_is_waited_out(sandbox, noah):
    sandbox.discord.faults.add(Fault(method="*", path="*", do=Cut(when="before"), times=100))
    bot = sandbox.bot()
    await bot.start()
    await bot.wait_line("Discord login failed")
    await bot.wait_line("reconnecting to Discord")

    sandbox.discord.faults.clear()
    await sandbox.ready()

    sent = await noah.command("imagine", prompt="a cat")
    assert await sent.answer()


async def test_what_came_while_the_connection_was_cut_is_answered_after_a_resume(
    sandbox, start, noah
):
    await start()

    sandbox.discord.drop()
    sent = await noah.command("imagine", prompt="a cat")

    assert await sent.answer()


async def test_sigterm_ends_it_cleanly(sandbox, start, noah):
    bot = await start()
    sandbox.pixazo.hold_states()
    await noah.command("imagine", prompt="a cat")
    await sandbox.pixazo.wait_accepted()

    status = await bot.stop(within=10)

    assert status == 0
    assert not [line for line in bot.log if "ERROR" in line or "Traceback" in line]


async def test_a_token_that_discord_refuses_ends_it_with_a_line_that_names_it(sandbox):
    bot = sandbox.bot(DISCORD_TOKEN="wrong")
    await bot.start()

    assert await bot.wait_exit() == 2
    assert "imagine: DISCORD_TOKEN: Discord does not take it" in bot.log


async def test_a_second_run_on_one_database_ends_with_a_clear_line(sandbox, start):
    await start()
    second = sandbox.bot("run", WEB_PORT="0")
    await second.start()

    assert await second.wait_exit() == 1
    assert any("another process runs on" in line for line in second.log)


async def test_check_says_line_by_line_what_works_and_spends_nothing(sandbox):
    checking = sandbox.bot("check")
    await checking.start()

    assert await checking.wait_exit() == 0
    assert [line.split()[:2] for line in checking.log][:4] == [
        ["ok", "settings:"],
        ["ok", "store:"],
        ["ok", "vendor:"],
        ["ok", "Discord:"],
    ]
    assert not sandbox.pixazo.accepted


async def test_check_tells_what_does_not_work(sandbox):
    checking = sandbox.bot("check", PIXAZO_API_KEY="wrong", DISCORD_TOKEN="wrong")
    await checking.start()

    assert await checking.wait_exit() == 1
    lines = list(checking.log)
    assert any(line.startswith("ok") and "store" in line for line in lines)
    assert any(line.startswith("FAILED") and "PIXAZO_API_KEY" in line for line in lines)
    assert any(line.startswith("FAILED") and "DISCORD_TOKEN" in line for line in lines)


async def test_health_is_asked_from_the_command_line(sandbox, start):
    bot = await start()
    asking = sandbox.bot("health")
    await asking.start()
    assert await asking.wait_exit() == 0

    await bot.stop()
    await asking.start()
    assert await asking.wait_exit() == 1
